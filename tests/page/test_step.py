"""The page's forward pass a step at a time, compared with NumPy."""

import re
from functools import partial

import numpy as np
import pytest
from support.nets import random_arrays
from support.page import SEVEN, accuracies, draw, net_input, predict, settle, told

import mnist_cli
from mnist_cli.net.network import forward
from mnist_cli.page.page import write_page

pytestmark = pytest.mark.xdist_group("net")


def step(a):
    return (a > 0).astype(float)


def number(text):
    return float(text.replace("−", "-"))


def compare_sum(text, name, values):
    """The sum that is written out adds up, to the number that NumPy has."""
    found = re.search(rf"{name}\[(\d+)\] = (.*) = (−?[\d.]+)\n", text)
    neuron, written, total = int(found[1]), found[2], number(found[3])
    assert total == round(float(values[name][neuron]), 2)
    *products, rest = re.sub(r"([+−]) (?=[\d.]+( |$))", r"§\1", written).split(" + ")
    rest, *others = rest.split(" §")
    added = sum(
        np.prod([number(factor.strip("()")) for factor in product.split("·")])
        for product in [*products, rest]
    )
    assert abs(added + sum(map(number, others)) - total) < 0.15  # of factors with two decimals
    terms = [number(term) for term in re.findall(r"\] = ([+−]\d+\.\d\d)", text.split("\n\n")[-2])]
    rest, bias = re.search(r"add ([+−]\d+\.\d\d), the bias \S+ ([+−]\d+\.\d\d)", text).groups()
    assert abs(sum(terms) + number(rest) + number(bias) - total) < 0.03
    return neuron


def test_each_step_says_its_formula_its_shape_and_a_number_of_numpys(page):
    draw(page, SEVEN)
    network = mnist_cli.load_network()
    values = network.activations(net_input(page))
    page.locator("#step").click()
    assert page.locator("#step").evaluate("each => each.matches(':hover')")  # it stays there
    text = told(page)
    assert "Step 1 of 7: x\nx = pixels / 255\n(28, 28) → (784,)" in text
    assert f"784 of them, {(values['x'] > 0).sum()} above 0" in text
    for layer, size in enumerate((50, 100, 10), start=1):
        page.keyboard.press("n")
        text = told(page)
        below, width = ("x", 784) if layer == 1 else (f"z{layer - 1}", (50, 100)[layer - 2])
        assert f": a{layer}\na{layer} = {below} W{layer} + b{layer}\n" in text
        assert f"({width},) @ ({width}, {size}) + ({size},) → ({size},)" in text
        neuron = compare_sum(text, f"a{layer}", values)
        assert neuron == values[f"a{layer}"].argmax()
        page.keyboard.press("n")
        text = told(page)
        if layer < 3:
            assert f"z{layer} = sigmoid(a{layer}) = 1 / (1 + exp(−a{layer}))" in text
            assert f"({size},) → ({size},)" in text
            z = values[f"z{layer}"]
            assert f"= {z[neuron]:.2f}\n" in text
            assert f"{(z > 0.5).sum()} of {size} neurons are above 0.5" in text
            label = page.locator("#working svg").get_attribute("aria-label")
            assert f"z{layer}[{neuron}] = {z[neuron]:.2f}" in label
    assert "Step 7 of 7: y\ny = softmax(a3)" in text
    rows = page.locator("#working tbody tr").all_inner_texts()
    found = np.array([[number(cell) for cell in row.split("\t")] for row in rows])
    np.testing.assert_array_equal(found[:, 0], range(10))
    np.testing.assert_allclose(found[:, 1], values["a3"], atol=0.006)
    np.testing.assert_allclose(found[:, 2], np.exp(values["a3"] - values["a3"].max()), rtol=0.05)
    np.testing.assert_allclose(found[:, 3], values["y"], atol=1e-4)
    assert page.locator("#working tfoot").inner_text().endswith("1")


def test_only_what_has_been_computed_is_said(page):
    draw(page, SEVEN)
    page.locator("#step").click()
    found = []
    for _ in range(7):
        settle(page)
        (dot, *_) = page.locator(".dots .neuron").evaluate_all("all => all.map(e => e.ariaLabel)")
        digits = "".join(page.locator(".digit small").all_text_contents())
        found.append((", " in dot, bool(digits), page.locator(".best.digit").count()))
        page.keyboard.press("n")
    nothing, second, scores = (False, False, 0), (True, False, 0), (True, True, 0)
    assert found == [*[nothing] * 3, *[second] * 2, scores, (True, True, 1)]
    assert "Step 1 of 7" in told(page)  # after the last comes the first


def test_steps_go_back_by_button_key_and_name(page):
    draw(page, SEVEN)
    for _ in range(3):
        page.locator("#step").click()
    assert "Step 3 of 7: z1" in told(page)
    page.locator("#step-back").click()
    assert "Step 2 of 7: a1" in told(page)
    page.locator("#pad").focus()
    for _ in range(2):  # before the first is nothing
        page.keyboard.press("b")
        assert "Step 1 of 7: x" in told(page)
    assert page.locator("#step-back").is_disabled()
    page.locator("[name=stage][value=a3]").check(force=True)
    assert "Step 6 of 7: a3" in told(page)
    page.keyboard.press("ArrowRight")
    assert "Step 7 of 7: y" in told(page)
    said = page.locator("#step-said")
    assert said.get_attribute("role") == "status"
    assert said.text_content().startswith("Step 7 of 7: y. y = softmax(a3)")
    page.locator("#step-end").click()
    assert told(page).startswith("Digit 7")
    assert said.text_content() == ""
    assert not page.locator("#activations").is_visible()


def test_a_tapped_neuron_is_the_one_that_is_worked_out(page):
    draw(page, SEVEN)
    values = mnist_cli.load_network().activations(net_input(page))
    for _ in range(2):
        page.locator("#step").click()
    page.locator(".tiles .neuron").nth(8).click()
    assert compare_sum(told(page), "a1", values) == 8
    page.locator("#step").click()
    shown = f"z1[8] = sigmoid({values['a1'][8]:.2f}) = {values['z1'][8]:.2f}"
    assert shown.replace("-", "−") in told(page)
    page.locator("#switch").click()
    assert "z1[8] = 0.00 (switched off)" in told(page)


def test_another_activation_costs_what_numpy_says(page, shown, undisturbed):
    draw(page, SEVEN)
    network = mnist_cli.load_network()
    images, labels = shown
    page.locator("#step").click()
    assert "These weights were trained for sigmoid." in told(page)
    page.locator("[name=activation][value=step]").check(force=True)
    stepping = partial(forward, weights=network.weights, biases=network.biases, activation=step)
    y = stepping(images.reshape(-1, 784) / 255)["y"]
    assert accuracies(page) == {f"{(y.argmax(axis=1) == labels).mean():.4f}"}
    page.locator("[name=stage][value=z1]").check(force=True)
    values = stepping(net_input(page) / 255)
    found = re.search(r"z1\[(\d+)\] = step\((\S+)\) = (\S+)\n", told(page))
    assert number(found[3]) == round(float(values["z1"][int(found[1])]), 2)
    page.locator("#step-end").click()
    assert accuracies(page) == {undisturbed}


@pytest.mark.parametrize(
    ("widths", "activation"),
    [
        ([20, 301, 30], "relu"),
        pytest.param([], "sigmoid", marks=pytest.mark.matrix),
        ([9], "tanh"),
        pytest.param([17] * 7, "relu", marks=pytest.mark.matrix),
    ],
)
def test_nets_of_any_depth_give_the_numbers_of_numpy_and_are_stepped_through(
    open_page, tmp_path, widths, activation
):
    file = tmp_path / "deep.npz"
    np.savez(file, **random_arrays(784, *widths, 10, scale=0.3))
    write_page(tmp_path / "deep.html", [file], activation=activation)
    page = open_page(tmp_path / "deep.html", reduced_motion="reduce", width=360, height=740)
    network = mnist_cli.load_network(file, activation=activation)
    images = mnist_cli.load_images()[:200]
    found, probabilities = predict(page, images)
    np.testing.assert_array_equal(found, network.predict(images))
    np.testing.assert_allclose(probabilities, network.predict_proba(images), atol=1e-5)
    page.locator("#step").click()
    assert "Draw a digit" in told(page)
    draw(page, SEVEN)
    values = network.activations(net_input(page))
    depth = len(widths) + 1
    for place, name in enumerate(values, start=1):
        assert f"Step {place} of {2 * depth + 1}: {name}\n" in told(page)
        if name[0] == "a":
            compare_sum(told(page), name, values)
        page.locator("#step").click()
    offered = page.locator("#activations span").all_text_contents()
    assert offered == [*dict.fromkeys([activation, "sigmoid", "step", "identity"])]
    said = page.locator("#trained").text_content()
    assert said == f"These weights were trained for {activation}."
