"""What a hand does on the page of `mnist draw`."""

import time

SEVEN = [(15, 10), (85, 10), (45, 95)]


def draw(page, points, *, size=0.6, left=0.2, top=0.2):
    """Draw a stroke of points in 0..100 with the mouse; `size` and place are shares of the pad."""
    box = page.locator("#pad").bounding_box()
    at = [
        (
            box["x"] + box["width"] * (left + size * x / 100),
            box["y"] + box["height"] * (top + size * y / 100),
        )
        for x, y in points
    ]
    page.mouse.move(*at[0])
    page.mouse.down()
    for point in at[1:]:
        page.mouse.move(*point, steps=3)
    page.mouse.up()
    settle(page)


def touch(page, points):
    """Draw one stroke with a finger, as the browser hears of it from the system."""
    box = page.locator("#pad").bounding_box()
    session = page.context.new_cdp_session(page)
    send = lambda kind, touches: session.send(  # noqa: E731 - the two differ in this only
        "Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches}
    )
    for number, (x, y) in enumerate(points):
        place = {
            "x": box["x"] + box["width"] * (0.2 + 0.6 * x / 100),
            "y": box["y"] + box["height"] * (0.2 + 0.6 * y / 100),
        }
        send("touchMove" if number else "touchStart", [place])
        time.sleep(0.02)
    send("touchEnd", [])
    settle(page)


def settle(page):
    """Wait until the page has shown everything: two frames."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def prediction(page, number=1):
    """What the page says, as text."""
    return page.locator("#prediction" if number == 1 else f"#prediction-{number}").text_content()


def save(page, folder):
    """Press `#save` and return the file."""
    with page.expect_download() as waiting:
        page.locator("#save").click()
    path = folder / waiting.value.suggested_filename
    waiting.value.save_as(path)
    return path
