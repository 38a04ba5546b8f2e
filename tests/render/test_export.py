"""--export and --explain: what a file holds is what was shown."""

import json
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from support.commands import mnist
from support.nets import random_network

from mnist_cli import load_images
from mnist_cli.prediction.explanation import explain
from mnist_cli.render.text import plain
from mnist_cli.render.views import explain as render
from mnist_cli.spec import ACTIVATIONS

EXPLAIN = ("predict", "--index", "42", "--explain")


@pytest.mark.parametrize("suffix", [".svg", ".html"])
def test_a_file_holds_what_was_shown_and_is_light_where_that_is_asked(suffix, tmp_path):
    for options, background in ([], "#292929"), (["--light"], "#ffffff"):
        path = tmp_path / f"{len(options)}{suffix}"
        done = mnist(*EXPLAIN, "--export", path, *options)
        assert done.code == 0
        kept = path.read_text("utf-8")
        body = kept if suffix == ".svg" else kept[kept.index("<pre") : kept.index("</body")]
        words = "".join(ET.fromstring(body).itertext()).replace("\xa0", " ")
        assert not [
            word for word in re.findall(r"[\w.()]+\d[\w.()]*", done.stdout) if word not in words
        ]
        assert "<title>mnist</title>" in kept
        assert re.findall('(?:background: |rx="8" fill=")(#[0-9a-f]{6})', kept) == [background]
        named = re.sub('xmlns="[^"]*"', "", kept)  # which nobody fetches
        assert not re.search("//|@import|@font-face|src=|href|url[(](?!#)", named)
        assert not re.search("<circle|class=.terminal-[0-9]+-title|ff5f57", kept)  # no window
    refused = mnist("inspect", "--light")
    assert (refused.code, "--light needs --export" in refused.stderr) == (2, True)


def test_a_picture_is_as_large_as_what_is_on_it(tmp_path):
    mnist("inspect", "--neurons", "--export", tmp_path / "all.svg")
    svg = ET.fromstring((tmp_path / "all.svg").read_text("utf-8"))
    left, top, width, height = map(float, svg.get("viewBox").split())
    drawn = [each for each in svg.iter() if each.get("fill") and not each.get("rx")]
    right, bottom = (
        max(float(each.get(start)) + float(each.get(size)) for each in drawn)
        for start, size in (("x", "width"), ("y", "height"))
    )
    assert 10 < left + width - right < 60
    assert 10 < top + height - bottom < 60


def test_explain_has_the_same_numbers_in_json(book_weights):
    arguments = ("predict", "-w", book_weights, "--index", "8", "--explain")
    (prediction,) = json.loads(mnist(*arguments, "--json").stdout)
    explanation = prediction["explanation"]
    shown = mnist(*arguments).stdout
    sizes = [(step["symbol"], *step["shape"]) for step in explanation["steps"]]
    hidden = [("a1", 50), ("z1", 50), ("a2", 100), ("z2", 100)]
    assert sizes == [("x", 784), *hidden, ("a3", 10), ("y", 10)]
    for step in explanation["steps"]:
        numbers = [f"{name} {step[name]:8.3f}" for name in ("min", "mean", "max")]
        assert "  ".join(numbers) in shown
        assert step["formula"] in shown
    softmax = explanation["softmax"]
    np.testing.assert_allclose(
        np.array(softmax["exp"]) / softmax["sum"], prediction["probabilities"], atol=1e-5
    )
    assert np.shape(explanation["relevance"]) == (28, 28)
    assert (explanation["prediction"], explanation["runner_up"]) == (6, 4)
    # Against the label where that is not the prediction, else against the second best.
    assert (explanation["against"], np.shape(explanation["relevance_against"])) == (5, (28, 28))
    assert "Why 6 and not 5" in shown
    correct = mnist("predict", "--index", "0", "--explain").stdout
    assert "second best: 3," in correct
    assert "Why 7 and not 3" in correct
    assert "explanation" not in json.loads(mnist("predict", "--index", "8", "--json").stdout)[0]


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_explain_names_the_activation_and_marks_what_speaks_for_and_against(activation):
    explained = explain(random_network(784, 30, 10, activation=activation), load_images()[8])
    text = plain(render.lines(explained))
    assert f"z1 = {activation}(a1)" in text
    assert "y = softmax(a2)" in text
    signs = {char for row in text.splitlines()[-14:] for char in row[:28]}
    assert (signs == {" "}, "ink moves no score" in text) == (activation == "step",) * 2
    assert signs >= {"+", "-"} or activation == "step"
