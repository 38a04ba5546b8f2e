"""The eight cards of the lesson: their answers are those of NumPy, for any net on the page."""

import re

import numpy as np
import pytest
from support.nets import random_arrays
from support.page import EVERY, net_input, prediction, settle, switch_off
from support.sets import write_images, write_labels

import mnist_cli
from mnist_cli.datasets.corruptions import shift
from mnist_cli.net.network import forward
from mnist_cli.page.page import write_page

pytestmark = pytest.mark.xdist_group("net")

NAMES = ["image", "layers", "sum", "activation", "second", "softmax", "accuracy", "batches"]


def turn_up(page, number):
    page.locator("#lesson" if number == 1 else "#course-on").click()
    page.locator("#course:not([aria-busy])").wait_for()
    settle(page)


def ask(page, number):
    """Turn a card up; its question."""
    turn_up(page, number)
    title = page.locator("#course-title").text_content()
    assert title.startswith(f"{number} of 8 · ")
    assert NAMES[number - 1] in title.lower()
    return page.locator("#course-question").text_content()


def answer(page, choice):
    """Tap a choice; what is said of it."""
    choices = page.locator("#choices button")
    is_text = isinstance(choice, str)
    (choices.get_by_text(choice, exact=True) if is_text else choices.nth(choice)).click()
    settle(page)
    assert page.locator("#choices .true").count() >= 1
    return page.locator("#course-answer").text_content()


def test_the_cards_ask_what_numpy_can_answer(page, shown):
    network = mnist_cli.load_network()
    images, labels = shown
    predictions, confidences = network.predict(images), network.predict_proba(images).max(axis=1)

    question = ask(page, 1)
    x = net_input(page).reshape(28, 28)
    away = int(re.search(r"Moved (\d) pixels", question)[1])
    read = network.predict(shift(x[None], away, 0))[0]
    assert f"It reads {read}" in answer(page, str(read))
    assert page.locator("#course-answer").text_content().startswith("Correct.")
    assert prediction(page) == str(read)

    assert "most numbers" in ask(page, 2)
    assert "784 · 50 = 39,200 of the 45,360" in answer(page, "W1 (784, 50)")

    neuron = int(re.search(r"a1\[(\d+)\]", ask(page, 3))[1])
    a1 = network.activations(net_input(page))["a1"][neuron]
    said = answer(page, "above 0" if a1 > 0 else "not above 0")
    assert said == f"Correct. a1[{neuron}] = {a1:.2f}.".replace("-", "−")

    ask(page, 4)
    layers = network.weights, network.biases
    flat = images.reshape(-1, 784) / 255
    step, identity = (
        f"{(forward(flat, *layers, of)['y'].argmax(axis=1) == labels).mean():.4f}"
        for of in (lambda a: (a > 0).astype(float), lambda a: a)
    )
    worse = "step" if step < identity else "identity"
    said = answer(page, worse)
    assert said.startswith(f"Correct. With step {step}, with identity {identity}, with sigmoid ")
    assert page.locator("#standing").text_content() == min(step, identity)

    question = ask(page, 5)
    neuron = int(re.search(r"z1\[(\d+)\]", question)[1])
    z1 = forward(flat, *layers, lambda a: 1 / (1 + np.exp(-a)))["z1"][:, neuron]
    offered = dict(re.findall(r"(\d) \((\d\.\d\d)\)", question))
    assert offered == {each: f"{z1[labels == int(each)].mean():.2f}" for each in offered}
    assert page.locator("#choices button").all_text_contents() == [*sorted(offered), "none"]
    broken = switch_off(network, neuron).predict(images)
    before, after = (
        np.array([np.sum((found == labels) & (labels == digit)) for digit in range(10)])
        for found in (predictions, broken)
    )
    digit = int((before - after).argmax())
    said = answer(page, str(digit))
    still = f"{after[digit]} are still read, of {before[digit]}"
    assert said.startswith(f"Correct. The {digit}: {still}")
    assert page.locator("#off").text_content() == f"Switched off: z1[{neuron}]"
    assert page.locator("#standing").text_content() == f"{(broken == labels).mean():.4f}"

    question = ask(page, 6)
    a3 = network.activations(net_input(page))["a3"]
    other, best = a3.argsort()[-2:]
    assert f"a3[{best}] = {a3[best]:.2f} leads a3[{other}] = {a3[other]:.2f}" in question
    times = float(f"{np.exp(a3[best] - a3[other]):.2g}")
    assert f": {times:,.0f} times" in answer(page, f"{times:,.0f} times")

    assert ask(page, 7) == "Which of these two will it misread?"
    names = page.locator("#choices button").evaluate_all("all => all.map((each) => each.ariaLabel)")
    pair = [int(name.split()[1]) // EVERY for name in names]
    (misread,) = (i for i in pair if predictions[i] != labels[i])
    said = answer(page, pair.index(misread))
    assert said.startswith(f"Correct. Label {labels[misread]}, prediction {predictions[misread]}.")
    assert confidences[misread] > 0.5
    assert prediction(page) == str(predictions[misread])

    assert "What is the shape of A1" in ask(page, 8)
    assert answer(page, "(50, 100)").startswith("Incorrect. (100, 50): a row for each image")
    page.locator("#choices .true").click(force=True)  # only the first answer counts
    assert page.locator("#course-answer").text_content().startswith("Incorrect.")
    assert page.locator("#course-on").is_disabled()
    page.locator("#course-end").click()
    assert not page.locator("#course").is_visible()
    assert page.evaluate("document.activeElement.id") == "lesson"


@pytest.mark.parametrize(
    ("widths", "activation", "lang"),
    [
        ([], "sigmoid", "ko-KR"),
        pytest.param([20, 301, 30], "relu", "en-US", marks=pytest.mark.matrix),
    ],
)
def test_a_lesson_about_any_net(open_page, tmp_path, widths, activation, lang):
    file = tmp_path / "net.npz"
    np.savez(file, **random_arrays(784, *widths, 10, scale=0.3))
    images = write_images(tmp_path / "images", mnist_cli.load_images()[:300])
    labels = write_labels(tmp_path / "labels", mnist_cli.load_labels()[:300])
    write_page(tmp_path / "net.html", [file], images=(images, labels), activation=activation)
    page = open_page(tmp_path / "net.html", locale=lang)
    for number in range(1, 9):
        turn_up(page, number)
        assert "undefined" not in page.locator("#course").inner_text()
        choices = page.locator("#choices button")
        if not widths and number in (4, 5):
            assert "은닉층이 없어" in page.locator("#course-question").text_content()
            assert choices.count() == 0
            continue
        assert choices.count() >= 2
        answer(page, choices.count() - 1)
        told = page.locator("#course").inner_text()
        assert not re.search("undefined|NaN", told)
        is_true = "true" in (choices.last.get_attribute("class") or "")
        assert told.count({"ko-KR": "정답입니다.", "en-US": "Correct."}[lang]) == is_true
