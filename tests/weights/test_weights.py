"""Weights files: every honest writer's file loads, what is saved loads everywhere."""

import collections
import dataclasses
import hashlib
import io
import pickle
import pickletools
import re
import tarfile
from pathlib import Path

import numpy as np
import pytest
from support.commands import mnist
from support.nets import network_of, random_arrays, random_network, same_bits

from mnist_cli.errors import FormatError
from mnist_cli.net.network import Network
from mnist_cli.weights.card import write_card
from mnist_cli.weights.weights_file import (
    load_network,
    parse_weights,
    read_weights,
    save_network,
)

NAMES = ["W1", "W2", "W3", "b1", "b2", "b3"]


@pytest.fixture
def book(book_weights: Path) -> dict[str, np.ndarray]:
    """The book's arrays, by the standard unpickler: this file is known and harmless."""
    return pickle.loads(book_weights.read_bytes())


def test_reads_the_book_s_weights(book_weights, book):
    weights = read_weights(book_weights)
    assert (weights.file, weights.origin) == (book_weights, "given")
    assert (weights.format, weights.protocol, weights.bytes) == ("pickle", 3, 181_853)
    assert weights.sha256 == hashlib.sha256(book_weights.read_bytes()).hexdigest()
    assert weights.finite
    assert weights.stated_activation is None  # a pickle has no place for it
    assert (weights.layer_sizes, weights.parameters) == ((784, 50, 100, 10), 45_360)
    assert list(weights.arrays) == NAMES
    assert same_bits(weights.arrays, book)
    assert weights.network().layer_sizes == (784, 50, 100, 10)


def test_all_files_by_other_writers_hold_the_same_network(shared_data, book, tmp_path):
    count = 0
    written = shared_data / "weights-by-other-writers.tar.xz"
    if not written.exists():
        pytest.skip("needs weights by other writers, which nobody publishes")
    with tarfile.open(written) as archive:
        for member in archive:
            if not member.isfile():
                continue
            file = tmp_path / "weights"
            file.write_bytes(archive.extractfile(member).read())
            weights = read_weights(file)
            expected_dtype = np.float64 if "float64" in member.name else np.float32
            assert {array.dtype for array in weights.arrays.values()} == {np.dtype(expected_dtype)}
            assert same_bits(weights.network().arrays, book), member.name
            count += 1
    assert count == 36


class Pipe(io.RawIOBase):
    """What is written to it cannot be gone back to: sizes then stand behind the data."""

    def __init__(self):
        self.content = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.content += data
        return len(data)


def test_reads_npz_as_numpy_writes_it(tmp_path):
    arrays = random_arrays(784, 5, 10)
    for save, dtype, layout in (
        (np.savez, "<f4", np.asarray),
        (np.savez, ">f8", np.asfortranarray),
        (np.savez_compressed, "<f8", np.asarray),
        (np.savez_compressed, ">f4", np.asfortranarray),
    ):
        for target in (io.BytesIO(), Pipe()):
            save(target, **{name: layout(each.astype(dtype)) for name, each in arrays.items()})
            content = target.content if isinstance(target, Pipe) else target.getvalue()
            file = tmp_path / "weights.pkl"  # the content decides, not the name
            file.write_bytes(content)
            weights = read_weights(file)
            assert (weights.format, weights.protocol) == ("npz", None)
            assert list(weights.arrays) == ["W1", "W2", "b1", "b2"]
            native = {name: array.astype(dtype[1:]) for name, array in arrays.items()}
            assert same_bits(weights.arrays, native)


def test_reads_every_protocol_and_order_of_keys():
    for make in (dict, collections.OrderedDict):
        arrays = random_arrays(784, 20, 30, 10, dtype="f8")
        backwards = make(reversed(arrays.items()))
        for protocol in range(6):
            found = parse_weights(pickle.dumps(backwards, protocol)).arrays
            assert list(found) == NAMES
            assert same_bits(found, arrays)


def test_saved_networks_of_one_to_eight_layers_come_back(tmp_path):
    for number, sizes in enumerate([(784, 10), (784, *[9] * 7, 10)]):
        for suffix in (".pkl", ".NPZ", ".safetensors"):
            network, file = random_network(*sizes), tmp_path / f"{number}{suffix}"
            save_network(network, file)
            found = load_network(file, activation="relu")
            assert (found.layer_sizes, found.activation) == (sizes, "relu")
            assert same_bits(found.arrays, network.arrays)


def test_the_book_s_own_code_loads_a_saved_pickle(tmp_path, book):
    file = tmp_path / "sample_weight.pkl"
    save_network(network_of(book), file)
    with file.open("rb") as opened:
        network = pickle.load(opened)  # as in ch03/neuralnet_mnist.py
    assert same_bits(network, book)


def test_a_saved_pickle_needs_only_names_that_every_numpy_has(tmp_path):
    save_network(random_network(784, 10), tmp_path / "w.pkl")
    content = (tmp_path / "w.pkl").read_bytes()
    operations = [(op.name, argument) for op, argument, _ in pickletools.genops(content)]
    assert operations[0] == ("PROTO", 3)
    assert {argument for name, argument in operations if name == "GLOBAL"} == {
        "numpy.core.multiarray _reconstruct",
        "numpy ndarray",
        "numpy dtype",
    }


def test_numpy_loads_a_saved_npz(tmp_path):
    arrays = random_arrays(784, 3, 10)
    save_network(network_of(arrays), tmp_path / "w.npz")
    with np.load(tmp_path / "w.npz") as found:
        assert same_bits(dict(found), arrays)


def test_the_same_network_is_saved_as_the_same_bytes_everywhere(tmp_path):
    for suffix, sha256 in (
        (".pkl", "4d1f4fb13f956c6f22b37f758c8cac80fab44eb30d28de60b602be411389d6b0"),
        (".npz", "c80f0c587710de97f78afbca2fd234f3951d2eda70763465984399ca7df5cd0a"),
    ):
        values = np.arange(784 * 10, dtype=np.float32).reshape(784, 10)
        file = tmp_path / f"w{suffix}"
        save_network(Network(weights=(values,), biases=(values[0],)), file)
        assert hashlib.sha256(file.read_bytes()).hexdigest() == sha256


def test_saving_takes_known_suffixes_and_what_can_be_read_again(tmp_path):
    network = random_network(784, 10)
    for suffix in (".h5", ".onnx"):
        with pytest.raises(
            ValueError, match=rf"in \.pkl, \.npz or \.safetensors, found '{suffix}'"
        ):
            save_network(network, tmp_path / f"w{suffix}")
    huge = Network((np.zeros((784, 6000)), np.zeros((6000, 10))), (np.zeros(6000), np.zeros(10)))
    with pytest.raises(FormatError, match="at most 16,777,216 are read again"):
        save_network(huge, tmp_path / "w.pkl")
    assert list(tmp_path.iterdir()) == []


def test_values_that_are_not_finite_in_float32_are_shown_but_not_used(tmp_path):
    for value, key in ((np.nan, "W1"), (-np.inf, "b2"), (1e39, "b1")):
        arrays = random_arrays(784, 5, 10, dtype="f8")
        arrays[key].flat[3] = value
        file = tmp_path / "w.pkl"
        file.write_bytes(pickle.dumps(arrays))
        weights = read_weights(file)
        assert not weights.finite
        assert same_bits(weights.arrays, arrays)
        with pytest.raises(FormatError, match=f"{key}.* holds NaN or infinity: no prediction"):
            load_network(file)


def test_weights_too_large_for_float32_are_shown_but_not_used(tmp_path):
    file = tmp_path / "w.npz"
    np.savez(file, **random_arrays(784, 5, 10, scale=1e37))
    assert read_weights(file).finite
    with pytest.raises(FormatError, match=r"w\.npz: the weights are too large for float32: no"):
        load_network(file)
    assert mnist("inspect", file, "--stats").code == 0
    done = mnist("eval", "-w", file, "--runs", "1")
    assert (done.code, done.stdout) == (1, "")
    assert re.fullmatch("Error: .*w.npz: the weights are too large for float32: .*\n", done.stderr)


def test_the_activation_is_the_card_s_unless_another_is_asked_for(tmp_path):
    file = tmp_path / "w.npz"
    arrays = random_arrays(784, 50, 100, 10)
    np.savez(file, **arrays)
    assert read_weights(file).activation == "sigmoid"  # the book's sizes
    card = dataclasses.replace(read_weights().card, activation="relu")
    write_card(
        dataclasses.replace(card, weights_sha256=read_weights(file).sha256), tmp_path / "w.json"
    )
    assert load_network(file).activation == "relu"
    assert load_network(file, activation="sigmoid").activation == "sigmoid"
    write_card(card, tmp_path / "w.json", overwrite=True)  # the card of other weights
    assert load_network(file).activation == "sigmoid"
    np.savez(file, **random_arrays(784, 5, 10))
    assert read_weights(file).activation is None
    np.savez(file, **random_arrays(784, 10))
    assert read_weights(file).activation == "sigmoid"  # there is none, so nothing to assume


def test_arrays_are_read_only():
    with pytest.raises(ValueError, match="read-only"):
        parse_weights(pickle.dumps(random_arrays(784, 10))).arrays["b1"][0] = 1
