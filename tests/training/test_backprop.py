"""Back-propagation at any depth, and the way from the net that learns to the shipped one."""

import numpy as np
import pytest
from support import textbook

from mnist_cli.datasets.arrays import load_images
from mnist_cli.net.network import Network
from mnist_cli.training.backprop import fold, initial_parameters, loss_and_gradients, run_forward

NETS = [
    ((784, 10), "sigmoid"),
    ((784, 9, 8, 7, 10), "sigmoid"),
    ((784, 20, 30, 10), "relu"),
]


def random_net(sizes=(784, 50, 100, 10), activation="sigmoid"):
    """Parameters in float64, biases not zero."""
    rng = np.random.default_rng(1)
    return [
        p.astype(np.float64) + 0.1 * rng.standard_normal(p.shape)
        for p in initial_parameters(rng, sizes, activation)
    ]


@pytest.mark.parametrize(("sizes", "activation"), NETS)
def test_gradients_agree_with_finite_differences(sizes, activation):
    rng = np.random.default_rng(0)
    parameters = random_net(sizes, activation)
    x, labels = rng.standard_normal((7, 784)) * 0.3, rng.integers(0, 10, 7)
    _, gradients = loss_and_gradients(parameters, x, labels, activation)

    def loss_at(parameter, place, change):
        before = parameter[place]
        parameter[place] = before + change
        loss, _ = loss_and_gradients(parameters, x, labels, activation)
        parameter[place] = before
        return loss

    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert gradient.shape == parameter.shape
        for flat in rng.choice(parameter.size, min(10, parameter.size), replace=False):
            place = np.unravel_index(flat, parameter.shape)
            slope = (loss_at(parameter, place, 1e-5) - loss_at(parameter, place, -1e-5)) / 2e-5
            assert gradient[place] == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_the_loss_is_the_textbooks_cross_entropy_and_never_overflows():
    rng = np.random.default_rng(0)
    parameters = random_net()
    x, labels = rng.standard_normal((5, 784)), rng.integers(0, 10, 5)
    y = textbook.forward(parameters[::2], parameters[1::2], x, activation=np.tanh)
    expected = -np.log(y[range(5), labels]).mean()
    assert loss_and_gradients(parameters, x, labels)[0] == pytest.approx(expected, rel=1e-12)

    parameters[4] *= 1e4
    loss, gradients = loss_and_gradients(parameters, np.ones((2, 784)), np.array([0, 1]))
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


@pytest.mark.parametrize(("sizes", "activation"), NETS)
def test_folding_is_exact(sizes, activation):
    parameters = random_net(sizes, activation)
    images = load_images()[:200]
    x = images.reshape(-1, 784) / 255
    mean = x.mean(axis=0)
    folded = fold(parameters, mean, activation)
    weights, biases = folded[::2], folded[1::2]

    expected = run_forward(parameters, x - mean, activation)[1]
    formula = {"sigmoid": textbook.sigmoid, "relu": textbook.relu}[activation]
    probabilities = textbook.forward(weights, biases, x, formula)
    assert np.abs(probabilities - textbook.softmax(expected)).max() < 1e-10
    shipped = Network(tuple(weights), tuple(biases), activation).logits(images)
    assert np.abs(shipped - expected).max() < 1e-4  # float32 from here on


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_neurons_of_every_layer_begin_with_inputs_of_about_variance_one(activation):
    parameters = initial_parameters(np.random.default_rng(0), (784, 200, 200, 10), activation)
    assert all(parameter.dtype == np.float32 for parameter in parameters)
    x = load_images()[:1000].reshape(-1, 784) / 255
    inputs, logits = run_forward(parameters, x - x.mean(axis=0), activation)
    first = inputs[0] @ parameters[0]
    assert 0.8 < first.std() < 1.25
    assert 0.4 < logits.std() < 1.5  # tanh lets a part of it pass, relu all of it
