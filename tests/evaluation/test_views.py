"""What each view finds, against known figures, plain loops and scikit-learn."""

import csv
import math

import numpy as np
import pytest

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation import confusion, output, robustness, sweep, wrong
from mnist_cli.evaluation import min_confidence as min_confidence_view
from mnist_cli.evaluation.compared import pair_up
from mnist_cli.evaluation.setup import Predictions, Setup


@pytest.fixture(scope="module")
def whole_setup(book_weights):
    with open_labelled() as data:
        yield Setup([load_network(book_weights)], data)


@pytest.fixture(scope="module")
def probabilities(whole_setup):
    return whole_setup.network().predict_proba(load_images())


class Given:
    """A setup whose predictions are made up."""

    def __init__(self, labels, predictions, confidences=None):
        confidences = np.ones(len(labels)) if confidences is None else confidences
        columns = zip((labels, predictions, confidences), ("u1", "u1", "f4"), strict=True)
        self.found = Predictions(*(np.array(column, dtype) for column, dtype in columns))

    def predictions(self):
        return self.found


def test_a_pass_gives_label_prediction_and_confidence_of_each_image(whole_setup, probabilities):
    found = whole_setup.predictions()
    np.testing.assert_array_equal(found.labels, load_labels())
    np.testing.assert_array_equal(found.predictions, probabilities.argmax(axis=1))
    np.testing.assert_allclose(found.confidences, probabilities.max(axis=1), rtol=1e-5)
    assert found.correct == found.are_correct.sum() == 9352
    assert whole_setup.predictions() is found


def test_confusion_and_scores_agree_with_scikit_learn(whole_setup):
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in the extra test")
    found, ours = whole_setup.predictions(), confusion.compute(whole_setup)
    matrix = sklearn.confusion_matrix(found.labels, found.predictions)
    np.testing.assert_array_equal(ours.confusion, matrix)
    theirs = sklearn.precision_recall_fscore_support(found.labels, found.predictions)
    scores = [[getattr(s, x) for s in ours.per_class] for x in ("precision", "recall", "f1")]
    np.testing.assert_allclose(scores, theirs[:3], rtol=1e-12)
    assert [each.support for each in ours.per_class] == theirs[3].tolist()
    assert ours.pairs[:3] == ((4, 9, 35), (5, 3, 34), (9, 4, 31))


def test_scores_where_there_is_nothing_to_divide_by():
    found = confusion.compute(Given([1, 1, 2, 2], [1, 3, 2, 2]))
    scores = [(s.digit, s.precision, s.recall, s.f1, s.support) for s in found.per_class]
    assert scores[1] == (1, 1, 0.5, pytest.approx(2 / 3), 2)
    assert scores[3] == (3, 0, None, 0, 0)
    assert scores[5] == (5, None, None, None, 0)
    assert found.pairs == ((1, 3, 1),)


@pytest.mark.parametrize(
    ("min_confidence", "covered", "accuracy"),
    [(0, 3, 2 / 3), (0.75, 2, 0.5), (0.8, 1, 0), (1.1, 0, None)],
)
def test_what_is_left_above_a_confidence(min_confidence, covered, accuracy):
    some = Given([1, 2, 3], [1, 2, 4], [0.5, 0.75, 1]).found
    found = min_confidence_view.cover(some, min_confidence)  # itself included
    assert (found.covered, found.coverage) == (covered, covered / 3)
    assert found.accuracy_covered == pytest.approx(accuracy)


def test_calibration_error_by_a_plain_loop(whole_setup):
    found = whole_setup.predictions()
    bins = [[] for _ in range(15)]
    for confidence, is_correct in zip(found.confidences.tolist(), found.are_correct, strict=True):
        bins[min(int(confidence * 15), 14)].append((confidence, is_correct))
    total = 0.0
    for inside in filter(None, bins):
        confidence, accuracy = np.mean(inside, axis=0)
        total += len(inside) / 10_000 * abs(accuracy - confidence)
    result = min_confidence_view.compute(whole_setup, 0.9)
    assert result.calibration_error == pytest.approx(total, rel=1e-6)
    assert result.coverage == pytest.approx(0.757, abs=5e-4)
    assert result.accuracy_covered == pytest.approx(0.993, abs=5e-4)
    table = result.coverage_table
    assert [row.min_confidence for row in table] == [0.5, 0.8, 0.9, 0.95, 0.99]
    assert (table[2].coverage, table[2].covered) == (result.coverage, result.covered)
    half = min_confidence_view.compute(Given([1, 2], [1, 3]), 0.5)
    assert half.calibration_error == 0.5  # always sure, and every other time correct


def test_mcnemar_counts_by_hand_and_a_p_value_that_was_published():
    labels = [0, 1, 2, 3, 4, 5]
    first, second = Given(labels, [0, 1, 2, 9, 9, 9]), Given(labels, [0, 9, 9, 3, 9, 9])
    result = pair_up([first.found, second.found], 0, 1)
    assert (result.only_first.tolist(), result.only_second.tolist()) == ([1, 2], [3])
    assert (result.both, result.neither) == (1, 2)
    assert result.p_value == 1  # |2 - 1| - 1 = 0 after the correction: no evidence at all
    # 121 against 59, chi-squared 20.67 with the continuity correction (Wikipedia's example)
    first, second = (Given([1] * 180, [a] * 121 + [b] * 59) for a, b in ((1, 2), (2, 1)))
    result = pair_up([first.found, second.found], 0, 1)
    # the normal distribution's two tails beyond the square root of chi-squared
    tails = 2 * (1 - 0.5 * (1 + math.erf(math.sqrt(61**2 / 180 / 2))))
    assert result.p_value == pytest.approx(tails, rel=1e-6)
    assert result.p_value == pytest.approx(5.4e-6, rel=0.02)


def test_the_most_confident_mistakes_come_first(whole_setup, probabilities):
    predictions, labels = probabilities.argmax(axis=1), load_labels()
    incorrect = np.flatnonzero(predictions != labels)
    expected = sorted(incorrect.tolist(), key=lambda i: -probabilities[i].max())
    found = wrong.compute(whole_setup)
    assert found.wrong_count == len(found.wrong) == 648
    np.testing.assert_array_equal(found.pictures, load_images()[expected[:6]])
    found = wrong.compute(whole_setup, count=20)
    np.testing.assert_array_equal(found.pictures, load_images()[expected[:20]])
    for index, mistake in zip(expected[:20], found.wrong, strict=True):
        said = (mistake.index, mistake.label, mistake.prediction)
        assert said == (index, labels[index], predictions[index])
        assert mistake.confidence == pytest.approx(probabilities[index].max())


def test_a_sweep_times_each_size_once_in_order(whole_setup):
    rows = sweep.compute(whole_setup, (50, 100, None, 50_000, 50), runs=2)
    assert [row.batch_size for row in rows] == [50, 100, 10_000]
    for row in rows:
        assert row.images_per_second == pytest.approx(10_000 / row.median_seconds)
    # x, z1, z2 and a3 of the book's net, 4 bytes each
    assert rows[0].activation_bytes == 50 * (784 + 50 + 100 + 10) * 4
    with pytest.raises(ValueError, match="size is 0: expected 1 or more"):
        sweep.compute(whole_setup, (0,))


def test_output_has_a_row_for_each_image(whole_setup, tmp_path):
    assert output.compute(whole_setup, tmp_path / "a.csv").rows == 10_000
    found = whole_setup.predictions()
    probabilities = whole_setup.network().predict_proba(load_images(), batch_size=100)
    head, *rows = csv.reader((tmp_path / "a.csv").read_text().splitlines())
    assert head == ["index", "label", "prediction", "confidence", *(f"p{i}" for i in range(10))]
    columns = (np.arange(10_000), load_labels(), found.predictions, found.confidences)
    np.testing.assert_array_equal(np.array(rows, "f4"), np.column_stack([*columns, probabilities]))


def test_robustness_is_the_accuracy_at_each_strength(whole_setup):
    network = whole_setup.network()
    with open_labelled(limit=300, corruption=Corruption(invert=True)) as data:
        rows = robustness.compute(Setup([network, network], data))
    images, labels = load_images()[:300], load_labels()[:300]
    for row in rows:
        is_shift = row.corruption == "shift"
        strength = (int(row.strength), 0) if is_shift else row.strength
        corrupted = Corruption(**{row.corruption: strength}).apply(images, np.random.default_rng(0))
        accuracy = (network.predict(corrupted) == labels).mean()
        assert row.accuracy == (accuracy, accuracy)
    assert [row.strength for row in rows if row.corruption == "shift"] == [0, 1, 2, 3, 4]
