"""`mnist convert` as its user sees it."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from support.commands import mnist


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_table_and_json_name_both_files(tmp_path):
    done = mnist("convert", "weights.pkl", "net.safetensors")
    assert (done.code, done.stderr) == (0, "")
    sha256 = hashlib.sha256((tmp_path / "net.safetensors").read_bytes()).hexdigest()
    for words in ("784 -> 50 sigmoid", "weights.pkl (embedded)", "net.safetensors", sha256[:12]):
        assert words in done.stdout
    document = json.loads(mnist("convert", "net.safetensors", "net.npz", "--json").stdout)
    size = (tmp_path / "net.npz").stat().st_size
    assert document["source"] == {
        "file": "net.safetensors", "origin": "given", "format": "safetensors",
    }  # fmt: skip
    assert document["target"]["bytes"] == size
    assert (document["layer_sizes"], document["parameters"]) == ([784, 50, 100, 10], 45360)


def test_what_is_not_known_of_the_activation_is_noted():
    np.savez("net.npz", W1=np.ones((784, 7)), b1=np.ones(7), W2=np.ones((7, 10)), b2=np.ones(10))
    assert "sigmoid was assumed" in mnist("convert", "net.npz", "net.safetensors").stderr
    done = mnist("convert", "net.npz", "relu.safetensors", "--activation", "relu")
    assert (done.code, done.stderr) == (0, "")
    for words in ("inspect", "eval -w", "predict -i 0 -w", "draw --no-open -w"):
        command = words.split()
        assert "sigmoid was assumed" in mnist(*command, "net.npz").stderr
    for command in (["eval", "--confusion", "-w"], ["predict", "-i", "0", "-w"]):
        assert mnist(*command, "net.npz", "--quiet").stderr == ""
        assert mnist(*command, "relu.safetensors", "--force").stderr == ""


def test_a_card_says_the_activation_where_the_format_cannot():
    np.savez("net.npz", W1=np.ones((784, 7)), b1=np.ones(7), W2=np.ones((7, 10)), b2=np.ones(10))
    done = mnist("convert", "net.npz", "relu.pkl", "--activation", "relu")
    assert "\ncard     relu.pkl.json\n" in done.stdout
    for command in ("inspect", "convert"):
        targets = ("again.npz",) if command == "convert" else ()
        done = mnist(command, "relu.pkl", *targets)
        assert (done.code, done.stderr, "784 -> 7 relu" in done.stdout) == (0, "", True)
    done = mnist("inspect", "relu.pkl", "--activation", "sigmoid")
    assert done.stderr == "Note: --activation sigmoid overrules relu.pkl.json, which says relu\n"
    target = json.loads(mnist("convert", "relu.pkl", "more.npz", "--json").stdout)["target"]
    assert (target["file"], target["card"]) == ("more.npz", "more.npz.json")
    Path("taken.npz.json").write_text("precious")
    done = mnist("convert", "relu.pkl", "taken.npz")
    assert done.stderr.startswith("Error: taken.npz.json: the file exists already")
    assert (done.code, Path("taken.npz").exists()) == (1, False)


def test_a_normalization_is_folded_in_and_shown():
    assert mnist("convert", "weights.pkl", "a.npz", "--mean", "0.1307", "--std", "0.3081").code == 0
    done = mnist("convert", "weights.pkl", "b.npz", "--mean", "0.1307", "--std", "0.3081", "--json")
    assert json.loads(done.stdout)["normalization"] == [0.1307, 0.3081]
    done = mnist("convert", "a.npz", "c.npz", "--mean", "-1", "--std", "0.5")
    assert "\nfolded   (pixels - -1) / 0.5 into W1 and b1" in done.stdout
    for options in (("--mean", "1"), ("--std", "1"), ("--mean", "0", "--std", "0")):
        assert mnist("convert", "weights.pkl", "d.npz", *options).code == 2
    assert not Path("d.npz").exists()
