"""The page of `mnist draw`: all test images and 300 drawings against NumPy, and its times."""

import json
from statistics import median

import numpy as np
import pytest
from conftest import TEST_DATA
from support.page import SEEN, SEVEN, chromium, draw, predict, prediction, save

import mnist_cli
from mnist_cli.page.page import write_page

DRAWINGS = 300

# Milliseconds of work from a move of the pen, or of the slider, to the screen: of its event, and of
# the frame that the browser then begins, without the wait for that.
FRAMES = """async (moved) => {
    const [pad, times] = [document.getElementById("pad"), []];
    const box = pad.getBoundingClientRect();
    pad.setPointerCapture = () => {};
    const send = (type, i) => pad.dispatchEvent(new PointerEvent(type, {
        pointerId: 1, clientX: box.left + 60 + 2 * i, clientY: box.top + 80 + 40 * Math.sin(i / 9),
    }));
    const [slider, last] = [document.getElementById("learning"), 9];
    const move = {
        pen: (i) => send("pointermove", i),
        slider: (i) => {
            slider.value = Math.abs((i % (2 * last)) - last);
            slider.oninput();
        },
    }[moved];
    send("pointerdown", 0);
    for (let i = 1; i < 100; i++) {
        let begin;
        requestAnimationFrame(() => { begin = performance.now(); });
        const start = performance.now();
        move(i);
        const handled = performance.now() - start;
        const { port1, port2 } = new MessageChannel(); // its message comes after the painting
        await new Promise((done) => {
            port1.onmessage = done;
            requestAnimationFrame(() => port2.postMessage(0));
        });
        times.push(handled + performance.now() - begin);
    }
    return times;
}"""


@pytest.fixture(scope="module")
def browser():
    with chromium() as running:
        yield running


def open_page(browser, tmp_path, weights=None):
    write_page(tmp_path / "page.html", [weights])
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto((tmp_path / "page.html").as_uri())
    page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
    return page


@pytest.mark.parametrize("weights", [None, TEST_DATA / "data" / "sample_weight.pkl"])
def test_all_test_images(benchmark, table, browser, tmp_path, weights):
    page, network = open_page(browser, tmp_path, weights), mnist_cli.load_network(weights)
    images, _ = mnist_cli.load_mnist("test")
    found, probabilities, seconds = benchmark.pedantic(predict, (page, images), rounds=1)
    np.testing.assert_array_equal(found, network.predict(images))
    np.testing.assert_allclose(probabilities, network.predict_proba(images), atol=1e-5)
    table.add("the page, seconds for 10,000 images", f"{seconds:.2f} s", seconds, "<= 1.5")


def test_drawings(benchmark, table, browser, tmp_path):
    """The digit, and what the net sees, against `mnist predict` on the PNG that the page saves."""
    page, network = open_page(browser, tmp_path), mnist_cli.load_network()
    strokes = json.loads((TEST_DATA / "pen" / "strokes.json").read_text())
    random = np.random.default_rng(0)
    agreed, differences = 0, []

    def run():
        nonlocal agreed
        for number in range(DRAWINGS):
            size = random.uniform(0.35, 0.8)
            left, top = random.uniform(0.08, 0.92 - size, 2)
            page.locator("[name=pen]").nth(number % 3).check(force=True)
            page.evaluate("mnist.clear()")
            points = strokes[number % len(strokes)]["points"]
            draw(page, points, size=size, left=left, top=top)
            theirs = mnist_cli.read_digit(save(page, tmp_path)).image.ravel()
            ours = np.array(page.evaluate(SEEN), float)
            agreed += prediction(page) == str(network.predict(theirs))
            differences.append(np.abs(ours - theirs)[(ours > 0) | (theirs > 0)].mean())

    benchmark.pedantic(run, rounds=1)
    share, mean = agreed / DRAWINGS, float(np.mean(differences))
    what = f"the page against `mnist predict`, {DRAWINGS} drawings"
    table.add(f"{what}: same digit", f"{agreed} of {DRAWINGS}", share, ">= 0.99")
    table.add(f"{what}: grey levels over ink", f"{max(differences):.1f} at most", mean, "<= 12")


def test_times(benchmark, table, browser, tmp_path):
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    pages = [open_page(browser, tmp_path) for _ in range(7)]
    paints = [page.evaluate(paint) for page in pages]
    table.add("the page, ms to its first paint", "", median(paints), "<= 200")
    for page in pages[:-1]:
        page.close()
    page = pages[-1]
    draw(page, SEVEN)
    times = benchmark.pedantic(page.evaluate, (FRAMES, "pen"), rounds=1)
    table.add("the page, ms from a move of the pen to the frame", "", median(times), "<= 16")
    page.evaluate(FRAMES, "slider")  # every state is known from here on
    times = page.evaluate(FRAMES, "slider")
    table.add("the page, ms from a move of the slider to the frame", "", median(times), "<= 33")
