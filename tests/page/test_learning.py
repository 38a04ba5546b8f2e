"""How the net learnt: the slider through its states, in a real browser, compared with NumPy."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from support.commands import mnist
from support.nets import random_network
from support.page import (
    SEVEN,
    accuracies,
    draw,
    net_input,
    predict,
    prediction,
    settle,
    speak,
    switch_off,
)

import mnist_cli
from mnist_cli.page.page import write_page
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import SNAPSHOTS
from mnist_cli.weights.snapshots import Snapshot, read_snapshots, write_snapshots

pytestmark = pytest.mark.xdist_group("net")

LAST = 9  # the number of the state that was trained to the end


@pytest.fixture(scope="module")
def states():
    """The states of the embedded net, the last one as it was trained."""
    snapshots = read_snapshots(embedded_directory() / SNAPSHOTS, "sigmoid")
    return [network for _, network in snapshots] + [mnist_cli.load_network()]


def turn_to(page, number):
    page.locator("#learning").fill(str(number))
    settle(page)


def test_each_state_gives_the_numbers_of_numpy(page, states, shown):
    images, labels = shown
    slider = page.locator("#learning")
    assert slider.get_attribute("max") == str(LAST) == slider.input_value()
    draw(page, SEVEN)
    maps = set()
    for number in (LAST, 4, 1, 0):
        network = states[number]
        turn_to(page, number)
        found, probabilities = predict(page, images[::20])
        np.testing.assert_array_equal(found, network.predict(images[::20]))
        np.testing.assert_allclose(probabilities, network.predict_proba(images[::20]), atol=1e-5)
        correct = np.sum(network.predict(images) == labels)
        assert accuracies(page) == {f"{correct / len(labels):.4f}"}
        said = f"{correct} of {len(labels)} correct; undisturbed {correct / len(labels):.4f}"
        assert page.locator("#accuracy p").text_content() == said
        seen = net_input(page)
        assert prediction(page) == str(network.predict(seen))
        maps.add(page.locator("#points").evaluate("each => each.toDataURL()"))
    assert len(maps) == 4  # of the map of each state


def test_what_a_neuron_looks_for_is_that_of_the_state(page, states):
    for number in (0, LAST):
        turn_to(page, number)
        addresses = page.locator(".tiles img").evaluate_all("all => all.map((each) => each.src)")
        for neuron in (0, 49):
            png = base64.b64decode(addresses[neuron].removeprefix("data:image/png;base64,"))
            red, _, blue, opacity = np.array(Image.open(io.BytesIO(png))).T.astype(int)
            weights = states[number].weights[0][:, neuron].reshape(28, 28).T
            expected = 255 * np.sqrt(np.abs(weights) / np.abs(weights).max())
            np.testing.assert_allclose(opacity, expected, atol=1)
            clear = opacity > 20
            np.testing.assert_array_equal((blue > red)[clear], (weights > 0)[clear])


def test_neurons_are_off_in_every_state_and_the_input_is_disturbed(page, states, shown):
    images, labels = shown
    page.locator(".tiles .neuron").nth(3).click()
    page.locator("#switch").click()
    turn_to(page, 5)
    found = switch_off(states[5], 3).predict(images)
    assert accuracies(page) == {f"{np.mean(found == labels):.4f}"}
    before = np.mean(states[5].predict(images) == labels)
    assert f"undisturbed {before:.4f}" in page.locator("#accuracy p").text_content()
    page.locator("#undo-all").click()
    settle(page)
    assert page.locator("#learning").input_value() == str(LAST)
    assert accuracies(page) == {f"{np.mean(states[-1].predict(images) == labels):.4f}"}


def test_it_says_how_much_the_net_has_seen(page):
    first = read_snapshots(embedded_directory() / SNAPSHOTS, "sigmoid")[1].samples
    card = json.loads((embedded_directory() / "weights.json").read_text("utf-8"))
    seen = float(f"{len(card['loss_by_epoch']) * card['training_images']:.2g}")
    end = f"after {seen / 1e6:.0f} million images: as trained"
    in_korean = f"이미지 {first:,}장 학습 후", f"이미지 {seen / 1e4:.0f}만 장 학습 완료"
    in_japanese = f"画像{first:,}枚の学習後", f"画像{seen / 1e4:.0f}万枚で学習完了"
    for language, *sentences in (
        ("en", "random numbers", f"after {first:,} images", end),
        ("ko", "학습 전: 무작위 수", *in_korean),
        ("ja", "学習前：乱数", *in_japanese),
    ):
        speak(page, language)
        for number, said in zip((0, 1, LAST), sentences, strict=True):
            turn_to(page, number)
            assert page.locator("#learnt-told").text_content() == said
            assert page.locator("#learning").get_attribute("aria-valuetext") == said


def test_a_class_and_a_card_are_about_the_net_as_trained(page, undisturbed):
    turn_to(page, 0)
    draw(page, SEVEN)
    speak(page, "ko")  # all views are made anew
    page.locator("#labels button").nth(7).click()
    assert page.locator(".kept small").text_content() == "7"
    page.locator("#lesson").click()
    page.locator("#course:not([aria-busy])").wait_for()
    settle(page)
    assert page.locator("#learning").input_value() == str(LAST)
    assert accuracies(page) == {undisturbed}


def test_a_net_of_ones_own_brings_its_own(open_page, tmp_path):
    nets = [random_network(784, 12, 10, activation="relu", scale=0.1, seed=i) for i in range(3)]
    mine, snapshots, path = (tmp_path / name for name in ("mine.npz", "way.npz", "page.html"))
    mnist_cli.save_network(nets[-1], mine)
    write_snapshots(snapshots, [Snapshot(7 * i, net) for i, net in enumerate(nets[:2])])
    command = ("draw", "--no-open", "-o", path, "-w", mine, "--activation", "relu", "-w", mine)
    done = mnist(*command, "--snapshots", snapshots, "--json")
    assert json.loads(done.stdout)["snapshots"] == str(snapshots)
    page = open_page(path)
    assert page.locator("#learnt-told").text_content() == "as trained"
    turn_to(page, 1)
    assert page.locator("#learnt-told").text_content() == "after 7 images"
    draw(page, SEVEN)
    seen = net_input(page)
    rounded = read_snapshots(snapshots, "relu")[1].network
    shown = (rounded, nets[-1])
    assert [prediction(page, 1), prediction(page, 2)] == [str(net.predict(seen)) for net in shown]
    for net, has_states in ((1, False), (0, True)):
        page.locator(f"[name=net][value='{net}']").check(force=True)
        assert page.locator("#learnt").is_visible() == has_states


def test_states_can_be_left_out_and_cost_little(tmp_path):
    path = tmp_path / "page.html"
    plain = json.loads(mnist("draw", "--no-open", "-o", path, "--no-snapshots", "--json").stdout)
    assert plain["snapshots"] is None
    whole = write_page(tmp_path / "whole.html")
    assert whole.snapshots == embedded_directory() / SNAPSHOTS
    assert 100_000 < whole.bytes - plain["bytes"] <= 600_000
    mnist_cli.save_network(random_network(784, 50, 100, 10), tmp_path / "other.npz")
    assert write_page(tmp_path / "other.html", [tmp_path / "other.npz", None]).snapshots is None
