"""Where a net fails and what its confidence is worth, against known figures and plain loops."""

import math

import numpy as np
import pytest
from mnist_cli.evaluation.metrics import confusion, coverage, mcnemar, reliability

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.evaluation.predictions import Answers


def answers(labels, predictions, confidences=None):
    confidences = np.ones(len(labels)) if confidences is None else confidences
    return Answers(
        np.array(labels, np.uint8), np.array(predictions, np.uint8), np.array(confidences, "f4")
    )


@pytest.fixture(scope="module")
def book(book_weights):
    """The answers of the book's net, by one call."""
    probabilities = load_network(book_weights).predict_proba(load_images())
    return Answers(
        load_labels(), probabilities.argmax(axis=1).astype("u1"), probabilities.max(axis=1)
    )


def test_what_the_book_s_net_confuses(book):
    counts = confusion(book).counts
    assert counts.shape == (10, 10)
    assert counts.sum() == 10_000
    assert counts.trace() == book.correct == 9352
    assert confusion(book).pairs[:3] == ((4, 9, 35), (5, 3, 34), (9, 4, 31))


def test_scores_of_each_digit_by_their_definition(book):
    truth, answer = book.labels, book.predictions
    for digit, scores in enumerate(confusion(book).per_class):
        both = np.sum((truth == digit) & (answer == digit))
        precision = both / np.sum(answer == digit)
        recall = both / np.sum(truth == digit)
        assert scores.digit == digit
        assert scores.support == np.sum(truth == digit)
        assert scores.precision == pytest.approx(precision)
        assert scores.recall == pytest.approx(recall)
        assert scores.f1 == pytest.approx(2 * precision * recall / (precision + recall))


def test_scores_agree_with_scikit_learn(book):
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in the extra test")
    theirs = sklearn.precision_recall_fscore_support(book.labels, book.predictions)
    per_class = confusion(book).per_class
    ours = [[getattr(s, name) for s in per_class] for name in ("precision", "recall", "f1")]
    np.testing.assert_allclose(ours, theirs[:3], rtol=1e-12)
    assert [scores.support for scores in per_class] == theirs[3].tolist()
    np.testing.assert_array_equal(
        confusion(book).counts, sklearn.confusion_matrix(book.labels, book.predictions)
    )


def test_there_is_no_score_where_there_is_nothing_to_divide_by():
    scores = confusion(answers([1, 1, 2], [1, 3, 2])).per_class
    assert (scores[3].precision, scores[3].recall, scores[3].f1) == (0, None, 0)
    assert (scores[5].precision, scores[5].recall, scores[5].f1) == (None, None, None)


def test_a_net_without_mistakes_confuses_nothing():
    assert confusion(answers([1, 2], [1, 2])).pairs == ()


def test_what_is_left_above_a_confidence_of_0_9(book):
    result = coverage(book, 0.9)
    assert result.coverage == pytest.approx(0.757, abs=5e-4)
    assert result.accuracy_covered == pytest.approx(0.993, abs=5e-4)


def test_the_threshold_itself_is_covered():
    some = answers([1, 2, 3], [1, 2, 4], [0.5, 0.75, 1])
    assert (coverage(some, 0.75).covered, coverage(some, 0.75).correct) == (2, 1)
    assert coverage(some, 0).accuracy_covered == pytest.approx(2 / 3)


def test_nothing_covered_has_no_accuracy():
    assert coverage(answers([1], [1], [0.5]), 0.6).accuracy_covered is None


def test_calibration_error_by_a_plain_loop(book):
    total = 0.0
    for lower in np.arange(15) / 15:
        inside = [
            (float(c), p == t)
            for c, p, t in zip(book.confidences, book.predictions, book.labels, strict=True)
            if lower <= c < lower + 1 / 15 or (lower == 14 / 15 and c >= 1)
        ]
        if inside:
            confidence = sum(c for c, _ in inside) / len(inside)
            accuracy = sum(right for _, right in inside) / len(inside)
            total += len(inside) / 10_000 * abs(accuracy - confidence)
    result = reliability(book, 0.9)
    assert result.calibration_error == pytest.approx(total, rel=1e-6)
    assert result.accuracy == 0.9352
    assert [row.min_confidence for row in result.table] == [0.5, 0.8, 0.9, 0.95, 0.99]
    assert result.table[2] == result.chosen


def test_a_net_that_is_always_sure_and_half_right_is_off_by_a_half():
    assert reliability(answers([1, 2], [1, 3]), 0.5).calibration_error == 0.5


def test_mcnemar_counts_by_hand():
    truth = [0, 1, 2, 3, 4, 5]
    result = mcnemar(answers(truth, [0, 1, 2, 9, 9, 9]), answers(truth, [0, 9, 9, 3, 9, 9]))
    assert result.only_first.tolist() == [1, 2]
    assert result.only_second.tolist() == [3]
    assert (result.both, result.neither) == (1, 2)
    # |2 - 1| - 1 = 0 after the correction: no evidence at all
    assert result.p_value == 1


def test_mcnemar_p_value_of_a_published_example():
    """121 against 59, chi-squared 20.67 with the continuity correction (Wikipedia's example)."""
    truth = [1] * 180
    first = [1] * 121 + [2] * 59
    second = [2] * 121 + [1] * 59
    result = mcnemar(answers(truth, first), answers(truth, second))
    # the normal distribution's two tails beyond the square root of chi-squared
    tails = 2 * (1 - 0.5 * (1 + math.erf(math.sqrt(61**2 / 180 / 2))))
    assert result.p_value == pytest.approx(tails, rel=1e-6)
    assert result.p_value == pytest.approx(5.4e-6, rel=0.02)
