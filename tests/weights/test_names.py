"""Arrays by the names that Keras, scikit-learn, PyTorch and people give them, from any format."""

import pickle
import warnings

import numpy as np
import pytest
from safetensors.numpy import save
from support.archives import npz
from support.nets import random_arrays, same_bits, state_dict
from support.refusals import refusal_of

from mnist_cli import Network, load_images, load_labels
from mnist_cli.weights.weights_file import parse_weights, read_weights

SIZES = (784, 50, 100, 10)
NAMES = {
    "Keras": ["m/dense/kernel", "m/dense_1/kernel:0", "m/dense_2/kernel",
              "m/dense/bias", "m/dense_1/bias:0", "m/dense_2/bias"],
    "Keras's HDF5": [f"layers/dense{n}/vars/{i}" for i in (0, 1) for n in ("", "_9", "_10")],
    "scikit-learn": [f"{part}_{i}" for part in ("coefs", "intercepts") for i in range(3)],
    "weights, then biases": [f"arr_{i}" for i in range(6)],
    "in turn": [f"arr_{i}" for i in (0, 2, 4, 1, 3, 5)],
    "small letters": ["w1", "w2", "w3", "b1", "b2", "b3"],
    "by sizes alone": ["z", "y", "x", "c", "b", "a"],
}  # fmt: skip


def renamed(names, sizes, **options):
    return dict(zip(names, random_arrays(*sizes, **options).values(), strict=True))


@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_arrays_by_other_names_are_the_same_net_in_every_format(names):
    # Of one width only the names tell, where there are any that do.
    of_one_width = [(784, 784, 784, 10)] if names[0].startswith("m/") else []
    for sizes in (SIZES, (784, 50, 50, 10), *of_one_width):
        arrays = renamed(names, sizes)
        expected = random_arrays(*sizes)
        backwards = dict(reversed(arrays.items()))
        for content in (npz(**backwards), save(arrays), pickle.dumps(backwards)):
            if names[0] == "z" and sizes != SIZES:
                said = refusal_of(parse_weights, content)
                assert "expected W1 b1. Name them W1, b1, W2, b2 and so on, or export" in said
                continue
            file = parse_weights(content)
            assert same_bits(file.arrays, expected)
            assert (file.known_activation, file.has_book_names) == (None, False)


def test_pytorch_s_names_are_read_from_every_format_and_byte_order():
    for dtype in ("<f4", ">f8"):
        tensors = state_dict(["fc1.", "fc2.", "fc3."], *SIZES, dtype=dtype)
        for content in (npz(**tensors), pickle.dumps(tensors)):
            found = parse_weights(content).arrays
            expected = random_arrays(*SIZES, dtype=dtype.replace(">", "<"))
            assert same_bits(found, expected)


def test_a_net_of_scikit_learn_is_the_same_net_from_a_file_and_in_one_line():
    neural_network = pytest.importorskip("sklearn.neural_network", reason="needs the extra test")
    images, labels = load_images().reshape(-1, 784), load_labels()
    for activation, ours in (("logistic", "sigmoid"), ("relu", "relu"), ("tanh", "tanh")):
        mlp = neural_network.MLPClassifier((30, 30), activation=activation, max_iter=5)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it has not converged
            mlp.fit(images[:2000] / 255, labels[:2000])
        arrays = {f"coefs_{i}": W for i, W in enumerate(mlp.coefs_)}
        arrays |= {f"intercepts_{i}": b for i, b in enumerate(mlp.intercepts_)}
        file = parse_weights(npz(**arrays))
        expected = mlp.predict_proba(images / 255)
        for network in (
            Network(file.network().weights, file.network().biases, ours),
            Network(mlp.coefs_, mlp.intercepts_, ours),
        ):
            np.testing.assert_allclose(network.predict_proba(images), expected, atol=1e-5)


TAKES = "mnist takes fully connected nets from 784 pixels to the 10 digits."
AGAIN = "Get the file again."
TWENTY_SIX = random_arrays(784, 50, 26)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (npz(**TWENTY_SIX), f"array W2 has shape (50, 26), expected (50, 10). {TAKES}"),
        (npz(**renamed(NAMES["scikit-learn"], (783, 50, 50, 10))),
         "the layers chain in no way from 784 to 10: found coefs_0.weight 783 -> 50, coefs_1"),
        (npz(**TWENTY_SIX)[:-9], f"cut short or too long a list. {AGAIN}"),
        (pickle.dumps(TWENTY_SIX)[:-9], f"or it is damaged or cut short. {AGAIN}"),
        (save(TWENTY_SIX)[:-9], AGAIN),
        (b"", AGAIN),
    ],
)  # fmt: skip
def test_only_a_damaged_file_is_worth_getting_again(content, says, tmp_path):
    (tmp_path / "net").write_bytes(content)
    said = refusal_of(read_weights, tmp_path / "net")
    assert said.endswith(says) or says in said
    assert (TAKES in said, AGAIN in said) != (True, True)
