"""`mnist convert` as its user sees it."""

from pathlib import Path

import numpy as np
import pytest
from support.commands import mnist
from support.nets import random_arrays, same_bits

from mnist_cli import load_network


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """A folder with a net of one hidden layer that says nothing of its activation."""
    monkeypatch.chdir(tmp_path)
    np.savez("net.npz", **random_arrays(784, 7, 10))


def test_what_is_not_known_of_the_activation_is_noted():
    for words in ("inspect", "eval -w", "predict -i 0 -w", "draw --no-open -w"):
        assert "sigmoid was assumed" in mnist(*words.split(), "net.npz").stderr
    done = mnist("convert", "net.npz", "relu.safetensors", "--activation", "relu")
    assert (done.code, done.stderr) == (0, "")
    for command in (["eval", "--confusion", "-w"], ["predict", "-i", "0", "-w"]):
        assert mnist(*command, "net.npz", "--quiet").stderr == ""
        assert mnist(*command, "relu.safetensors", "--force").stderr == ""


def test_a_card_says_the_activation_where_the_format_cannot():
    done = mnist("convert", "net.npz", "relu.pkl", "--activation", "relu")
    assert "\ncard     relu.pkl.json\n" in done.stdout
    Path("taken.npz.json").write_text("precious")
    done = mnist("convert", "relu.pkl", "taken.npz")
    assert done.stderr.startswith("Error: taken.npz.json: the file exists already")
    assert (done.code, Path("taken.npz").exists()) == (1, False)


def test_json_names_both_files_and_a_normalization_is_folded_in_and_shown():
    options = ("--mean", "0.1307", "--std", "0.3081", "--json")
    document = mnist("convert", "weights.pkl", "b.npz", *options).document
    source, target = document["source"], document["target"]
    assert list(source.values())[1:] == ["embedded", "pickle"]
    assert (target["bytes"], target["card"]) == (Path("b.npz").stat().st_size, "b.npz.json")
    assert (document["layer_sizes"], document["parameters"]) == ([784, 50, 100, 10], 45360)
    assert document["normalization"] == [0.1307, 0.3081]
    expected = load_network().fold_normalization(0.1307, 0.3081)
    assert same_bits(load_network("b.npz").arrays, expected.arrays)
    done = mnist("convert", "weights.pkl", "c.npz", "--mean", "-1", "--std", "0.5")
    assert "\nfolded   (pixels - -1) / 0.5 into W1 and b1" in done.stdout
    for options in (("--mean", "1"), ("--std", "1"), ("--mean", "0", "--std", "0")):
        assert mnist("convert", "weights.pkl", "d.npz", *options).code == 2
    assert not Path("d.npz").exists()
