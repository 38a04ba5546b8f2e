"""A real browser for the page, shared by all tests of this folder."""

import json
from pathlib import Path

import pytest
from conftest import TEST_DATA
from support.page import chromium

from mnist_cli.page.page import write_page


@pytest.fixture(scope="session")
def browser():
    """One for all tests, which share a worker by their xdist_group."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def embedded_page(tmp_path_factory):
    """The page of the embedded weights."""
    path = tmp_path_factory.mktemp("page") / "page.html"
    write_page(path)
    return path


@pytest.fixture
def open_page(browser, embedded_page):
    """Open a page; whatever it asks the network for or complains about fails the test."""
    contexts, complaints = [], []

    def open_one(path=embedded_page, *, width=1280, height=800, ready=True, script="", **options):
        options = {"viewport": {"width": width, "height": height}, "locale": "en-US"} | options
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: hear(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: check(request.url))
        page.add_init_script(script)
        page.goto(path.as_uri())
        if ready:
            page.wait_for_function("document.querySelector('#accuracy output').textContent")
        return page

    def hear(text):
        if not text.startswith("Canvas2D: Multiple readback"):  # it is the tests that read
            complaints.append(text)

    def check(url):
        if not url.startswith(("data:", "blob:")) and not url.endswith(".html"):
            complaints.append(url)

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def strokes():
    """Real pen strokes: a list of (points in 0..100, label)."""
    path = TEST_DATA / "pen" / "strokes.json"
    if not path.is_file():
        pytest.skip(f"needs real data: there is no {path} (set MNIST_TEST_DATA)")
    return [(each["points"], each["label"]) for each in json.loads(Path(path).read_text())]
