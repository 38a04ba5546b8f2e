"""A real browser for the page, shared by all tests of this folder."""

import json
import os
import re

import numpy as np
import pytest
from conftest import TEST_DATA
from support.page import EVERY, chromium, settle, switch_off

import mnist_cli
from mnist_cli.page.page import write_page


@pytest.fixture(scope="session")
def browser():
    """One for all tests of a worker: those of a file, and of files with the same xdist_group."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def embedded_page(tmp_path_factory):
    """The page of the embedded weights."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(path)
    return path


# What the speed of the processor is divided by: what is sure is sure on a slow tablet, too.
SLOWER = float(os.environ.get("MNIST_TEST_SLOWER", "1"))

# As the page is when it was just opened, by its own controls.
_RESET = """() => {
    const at = (selector) => document.querySelector(selector);
    for (const name of ["pen][value='20'", "language][value='en'", "size][value='100'"])
        at(`[name=${name}]`).click();
    for (const name of ["stop-asking", "delete-all", "forget-class"]) at(`#${name}`).click();
    for (const name of ["raw", "only-wrong", "large"])
        if (at(`#${name}`).checked) at(`#${name}`).click();
    at("#filter").value = "";
    at("#filter").onchange();
    at("#undo-all").click();
    at("#step-end").click();
    at("#course-end").click();
    at("#clear").click();
    at("#pad").focus();
    at("#flow").onpointerleave();
    scrollTo(0, 0);
}"""


_OURS = "Canvas2D: Multiple readback"  # it is the tests that read
_CARRIED = r"data:|blob:|[^#]*\.html(#|$)"  # what a page may ask for


@pytest.fixture(scope="session")
def complaints():
    """Whatever pages ask the network for or complain about."""
    return []


@pytest.fixture(autouse=True)
def _no_complaints(complaints):
    complaints.clear()
    yield
    assert complaints == []


@pytest.fixture(scope="session")
def opener(browser, embedded_page, complaints):
    """Opens a page in a window of its own."""

    def open_one(path=embedded_page, *, width=1280, height=800, ready=True, script="", **options):
        options = {"viewport": {"width": width, "height": height}, "locale": "en-US"} | options
        page = browser.new_context(**options).new_page()
        throttled = page.context.new_cdp_session(page)
        throttled.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        page.on("console", lambda message: hear(message.text, message.text.startswith(_OURS)))
        page.on("pageerror", lambda error: hear(str(error)))
        page.on("request", lambda request: hear(request.url, re.match(_CARRIED, request.url)))
        page.on("dialog", hear_dialog)
        page.add_init_script(script)
        page.goto(path if isinstance(path, str) else path.as_uri())
        if ready:
            page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
        return page

    def hear(text, is_expected=False):
        if not is_expected:
            complaints.append(text)

    def hear_dialog(dialog):
        hear(dialog.message, dialog.type == "beforeunload")  # that is the browser's question
        dialog.accept()

    return open_one


@pytest.fixture
def open_page(opener):
    pages = []

    def open_one(*arguments, **options):
        pages.append(opener(*arguments, **options))
        return pages[-1]

    yield open_one
    for page in pages:
        page.context.close()


@pytest.fixture(scope="session")
def _shared_page(opener):
    return opener()


@pytest.fixture(scope="session")
def _shared_touched(opener):
    return opener(has_touch=True)


def reset(page):
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(forced_colors="none", color_scheme="light")
    page.evaluate(_RESET)
    settle(page)
    return page


@pytest.fixture(scope="session")
def shown():
    """The images of the page and their labels."""
    return mnist_cli.load_images()[::EVERY], mnist_cli.load_labels()[::EVERY]


@pytest.fixture(scope="session")
def undisturbed(shown):
    """The accuracy of the embedded net, as the page says it."""
    return f"{np.mean(mnist_cli.load_network().predict(shown[0]) == shown[1]):.4f}"


@pytest.fixture(scope="session")
def without_8(shown):
    """That of the embedded net with neuron 8 of layer 1 switched off."""
    broken = switch_off(mnist_cli.load_network(), 8)
    return f"{np.mean(broken.predict(shown[0]) == shown[1]):.4f}"


@pytest.fixture
def page(_shared_page):
    """The page of the embedded weights, opened once for all tests and put back for each."""
    return reset(_shared_page)


@pytest.fixture
def touched(_shared_touched):
    """The same on a screen that is touched."""
    return reset(_shared_touched)


@pytest.fixture(scope="session")
def strokes():
    """Real pen strokes: a list of (points in 0..100, label)."""
    path = TEST_DATA / "pen" / "strokes.json"
    if not path.is_file():
        pytest.skip(f"needs real data: there is no {path} (set MNIST_TEST_DATA)")
    return [(each["points"], each["label"]) for each in json.loads(path.read_text())]
