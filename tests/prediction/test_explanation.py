"""A prediction taken apart, against the book's formulas and finite differences."""

import numpy as np
import pytest
from support import nets, textbook

from mnist_cli import load_images, load_network
from mnist_cli.prediction.explanation import explain


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
    expected = {"x": image.ravel() / 255}
    z = expected["x"]
    for layer, (W, b) in enumerate(zip(network.weights, network.biases, strict=True), start=1):
        a = expected[f"a{layer}"] = z @ W.astype(float) + b
        z = expected[f"z{layer}"] = textbook.sigmoid(a)
    del expected["z3"]  # softmax stands there
    y = expected["y"] = textbook.softmax(a)
    assert [step.symbol for step in explained.steps] == list(expected)
    for step, values in zip(explained.steps, expected.values(), strict=True):
        np.testing.assert_allclose(step.values, values, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(explained.exponentials / explained.exponentials.sum(), y)
    np.testing.assert_allclose(explained.shifted, a - a.max())


@pytest.mark.parametrize(
    ("hidden", "activation"), [((), "sigmoid"), ((12,), "sigmoid"), ((9, 8, 7), "relu")]
)
def test_relevance_is_gradient_times_input_by_finite_differences(hidden, activation):
    network = nets.random_network(784, *hidden, 10, activation=activation, scale=0.1)
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
