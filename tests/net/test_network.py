"""The forward pass against the textbook formulas, on real images and at the edges of float32."""

import copy
import pickle
import re
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import threadpoolctl
from support import textbook
from support.nets import random_network

from mnist_cli import load_images, load_network
from mnist_cli.errors import MnistError, TooLargeError
from mnist_cli.net import blas
from mnist_cli.net.activations import FUNCTIONS, relu, sigmoid
from mnist_cli.net.engine import Engine
from mnist_cli.net.network import Network, forward, softmax
from mnist_cli.spec import ACTIVATIONS

IMAGES = load_images()


@pytest.fixture(scope="module")
def network(book_weights):
    return load_network(book_weights)


@pytest.fixture(scope="module")
def expected(network):
    """Probabilities of the whole test set by the textbook, float64."""
    return textbook.forward(network.weights, network.biases, IMAGES.reshape(-1, 784) / 255)


def test_predictions_are_the_textbooks_at_every_batch_size(network, expected):
    for threads in (1, 3):
        for batch_size in (None, 7, 100, 128, 333, 20_000, 1, 2, 3):
            few = 500 if batch_size in (1, 2, 3) else 10_000
            found = network.predict(IMAGES[:few], batch_size=batch_size, threads=threads)
            assert np.array_equal(found, expected[:few].argmax(axis=1))
    batch = network.predict_proba(IMAGES, batch_size=100)
    assert batch.dtype == np.float32
    assert np.abs(batch - expected).max() < 1e-5
    single = np.array([network.predict_proba(image) for image in IMAGES[:500]])
    assert np.abs(single - expected[:500]).max() < 1e-5


def test_floats_and_views_give_what_bytes_give(network, expected):
    for dtype in (np.float32, np.float64):
        scaled = (IMAGES[:1000] / 255).astype(dtype)
        assert np.abs(network.predict_proba(scaled) - expected[:1000]).max() < 1e-5
    assert np.array_equal(network.predict(IMAGES[::-7]), network.predict(IMAGES)[::-7])


def test_forward_has_the_textbooks_values_for_one_image_and_for_a_batch(network, expected):
    x = IMAGES[:20].reshape(20, 784) / 255
    (W1, W2, W3), (b1, b2, b3) = network.weights, network.biases
    a1 = x @ W1 + b1
    a2 = textbook.sigmoid(a1) @ W2 + b2
    a3 = textbook.sigmoid(a2) @ W3 + b3
    z1, z2 = textbook.sigmoid(a1), textbook.sigmoid(a2)
    textbooks = {"x": x, "a1": a1, "z1": z1, "a2": a2, "z2": z2, "a3": a3, "y": expected[:20]}
    batch = forward(x, network.weights, network.biases, sigmoid)
    assert list(batch) == list(textbooks)
    for index in range(20):
        one = forward(x[index], network.weights, network.biases, sigmoid)
        activations = network.activations(IMAGES[index])
        for name, values in textbooks.items():
            assert one[name].shape == values[index].shape
            for found in (batch[name][index], one[name], activations[name]):
                assert np.allclose(found, values[index], rtol=1e-9, atol=1e-12)


def test_nets_of_other_shapes_and_activations():
    x = IMAGES[:300].reshape(-1, 784) / 255
    assert ACTIVATIONS == (*FUNCTIONS,) == ("sigmoid", "relu", "tanh", "step", "identity")
    shapes = (784, 10), (784, 3, 10), (784, 200, 10), (784, *[16] * 7, 10)
    nets = [(name, sizes) for name in ACTIVATIONS for sizes in shapes]
    nets += [(", ".join((*names, "sigmoid", "step")), shapes[-1])
             for names in (ACTIVATIONS, reversed(ACTIVATIONS))]  # fmt: skip
    for activation, sizes in nets:
        network = random_network(*sizes, activation=activation, scale=0.3)
        assert network.layer_sizes == sizes
        expected = textbook.forward(network.weights, network.biases, x, activation)
        found = network.predict_proba(IMAGES[:300], batch_size=64)
        assert np.abs(found - expected).max() < 1e-5
        assert np.array_equal(network.predict(IMAGES[0]), expected[0].argmax())


def test_one_image_gives_one_result_and_none_give_none(network):
    for image in (IMAGES[42], IMAGES[42].reshape(784), IMAGES[42] / 255):
        assert np.ndim(network.predict(image)) == 0
        assert network.predict_proba(image).shape == network.logits(image).shape == (10,)
    for none in (np.empty((0, 784), np.uint8), np.empty((0, 28, 28), np.float32)):
        assert network.predict(none, batch_size=100).shape == (0,)
        assert network.predict_proba(none).shape == (0, 10)


def test_what_no_net_computes_with_is_refused():
    network = random_network(784, 10)
    divide, scaled = "divide by 255, or pass uint8", (IMAGES[0] / 255 - 0.1307) / 0.3081
    for given, words in (
        *((np.zeros(shape, np.uint8), f"{shape} and dtype uint8: expected (N, 784)")
          for shape in ((28, 27), (1, 3, 28, 28))),
        (np.zeros((2, 784), np.complex64), "of shape (2, 784) and dtype complex64: expected"),
        *((np.pad([[bad]], ((1, 1), (7, 776)))[rows].astype(dtype), "NaN or infinity")
          for rows in (slice(3), 1)
          for bad, dtype in ((np.nan, "f4"), (np.inf, "f8"), (-np.inf, "f4"))),
        (IMAGES[:3].astype(np.float32), f"largest value 255: {divide}"),
        (IMAGES[42].astype(np.float64), f"largest value 255: {divide}"),
        (scaled, f"largest value 2.82149: {divide}"),
        (np.full((2, 784), -1.7e308), divide),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=re.escape(words)):
            network.predict(given)
    with pytest.raises(
        ValueError, match=r"one image, \(784,\) or \(28, 28\): found shape \(2, 784\)"
    ):
        network.activations(np.zeros((2, 784)))
    for options in ({"batch_size": 0}, {"batch_size": -1}, {"threads": 0}):
        with pytest.raises(ValueError, match="expected 1 or more"):
            network.predict(IMAGES[:2], **options)
    white = np.nextafter(np.float32(1), np.float32(2))  # as far as a rounding goes
    assert network.predict(IMAGES[:3] / np.float32(255) * white).shape == (3,)


@np.errstate(all="raise")
def test_weights_that_float32_cannot_hold_are_refused_before_a_sum_overflows():
    bounded = [(each, 1e29) for each in ("sigmoid", "step", "tanh, sigmoid")]
    for activation, scale in (*bounded, ("relu", 1e7), ("identity", 1e7), ("relu, sigmoid", 1e13)):
        network = random_network(784, 20, 20, 10, activation=activation, scale=scale)
        W1 = network.weights[0]
        # Those that drive a neuron of the first layer as far as it goes.
        for image in (np.sign(W1[:, 3]), -np.sign(W1[:, 4])):
            found = network.logits(image)
            assert np.isfinite(found).all()
            assert np.allclose(found, network.activations(image)["a3"], rtol=1e-4)
        with pytest.raises(ValueError, match=r"^the weights are too large for float32\.$"):
            random_network(784, 20, 20, 10, activation=activation, scale=scale * 1e6)
    assert issubclass(TooLargeError, MnistError)  # which the command line prints in one line


def test_sigmoid_and_softmax_are_the_textbooks_and_never_overflow():
    a = np.linspace(-30, 30, 601)
    assert np.abs(sigmoid(a) - textbook.sigmoid(a)).max() < 1e-15
    assert np.array_equal(relu(a), textbook.relu(a))
    assert np.array_equal(sigmoid(np.array([-1e308, 1e308])), [0, 1])
    assert np.allclose(softmax(np.array([0.3, 2.9, 4.0])), [0.01821127, 0.24519181, 0.73659691])
    assert np.array_equal(softmax(np.array([[1e308, 0], [-1e308, 0]])), [[1, 0], [0, 1]])
    assert np.allclose(softmax(np.array([1010, 1000, 990])).sum(), 1)


def test_a_folded_normalization_is_the_normalization():
    x = IMAGES[:300].reshape(-1, 784) / 255
    normalized = (x - 0.1307) / 0.3081
    for activation in ("sigmoid", "relu", "tanh", "identity"):
        network = random_network(784, 50, 20, 10, activation=activation, scale=0.1)
        folded = network.fold_normalization(0.1307, 0.3081)
        expected = textbook.forward(network.weights, network.biases, normalized, activation)
        for few in (IMAGES[:300], x):
            assert np.abs(folded.predict_proba(few) - expected).max() < 1e-5
        assert folded.activation == activation
    for mean, std in ((0, 0), (0, -1), (np.nan, 1), (0, np.inf)):
        with pytest.raises(ValueError, match="expected finite numbers, std above 0"):
            network.fold_normalization(mean, std)
    with pytest.raises(
        ValueError, match=r"are of 0\.\.255, expected of 0\.\.1: 0\.1306 and 0\.3082"
    ):
        network.fold_normalization(33.3, 78.6)
    for mean, std in ((0, 1e-39), (1e300, 1e-10)):
        with pytest.raises(ValueError, match="NaN or infinity"):
            network.fold_normalization(mean, std)


def test_the_arrays_are_copies_that_nobody_can_change():
    W, b = np.zeros((784, 10)), np.zeros(10)
    network = Network((W,), (b,))
    W[:] = 7
    assert not network.weights[0].any()
    assert network.weights[0].dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        network.weights[0][0, 0] = 1
    with pytest.raises(AttributeError):
        network.activation = "relu"


def test_layers_must_lead_from_784_to_10_chain_and_be_1_to_8():
    W1, W2, b1, b2 = np.zeros((784, 5)), np.zeros((6, 10)), np.zeros(5), np.zeros(10)
    for make, *given, words in (
        (random_network, 783, 10, "W1"),
        (random_network, 784, 9, "W1"),
        (random_network, 784, 50, 100, "W2"),
        (random_network, 784, *[4] * 8, 10, "1 to 8"),
        (Network, (W1, W2), (b1, b2), r"W2 has shape \(6, 10\), expected \(5, 10\)"),
        (Network, (W1,), (), "as many of each"),
        (Network, (np.full((784, 10), np.nan),), (b2,), "NaN or infinity"),
        (
            Network,
            (np.zeros((784, 10)),),
            (b2,),
            "gelu",
            "'gelu': .* identity, no other is computed",
        ),
    ):
        with pytest.raises(ValueError, match=words):
            make(*given)


def test_a_network_says_what_it_is_and_survives_pickle_and_copy(network):
    assert network.parameter_count == 45_360
    assert repr(network) == "Network((784, 50, 100, 10), activation='sigmoid')"
    for again in (pickle.loads(pickle.dumps(network)), copy.deepcopy(network)):
        assert np.array_equal(again.predict(IMAGES[:10]), network.predict(IMAGES[:10]))


def blas_libraries():
    return [each for each in threadpoolctl.threadpool_info() if each["user_api"] == "blas"]


def test_the_callers_blas_threads_are_left_as_they_were(network):
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = blas_libraries()
        with ThreadPoolExecutor(4) as workers:
            list(workers.map(lambda _: network.predict(IMAGES[:2000], 50, 2), range(4)))
        assert blas_libraries() == before


def test_the_matrix_library_is_described_as_threadpoolctl_finds_it():
    described = {f"{each['internal_api']} {each['version']}" for each in blas_libraries()}
    assert blas.library_name() in (described or {"BLAS unknown"})


def test_an_error_in_a_worker_thread_reaches_the_caller(network, monkeypatch):
    before, main = threading.enumerate(), threading.current_thread()

    def fail(*_):
        assert threading.current_thread() is not main
        raise MemoryError("no room for the buffers")

    monkeypatch.setattr(Engine, "_forward", fail)
    with pytest.raises(MemoryError, match="no room"):
        network.predict(IMAGES[:1000], batch_size=100, threads=2)
    assert threading.enumerate() == before
