"""Weights files: every honest writer's file loads, what is saved loads everywhere."""

import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest
import safetensors.numpy
from support.nets import random_arrays, random_network, same_bits

from mnist_cli.errors import FormatError
from mnist_cli.net.network import Network
from mnist_cli.weights.weights_file import load_network, parse_weights, read_weights, save_network


@pytest.fixture
def book(book_weights):
    """The book's arrays, by the standard unpickler: this file is known and harmless."""
    return pickle.loads(book_weights.read_bytes())


def test_all_files_by_other_writers_hold_the_same_network(shared_data, book):
    written = shared_data / "weights-by-other-writers.tar.xz"
    if not written.exists():
        pytest.skip("needs weights by other writers, which nobody publishes")
    with tarfile.open(written) as archive:
        names = [member.name for member in archive if member.isfile()]
        for name in names:
            weights = parse_weights(archive.extractfile(name).read())
            dtype = np.dtype("f8" if "float64" in name else "f4")
            assert {array.dtype for array in weights.arrays.values()} == {dtype}
            assert same_bits(weights.network().arrays, book), name
    assert len(names) == 36


class Pipe(io.BytesIO):
    """What is written to it cannot be gone back to: sizes then stand behind the data."""

    def tell(self):
        raise io.UnsupportedOperation


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_reads_npz_as_numpy_writes_it(tmp_path, save):
    file, arrays = tmp_path / "weights.pkl", random_arrays(784, 5, 10)  # the name decides nothing
    for target, dtype, layout in (
        (io.BytesIO(), "<f4", np.asarray),
        (Pipe(), ">f8", np.asfortranarray),
    ):
        others = reversed(arrays.items())
        save(target, **{name: layout(each.astype(dtype)) for name, each in others})
        file.write_bytes(target.getvalue())
        weights = read_weights(file)
        assert (weights.format, weights.protocol) == ("npz", None)
        assert list(weights.arrays) == list(arrays)
        assert same_bits(weights.arrays, {name: arrays[name].astype(dtype[1:]) for name in arrays})


# What reads a saved file in place of us; the pickle as the book's ch03/neuralnet_mnist.py does.
OTHER_READERS = {
    ".pkl": pickle.loads,
    ".NPZ": lambda content: dict(np.load(io.BytesIO(content))),
    ".safetensors": safetensors.numpy.load,
}


@pytest.mark.parametrize("suffix", OTHER_READERS)
def test_what_is_saved_is_read_again_by_us_and_by_others(tmp_path, suffix):
    for sizes in ((784, 10), (784, *[9] * 7, 10)):
        network, file = random_network(*sizes), tmp_path / f"{len(sizes)}{suffix}"
        save_network(network, file)
        found = load_network(file, activation="relu")
        assert (found.layer_sizes, found.activation) == (sizes, "relu")
        assert same_bits(found.arrays, network.arrays)
        assert same_bits(OTHER_READERS[suffix](file.read_bytes()), network.arrays)


def test_the_same_network_is_saved_as_the_same_bytes_everywhere(tmp_path):
    values = np.arange(784 * 10, dtype=np.float32).reshape(784, 10)
    for suffix, sha256 in (
        (".npz", "c80f0c587710de97f78afbca2fd234f3951d2eda70763465984399ca7df5cd0a"),
        (".pkl", "4d1f4fb13f956c6f22b37f758c8cac80fab44eb30d28de60b602be411389d6b0"),
    ):
        file = tmp_path / f"w{suffix}"
        save_network(Network(weights=(values,), biases=(values[0],)), file)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def test_saving_takes_known_suffixes_and_what_can_be_read_again(tmp_path):
    with pytest.raises(ValueError, match=r"in \.pkl, \.npz or \.safetensors, found '.onnx'"):
        save_network(random_network(784, 10), tmp_path / "w.onnx")
    huge = Network((np.zeros((784, 6000)), np.zeros((6000, 10))), (np.zeros(6000), np.zeros(10)))
    with pytest.raises(FormatError, match="at most 16,777,216 are read again"):
        save_network(huge, tmp_path / "w.pkl")
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_no_numbers_in_float32_are_shown_but_not_used(tmp_path):
    file = tmp_path / "w.npz"
    for value, key, words in (
        (1e39, "b1", "b1.* holds NaN or infinity: no prediction"),
        (1e38, "W1", r"w\.npz: the weights are too large for float32: no prediction"),
    ):
        arrays = random_arrays(784, 5, 10, dtype="f8")
        arrays[key][:] = value
        np.savez(file, **arrays)
        weights = read_weights(file)
        assert weights.finite is (value == 1e38)
        assert same_bits(weights.arrays, arrays)
        with pytest.raises(FormatError, match=words):
            load_network(file)


def test_what_had_to_be_assumed_or_is_overruled_is_noted(tmp_path, book_weights, book):
    def notes(path, asked=None):
        return read_weights(path, activation=asked).notes

    file = tmp_path / "w.npz"
    np.savez(file, **book)  # the book's arrays, but not its file
    words = f"nothing names the activation of {file}: sigmoid was assumed (--activation relu)"
    assert notes(file) == (words,)
    assert notes(file, "relu") == notes(file, "sigmoid") == ()
    np.savez(file, **random_arrays(784, 10))
    assert notes(file) == ()  # there is none
    for suffix in (".safetensors", ".pkl"):
        save_network(random_network(784, 5, 10), tmp_path / f"w{suffix}")
    assert read_weights(tmp_path / "w.pkl", activation="relu").activation == "relu"
    for known, witness in (
        (None, "weights.json (embedded)"),
        (book_weights, "the book"),
        (tmp_path / "w.safetensors", tmp_path / "w.safetensors"),
        (tmp_path / "w.pkl", tmp_path / "w.pkl.json"),
    ):
        assert notes(known) == notes(known, "sigmoid") == ()
        said = f"--activation relu overrules {witness}, which says sigmoid"
        assert notes(known, "relu") == (said,)
