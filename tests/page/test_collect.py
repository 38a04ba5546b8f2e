"""Digits that are collected on the page, the ZIP they are saved in, and what Python reads there."""

import json
import re
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.commands import mnist
from support.page import SEVEN, draw, net_input, prediction, save, settle, speak

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


def read_set(archive):
    """The images of a ZIP, (N, 28, 28), and their labels."""
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
        names = opened.namelist()
        images = [np.asarray(Image.open(opened.open(name)).convert("L")) for name in names]
    return np.array(images), np.array([int(name[0]) for name in names])


def test_the_head_of_the_page_leads_to_collecting(page):
    page.locator("#to-collect").click()
    button = page.locator("#start-asking:focus")
    assert button.bounding_box()["y"] < page.viewport_size["height"]


def test_python_reads_what_was_collected_as_the_page_did(page, strokes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    seen = []
    for points, label in strokes[1:6]:  # 8, 4, 0, 2, 8
        draw(page, points)
        seen.append((label, int(prediction(page)), net_input(page)))
        label_as(page, label)
    on_sheet = [str(digit) if digit == read else f"{digit} → {read}" for digit, read, _ in seen]
    assert captions(page) == on_sheet
    seen.sort(key=lambda each: each[0])  # as the files of a folder are
    archive = save_set(page, tmp_path)
    assert re.fullmatch(r"digits-[0-9a-f]{8}\.zip", archive.name)
    with zipfile.ZipFile(archive) as opened:
        pictures = [f"{name}.png" for name in ("0_001", "2_001", "4_001", "8_001", "8_002")]
        assert opened.namelist() == pictures
    images, labels = read_set(archive)
    assert [*labels] == [label for label, *_ in seen] == [0, 2, 4, 8, 8]
    np.testing.assert_array_equal(images.reshape(-1, 784), [each[2] for each in seen])

    found = json.loads(mnist("predict", archive, "--labels-from-names", "--json").stdout)
    assert [each["label"] for each in found] == [*labels]
    assert [each["prediction"] for each in found] == [on_page for _, on_page, _ in seen]

    assert mnist("collect", archive, "-o", "class").code == 0
    read, truth = load_labelled("class", None)
    np.testing.assert_array_equal(truth, labels)
    np.testing.assert_array_equal(read, images)
    correct = sum(each["correct"] for each in found)
    assert json.loads(mnist("eval", "--images", "class", "--json").stdout)["correct"] == correct


def test_where_nothing_is_kept_the_pad_is_saved_as_what_it_is_read(page, tmp_path):
    assert page.locator("#save-set").is_disabled()
    draw(page, SEVEN)
    images, labels = read_set(save_set(page, tmp_path))
    assert [*labels] == [7]
    assert mnist_cli.load_network().predict(images)[0] == 7
    assert captions(page) == ["7"]
    assert page.locator(TOLD).text_content().startswith("Saved: digits-")
    page.locator(".thumb").first.click()  # an image of the set goes on as it is
    label_as(page, 2)
    images, labels = read_set(save_set(page, tmp_path))
    assert [*labels] == [2, 7]
    np.testing.assert_array_equal(images[0], mnist_cli.load_images()[0])


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


def test_what_is_kept_in_the_browser_is_there_again(page, tmp_path):
    keep(page, SEVEN, 7)
    page.locator("#remember").check()
    keep(page, ONE, 1)
    page.locator(".thumb").nth(1).click()  # a 0
    label_as(page, 0)
    before = read_set(save_set(page, tmp_path))
    reload(page)
    assert captions(page) == ["7", "1", "0"]
    assert page.locator("#remember").is_checked()
    for old, new in zip(before, read_set(save_set(page, tmp_path)), strict=True):
        np.testing.assert_array_equal(old, new)
    page.locator("#remember").uncheck()
    assert page.evaluate("localStorage.length") == 0
    assert len(captions(page)) == 3
    pixels = f"{'A' * 1046}=="
    for held in ("{", '[{"label":7,"pixels":""}]', f'[{{"label":"<b>","pixels":"{pixels}"}}]'):
        page.evaluate("held => localStorage.setItem('mnist-draw-digits', held)", held)
        reload(page)
        assert captions(page) == [], held  # what others left there is no digit
        assert not page.locator("#remember").is_checked()
    many = json.dumps([{"label": 7, "pixels": pixels}] * 501)
    page.evaluate("held => localStorage.setItem('mnist-draw-digits', held)", many)
    reload(page)
    assert len(captions(page)) == 500  # as many as the page keeps
    page.locator("#remember").uncheck()


def is_asked(page):
    """Whether the page lets the browser ask, once it hears that it is left."""
    leave = "dispatchEvent(new Event('beforeunload', { cancelable: true }))"
    return not page.evaluate(leave)


def test_who_leaves_digits_that_are_in_no_set_is_asked(page, tmp_path):
    keep(page, ONE, 1)
    with page.expect_event("dialog") as asked:
        reload(page)
    assert asked.value.type == "beforeunload"
    assert captions(page) == []  # nobody wanted them to be kept
    keep(page, ONE, 1)
    page.locator("#remember").check()
    assert not is_asked(page)
    page.locator("#remember").uncheck()
    assert is_asked(page)
    save_set(page, tmp_path)
    assert not is_asked(page)
    keep(page, SEVEN, 7)
    assert is_asked(page)
    page.locator("#delete-all").click()
    assert not is_asked(page)


def test_a_browser_that_refuses_to_keep_says_so(open_page):
    refuse = "() => { throw new DOMException('no', 'SecurityError') }"
    script = f"Object.defineProperty(window, 'localStorage', {{ get: {refuse} }})"
    page = open_page(script=script)
    keep(page, SEVEN, 7)
    page.locator("#remember").click()
    assert not page.locator("#remember").is_checked()
    assert "does not let the page keep them" in page.locator(TOLD).text_content()
    assert captions(page) == ["7"]
