"""What a weights file holds, counted by hand; its values described; two files compared."""

import statistics

import numpy as np
import pytest
from support.nets import random_arrays

from mnist_cli.evaluation.summary import BINS, describe, measure_distances, summarize
from mnist_cli.weights.weights_file import read_weights


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


def test_stats_skip_what_is_not_finite_and_do_not_overflow():
    stats = describe(np.array([1.0, 3.0, np.nan, np.inf]))
    assert (stats.min, stats.max, stats.mean, stats.std) == (1, 3, 2, 1)
    assert describe(np.array([np.nan])).mean is None
    for value in (1e308, 5e-324, 0.0):
        stats = describe(np.array([value, value, -value]))
        assert np.isfinite([stats.min, stats.max, stats.mean, stats.std]).all()
        assert sum(stats.histogram) == 3


def test_distances_of_two_files_by_hand_and_none_of_other_shapes(tmp_path):
    arrays = random_arrays(784, 5, 10)
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez(tmp_path / "b.npz", **arrays | {"W1": arrays["W1"] / 2})
    W1, _, b1, _ = measure_distances(*map(read_weights, (tmp_path / "a.npz", tmp_path / "b.npz")))
    assert W1.distance == pytest.approx(sum((float(w) / 2) ** 2 for w in arrays["W1"].flat) ** 0.5)
    assert W1.relative_distance == pytest.approx(0.5)
    assert b1.distance == 0
    found = measure_distances(read_weights(), read_weights(tmp_path / "a.npz"))
    shapes = {pair.name: pair.shapes for pair in found}
    assert (shapes["W1"], shapes["W3"]) == (((784, 50), (784, 5)), ((100, 10), None))
    assert (found[0].distance, found[-1].distance) == (None, None)
