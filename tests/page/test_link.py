"""The address of the page: it opens the same view again, and any other is refused."""

import itertools
import random

import numpy as np
import pytest
from support.page import SEVEN, draw, linked, net_input, prediction, settle, speak

pytestmark = pytest.mark.xdist_group("net")

_CONTROLS = """() => [
    ...document.querySelectorAll("input[type=radio]:checked, input[type=range]"),
].map((each) => [each.name || each.id, each.value])"""


# Enter addresses in the page that is open; those that it does not refuse.
_ENTER = """async (texts) => {
    const accepted = [];
    for (const text of texts) {
        const heard = new Promise((done) => addEventListener("hashchange", done, { once: true }));
        location.hash = text;
        await heard;
        if (!document.querySelector("#refused").checkVisibility()) accepted.push(text);
    }
    return accepted;
}"""


def follow(page, text):
    """Enter another address in the page that is open; whether it was refused."""
    accepted = page.evaluate(_ENTER, [text])
    settle(page)
    return not accepted


def shown(page):
    settle(page)
    return {
        "prediction": prediction(page),
        "accuracy": page.locator("#accuracy output").text_content(),
        "off": page.locator("#off").text_content(),
        "title": page.locator("#told h3").text_content(),
        "raw": page.locator("#raw").is_checked(),
        "controls": page.evaluate(_CONTROLS),
        "language": page.locator("html").get_attribute("lang"),
    }


def test_an_address_opens_the_same_view_in_another_browser(open_page, embedded_page, strokes):
    page = open_page()
    assert linked(page) == embedded_page.as_uri()
    for points, _ in strokes[:2]:
        draw(page, points)
        page.locator("[name=pen]").first.check(force=True)
    page.locator("#learning").fill("4")
    page.locator("#noise").fill("0.15")
    page.locator("#turn").fill("-10")
    speak(page, "ko")
    page.locator("[name=size][value='10']").check(force=True)
    page.locator(".dots .neuron").nth(7).click()
    page.locator("#switch").click()
    page.locator(".tiles .neuron").nth(8).click()
    page.locator("#step").click()
    page.locator("[name=stage][value=z1]").check(force=True)
    page.locator("[name=activation][value=step]").check(force=True)
    link, before, seen = linked(page), shown(page), net_input(page)
    assert len(link) - len(embedded_page.as_uri()) < 1600
    other = open_page(link)
    after = shown(other)
    assert after == before | {"controls": after["controls"]}
    pen = ["pen", "20"]  # it is not what is shown
    kept = [each for each in before["controls"] if each[0] != "pen"]
    assert [each for each in after["controls"] if each != pen] == kept
    assert np.abs(np.subtract(seen, net_input(other), dtype=int)).mean() < 1
    assert linked(other) == link


# Draw each, by shares of the pad, and open its link; those of which the net sees another image.
_DRAW_AND_OPEN = """async (drawings) => {
    const [pad, seen] = ["#pad", "#seen canvas"].map((each) => document.querySelector(each));
    pad.setPointerCapture = () => {}; // of a pointer that the browser does not know
    const enter = (text) => new Promise((done) => {
        addEventListener("hashchange", done, { once: true });
        location.hash = text;
    });
    const others = [];
    for (const [number, points] of drawings.entries()) {
        const { left, top, width, height } = pad.getBoundingClientRect();
        const send = (type, [x, y]) => pad.dispatchEvent(new PointerEvent(type, {
            clientX: left + width * x, clientY: top + height * y, pointerId: 1, bubbles: true,
        }));
        document.querySelector("#clear").click();
        points.forEach((point, i) => send(i ? "pointermove" : "pointerdown", point));
        send("pointerup", points.at(-1));
        const before = seen.toDataURL();
        document.querySelector("#link").click();
        const { hash } = location;
        document.querySelector("#clear").click();
        await enter(hash.replace("&lang=en", "")); // another address of the same
        if (seen.toDataURL() !== before || !hash.includes("draw=0k")) others.push([number, hash]);
    }
    return others;
}"""


@pytest.mark.parametrize("count", [12, pytest.param(50, marks=pytest.mark.matrix)])
def test_the_net_sees_the_same_in_a_link_as_beside_the_pad(page, strokes, count):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    rng = np.random.default_rng(0)
    drawings = []
    for points, _ in itertools.islice(itertools.cycle(strokes), count):
        turned = (np.array(points) / 100 - 0.5) @ rng.normal(0.6 * np.eye(2), 0.05) + 0.5
        drawings.append((turned + rng.normal(0, 0.003, turned.shape)).tolist())
    assert page.evaluate(_DRAW_AND_OPEN, drawings) == []


def test_an_image_of_the_set_and_what_is_not_centred_are_in_the_address(page):
    page.locator(".thumb").nth(4).click()
    image, seen = linked(page).split("#")[1], net_input(page)
    assert "image=" in image
    assert "draw=" not in image
    page.locator("#clear").click()
    draw(page, SEVEN, size=0.3, left=0.1)
    page.locator("#raw").check()
    drawn, as_drawn = linked(page).split("#")[1], net_input(page)
    assert "image=" not in drawn
    assert not follow(page, image)
    np.testing.assert_array_equal(net_input(page), seen)
    assert not page.locator("#raw").is_checked()
    assert not follow(page, drawn)
    assert np.abs(np.subtract(as_drawn, net_input(page), dtype=int)).mean() < 1
    assert page.locator("#raw").is_checked()


# What this page did not write: names, numbers and strokes that it does not have, and other text.
_HOSTILE = """
    lang=<b> lang=ja-xx
    net=1 net=-1 net=constructor __proto__=1 constructor=1 toString=1
    noise=2 noise=1e309 noise=NaN right=99 image=7 image=99999 image=420&image=420
    draw=0k draw=0k000000 draw=zz0000 draw=0k00zZ draw=0czz00 draw=0czz00.0k9g9g draw=0k0000zzzz
    off=0.0.50 off=0.2.1 off=1.0.1 off=0.0 off=0.0.1_ look=0.50 look=3.0 look=9
    learning=10 learning=-1 learning=length step=z3 step=alert act=relu act=constructor
    N=7 raw=2 lesson=9 other=1 & = % %00
"""
_LONG = ["<img src=x onerror=alert(1)>", "draw=0k" + "abcd" * 2000, "a" * 100_000]


def test_a_hostile_address_is_refused_in_a_sentence_and_the_page_works_on(
    page, open_page, embedded_page
):
    page.evaluate("document.body.dataset.elements = document.querySelectorAll('*').length")
    assert page.evaluate(_ENTER, _HOSTILE.split() + _LONG) == []
    assert prediction(page) == ""
    assert page.evaluate("document.querySelectorAll('*').length == document.body.dataset.elements")
    page = open_page(f"{embedded_page.as_uri()}#draw=0k")
    said = page.locator("#refused")
    assert said.get_attribute("role") == "alert"
    assert said.inner_text().count(".") == 1
    draw(page, SEVEN)
    assert prediction(page) == "7"
    said.wait_for(state="hidden")


def test_what_is_mutated_is_read_or_refused(page):
    draw(page, SEVEN)
    page.locator("#step").click()
    link = linked(page).split("#")[1] + "&off=0.0.3_0.1.99&right=-3&image=420"
    chance = random.Random(0)
    refused = 0
    for _ in range(25):
        at = chance.randrange(len(link))
        refused += follow(page, link[:at] + chance.choice("0.z&=_-~") + link[at + 1 :])
    assert 5 < refused < 25
    page.locator("#step-end").click()
    for text in ("draw=", "look=", ""):  # nothing is drawn, nothing is looked at
        assert not follow(page, text)


def test_the_link_is_copied_and_that_is_said_until_it_is_another(page):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    draw(page, SEVEN)
    page.locator("#link").click()
    page.locator("#copied:not(:empty)").wait_for()
    page.keyboard.press("Shift")  # after which the page looks whether its address has changed
    assert page.evaluate("navigator.clipboard.readText()") == linked(page)
    copied = page.locator("#copied")
    assert copied.text_content() != ""
    draw(page, SEVEN)
    assert page.evaluate("navigator.clipboard.readText()") != linked(page)
    assert copied.text_content() == ""


def test_an_address_that_was_entered_counts_where_the_page_wrote_its_own_at_that_moment(page):
    page.evaluate("location.hash = 'lesson=2'; history.replaceState(null, '', '#')")
    page.locator("#course-title", has_text="2 of 8 · ").wait_for()
