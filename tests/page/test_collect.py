"""Digits that are collected on the page, the ZIP they are saved in, and what Python reads there."""

import base64
import json
import re
import struct
import zipfile

import numpy as np
import pytest
from support.commands import mnist
from support.page import EVERY, SEEN, SEVEN, draw, prediction, save, settle, speak
from support.zips import IMAGES, LABELS

import mnist_cli
from mnist_cli.datasets.arrays import load_labelled

pytestmark = pytest.mark.xdist_group("class")

ONE = [(50, 0), (50, 100)]
TOLD = "#kept-told"


def label_as(page, label):
    page.locator("#labels button").nth(label).click()
    settle(page)


def keep(page, points, label):
    draw(page, points)
    label_as(page, label)


def captions(page):
    settle(page)
    return page.locator(".kept small").all_text_contents()


def save_set(page, folder):
    return save(page, folder, "#save-set")


def reload(page):
    page.reload()
    page.locator("#accuracy output:not(:empty)").wait_for(state="attached")


def read_pair(archive):
    """The images and labels of a saved set."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        images, labels = map(opened.read, (IMAGES, LABELS))
    count = len(labels) - 8
    assert images[:16] == struct.pack(">4I", 0x803, count, 28, 28)
    assert labels[:8] == struct.pack(">2I", 0x801, count)
    pixels = np.frombuffer(images, np.uint8, offset=16).reshape(-1, 28, 28)
    return pixels, np.frombuffer(labels, np.uint8, offset=8)


def test_python_reads_what_was_collected_as_the_page_did(page, strokes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    for points, label in strokes[1:6]:  # 8, 4, 0, 2, 8
        draw(page, points)
        seen.append((label, int(prediction(page)), np.array(page.evaluate(SEEN), np.uint8)))
        label_as(page, label)
    seen.sort(key=lambda each: each[0])  # as the files of a folder are
    archive = save_set(page, tmp_path)
    images, labels = read_pair(archive)
    assert [*labels] == [label for label, *_ in seen] == [0, 2, 4, 8, 8]
    np.testing.assert_array_equal(images.reshape(-1, 784), [each[2] for each in seen])
    with zipfile.ZipFile(archive) as opened:
        pictures = [f"{name}.png" for name in ("0_001", "2_001", "4_001", "8_001", "8_002")]
        assert opened.namelist() == [*pictures, IMAGES, LABELS]
    assert re.fullmatch(r"digits-[0-9a-f]{8}\.zip", archive.name)

    found = json.loads(mnist("predict", archive, "--labels-from-names", "--json").stdout)
    assert [each["label"] for each in found] == [*labels]
    for each, (_, on_page, _) in zip(found, seen, strict=True):
        # Where the judge doubts what it sees first, the terminal looks for more; the page does not.
        assert each["prediction"] == on_page or each["correct"]

    assert mnist("collect", archive, "-o", "class").code == 0
    read, truth = load_labelled("class", None)
    np.testing.assert_array_equal(truth, labels)
    ink = (read > 0) | (images > 0)
    assert np.abs(read[ink] - images[ink].astype(float)).mean() < 20
    correct = sum(each["correct"] for each in found)
    assert json.loads(mnist("eval", "--images", "class", "--json").stdout)["correct"] == correct
    on_sheet = [str(digit) if digit == read else f"{digit} → {read}" for digit, read, _ in seen]
    assert sorted(captions(page)) == sorted(on_sheet)


def test_where_nothing_is_kept_the_pad_is_saved_as_what_it_is_read(page, tmp_path):
    assert page.locator("#save-set").is_disabled()
    draw(page, SEVEN)
    images, labels = read_pair(save_set(page, tmp_path))
    assert [*labels] == [7]
    assert mnist_cli.load_network().predict(images)[0] == 7
    assert captions(page) == ["7"]
    assert page.locator(TOLD).text_content().startswith("Saved: digits-")
    page.locator(".thumb").first.click()  # an image of the set goes on as it is
    label_as(page, 2)
    archive = save_set(page, tmp_path)
    images, labels = read_pair(archive)
    assert [*labels] == [2, 7]
    np.testing.assert_array_equal(images[0], mnist_cli.load_images()[0])
    with zipfile.ZipFile(archive) as opened, opened.open("2_001.png") as png:
        np.testing.assert_array_equal(mnist_cli.read_digit(png).image, images[0])


def test_the_page_asks_for_every_digit_in_turn(page):
    page.locator("[name=asks][value='10']").check(force=True)
    page.locator("#start-asking").click()
    asked = []
    for number in range(10):
        prompt, turn = page.locator("#ask p").all_text_contents()
        assert turn == f"{number + 1} of 10"
        asked.append(re.fullmatch(r"Write the digit (\d)", prompt)[1])
        assert page.locator("#keep").is_disabled()
        if number == 4:
            draw(page, SEVEN)
            page.locator("#keep").click()
        else:
            page.keyboard.press("r")  # one of the images, which is as good as a drawing
            page.keyboard.press("k")
        settle(page)
    assert sorted(asked) == [*"0123456789"]
    assert not page.locator("#ask").is_visible()
    assert [text[0] for text in captions(page)] == asked
    assert page.locator(TOLD).text_content() == "All 10 are written: save the set."
    assert page.evaluate("document.activeElement.id") == "save-set"
    page.locator("#start-asking").click()
    page.locator("#stop-asking").click()
    assert not page.locator("#ask").is_visible()


def test_a_tap_deletes_and_what_was_deleted_comes_back(page):
    for points, label in ((SEVEN, 7), (ONE, 1), (SEVEN, 2)):
        keep(page, points, label)
    assert captions(page) == ["7", "1", "2 → 7"]
    counts = page.locator("#labels small").all_text_contents()
    assert counts == [f"×{count}" for count in "0110000100"]
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
    assert page.locator(TOLD).text_content() == "삭제했습니다: 7."


def test_what_is_kept_in_the_browser_is_there_again(open_page, tmp_path):
    page = open_page()
    keep(page, SEVEN, 7)
    page.locator("#remember").check()
    keep(page, ONE, 1)
    page.locator(".thumb").nth(1).click()  # a 0
    label_as(page, 0)
    assert not is_asked(page)
    reload(page)
    assert captions(page) == ["7", "1", "0"]
    assert page.locator("#remember").is_checked()
    images, labels = read_pair(save_set(page, tmp_path))
    assert [*labels] == [*mnist_cli.load_network().predict(images)] == [0, 1, 7]
    np.testing.assert_array_equal(images[0], mnist_cli.load_images()[EVERY])
    page.locator("#remember").uncheck()
    assert page.evaluate("localStorage.length") == 0
    assert len(captions(page)) == 3


def is_asked(page):
    """Whether the page lets the browser ask, once it hears that it is left."""
    leave = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return not page.evaluate(leave)


def test_who_leaves_digits_that_are_in_no_set_is_asked(open_page, tmp_path):
    page = open_page()
    keep(page, ONE, 1)
    with page.expect_event("dialog") as asked:
        reload(page)
    assert asked.value.type == "beforeunload"
    assert captions(page) == []  # nobody wanted them to be kept
    keep(page, ONE, 1)
    save_set(page, tmp_path)
    assert not is_asked(page)
    keep(page, SEVEN, 7)
    assert is_asked(page)
    page.locator("#delete-all").click()
    assert not is_asked(page)


def test_what_others_left_in_the_browser_is_no_digit(open_page):
    page = open_page()
    whole = base64.b64encode(bytes(784)).decode()
    for label, pixels in ((7, ""), ("<b>", whole)):
        held = json.dumps([{"label": label, "pixels": pixels, "strokes": []}])
        page.evaluate("held => localStorage.setItem('mnist-draw-digits', held)", held)
        reload(page)
        assert captions(page) == []
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
