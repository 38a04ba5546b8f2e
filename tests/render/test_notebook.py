"""What a notebook shows: results as the last line of a cell."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from support import stress
from support.commands import mnist

import mnist_cli
from mnist_cli.net.network import Network

IMAGES, LABELS = mnist_cli.load_mnist("test")
NETWORK = mnist_cli.load_network()


def text_of(result):
    """What is to be read in a result's picture, without characters that stand for pixels."""
    (pre,) = re.findall("^<pre.*</pre>", result._repr_html_(), re.DOTALL)
    text = "".join(ET.fromstring(pre.replace("&nbsp;", " ")).itertext())
    return "\n".join(line.rstrip() for line in text.splitlines())


def test_an_evaluation_and_an_explanation_show_what_the_commands_print():
    arguments = ("--limit", "500", "--confusion", "--min-confidence", "0.9")
    printed = mnist("eval", *arguments).stdout.splitlines()
    views = ["confusion", "min_confidence"]
    shown = text_of(mnist_cli.evaluate(NETWORK, IMAGES[:500], LABELS[:500], views=views))
    words = [line for line in printed if line and "(embedded)" not in line]
    assert [line for line in shown.splitlines() if line] == words
    explained = text_of(mnist_cli.explain(NETWORK, IMAGES[8]))
    printed = mnist("predict", "--index", "8", "--explain").stdout
    for line in printed.splitlines():
        if re.match(r"[axyz]\d? .*min|  [A-Z]| +\d +-?\d+\.", line):
            assert line.partition("█")[0].rstrip() in explained


def test_a_digit_shows_its_steps_and_its_warnings():
    digit = mnist_cli.read_digit(stress.draw("clean", IMAGES[0], seed=0))
    shown = text_of(digit)
    assert "converted to the MNIST format" in shown
    for step in digit.steps:
        assert f"{step.name} " in shown
        assert step.done in shown


def test_a_net_shows_its_layers_and_neurons_also_a_wide_one_and_one_without_hidden_layers():
    shown = text_of(NETWORK)
    assert "W1     (784, 50)  float32      39,200" in shown
    assert "total                          45,360" in shown
    assert "784 -> 50 sigmoid -> 100 sigmoid -> 10 softmax" in shown
    assert "what the 50 neurons of the first layer look for" in shown
    html = NETWORK._repr_html_()
    assert len(html) < 60_000
    with Image.open(io.BytesIO(base64.b64decode(re.search('base64,([^"]*)', html)[1]))) as picture:
        pixels = np.asarray(picture).astype(int)
    assert pixels.shape == (5 * 15, 10 * 15, 3)  # of neuron 17 then, and of what it wants
    W = NETWORK.weights[0][:, 17].reshape(14, 2, 14, 2).mean(axis=(1, 3))
    tile = pixels[15:29, 7 * 15 : 7 * 15 + 14]
    strong = abs(W) > 0.3 * abs(W).max()
    assert ((tile[..., 2] > tile[..., 0]) == (W > 0))[strong].all()  # blue, and not orange

    class Mine(Network):
        """A subclass is shown, too."""

    wide = Mine((np.zeros((784, 300)), np.zeros((300, 10))), (np.zeros(300), np.zeros(10)), "relu")
    assert "784 -> 300 relu -> 10 softmax" in text_of(wide)
    assert len(wide._repr_html_()) < 10_000  # without 300 pictures
    assert "784 -> 10 softmax" in text_of(Network((np.zeros((784, 10)),), (np.zeros(10),)))


def test_what_train_returns_is_a_pair_that_shows_the_training():
    trained = mnist_cli.train(IMAGES[:500], LABELS[:500], epochs=2, hidden=(30,), activation="relu")
    network, card = trained
    assert (trained.network, trained.card) == (network, card) == trained
    shown = text_of(trained)
    assert re.search(r"recipe +quick, 2 epochs, seed 0", shown)
    assert re.search(r"changed +hidden 30, activation relu, epochs 2", shown)
    assert re.search(rf"validation +{card.validation_accuracy:.4f}", shown)
    assert "weights" not in shown


def test_what_is_shown_is_read_on_light_pages_and_dark_ones():
    """Text has the colour of the page, or one of the middle: 3 to 1 against black and white."""
    shown = mnist_cli.evaluate(
        NETWORK, IMAGES[:200], LABELS[:200], views=["min_confidence", "sweep"]
    )
    shown = [each._repr_html_() for each in (NETWORK, shown)]
    for style, text in re.findall('<span style="([^"]*)">([^<]*)</span>', "".join(shown)):
        color = re.fullmatch("color: #(.{6})(; font-weight: bold)?", style)
        if color and text.strip(" ▀█"):  # relative luminance by WCAG 2, section 1.4.3
            channels = np.array([*bytes.fromhex(color[1])]) / 255  # none is near black
            light = np.dot((0.2126, 0.7152, 0.0722), ((channels + 0.055) / 1.055) ** 2.4)
            assert min((light + 0.05) / 0.05, 1.05 / (light + 0.05)) > 3, color[1]
    assert "<pre" in shown[0]
    assert not re.search("<style|class=|background: ?[^-]", "".join(shown))


def test_a_digit_is_its_image_where_an_array_is_wanted():
    digits = mnist_cli.read_digits(255 - np.kron(np.hstack(IMAGES[:3]), np.ones((5, 5), np.uint8)))
    digit = digits[0]
    images = np.array([each.image for each in digits])
    np.testing.assert_array_equal(np.asarray(digit), digit.image)
    np.testing.assert_array_equal(np.asarray(digit, float), digit.image)
    assert not np.shares_memory(np.array(digit), digit.image)
    assert np.shares_memory(np.asarray(digit), digit.image)
    assert NETWORK.predict(digit) == NETWORK.predict(digit.image) == LABELS[0]
    for several in (digits, list(digits)):
        np.testing.assert_array_equal(NETWORK.predict_proba(several), NETWORK.predict_proba(images))
    assert NETWORK.predict(list(digits)).tolist() == LABELS[:3].tolist()
    explained = mnist_cli.explain(NETWORK, digit)
    assert explained.probabilities.argmax() == explained.prediction == LABELS[0]
    assert mnist_cli.evaluate(NETWORK, digits, LABELS[:3]).correct == 3


BEGIN = """
import mnist_cli
from mnist_cli.render import progress
progress.PATIENCE = 0
images, labels = mnist_cli.load_mnist("test")
network = mnist_cli.load_network()
"""
CELLS = {
    f"{BEGIN}network": ("784 -> 50 sigmoid", ""),
    'mnist_cli.evaluate(network, images, labels, views="robustness", progress=True)': (
        "accuracy", "000 images"),
    "mnist_cli.train(images[:500], labels[:500], epochs=2, progress=True)": ("2 epochs", "2/2"),
    "mnist_cli.read_pictures(255 - images[:9], progress=True)[0]": ("converted", "9 of 9 pictures"),
}  # fmt: skip


def test_a_notebook_shows_results_and_progress():
    nbclient = pytest.importorskip("nbclient", reason="needs the extra test")
    pytest.importorskip("ipykernel", reason="needs the extra test")
    nbformat = pytest.importorskip("nbformat")
    cells = [nbformat.v4.new_code_cell(code) for code in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    for cell, (said, counted) in zip(cells, CELLS.values(), strict=True):
        told = "".join(each.text for each in cell.outputs if each.output_type == "stream")
        assert counted in told
        assert "ipywidgets" not in told  # which are not there, and rich would ask for, each time
        *_, result = (each for each in cell.outputs if each.output_type == "execute_result")
        assert said in re.sub("<[^>]+>", "", result.data["text/html"]).replace("&gt;", ">")
