"""Back-propagation at any depth, and the way from the net that learns to the shipped one."""

import numpy as np
import pytest
from support import textbook

from mnist_cli.datasets.arrays import load_images
from mnist_cli.net.network import Network
from mnist_cli.training.backprop import ConvolutionalNet, Perceptron, cross_entropy, fold

NETS = {
    "no hidden layer": ((784, 10), "sigmoid"),
    "deep": ((784, 9, 8, 7, 10), "sigmoid"),
    "relu": ((784, 20, 30, 10), "relu"),
    "tanh": ((784, 20, 30, 10), "tanh"),
    "identity": ((784, 20, 30, 10), "identity"),
}
PIXELS = load_images()[:1000].reshape(-1, 784) / 255
MEAN = PIXELS.mean(axis=0)
CENTRED = PIXELS - MEAN


def random_net(kind, *arguments, **options):
    """A net with parameters in float64 that are not what it began with; biases not zero."""
    net, rng = kind(np.random.default_rng(2), *arguments, **options), np.random.default_rng(1)
    net.parameters = [p + 0.1 * rng.standard_normal(p.shape) for p in net.parameters]
    return net


@pytest.mark.parametrize("temperature", [1.0, 2.5])
@pytest.mark.parametrize("name", [*NETS, "deep, normalized", "relu, normalized", "convolutional"])
def test_gradients_agree_with_finite_differences(name, temperature):
    kind, _, normalized = name.partition(", ")
    if name == "convolutional":
        net = random_net(ConvolutionalNet)
    else:
        net = random_net(Perceptron, *NETS[kind], batch_norm=bool(normalized))
    rng = np.random.default_rng(0)
    x = rng.standard_normal((7, 784)) * 0.3
    targets = rng.dirichlet(np.ones(10), 7)  # what a teacher may say
    _, gradients = net.loss_and_gradients(x, targets, temperature)

    def loss_at(parameter, place, change):
        before = parameter[place]
        parameter[place] = before + change
        loss, _ = net.loss_and_gradients(x, targets, temperature)
        parameter[place] = before
        return loss * temperature**2

    for parameter, gradient in zip(net.parameters, gradients, strict=True):
        assert gradient.shape == parameter.shape
        for flat in rng.choice(parameter.size, min(10, parameter.size), replace=False):
            place = np.unravel_index(flat, parameter.shape)
            slope = (loss_at(parameter, place, 1e-6) - loss_at(parameter, place, -1e-6)) / 2e-6
            assert gradient[place] == pytest.approx(slope, rel=1e-4, abs=1e-8)


def test_the_loss_is_the_textbooks_cross_entropy_and_never_overflows():
    rng = np.random.default_rng(0)
    net = random_net(Perceptron, (784, 50, 100, 10))
    x, labels = rng.standard_normal((5, 784)), rng.integers(0, 10, 5)
    y = textbook.forward(net.parameters[::2], net.parameters[1::2], x, activation="tanh")
    expected = -np.log(y[range(5), labels]).mean()
    loss, _ = net.loss_and_gradients(x, np.eye(10)[labels])
    assert loss == pytest.approx(expected, rel=1e-12)
    # At a temperature, and with targets that are no labels: the definition.
    a, t = rng.standard_normal((5, 10)), rng.dirichlet(np.ones(10), 5)
    expected = -(t * np.log(textbook.softmax(a / 3))).sum(axis=1).mean()
    assert cross_entropy(a, t, 3.0)[0] == pytest.approx(expected, rel=1e-12)

    net.parameters[4] *= 1e4
    loss, gradients = net.loss_and_gradients(np.ones((2, 784)), np.eye(10)[:2])
    assert all(np.isfinite(each).all() for each in (loss, *gradients))


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_batch_normalization_hides_in_the_weights(activation):
    """After many batches of the same kind, the plain net says what the normalizing one said."""
    net = random_net(Perceptron, (784, 30, 20, 10), activation, batch_norm=True)
    x, labels = CENTRED[:100], np.eye(10)[np.arange(100) % 10]
    losses = [net.loss_and_gradients(x, labels)[0] for _ in range(800)]
    assert cross_entropy(net.logits(x), labels)[0] == pytest.approx(losses[-1], rel=1e-3)
    assert len(net.plain()) == 6


@pytest.mark.parametrize(("sizes", "activation"), NETS.values(), ids=NETS)
def test_folding_is_exact(sizes, activation):
    net = random_net(Perceptron, sizes, activation)
    folded = fold(net.parameters, MEAN, activation)
    weights, biases = folded[::2], folded[1::2]

    expected = net.logits(CENTRED)
    probabilities = textbook.forward(weights, biases, PIXELS, activation)
    assert np.abs(probabilities - textbook.softmax(expected)).max() < 1e-10
    shipped = Network(tuple(weights), tuple(biases), activation).logits(PIXELS)
    assert np.abs(shipped - expected).max() < 1e-4  # float32 from here on


@pytest.mark.parametrize("activation", ["sigmoid", "relu", "tanh"])
def test_neurons_of_every_layer_begin_with_inputs_of_about_variance_one(activation):
    net = Perceptron(np.random.default_rng(0), (784, 200, 200, 10), activation)
    assert all(parameter.dtype == np.float32 for parameter in net.parameters)
    assert 0.8 < (CENTRED @ net.parameters[0]).std() < 1.25
    # tanh lets a part of it pass, relu all of it
    assert 0.4 < net.logits(CENTRED).std() < 1.5
