"""What a weights file holds, counted by hand; its values described; two files compared."""

import statistics

import numpy as np
import pytest

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.evaluation.compared import compare_files
from mnist_cli.net.network import Network
from mnist_cli.weights.summary import BINS, describe, summarize
from mnist_cli.weights.weights_file import read_weights, save_network


def save_arrays(path, **changes):
    """An .npz of the book's shapes, with some arrays replaced."""
    rng = np.random.default_rng(2)
    shapes = {"W1": (784, 50), "W2": (50, 100), "W3": (100, 10), "b1": 50, "b2": 100, "b3": 10}
    arrays = {name: rng.normal(size=shape).astype("f4") for name, shape in shapes.items()}
    np.savez(path, **arrays | changes)
    return path


def test_nan_is_told_and_not_an_error(tmp_path):
    path = save_arrays(tmp_path / "nan.npz", b3=np.full(10, np.nan, "f4"))
    summary = summarize(read_weights(path), stats=True, all_neurons=True)
    assert summary.file.finite is False
    assert summary.stats["b3"].mean is None
    assert summary.stats["W1"].mean is not None


def test_stats_by_the_standard_library(book_weights):
    values = read_weights(book_weights).arrays["b2"].tolist()
    stats = summarize(read_weights(book_weights), stats=True).stats["b2"]
    assert (stats.min, stats.max) == (min(values), max(values))
    assert stats.mean == pytest.approx(statistics.fmean(values))
    assert stats.std == pytest.approx(statistics.pstdev(values))
    assert stats.near_zero == sum(abs(value) < 0.01 for value in values) / 100
    width = (max(values) - min(values)) / BINS
    for number, count in enumerate(stats.histogram[:-1]):
        lower = min(values) + number * width
        assert count == sum(lower <= value < lower + width for value in values)
    assert sum(stats.histogram) == 100


def test_stats_of_extreme_values_neither_overflow_nor_warn():
    for value in (1e308, -1e308, 5e-324, 0.0):
        stats = describe(np.array([value, value, -value]))
        assert np.isfinite([stats.min, stats.max, stats.mean, stats.std]).all()
        assert sum(stats.histogram) == 3


def test_stats_skip_what_is_not_finite():
    stats = describe(np.array([1.0, 3.0, np.nan, np.inf]))
    assert (stats.min, stats.max, stats.mean, stats.std) == (1, 3, 2, 1)


def test_a_neuron_is_a_column_of_the_first_layer(book_weights):
    W1 = read_weights(book_weights).arrays["W1"]
    (neuron,) = summarize(read_weights(book_weights), neuron=7).neurons
    assert neuron.index == 7
    for row in range(28):
        assert neuron.weights[row].tolist() == W1[28 * row : 28 * row + 28, 7].tolist()
    assert neuron.bias == read_weights(book_weights).arrays["b1"][7]
    sheet = summarize(read_weights(book_weights), all_neurons=True).neurons
    assert [one.index for one in sheet] == list(range(50))
    np.testing.assert_array_equal(sheet[7].weights, neuron.weights)


def test_two_files_by_hand(book_weights, tmp_path):
    book = load_network(book_weights)
    other = Network((book.weights[0] * np.float32(0.5), *book.weights[1:]), book.biases)
    save_network(other, tmp_path / "other.pkl")
    result = compare_files(book_weights, tmp_path / "other.pkl")
    images, labels = load_images(), load_labels()
    theirs, ours = other.predict(images), book.predict(images)
    assert result.predictions.mcnemar[0].disagreements == np.count_nonzero(theirs != ours)
    correct = [model.correct for model in result.predictions.compared]
    assert correct == [9352, np.count_nonzero(theirs == labels)]
    W1, b1 = result.arrays[0], result.arrays[3]
    expected = float(sum((float(w) / 2) ** 2 for w in book.weights[0].ravel()) ** 0.5)
    assert W1.distance == pytest.approx(expected)
    assert W1.relative_distance == pytest.approx(0.5)
    assert b1.distance == 0


def test_other_shapes_have_no_distance(book_weights, tmp_path):
    rng = np.random.default_rng(3)
    net = Network((rng.normal(size=(784, 10)),), (np.zeros(10),))
    save_network(net, tmp_path / "flat.npz")
    result = compare_files(book_weights, tmp_path / "flat.npz")
    shapes = {pair.name: pair.shapes for pair in result.arrays}
    assert shapes["W1"] == ((784, 50), (784, 10))
    assert shapes["W2"] == ((50, 100), None)
    assert {pair.distance for pair in result.arrays} == {None}
    assert result.predictions is not None
