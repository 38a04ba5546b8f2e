"""A real browser, and what a hand does on the page of `mnist draw`."""

import base64
import contextlib
import os
import shutil
import time

import numpy as np
import pytest

import mnist_cli

_NAMES = ("chromium", "chromium-browser", "google-chrome")

# The grey levels that the page shows as what the net sees, 784 of them.
_SEEN = """() => Array.from(document.querySelector("#seen canvas").getContext("2d")
    .getImageData(0, 0, 28, 28).data).filter((_, i) => i % 4 === 0)"""

_PREDICT = """text => {
    const pixels = Uint8Array.from(atob(text), (char) => char.charCodeAt(0));
    const found = [];
    for (let at = 0; at < pixels.length; at += 784)
        found.push(mnist.predict(pixels.subarray(at, at + 784)));
    return [found.map((each) => each.prediction), found.map((each) => each.probabilities)];
}"""

# Where the pad is: left, top, width, height, once it stands still and its middle is in the window,
# where strokes go. What the page itself observes of scrolling it has heard by then, in each frame.
_STANDING = """async () => {
    const pad = document.querySelector("#pad");
    const observed = () => new Promise((done) => {
        const watcher = new IntersectionObserver(() => done(watcher.disconnect()));
        watcher.observe(pad);
    });
    let before = "";
    for (let frames = 0; frames < 1000; frames += 1) {
        await observed();
        await new Promise(requestAnimationFrame);
        const { x, y, width, height } = pad.getBoundingClientRect();
        const now = [x, y, width, height];
        const isWithin = y + 0.2 * height >= 0 && y + 0.8 * height <= innerHeight;
        if (isWithin && String(now) === before) return now;
        before = String(now);
    }
    throw new Error(`the pad does not come to stand within the window: ${before}`);
}"""

# Seconds that a finger rests before it lifts: one that lifts in motion flings, and Chromium takes
# the tap that follows for the end of that. It looks back for a tenth of a second.
REST = 0.12

EVERY = 10  # of the 10,000 embedded images, which gives the 1,000 of a page
SEVEN = [(15, 10), (85, 10), (45, 95)]


@contextlib.contextmanager
def chromium():
    """Run Chromium, the one that is installed; skip the test where there is none."""
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    # Chromium's sandbox does not work for root, as in a container.
    root = ["--no-sandbox"] if getattr(os, "geteuid", lambda: 1)() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=root)
        yield browser
        browser.close()


def predict(page, images):
    """What the page predicts for (N, 28, 28) uint8: (N,), and its (N, 10) probabilities."""
    return map(np.array, page.evaluate(_PREDICT, base64.b64encode(images.tobytes()).decode()))


def draw(page, points, **placed):
    """Draw a stroke of points in 0..100 with the mouse, placed as by `on_pad`."""
    box = standing_pad(page)
    first, *others = (on_pad(box, point, **placed) for point in points)
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point, steps=max(1, 12 // len(points)))
    page.mouse.up()
    settle(page)


def standing_pad(page):
    """The left, top, width and height of the pad, once it stands still within the window."""
    return page.evaluate(_STANDING)


def on_pad(box, point, *, size=0.6, left=0.2, top=0.2):
    """Where on the screen a point in 0..100 of a drawing is; placed by shares of the pad."""
    return (
        box[0] + box[2] * (left + size * point[0] / 100),
        box[1] + box[3] * (top + size * point[1] / 100),
    )


def touch(page, points):
    """Draw one stroke with a finger, as the browser hears of it from the system."""
    session, box = page.context.new_cdp_session(page), standing_pad(page)
    for number, point in enumerate(points):
        place = dict(zip("xy", on_pad(box, point), strict=True))
        send_touch(session, "touchMove" if number else "touchStart", [place])
    time.sleep(REST)
    send_touch(session, "touchEnd", [])
    settle(page)


def send_touch(session, kind, places, **more):
    """Where fingers are now: a list of {x, y} on the screen."""
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places} | more)


def settle(page):
    """Wait until the page has shown everything: the net, two frames, and all test images."""
    page.locator("#flow:not([aria-busy])").wait_for(state="attached")
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.locator("#accuracy:not([aria-busy])").wait_for(state="attached")


def linked(page):
    """The address, once it says what is on the page."""
    page.locator("#link:not([aria-busy])").wait_for(state="attached")
    return page.evaluate("location.href")


def said(page):
    """What stands beside the prediction, once it was asked whether this is a digit."""
    page.locator("#answers[aria-busy=false]").wait_for(state="attached")
    return page.locator(".answer p:not(.name)").text_content()


def speak(page, language):
    """Let the page speak another language."""
    page.locator(f"[name=language][value={language}]").check(force=True)
    settle(page)


def told(page):
    """What is said of the neuron, digit or step that is looked at."""
    settle(page)
    return page.locator("#told").inner_text()


def accuracies(page):
    """Wherever it stands."""
    settle(page)
    places = ("#accuracy output", "#standing", "#learnt-accuracy")
    return {page.locator(place).text_content() for place in places}


def titles(page):
    """Those of the images in the row."""
    return page.locator(".thumb").evaluate_all("all => all.map((each) => each.title)")


def measure(page):
    """Press the button of the batches; the figures that stand there in the end, and the words."""
    # What is timed runs for so long by the page's clock, which here runs ahead.
    page.evaluate("performance.now = () => 50 * Performance.prototype.now.call(performance)")
    page.locator("#measure").click()
    page.locator("#measure:enabled").wait_for()
    page.evaluate("delete performance.now")
    figures = page.locator("#times b").all_text_contents()
    return [float(text.split()[0]) for text in figures], page.locator(".told").text_content()


def net_input(page):
    """What the net sees, (784,)."""
    settle(page)
    return np.array(page.evaluate(_SEEN), np.uint8)


def switch_off(network, *neurons):
    """A net in which neurons of its first of three layers vote for nothing."""
    W1, W2, W3 = network.weights
    W2 = W2 * ~np.isin(np.arange(len(W2)), neurons)[:, None]
    return mnist_cli.Network((W1, W2, W3), network.biases)


def prediction(page, number=1):
    """What the page says, as text."""
    settle(page)
    return page.locator("#prediction" if number == 1 else f"#prediction-{number}").text_content()


def save(page, folder, button="#save"):
    """Press a button that saves and return the file."""
    with page.expect_download() as waiting:
        page.locator(button).click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
