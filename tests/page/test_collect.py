"""Digits that are collected on the page, the ZIP they are saved in, and what Python reads there."""

import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.commands import mnist
from support.page import SEEN, SEVEN, draw, prediction, save, settle, speak, touch

import mnist_cli
from mnist_cli.datasets.arrays import load_labelled

pytestmark = pytest.mark.xdist_group("class")

ONE = [(50, 0), (50, 100)]
TOLD = "#kept-told"


def keep(page, points, label):
    draw(page, points)
    page.locator("#labels button").nth(label).click()
    settle(page)


def captions(page):
    settle(page)
    return page.locator(".kept small").all_text_contents()


def save_set(page, folder):
    return save(page, folder, "#save-set")


def read_set(archive):
    """The images of a ZIP, (N, 28, 28), and their labels."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        images = [np.asarray(Image.open(opened.open(name)).convert("L")) for name in names]
    return np.array(images), np.array([int(name[0]) for name in names])


def test_python_reads_what_was_collected_as_the_page_did(page, strokes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    for points, label in strokes[:12]:
        draw(page, points)
        seen.append((label, int(prediction(page)), np.array(page.evaluate(SEEN), np.uint8)))
        page.locator("#labels button").nth(label).click()
    seen.sort(key=lambda each: each[0])  # as the files of a folder are
    archive = save_set(page, tmp_path)
    images, labels = read_set(archive)
    assert [*labels] == [label for label, *_ in seen]
    np.testing.assert_array_equal(images.reshape(-1, 784), [each[2] for each in seen])
    with zipfile.ZipFile(archive) as opened:
        names = [entry.filename for entry in opened.infolist()]
        numbered = [
            f"{label}_{[*labels[:at]].count(label) + 1:03}.png" for at, label in enumerate(labels)
        ]
        assert names == numbered
    assert re.fullmatch(r"digits-[0-9a-f]{8}\.zip", archive.name)

    done = mnist("predict", archive, "--labels-from-names", "--json")
    found = json.loads(done.stdout)
    assert [each["label"] for each in found] == [*labels]
    assert [each["prediction"] for each in found] == [on_page for _, on_page, _ in seen]

    assert mnist("collect", archive, "-o", "class").code == 0
    read, truth = load_labelled("class", None)
    np.testing.assert_array_equal(truth, labels)
    np.testing.assert_array_equal(read, images)
    correct = sum(each["correct"] for each in found)
    assert json.loads(mnist("eval", "--images", "class", "--json").stdout)["correct"] == correct
    assert captions(page).count(str(labels[0])) > 0
    assert len([text for text in captions(page) if "→" in text]) == len(seen) - correct


def test_where_nothing_is_kept_the_pad_is_saved_as_what_it_is_read(page, tmp_path):
    assert page.locator("#save-set").is_disabled()
    draw(page, SEVEN)
    images, labels = read_set(save_set(page, tmp_path))
    assert [*labels] == [7]
    assert mnist_cli.load_network().predict(images)[0] == 7
    assert captions(page) == ["7"]
    assert page.locator(TOLD).text_content().startswith("Saved: digits-")
    page.locator(".thumb").first.click()  # an image of the set goes on as it is
    settle(page)
    page.locator("#labels button").nth(2).click()
    archive = save_set(page, tmp_path)
    images, labels = read_set(archive)
    assert [*labels] == [2, 7]
    np.testing.assert_array_equal(images[0], mnist_cli.load_images()[0])
    with zipfile.ZipFile(archive) as opened, opened.open("2_001.png") as png:
        np.testing.assert_array_equal(mnist_cli.read_digit(png).image, images[0])


def test_the_page_asks_for_every_digit_in_turn(open_page):
    page = open_page(width=390, height=844, has_touch=True)
    page.locator("[name=asks][value='10']").check(force=True)
    page.locator("#start-asking").tap()
    page.locator("#desk:not(.apart)").wait_for()
    asked = []
    for number in range(10):
        said = page.locator("#ask p")
        assert said.nth(1).text_content() == f"{number + 1} of 10"
        asked.append(re.fullmatch(r"Write the digit (\d)", said.nth(0).text_content())[1])
        assert page.locator("#keep").is_disabled()
        touch(page, SEVEN)
        if number == 4:
            page.locator("#pad").focus()
            page.keyboard.press("k")
        else:
            page.locator("#keep").tap()
        settle(page)
    assert sorted(asked) == [*"0123456789"]
    assert not page.locator("#ask").is_visible()
    assert [text[0] for text in captions(page)] == asked
    assert page.locator(TOLD).text_content() == "All 10 are written: save the set."
    assert page.evaluate("document.activeElement.id") == "save-set"
    page.locator("#start-asking").tap()
    page.locator("#stop-asking").tap()
    assert not page.locator("#ask").is_visible()


def test_a_tap_deletes_and_what_was_deleted_comes_back(page):
    for points, label in ((SEVEN, 7), (ONE, 1), (SEVEN, 2)):
        keep(page, points, label)
    assert captions(page) == ["7", "1", "2 → 7"]
    assert page.locator("#labels small").all_text_contents() == [
        f"×{count}" for count in "0110000100"
    ]
    page.locator(".kept").nth(1).click()
    assert captions(page) == ["7", "2 → 7"]
    assert page.locator(TOLD).text_content() == "Deleted: 1."
    page.locator("#delete-all").click()
    assert captions(page) == []
    for expected in (["7", "2 → 7"], ["7", "1", "2 → 7"]):
        page.locator("#put-back").click()
        assert captions(page) == expected
    assert not page.locator("#put-back").is_visible()
    page.locator(".kept").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    assert captions(page) == ["7"]
    assert page.evaluate("document.activeElement.className") == "kept"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "put-back"
    speak(page, "ko")
    settle(page)
    assert page.locator(TOLD).text_content() == "삭제했습니다: 7."


def test_what_is_kept_in_the_browser_is_there_again(open_page, tmp_path):
    page = open_page()
    keep(page, SEVEN, 7)
    page.reload()
    page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
    assert captions(page) == []  # nobody asked for it
    keep(page, SEVEN, 7)
    page.locator("#remember").check()
    keep(page, ONE, 1)
    page.locator(".thumb").nth(1).click()  # a 0
    settle(page)
    page.locator("#labels button").nth(0).click()
    before = read_set(save_set(page, tmp_path))
    page.reload()
    page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
    assert captions(page) == ["7", "1", "0"]
    assert page.locator("#remember").is_checked()
    archive = save_set(page, tmp_path)
    for old, new in zip(before, read_set(archive), strict=True):
        np.testing.assert_array_equal(old, new)
    found = json.loads(mnist("predict", archive, "--json").stdout)
    assert [each["prediction"] for each in found] == [0, 1, 7]
    page.locator("#remember").uncheck()
    assert page.evaluate("localStorage.length") == 0
    assert len(captions(page)) == 3


def test_who_leaves_digits_that_are_in_no_set_is_asked(open_page, tmp_path):
    page, asked = open_page(), []
    page.on("dialog", lambda dialog: asked.append(dialog.type))

    def is_asked():
        asked.clear()
        page.reload()
        page.locator("#accuracy output:not(:empty)").wait_for(state="attached")
        return asked == ["beforeunload"]

    keep(page, ONE, 1)
    assert is_asked()
    assert captions(page) == []
    keep(page, ONE, 1)
    page.locator("#remember").check()
    assert not is_asked()
    assert captions(page) == ["1"]
    page.locator("#remember").uncheck()
    assert is_asked()
    keep(page, SEVEN, 7)
    save_set(page, tmp_path)
    assert not is_asked()
    keep(page, SEVEN, 7)
    page.locator(".kept").click()
    assert not is_asked()


@pytest.mark.parametrize(
    "held",
    [
        "7",
        "null",
        "{",
        "[{}]",
        '[{"label":7,"pixels":"","strokes":[]}]',
        '[{"label":"<b>","strokes":[],"pixels":"AAAA"}]',
    ],
)
def test_what_others_left_in_the_browser_is_no_digit(open_page, held):
    page = open_page(script=f"localStorage.setItem('mnist-draw-digits', {json.dumps(held)})")
    keep(page, SEVEN, 7)
    assert captions(page) == ["7"]
    assert not page.locator("#remember").is_checked()


def test_a_browser_that_refuses_to_keep_says_so(open_page):
    refuse = "() => { throw new DOMException('no', 'SecurityError') }"
    script = f"Object.defineProperty(window, 'localStorage', {{ get: {refuse} }})"
    page = open_page(script=script)
    keep(page, SEVEN, 7)
    page.locator("#remember").click()
    assert not page.locator("#remember").is_checked()
    assert "does not let the page keep them" in page.locator(TOLD).text_content()
    assert captions(page) == ["7"]
