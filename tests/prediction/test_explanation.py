"""A prediction taken apart, against the book's formulas and finite differences."""

import numpy as np
import pytest
from support import nets, textbook

from mnist_cli import load_images, load_network
from mnist_cli.prediction.explanation import explain
from mnist_cli.spec import ACTIVATIONS


def test_its_steps_are_the_forward_pass_and_softmax_is_that_of_the_book(book_weights):
    network, image = load_network(book_weights), load_images()[8]
    explained, expected = explain(network, image), network.activations(image)
    assert {step.symbol: step.values.tolist() for step in explained.steps} == {
        symbol: values.tolist() for symbol, values in expected.items()
    }
    a3 = expected["a3"]
    np.testing.assert_allclose(explained.shifted, a3 - a3.max())
    probabilities = explained.exponentials / explained.exponentials.sum()
    np.testing.assert_allclose(probabilities, textbook.softmax(a3))


@pytest.mark.parametrize(
    ("hidden", "activation"),
    [((), "sigmoid"), ((9, 8, 7), "relu"), ((9, 8), "tanh, sigmoid")]
    + [((12,), each) for each in ACTIVATIONS],
)
def test_relevance_is_gradient_times_input_by_finite_differences(hidden, activation):
    network = nets.random_network(784, *hidden, 10, activation=activation, scale=0.1)
    image = load_images()[3]
    x = image.ravel() / 255
    explained = explain(network, image, digit=4, against=7)

    def scores(x):
        found = network.activations(x)[f"a{len(network.weights)}"]
        return np.array([found[4], found[4] - found[7]])

    both = np.stack([explained.relevance.ravel(), explained.relevance_against.ravel()])
    for pixel in [*np.flatnonzero(x)[::9], 0]:
        step = 1e-6 * (np.arange(784) == pixel)
        expected = (scores(x + step) - scores(x - step)) / 2e-6 * x[pixel]
        np.testing.assert_allclose(both[:, pixel], expected, rtol=1e-4, atol=1e-8)


def test_the_digit_to_explain_may_be_given(book_weights):
    network = load_network(book_weights)
    explained = explain(network, load_images()[8], digit=4)
    assert (explained.prediction, explained.runner_up, explained.against) == (4, 6, 6)
    assert explained.margin < 0
    for digits in ((-1,), (10,), (None, 10)):
        with pytest.raises(ValueError, match="expected a whole number from 0 to 9"):
            explain(network, load_images()[8], *digits)
    with pytest.raises(ValueError, match="digit and against are both 6, expected two"):
        explain(network, load_images()[8], against=6)


@pytest.mark.parametrize(("activation", "scale"), [("sigmoid", 1e28), ("relu", 50)])
def test_weights_near_the_largest_that_a_network_takes_overflow_nowhere(activation, scale):
    network = nets.random_network(784, *[20] * 7, 10, activation=activation, scale=scale)
    with np.errstate(all="raise"):
        explained = explain(network, load_images()[0])
    for values in (explained.scores, explained.shifted, explained.relevance):
        assert np.isfinite(values).all()
