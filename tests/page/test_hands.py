"""The page of `mnist draw` by touch, pen, keyboard and in high contrast."""

import itertools
import re
import time

import numpy as np
import pytest
from PIL import Image
from support.page import (
    SEVEN,
    accuracies,
    draw,
    net_input,
    on_pad,
    prediction,
    save,
    send_touch,
    settle,
    standing_pad,
    told,
    touch,
)

import mnist_cli

pytestmark = pytest.mark.xdist_group("hands")


def ink(page):
    """Count the pixels of ink on the pad, once it shows all that was drawn."""
    settle(page)
    return page.evaluate("""() => Array.from(document.querySelector("#pad").getContext("2d")
        .getImageData(0, 0, 560, 560).data).filter((n, i) => i % 4 === 3 && n > 127).length""")


@pytest.fixture(params=[(360, 640), pytest.param((1366, 768), marks=pytest.mark.matrix)])
def device(request, touched):
    """A page that is touched: on a phone, a laptop."""
    width, height = request.param
    touched.set_viewport_size({"width": width, "height": height})
    return touched


def test_a_tap_on_the_map_opens_a_card_with_a_button(device):
    field = device.locator("#points")
    field.scroll_into_view_if_needed()
    settle(device)
    box = field.bounding_box()
    device.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    card = device.locator("#card")
    assert card.is_visible()
    shape = card.bounding_box()
    assert shape["x"] >= box["x"] - 1
    assert shape["x"] + shape["width"] <= box["x"] + box["width"] + 1
    found = re.search(r"prediction (\d)", card.inner_text())[1]
    assert prediction(device) == ""
    card.get_by_role("button", name="Put on the pad").tap()
    assert prediction(device) == found
    device.evaluate("scrollTo(0, 0)")
    device.locator("#clear").tap()


def test_to_look_at_a_neuron_leaves_it_on(device, undisturbed, without_8):
    touch(device, SEVEN)
    neuron = device.locator(".tiles .neuron").nth(8)
    neuron.tap()
    assert "Neuron 8 of layer 1" in told(device)
    assert accuracies(device) == {undisturbed}
    box = device.locator("#standing").bounding_box()
    assert 0 < box["y"] <= device.viewport_size["height"] - box["height"]
    neuron.tap()
    assert accuracies(device) == {without_8}
    assert "nothing of it reaches a2" in told(device)
    device.locator("#switch").tap()
    assert accuracies(device) == {undisturbed}
    device.locator("#switch").tap()
    device.locator("#all-on").tap()
    assert accuracies(device) == {undisturbed}
    assert not device.locator("#all-on").is_visible()


def test_a_click_looks_first_and_the_mouse_leaves_what_was_clicked(page, undisturbed, without_8):
    draw(page, SEVEN)
    neurons = page.locator(".tiles .neuron")
    neurons.nth(8).hover()
    assert "Neuron 8" in told(page)
    neurons.nth(8).click()
    neurons.nth(20).hover()
    assert "Neuron 8" in told(page)
    neurons.nth(20).focus()
    assert "Neuron 20" in told(page)
    neurons.nth(8).evaluate("each => each.click()")
    assert accuracies(page) == {undisturbed}
    neurons.nth(9).click()
    neurons.nth(8).dblclick()
    assert accuracies(page) == {without_8}


def test_a_new_drawing_is_explained_anew(page):
    draw(page, SEVEN)
    page.locator(".digit").nth(3).click()
    draw(page, [(20, 50), (70, 50)])  # more of the same drawing
    assert told(page).startswith("Digit 3")
    for begin_anew in (
        lambda: page.locator("#back").click(),
        lambda: page.locator("#clear").click() or draw(page, [(50, 0), (50, 100)]),
        lambda: page.locator(".thumb").nth(4).click(),
        lambda: page.keyboard.press("Escape"),
    ):
        page.locator(".digit").nth(3).click()
        begin_anew()
        assert told(page).startswith(f"Digit {prediction(page)}")


def test_a_tap_is_a_dot_on_the_pad_and_in_what_is_read(touched, tmp_path):
    width = 30
    touched.locator(f"[name=pen][value='{width}']").check()
    touch(touched, [(40, 60)])
    with Image.open(save(touched, tmp_path)) as png:
        dark = np.array(png.convert("L")) < 128
    for count in (ink(touched), dark.sum()):  # both have 2 pixels a unit
        assert abs(count / (np.pi * width**2) - 1) < 0.1
    seen = net_input(touched).reshape(28, 28)
    down, across = np.indices((28, 28)) - 14
    distance = np.hypot(down, across)  # from the middle of mass, that of pixel 14
    assert seen[distance <= 7].min() > 250
    assert seen[distance >= 11].max() == 0


@pytest.mark.parametrize("key", "czr")
def test_the_stroke_in_hand_ends_before_anything_else_happens(page, key):
    draw(page, SEVEN)
    before, pad = ink(page), standing_pad(page)
    page.mouse.move(*on_pad(pad, (5, 5)))
    page.mouse.down()
    page.mouse.move(*on_pad(pad, (20, 5)))
    page.keyboard.press(key)
    settle(page)
    now = ink(page)
    for x in (60, 95):
        page.mouse.move(*on_pad(pad, (x, 95)))
    page.mouse.up()
    assert ink(page) == now
    if key != "r":
        assert now == (0 if key == "c" else before)
    draw(page, [(0, 0), (10, 0)])
    assert ink(page) != now


def test_the_pen_wins_over_the_palm(open_page):
    page = open_page(has_touch=True)  # on which no finger draws once a pen did
    session, pad = page.context.new_cdp_session(page), standing_pad(page)
    pen = {"button": "left", "pointerType": "pen", "clickCount": 1}
    seconds = itertools.count(time.time(), 0.01)  # however slow all this is: as fast as a hand

    def at(point):
        return dict(zip("xy", on_pad(pad, point), strict=True))

    def by_pen(kind, *point):
        event = {"type": f"mouse{kind}", "timestamp": next(seconds)} | at(point) | pen
        session.send("Input.dispatchMouseEvent", event)

    def palm(kind, *points):
        send_touch(session, f"touch{kind}", [*map(at, points)], timestamp=next(seconds))

    palm("Start", (90, 95))
    palm("Move", (95, 95))
    assert ink(page) > 0
    by_pen("Pressed", 20, 20)
    palm("Move", (80, 95))
    by_pen("Moved", 60, 60)
    by_pen("Released", 60, 60)
    palm("End")
    with_palm = ink(page)
    palm("Start", (90, 95))  # the hand rests between two strokes
    palm("Move", (95, 95))
    palm("End")
    assert ink(page) == with_palm
    page.locator("#undo").click()
    assert ink(page) == 0  # nothing of the palm was below it


def test_shortcuts_work_while_hangul_is_typed_and_stand_on_the_buttons(page):
    press = """([key, code]) => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", { key, code, bubbles: true, cancelable: true }))"""
    draw(page, SEVEN)
    page.locator("#pad").focus()
    for typed in (["ㅋ", "KeyZ"], ["Process", "KeyZ"], ["z", "KeyY"]):
        page.evaluate(press, typed)
        assert prediction(page) == ""
        draw(page, SEVEN)
    page.evaluate(press, ["ㅊ", "KeyC"])
    assert prediction(page) == ""
    page.evaluate(press, ["ㄱ", "KeyR"])
    assert prediction(page) != ""
    page.evaluate(press, ["3", "Digit3"])
    assert page.locator("[name=pen][value='30']").is_checked()
    shown = "each => getComputedStyle(each, '::after').content"
    for button, key in (("undo", "Z"), ("clear", "C"), ("save", "S"), ("random", "R")):
        assert f'"{key}"' in page.locator(f"#{button}").evaluate(shown)
        assert page.locator(f"#{button}").get_attribute("aria-keyshortcuts") == key


def test_a_row_of_buttons_is_one_stop(page):
    draw(page, SEVEN)
    page.locator("#pad").focus()
    stops = 0
    while page.evaluate("!document.activeElement.matches('.neuron')"):
        page.keyboard.press("Tab")
        stops += 1
    assert stops <= 11  # one of them the slider through the states of the net
    focused = "document.activeElement.title.split(',')[0]"
    while page.evaluate("!document.activeElement.matches('.thumb')"):
        page.keyboard.press("Shift+Tab")
    first = page.evaluate(focused)
    for key, is_first in (("ArrowRight", False), ("Home", True), ("End", False)):
        page.keyboard.press(key)
        assert (page.evaluate(focused) == first) == is_first
    page.keyboard.press("Enter")
    assert prediction(page) != ""
    assert page.locator(".thumb[tabindex='0']").count() == 1


def test_what_is_seen_is_in_the_tree_of_accessibility(page):
    page.locator(".thumb").first.click()  # a 7
    page.locator(".tiles .neuron").nth(1).click()
    x = mnist_cli.load_images()[0]
    values = mnist_cli.load_network().activations(x)
    z1, y = values["z1"], values["y"]
    neurons = [f"Neuron {neuron} of layer 1, {z1[neuron]:.2f}" for neuron in (0, 1)]
    for name in neurons:  # which they get after a pause
        page.get_by_role("button", name=name).wait_for()
    tree = page.locator("main").aria_snapshot()
    decimals = np.where(y < 0.99995, 4, np.ceil(-np.log10(1 - y))).astype(int)
    bars = ", ".join(f"{digit}: {y[digit]:.{decimals[digit]}f}" for digit in range(10))
    for line in (
        'application "Pad: draw a digit.',
        'radio "medium" [checked]',
        f'img "Probabilities: {bars}"',
        'button "Image 0, label 7, prediction 7"',
        'toolbar "z1: 50 neurons"',
        *(f'button "{name}"' for name in neurons),
        'button "7 >.9999"',
        'slider "Noise"',
        'application "Map:',
    ):
        assert line in tree
