"""The page of `mnist draw` on phones, tablets, projectors, in high contrast, and in Firefox."""

import itertools
import os
import re
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from support.firefox import firefox
from support.page import SEVEN, draw, linked, on_pad, prediction, settle, speak, touch
from support.zips import choose, write_set

import mnist_cli

pytestmark = pytest.mark.xdist_group("hands")

# The narrowest, and one on each side of the widths at which the layout changes.
WIDTHS = (320, 619, 620, 991, 992, 1248)

# What can be looked at: each shows other texts.
CHOICES = (
    ".digit.best",
    ".dots .neuron:nth-child(17)",
    ".tiles .neuron:nth-child(9)",
    "#switch",
    "#step",
    "[name=stage][value=a1]",
    "[name=stage][value=z2]",
    "[name=stage][value=y]",
    "#lesson",
    "#choices button:first-child",
)

# Texts that leave the screen or what cuts them off, or lie upon others.
_CUT = """() => {
    const [texts, faults] = [[], []];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        const text = node.data.trim();
        const unseen = "script, style, legend, select, .heard"; // or measured in another way
        if (!text || element.closest(`${unseen}, #invitation, svg`)) continue;
        if (!element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
        const range = new Range();
        range.selectNodeContents(node);
        for (const { left, right, top, bottom } of range.getClientRects()) {
            texts.push([text, { left, right, top, bottom }, element]);
        }
        for (let each = element; each && each !== document.body; each = each.parentElement) {
            const { display, overflowX, overflowY } = getComputedStyle(each);
            if (display === "inline" || display === "contents" || overflowX === "auto") continue;
            const clips = overflowX !== "visible" || overflowY !== "visible" || each === element;
            const over = each.scrollWidth - each.clientWidth;
            const under = each.scrollHeight - each.clientHeight;
            if (clips && (over > 1 || under > 3)) faults.push(`cut: ${text} in ${each.tagName}`);
        }
    }
    texts.forEach(([text, box, element], i) => {
        if (box.left < 0 || box.right > innerWidth + 0.5) faults.push(`off the screen: ${text}`);
        const button = element.closest("button, .choice span")?.getBoundingClientRect();
        const isWider = box.left < button?.left - 1 || box.right > button?.right + 1;
        if (isWider) faults.push(`wider than its button: ${text}`);
        for (let j = 0; j < i; j += 1) {
            const [other, its, where] = texts[j];
            if (its.bottom < box.top || its.top > box.bottom) continue;
            const across = Math.min(box.right, its.right) - Math.max(box.left, its.left);
            const down = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
            if (element !== where && across > 1 && down > 4) faults.push(`${text} upon ${other}`);
        }
    });
    if (document.documentElement.scrollWidth > innerWidth) faults.push("the page scrolls sideways");
    return faults;
}"""


def collect(page, folder):
    """Keep digits, one of them read as another, begin to be asked, and put a class together."""
    for label in (7, 1):
        touch(page, SEVEN) if page.evaluate("navigator.maxTouchPoints") else draw(page, SEVEN)
        page.locator("#labels button").nth(label).click()
    images, labels = mnist_cli.load_images(), mnist_cli.load_labels()
    wrong = np.flatnonzero(mnist_cli.load_network().predict(images) != labels)
    chosen = np.r_[wrong[::4], :200]
    broken = folder / "a file that is no archive but has quite a long name.zip"
    broken.write_bytes(b"")
    choose(page, write_set(folder / "class.zip", images[chosen], labels[chosen]), broken)
    page.locator(".kept").first.click()
    page.locator("#start-asking").click()
    page.evaluate("scrollTo(0, 0)")
    page.locator("#desk:not(.apart)").wait_for()
    settle(page)


@pytest.mark.parametrize(
    ("scheme", "looks"),  # each: language, whether the text is large, widths, choices
    [
        ("light", [("ko", True, (992,), CHOICES[:3]), ("en", False, (320,), CHOICES[-2:])]),
        *(
            pytest.param(scheme, [tuple(look)], marks=pytest.mark.matrix)
            for scheme, *look in (
                ("light", "en", False, (320,), CHOICES),
                ("light", "ko", True, (992,), CHOICES),
                ("light", "en", True, WIDTHS, CHOICES[:4]),
                ("dark", "ja", True, WIDTHS, CHOICES[4:]),
            )
        ),
    ],
)
def test_no_text_is_cut_or_lies_upon_another(open_page, scheme, looks, tmp_path):
    page = open_page(width=1280, height=3600, color_scheme=scheme, reduced_motion="reduce")
    collect(page, tmp_path)
    draw(page, SEVEN)
    page.locator("#raw").check()
    found = {}
    for language, is_large, widths, choices in looks:
        speak(page, language)
        page.locator("#large").set_checked(is_large)
        page.locator("#measure").click()
        page.locator("#times .told").wait_for()
        for choice in choices:
            page.locator(choice).click()
            page.locator("#course:not([aria-busy])").wait_for(state="attached")
            for width in widths:
                page.set_viewport_size({"width": width, "height": 3600})
                page.evaluate("scrollTo(0, 0)")  # a card stays in sight, over the rest
                settle(page)
                found[choice, width] = page.evaluate(_CUT)
            page.set_viewport_size({"width": 1280, "height": 3600})
    assert {at: faults for at, faults in found.items() if faults} == {}


@pytest.mark.parametrize(
    ("width", "options"),
    [
        (360, {"color_scheme": "dark", "locale": "ko-KR"}),
        pytest.param(768, {"locale": "ja-JP"}, marks=pytest.mark.matrix),
        pytest.param(
            1024, {"color_scheme": "dark", "forced_colors": "active"}, marks=pytest.mark.matrix
        ),
    ],
)
def test_it_is_accessible_on_every_screen(open_page, width, options, tmp_path):
    axe = os.environ.get("MNIST_AXE")
    if axe is None:
        pytest.skip("needs axe-core: set MNIST_AXE to its axe.min.js")
    page = open_page(width=width, has_touch=True, reduced_motion="reduce", **options)
    collect(page, tmp_path)
    touch(page, SEVEN)
    assert prediction(page) == "7"
    page.locator(".tiles .neuron").nth(8).tap()
    page.locator("#switch").tap()
    page.evaluate(Path(axe).read_text("utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

    def faults():
        found = page.evaluate("tags => axe.run({ runOnly: tags })", tags)
        return [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]]

    page.locator("#step").tap()
    page.locator("[name=stage][value=z1]").check(force=True)
    assert faults() == []
    page.locator("#lesson").tap()
    page.locator("#course:not([aria-busy])").wait_for(state="attached")
    page.locator("#choices button").first.tap()
    assert faults() == []


@pytest.mark.parametrize(
    ("locale", "language", "font"),
    [("ja", "ja", "Hiragino Sans"), ("ko-KR", "ko", "Malgun Gothic"), ("kok-IN", "en", "Roboto")],
)
def test_it_speaks_the_language_of_the_browser_in_its_letters(open_page, locale, language, font):
    """Fonts of Korean have the characters of Japanese too, in another form."""
    page = open_page(locale=locale)
    assert page.evaluate("document.documentElement.lang") == language
    assert page.locator(f"[name=language][value={language}]").is_checked()
    fonts = page.locator("#clear").evaluate("each => getComputedStyle(each).fontFamily")
    assert font in fonts
    assert ("Malgun Gothic" in fonts) == (language != "ja")


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.matrix)])
def test_high_contrast_keeps_what_is_chosen_distinct(page, scheme):
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    draw(page, SEVEN)

    def colour(selector, part=None):
        get = "(each, part) => getComputedStyle(each, part).backgroundColor"
        return page.locator(selector).first.evaluate(get, part)

    canvas = colour("body")
    chosen, other = "[name=pen]:checked + span", "[name=pen]:not(:checked) + span"
    assert len({colour(chosen), colour(other), colour(f"{other} i")}) == 3
    assert colour(f"{chosen} i") != colour(chosen)
    assert len({canvas, colour(".bars i"), colour(".bars .best")}) == 3
    page.locator("#raw").check()
    assert colour("#raw") not in {canvas, colour("#raw", "::before")}
    assert len({canvas, colour("#only-wrong", "::before")}) == 2
    ink = page.evaluate("getComputedStyle(document.querySelector('#pad')).color")
    assert ink != canvas


@pytest.mark.parametrize(
    ("width", "height"),
    [
        *((480, 640), (568, 320)),  # where the result begins below the window
        *(
            pytest.param(*size, marks=pytest.mark.matrix)
            for size in ((360, 640), (480, 320), (619, 700), (768, 1024), (844, 390))
        ),
    ],
)
def test_pad_and_net_are_seen_together(touched, width, height):
    page = touched
    page.set_viewport_size({"width": width, "height": height})
    page.locator("#pad").scroll_into_view_if_needed()
    touch(page, SEVEN)
    large = page.locator("#pad").bounding_box()["width"]
    page.locator(".digit").first.scroll_into_view_if_needed()
    page.locator("#desk.apart").wait_for(state="attached")
    here = page.evaluate("scrollY")
    for part in ("#pad", "#prediction", "#clear", ".bars"):
        box = page.locator(part).first.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 0.35 * height
    assert page.locator("#pad").bounding_box()["width"] < 0.5 * large
    page.locator("#clear").tap()
    touch(page, [(50, 0), (50, 100)])
    assert prediction(page) == "1"
    assert page.evaluate("scrollY") == here
    page.evaluate("scrollTo(0, 0)")
    page.locator("#desk:not(.apart)").wait_for()
    assert page.locator("#pad").bounding_box()["width"] == large


@pytest.mark.parametrize(
    ("width", "height", "cards"),
    [
        (360, 740, (3, 4)),
        pytest.param(360, 740, range(1, 9), marks=pytest.mark.matrix),
        pytest.param(820, 1180, range(1, 9), marks=pytest.mark.matrix),
    ],
)
def test_a_link_opens_a_card_which_is_seen_with_its_answer_and_what_it_asks_about(
    touched, width, height, cards
):
    page = touched
    page.set_viewport_size({"width": width, "height": height})
    for number in cards:
        page.evaluate(f"location.hash = 'lesson={number}'")
        page.locator("#course-title", has_text=f"{number} of 8 · ").wait_for()
        page.locator("#course:not([aria-busy])").wait_for()
        settle(page)
        page.locator("#choices button").first.tap()
        settle(page)
        explained = {3: "#explanation figure", 4: "#working svg"}.get(number, "#course-answer")
        for part in ("#pad", "#prediction", "#course-question", "#course-answer", explained):
            box = page.locator(part).first.bounding_box()
            assert box["y"] >= 0, (number, part)
            assert box["y"] + box["height"] <= height, (number, part)
        assert f"lesson={number}" in linked(page)


# What of the parts is below the edge, above it or under something else.
_HIDDEN = """(parts) => parts.filter((part) => {
    const each = [...document.querySelectorAll(part)].at(-1);
    const { left, top, right, bottom, width, height } = each.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    const isUpon = seen && (each.contains(seen) || seen.contains(each));
    return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth || !isUpon;
})"""


@pytest.mark.parametrize(
    ("width", "height", "cards", "languages"),
    [
        (1280, 720, (4,), ("en",)),
        pytest.param(1280, 720, range(1, 8), ("ja",), marks=pytest.mark.matrix),
        pytest.param(1280, 800, (4, 6), ("ko",), marks=pytest.mark.matrix),
        pytest.param(1920, 1080, (4, 6), ("en",), marks=pytest.mark.matrix),
    ],
)
def test_on_a_projector_pad_net_and_all_numbers_are_seen_at_once(
    page, width, height, cards, languages
):
    page.set_viewport_size({"width": width, "height": height})
    page.locator("#large").check()
    parts = ["#pad", "#prediction", "#lens", ".tiles .neuron", ".dots .neuron", ".digit small"]
    draw(page, SEVEN)
    assert page.evaluate(_HIDDEN, [*parts, "#step", "#learning"]) == []
    for language, number in itertools.product(languages, cards):
        page.evaluate(f"location.hash = 'lesson={number}&lang={language}'")
        page.locator(f":root[lang={language}]").wait_for()
        page.locator("#course-title", has_text=re.compile(f"{number}( of |/)8")).wait_for()
        page.locator("#course:not([aria-busy])").wait_for()
        page.locator("#choices button").first.click()
        settle(page)
        found = page.evaluate(_HIDDEN, [*parts, "#course-question", "#course-answer"])
        assert (language, number, found) == (language, number, [])


def test_probabilities_are_seen_without_scrolling_and_text_grows_where_that_is_asked_for(page):
    draw(page, SEVEN)
    for height, width in ((1080, 1920), (720, 1280)):
        page.set_viewport_size({"width": width, "height": height})
        settle(page)
        for part in (".digit.best small", ".bars"):
            box = page.locator(part).bounding_box()
            assert box["y"] + box["height"] < height
    size = "parseFloat(getComputedStyle(document.querySelector('#told p')).fontSize)"
    usual = page.evaluate(size)
    page.locator("#large").check()
    assert page.evaluate(size) >= 1.35 * usual
    page.locator("#large").uncheck()
    page.set_viewport_size({"width": 3440, "height": 1440})
    assert page.evaluate(size) >= 1.3 * usual


def test_it_works_in_firefox(embedded_page, tmp_path, undisturbed):
    with firefox() as browser:
        browser("WebDriver:Navigate", url=embedded_page.as_uri())
        run = lambda script: browser("WebDriver:ExecuteScript", script=script, args=[])["value"]  # noqa: E731
        text = "return document.querySelector('{}')?.textContent"

        def wait_for(place):
            for _ in range(100):
                if run(text.format(place)):
                    break
                time.sleep(0.1)

        wait_for("#accuracy output")
        box = run(
            "const { left, top, width, height } = pad.getBoundingClientRect();"
            "return [left, top, width, height]"
        )
        places = (map(round, on_pad(box, point)) for point in SEVEN)
        stroke = [{"type": "pointerMove", "x": x, "y": y} for x, y in places]
        stroke.insert(1, {"type": "pointerDown", "button": 0})
        stroke.append({"type": "pointerUp", "button": 0})
        finger = {"type": "pointer", "id": "finger", "parameters": {"pointerType": "touch"}}
        browser("WebDriver:PerformActions", actions=[finger | {"actions": stroke}])
        wait_for("#prediction")
        assert run(text.format("#prediction")) == "7"
        run("document.querySelectorAll('.neuron')[8].click()")
        assert "Neuron 8" in run(text.format("#told"))
        assert run(text.format("#accuracy output")) == undisturbed
        images, labels = mnist_cli.load_images()[:300], mnist_cli.load_labels()[:300]
        archive = write_set(tmp_path / "set.zip", images, labels, method=zipfile.ZIP_DEFLATED)
        found = browser("WebDriver:FindElement", using="css selector", value="#zips")["value"]
        (zips,) = found.values()
        browser("WebDriver:ElementSendKeys", id=zips, text=str(archive))
        wait_for("#class:not([hidden]) #class-correct")
        correct = (mnist_cli.load_network().predict(images) == labels).sum()
        assert run(text.format("#class-correct")) == f"{correct} of 300 correct"
        run("learning.value = 0; learning.oninput()")
        assert run(text.format("#learnt-told")) == "random numbers"
        colour = "return getComputedStyle(document.querySelector('meter'), '{}').backgroundColor"
        assert run(colour.format("::-moz-meter-bar")) in ("rgb(31, 95, 208)", "rgb(122, 180, 255)")
