"""`mnist convert` as its user sees it."""

import hashlib
import json

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
    for words in (
        "784 -> 50 sigmoid",
        "weights.pkl (embedded)",
        "net.safetensors",
        f"sha256   {sha256[:12]}\n",
    ):
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
    done = mnist("convert", "relu.safetensors", "relu.pkl")
    assert done.stderr.startswith("Note: pickle has no place for the activation")
    assert "784 -> 7 relu" in mnist("inspect", "relu.safetensors").stdout
