"""From any format to any other, bit for bit; to ONNX, which others run with the same digits."""

import itertools
import sys

import numpy as np
import pytest
from conftest import ROOT
from safetensors.numpy import load_file
from support.folders import names
from support.nets import random_arrays, random_network, same_bits

from mnist_cli import __version__, load_images, load_network
from mnist_cli.errors import MnistError
from mnist_cli.spec import ACTIVATIONS
from mnist_cli.weights.formats import SUFFIXES
from mnist_cli.weights.weights_file import convert, read_weights, save_network, write_arrays


def test_every_format_becomes_every_other_bit_for_bit(tmp_path):
    arrays = {"W1": np.random.default_rng(6).normal(size=(784, 10)), "b1": np.zeros(10)}
    arrays["b1"][:3] = -0.0, 1e-40, 1e30  # a value is a value
    for first, second in itertools.permutations(SUFFIXES, 2):
        folder = tmp_path / f"{first}{second}"
        folder.mkdir()
        one, two, three = folder / f"1{first}", folder / f"2{second}", folder / f"3{first}"
        write_arrays(one, arrays, "relu", SUFFIXES[first])
        result = convert(one, two)
        assert (result.file.file, result.file.format) == (two, SUFFIXES[second].name)
        # Others have no place for it; without a hidden layer it is then taken for sigmoid.
        assert result.source.activation == ("relu" if first == ".safetensors" else "sigmoid")
        assert same_bits(read_weights(two).arrays, arrays)
        convert(two, three, activation="relu")
        assert three.read_bytes() == one.read_bytes()


def test_a_normalisation_that_is_folded_in_twice_is_said(tmp_path):
    names_of = ("a.safetensors", "b.npz", "c.safetensors", "d.pkl")
    save_network(random_network(784, 8, 10, activation="relu"), tmp_path / names_of[0])
    pair = (0.1307, 0.3081)
    for folded, (source, target) in zip(
        (pair, None, pair), itertools.pairwise(names_of), strict=True
    ):
        result = convert(tmp_path / source, tmp_path / target, normalization=folded)
    said = "says that mean 0.1307, std 0.3081 are in this net: it now has them twice"
    assert result.notes == (f"{tmp_path / 'c.safetensors'}.json {said}",)


def test_the_layout_of_pytorch_has_its_names_and_is_the_same_net(tmp_path):
    network = random_network(784, 20, 30, 10, activation="relu")
    save_network(network, tmp_path / "w.safetensors")
    target = tmp_path / "t.safetensors"
    convert(tmp_path / "w.safetensors", target, layout="torch")
    tensors = load_file(target)
    shapes = {"0": (20, 784), "2": (30, 20), "4": (10, 30)}
    assert {name: each.shape for name, each in tensors.items()} == {
        f"{i}.{part}": shape[:size] for i, shape in shapes.items()
        for part, size in (("weight", 2), ("bias", 1))
    }  # fmt: skip
    assert np.array_equal(tensors["2.weight"], network.weights[1].T)
    file = read_weights(target)
    assert (file.known_activation, same_bits(file.arrays, network.arrays)) == ("relu", True)
    with pytest.raises(ValueError, match=r"layout torch: found \.npz, expected \.safetensors"):
        convert(target, tmp_path / "t.npz", layout="torch")


def test_the_lines_of_the_documents_load_it_in_pytorch(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    monkeypatch.chdir(tmp_path)
    convert("weights.pkl", "torch.safetensors", layout="torch")
    code = (ROOT / "docs/weights.md").read_text("utf-8").split("```py\n")[-1].split("```")[0]
    names = {}
    exec(code, names)
    images = load_images().reshape(-1, 784)
    found = names["model"](torch.tensor(images / np.float32(255))).softmax(dim=1).detach().numpy()
    np.testing.assert_allclose(found, load_network().predict_proba(images), atol=1e-5)


def test_what_no_net_could_compute_with_is_not_converted(tmp_path, monkeypatch):
    bad = tmp_path / "nan.npz"
    np.savez(bad, **random_arrays(784, 10) | {"b1": np.full(10, np.nan, "f4")})
    for source, target, normalization, said in (
        ("weights.pkl", "new.npz", (0, 1e45), r"std 1e\+45: the weights would be too small"),
        *((bad, target, None, "b1 holds NaN or infinity") for target in ("new.npz", "new.onnx")),
    ):
        with pytest.raises((MnistError, ValueError), match=said):
            convert(source, tmp_path / target, normalization=normalization)
    monkeypatch.setitem(sys.modules, "onnx", None)  # as if it were not installed
    with pytest.raises(MnistError, match=r"not installed\. Run: .* install onnx$"):
        convert("weights.pkl", tmp_path / "net.onnx")
    assert names(tmp_path) == ["nan.npz"]


def test_the_activation_goes_along_through_every_format_unless_it_was_assumed(tmp_path):
    previous = tmp_path / "a.safetensors"
    save_network(random_network(784, 8, 10, activation="relu"), previous)
    for name in ("a.pkl", "a.npz", "b.safetensors"):
        card = convert(previous, tmp_path / name).card  # not the one of another by the same stem
        assert card == (None if name == "b.safetensors" else tmp_path / f"{name}.json")
        previous = tmp_path / name
        assert load_network(previous).activation == "relu"
    np.savez(tmp_path / "c.npz", **random_arrays(784, 8, 10))
    for name in ("d.pkl", "d.safetensors"):
        assert convert(tmp_path / "c.npz", tmp_path / name).card is None
        assert read_weights(tmp_path / name).known_activation is None


@pytest.mark.parametrize(
    ("sizes", "activation"),
    [((784, 10), "sigmoid"), *(((784, *[20] * 7, 10), each) for each in ACTIVATIONS)],
)
def test_onnx_s_checker_passes_what_its_runtime_predicts_the_same_digits_with(
    sizes, activation, tmp_path
):
    onnx = pytest.importorskip("onnx", reason="needs the extra onnx")
    onnxruntime = pytest.importorskip("onnxruntime", reason="needs the extra test")
    source = tmp_path / "net.safetensors"
    network = random_network(*sizes, activation=activation, scale=0.1)
    save_network(network, source)
    result = convert(source, tmp_path / "net.onnx")
    assert (result.file.format, result.source.activation) == ("onnx", activation)
    convert(source, tmp_path / "again.onnx")
    assert (tmp_path / "again.onnx").read_bytes() == (tmp_path / "net.onnx").read_bytes()
    model = onnx.load(tmp_path / "net.onnx")
    assert (model.producer_name, model.producer_version) == ("mnist-cli", __version__)
    onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx")
    (inputs,), (outputs,) = session.get_inputs(), session.get_outputs()
    assert (inputs.name, inputs.type, inputs.shape) == ("images", "tensor(uint8)", ["N", 784])
    assert outputs.name == "probabilities"
    images = load_images().reshape(-1, 784)
    (found,) = session.run(None, {"images": images})
    assert (found.dtype, found.shape) == (np.float32, (10_000, 10))
    assert np.array_equal(found.argmax(axis=1), network.predict(images))
    np.testing.assert_allclose(found, network.predict_proba(images), rtol=0, atol=1e-5)
