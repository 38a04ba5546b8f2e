"""The page in a real browser, by real pointer events, compared with NumPy and `mnist predict`."""

import hashlib
import os
import re
from typing import get_args

import numpy as np
import pytest
from support.nets import random_arrays
from support.page import (
    EVERY,
    SEVEN,
    draw,
    measure,
    net_input,
    prediction,
    said,
    save,
    settle,
    speak,
    switch_off,
    titles,
)

import mnist_cli
from mnist_cli.datasets.corruptions import rotate, shift
from mnist_cli.errors import printable
from mnist_cli.handwriting.judge import judge
from mnist_cli.page.page import Language, write_page
from mnist_cli.paths import embedded_directory
from mnist_cli.prediction.prediction import predict_digit
from mnist_cli.weights.snapshots import Snapshot, write_snapshots

pytestmark = pytest.mark.xdist_group("net")


def test_a_drawing_is_read_as_mnist_predict_reads_the_saved_png(page, tmp_path, strokes):
    assert prediction(page) == ""
    assert page.locator("#save").is_disabled()
    for number, (points, _) in enumerate(strokes[:3]):
        page.locator("[name=pen]").nth(number % 3).check()
        draw(page, points, size=0.35 + 0.15 * number, left=0.1)
        digit = mnist_cli.read_digit(save(page, tmp_path))
        assert prediction(page) == str(mnist_cli.load_network().predict(digit.image))
        of_python, of_page = digit.image.ravel().astype(int), net_input(page)
        ink = (of_python > 0) | (of_page > 0)
        assert np.abs(of_python - of_page)[ink].mean() < 20
        page.locator("#clear").click()
        assert prediction(page) == ""


# Calls that `mnist` of the page refuses: what is no image, what is no strokes.
NO_PIXELS = (
    *("[1]", "", "Array(784).fill(256)", "Array(784).fill(-1)", "Array(784).fill(NaN)"),
    *("Array(784).fill('7')", "Array(784).fill(null)", "'7'.repeat(784)"),
    "Array(28).fill(Array(28).fill(0))",
)
NO_STROKES = (
    *("", "'7'", "[[5, 5], [6, 6]]", "[[[5, '5']]]", "[[[5, 5, 5]]]", "[[[NaN, 5]]]"),
    "[[[5, 5], [1e308, -1e308]]]",
)


@pytest.mark.parametrize(
    ("call", "values", "expected"),
    [("predict", NO_PIXELS, "784 numbers from 0 to 255"), ("read", NO_STROKES, "strokes")],
)
def test_what_is_no_image_is_refused(page, call, values, expected):
    tried = "() => {{ try {{ mnist.{}({}) }} catch (error) {{ return error.message }} }}"
    for each in values:
        assert f"expected {expected}" in page.evaluate(tried.format(call, each)), each


# Strokes of what is no digit, and of one that looks like two, as shares of the pad.
NO_DIGITS = {
    "X": [[(25, 25), (75, 75)], [(75, 25), (25, 75)]],
    "line": [[(20, 50), (80, 50)]],
    "two strokes that are one digit": [[(35, 20), (30, 50), (68, 50)], [(60, 20), (60, 80)]],
}


@pytest.mark.parametrize("name", NO_DIGITS)
def test_doubt_is_that_of_mnist_predict(page, tmp_path, name):
    for points in NO_DIGITS[name]:
        draw(page, points, size=1, left=0, top=0)
    digit = mnist_cli.read_digit(save(page, tmp_path))
    warnings = predict_digit(mnist_cli.load_network(), digit, source=name).warnings
    expected = [each.split(";")[0] for each in warnings if not each.startswith("not sure")]
    assert expected or name.startswith("two")
    parts = said(page).split(" · ")  # of another reading, for which Python goes on to look
    assert [part for part in parts if not part.startswith(("not sure", "confidence"))] == expected


def test_real_digits_are_doubted_where_python_doubts_them(page, strokes):
    read = "all => all.map((points) => mnist.read([points]))"
    found = page.evaluate(read, [points for points, _ in strokes])
    images = np.array([each["image"] for each in found], np.uint8).reshape(-1, 28, 28)
    odds = judge(images)
    confidences = mnist_cli.load_network().predict_proba(images).max(axis=1)
    doubted = (odds < -2.2) | ((odds < 0) & (confidences < 0.7))
    clear = np.minimum(abs(odds + 2.2), abs(odds)) > 0.1  # of the judge's rounded weights
    warned = np.array([bool(each["warnings"]) for each in found])
    np.testing.assert_array_equal(warned[clear], doubted[clear])
    assert clear.mean() > 0.9
    assert doubted.mean() < 0.1


def test_undo_clear_and_the_switch(page):
    draw(page, SEVEN)
    seven = prediction(page)
    draw(page, [(10, 50), (90, 50)])
    page.locator("#undo").click()
    assert prediction(page) == seven
    page.locator("#clear").click()
    page.keyboard.press("Control+z")
    assert prediction(page) == seven
    before = net_input(page).tolist()
    page.locator("#raw").check()
    assert net_input(page).tolist() != before
    page.evaluate("mnist.clear()")
    assert prediction(page) == ""


def test_strokes_in_any_unit_are_read_and_pixels_only_as_they_are(page):
    results = [
        page.evaluate(
            "strokes => mnist.read(strokes)", [[[scale * x - 5, scale * y] for x, y in SEVEN]]
        )
        for scale in (0.001, 1, 1000)
    ]
    assert {result["prediction"] for result in results} == {7}
    assert all(len(result["image"]) == 784 and max(result["image"]) == 255 for result in results)
    assert abs(np.subtract(results[0]["image"], results[2]["image"])).max() <= 1
    empty = page.evaluate("mnist.read([])")
    assert (sum(empty["image"]), empty["prediction"], empty["probabilities"]) == (0, None, None)
    for points in ("[[5, 5]]", "Array(130_000).fill([5, 5])"):
        assert page.evaluate(f"mnist.read([{points}]).image.length") == 784
    assert prediction(page) == ""


def test_everything_works_by_keyboard(page):
    page.keyboard.press("Space")
    for key in ["ArrowRight"] * 8 + ["Space"]:
        page.keyboard.press(key)
    assert prediction(page) != ""
    for key in ("Space", "ArrowRight", "c"):
        page.keyboard.press(key)
    assert prediction(page) == ""
    page.keyboard.press("ArrowDown")  # the pen is still down
    assert prediction(page) != ""
    while page.evaluate("!document.activeElement.matches('.neuron')"):
        page.keyboard.press("Tab")
    for key in ("Home", "ArrowRight"):
        page.keyboard.press(key)
    text = page.locator("#explanation").inner_text()
    assert "Neuron 1 of layer 1" in text
    values = mnist_cli.load_network().activations(net_input(page))
    assert f"= {values['a1'][1]:.2f}\n".replace("-", "−") in text
    assert f"sigmoid(a1) = {values['z1'][1]:.2f}" in text
    assert "votes, into a2: " in text
    page.keyboard.press("Enter")
    settle(page)
    assert page.locator(".neuron").nth(1).get_attribute("aria-pressed") == "true"
    assert "z1[1]" in page.locator("#off").text_content()


# How much likelier 0 is than 1, the confidence in it, and what is said of it.
LIKELY = (
    (1.2e9, ">0.999999", "1.2 billion times as likely, 약 12억 배 더, 約12億倍です"),
    (3.5, "0.7778", "3.5 times as likely, 약 3.5배 더, 確率は約3.5倍です"),
    (1e50, ">0.999999", "more than a trillion times, 1조 배 이상 더, 1兆倍以上です"),
)


def test_how_likely_a_digit_is_is_said_in_words(open_page, tmp_path):
    nets = []  # states of one that scores whatever is drawn in the same way
    for ratio, *_ in LIKELY:
        scores = np.array([np.log(ratio), 0, *[-200] * 8])
        nets.append(mnist_cli.Network((np.zeros((784, 10)),), (scores,)))
    net, way, path = (tmp_path / name for name in ("net.npz", "way.npz", "net.html"))
    mnist_cli.save_network(nets[-1], net)
    write_snapshots(way, [Snapshot(number, each) for number, each in enumerate(nets[:-1])])
    write_page(path, [net], snapshots=way)
    page = open_page(path)
    draw(page, SEVEN)
    for number, (_, confidence, words) in enumerate(LIKELY):
        page.locator("#learning").fill(str(number))
        settle(page)
        assert f"confidence {confidence}" in said(page)
        assert f"= {confidence}" in page.locator("#told").inner_text()
        assert "1.0000" not in page.locator("body").inner_text()
        for language, said_there in zip(("en", "ko", "ja"), words.split(", "), strict=True):
            speak(page, language)
            assert said_there in page.locator("#explanation").inner_text()
        speak(page, "en")


def test_a_digit_is_explained_against_the_runner_up_also_in_korean(page):
    draw(page, SEVEN)
    assert "Why 7 and not" in page.locator("#explanation").inner_text()
    page.locator(".digit").nth(3).hover()
    assert "Why not 3" in page.locator("#explanation").inner_text()
    speak(page, "ko")
    for digit in range(10):
        page.locator(".digit").nth(digit).focus()
        particle = "이" if digit in (0, 1, 3, 6, 7, 8) else "가"  # by the sound of the digit
        expected = "7인 이유" if digit == 7 else f"{digit}{particle} 아닌 이유"
        assert expected in page.locator("#told").inner_text()


def accuracy(page):
    settle(page)
    return float(page.locator("#accuracy output").text_content())


def slide(page, name, value):
    page.locator(f"#{name}").fill(str(value))
    return accuracy(page)


def test_what_is_broken_costs_what_numpy_says(page, shown):
    network = mnist_cli.load_network()
    pictures, labels = shown

    def expected(pictures, network=network):
        return (network.predict(pictures) == labels).mean()

    whole = accuracy(page)
    assert whole == expected(pictures)
    assert slide(page, "right", 3) == expected(shift(pictures, 3, 0))
    slide(page, "down", -2)
    turned = slide(page, "turn", 20)
    assert abs(turned - expected(shift(rotate(pictures, 20), 3, -2))) <= 0.002
    assert slide(page, "noise", 0.5) < turned
    page.locator("#undo-all").click()
    assert accuracy(page) == whole
    for neuron in (3, 4, 5, 6):
        page.locator(".tiles .neuron").nth(neuron).click()
        page.locator("#switch").click()
    assert accuracy(page) == expected(pictures, switch_off(network, 3, 4, 5, 6))
    page.locator("#undo-all").click()
    assert accuracy(page) == whole


def test_what_is_changed_while_images_are_counted_is_shown(page):
    """Also if they are all counted before the next frame."""
    settle(page)
    page.evaluate("""async () => {
        const neuron = document.querySelector(".neuron");
        neuron.click();
        neuron.click();
        while (!document.querySelector("#accuracy[aria-busy]"))
            await new Promise((done) => setTimeout(done));
        const next = requestAnimationFrame;
        window.requestAnimationFrame = (show) => setTimeout(() => next(show), 1000);
        document.querySelector("#all-on").click();
        window.requestAnimationFrame = next;
    }""")
    settle(page)
    assert not page.locator("#all-on").is_visible()
    assert page.locator("#off").inner_text() == "Every neuron is on."


def test_test_images_can_be_tried_and_saved(page, tmp_path, shown):
    network = mnist_cli.load_network()
    images, labels = shown
    predictions = network.predict(images)
    page.locator("#filter").select_option("4")
    assert all("label 4" in title for title in titles(page))
    page.locator("#filter").select_option("")
    page.locator("#only-wrong").check()
    wrong = np.flatnonzero(predictions != labels)
    assert page.locator(".thumb").count() == len(wrong)
    page.locator(".thumb").first.click()
    assert prediction(page) == str(predictions[wrong[0]])
    saved = save(page, tmp_path)
    assert saved.name == f"mnist-{wrong[0] * EVERY}.png"
    np.testing.assert_array_equal(mnist_cli.read_digit(saved).image, images[wrong[0]])


def test_the_map_shows_the_drawing_and_what_is_pointed_at(page):
    drawn = """() => document.querySelector("#you").getContext("2d")
        .getImageData(0, 0, 4000, 2000).data.some(Boolean)"""
    assert not page.evaluate(drawn)
    draw(page, SEVEN)
    assert page.evaluate(drawn)
    page.locator("#points").focus()
    page.keyboard.press("ArrowDown")
    number, label, found = (
        int(line.split()[-1].rstrip("."))
        for line in page.locator("#card p").inner_text().split("\n")[:3]
    )
    images, labels = mnist_cli.load_mnist("test")
    assert labels[number] == label != found == mnist_cli.load_network().predict(images[number])
    page.keyboard.press("Enter")
    assert prediction(page) == str(found)


def test_what_is_said_of_batches_is_what_was_measured(page):
    page.locator("[name=size][value='10']").check(force=True)
    (alone, together), told = measure(page)
    ratio, runs = (float(re.search(of, told)[1]) for of in (r"([\d.]+) of the", r"(\d+) runs"))
    least, most = together - 0.05, together + 0.05  # they are rounded
    assert least / (alone + 0.05) - 0.005 <= ratio <= most / (alone - 0.05) + 0.005
    assert ("not clearly faster" in told) == (ratio >= 0.95)
    assert runs >= 15


def test_a_label_that_people_do_not_agree_with_says_so(open_page, embedded_page):
    page = open_page(f"{embedded_page.as_uri()}#image=3520")
    assert "label 6 (3 of 5 people do not agree)" in said(page)
    page.locator("#filter").select_option("6")
    assert titles(page)
    assert all(("people" in title) == ("3520" in title) for title in titles(page))
    speak(page, "ko")
    assert "정답 6 (5명 중 3명이 동의하지 않음)" in said(page)


def test_two_nets_stand_side_by_side(open_page, tmp_path):
    hostile = "<img src=x onerror=alert(1)>\u202e" + 200 * "n" + ".npz"  # cut as in the terminal
    file = tmp_path / hostile if os.name != "nt" else tmp_path / "b.npz"
    np.savez(file, **random_arrays(784, 20, 10, scale=0.3))
    write_page(tmp_path / "two.html", [None, file], language="ko")
    page = open_page(tmp_path / "two.html")
    draw(page, SEVEN)
    seen = net_input(page)
    for number, path in ((1, None), (2, file)):
        assert prediction(page, number) == str(mnist_cli.load_network(path).predict(seen))
    assert page.locator(".answer .name").nth(1).text_content() == printable(file.name)
    held = page.locator("#held").inner_text().split("\n")
    for line, path in zip(held, (embedded_directory() / "weights.pkl", file), strict=True):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert line == f"{printable(path.name)} · SHA-256 {digest}"
    assert f"mnist-cli({mnist_cli.__version__})로" in page.locator("footer").inner_text()
    page.locator("[name=net][value='1']").check(force=True)
    assert page.locator("#signature").text_content() == "784 → 20 → 10 · sigmoid"
    assert page.locator(".tiles .neuron").count() == 20
    assert 0 < accuracy(page) < 0.5


def test_a_browser_without_what_the_page_needs_gets_one_sentence(open_page):
    page = open_page(ready=False, java_script_enabled=False)
    assert page.locator("#unsupported").is_visible()
    assert page.locator("#unsupported span:visible").count() == len(get_args(Language))
    assert not page.locator("main").is_visible()
    page = open_page(ready=False, script="delete CanvasRenderingContext2D.prototype.roundRect")
    assert page.locator("#unsupported").is_visible()
    assert not page.locator("main").is_visible()
