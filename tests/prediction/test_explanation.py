"""A prediction taken apart, against the book's formulas and finite differences."""

import itertools

import numpy as np
import pytest
from support import nets, textbook

from mnist_cli import load_images, load_network
from mnist_cli.net.network import Network
from mnist_cli.prediction.explanation import explain


def random_network(sizes, activation):
    rng = np.random.default_rng(1)
    pairs = list(itertools.pairwise(sizes))
    return Network(
        tuple(rng.normal(0, 2 / np.sqrt(m), (m, n)) for m, n in pairs),
        tuple(rng.normal(0, 0.1, n) for _, n in pairs),
        activation,
    )


def score(network, x, digit, activation):
    """The book's a3 of one digit, in float64."""
    z = x
    *hidden, (W, b) = zip(network.weights, network.biases, strict=True)
    for W_hidden, b_hidden in hidden:
        z = activation(z @ W_hidden.astype(float) + b_hidden)
    return (z @ W.astype(float) + b)[digit]


def test_every_value_is_the_book_s(book_weights):
    network = load_network(book_weights)
    image = load_images()[8]
    explained = explain(network, image)
    W1, W2, W3 = (W.astype(float) for W in network.weights)
    b1, b2, b3 = network.biases
    x = image.ravel() / 255
    a1 = x @ W1 + b1
    z1 = textbook.sigmoid(a1)
    a2 = z1 @ W2 + b2
    z2 = textbook.sigmoid(a2)
    a3 = z2 @ W3 + b3
    y = textbook.softmax(a3)
    expected = {"x": x, "a1": a1, "z1": z1, "a2": a2, "z2": z2, "a3": a3, "y": y}
    assert [step.symbol for step in explained.steps] == list(expected)
    for step, values in zip(explained.steps, expected.values(), strict=True):
        np.testing.assert_allclose(step.values, values, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(explained.exponentials / explained.exponentials.sum(), y)
    np.testing.assert_allclose(explained.shifted, a3 - a3.max())


@pytest.mark.parametrize(
    ("sizes", "activation"), [((784, 12, 10), "sigmoid"), ((784, 9, 8, 7, 10), "relu")]
)
def test_relevance_is_gradient_times_input_by_finite_differences(sizes, activation):
    network = random_network(sizes, activation)
    squash = {"sigmoid": textbook.sigmoid, "relu": textbook.relu}[activation]
    image = load_images()[3]
    x = image.ravel() / 255
    explained = explain(network, image, digit=4)
    for pixel in [*np.flatnonzero(x)[::9], 0]:
        step = np.zeros(784)
        step[pixel] = 1e-6
        difference = score(network, x + step, 4, squash) - score(network, x - step, 4, squash)
        expected = difference / 2e-6 * x[pixel]
        assert explained.relevance.ravel()[pixel] == pytest.approx(expected, rel=1e-4, abs=1e-8)


def test_without_a_hidden_layer_relevance_and_bias_add_up_to_the_score():
    network = random_network((784, 10), "sigmoid")
    explained = explain(network, load_images()[0])
    total = explained.relevance.sum() + network.biases[0][explained.prediction]
    assert total == pytest.approx(explained.scores[explained.prediction])


def test_the_digit_to_explain_may_be_given(book_weights):
    network = load_network(book_weights)
    explained = explain(network, load_images()[8], digit=4)
    assert (explained.prediction, explained.runner_up) == (4, 6)
    assert explained.margin < 0
    for digit in (-1, 10):
        with pytest.raises(ValueError, match="expected a whole number from 0 to 9"):
            explain(network, load_images()[8], digit=digit)


@pytest.mark.parametrize(("activation", "scale"), [("sigmoid", 1e28), ("relu", 50)])
def test_the_largest_weights_that_a_network_takes_overflow_nowhere(activation, scale):
    sizes = (784, *[20] * 7, 10)
    network = nets.random_network(*sizes, activation=activation, scale=scale)
    with pytest.raises(ValueError, match="too large for float32"):
        nets.random_network(*sizes, activation=activation, scale=scale * 1e5)
    with np.errstate(all="raise"):
        explained = explain(network, load_images()[0])
    for values in (explained.scores, explained.shifted, explained.relevance):
        assert np.isfinite(values).all()
