"""What each view finds, against known figures, plain loops and scikit-learn."""

import csv
import json
import math

import numpy as np
import pytest

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.errors import FileError
from mnist_cli.evaluation.compared import mcnemar
from mnist_cli.evaluation.confusion import ConfusionView
from mnist_cli.evaluation.mistakes import MistakesView
from mnist_cli.evaluation.output import OutputView
from mnist_cli.evaluation.predictions import Predictions
from mnist_cli.evaluation.reliability import ReliabilityView, cover
from mnist_cli.evaluation.run import Run
from mnist_cli.evaluation.sweep import SweepView
from mnist_cli.evaluation.timing import TimingPlan


@pytest.fixture(scope="module")
def run(book_weights):
    with open_labelled() as data:
        yield Run([load_network(book_weights)], data)


@pytest.fixture
def short_run(book_weights):
    with open_labelled(limit=1234) as data:
        yield Run([load_network(book_weights)], data)


@pytest.fixture(scope="module")
def probabilities(run):
    return run.network.predict_proba(load_images())


class Given:
    """A run whose predictions are made up."""

    def __init__(self, labels, predictions, confidences=None):
        confidences = np.ones(len(labels)) if confidences is None else confidences
        columns = zip((labels, predictions, confidences), ("u1", "u1", "f4"), strict=True)
        self.found = Predictions(*(np.array(column, dtype) for column, dtype in columns))

    def predictions(self):
        return self.found


def test_a_pass_gives_label_prediction_and_confidence_of_each_image(run, probabilities):
    found = run.predictions()
    np.testing.assert_array_equal(found.labels, load_labels())
    np.testing.assert_array_equal(found.predictions, probabilities.argmax(axis=1))
    np.testing.assert_allclose(found.confidences, probabilities.max(axis=1), rtol=1e-5)
    assert found.correct == found.are_correct.sum() == 9352
    assert run.predictions() is found


def test_what_the_book_s_net_confuses(run):
    confusion = ConfusionView().compute(run)
    assert confusion.counts.shape == (10, 10)
    assert confusion.counts.sum() == 10_000
    assert confusion.counts.trace() == 9352
    assert confusion.pairs[:3] == ((4, 9, 35), (5, 3, 34), (9, 4, 31))


def test_scores_agree_with_scikit_learn(run):
    sklearn = pytest.importorskip("sklearn.metrics", reason="scikit-learn is in the extra test")
    found, confusion = run.predictions(), ConfusionView().compute(run)
    theirs = sklearn.precision_recall_fscore_support(found.labels, found.predictions)
    ours = [[getattr(s, x) for s in confusion.per_class] for x in ("precision", "recall", "f1")]
    np.testing.assert_allclose(ours, theirs[:3], rtol=1e-12)
    assert [scores.support for scores in confusion.per_class] == theirs[3].tolist()
    matrix = sklearn.confusion_matrix(found.labels, found.predictions)
    np.testing.assert_array_equal(confusion.counts, matrix)


def test_scores_of_each_digit_by_their_definition_where_there_is_something_to_divide_by():
    confusion = ConfusionView().compute(Given([1, 1, 2, 2], [1, 3, 2, 2]))
    scores = [(s.digit, s.precision, s.recall, s.f1, s.support) for s in confusion.per_class]
    assert scores[1] == (1, 1, 0.5, pytest.approx(2 / 3), 2)
    assert scores[3] == (3, 0, None, 0, 0)
    assert scores[5] == (5, None, None, None, 0)
    assert confusion.pairs == ((1, 3, 1),)


def test_what_is_left_above_a_confidence(run):
    chosen = ReliabilityView(0.9).compute(run).chosen
    assert chosen.coverage == pytest.approx(0.757, abs=5e-4)
    assert chosen.accuracy_covered == pytest.approx(0.993, abs=5e-4)
    some = Given([1, 2, 3], [1, 2, 4], [0.5, 0.75, 1]).found
    assert (cover(some, 0.75).covered, cover(some, 0.75).correct) == (2, 1)  # itself included
    assert cover(some, 0).accuracy_covered == pytest.approx(2 / 3)
    assert cover(Given([1], [1], [0.5]).found, 0.6).accuracy_covered is None


def test_calibration_error_by_a_plain_loop(run):
    found = run.predictions()
    total = 0.0
    for lower in np.arange(15) / 15:
        inside = [
            (float(c), p == t)
            for c, p, t in zip(found.confidences, found.predictions, found.labels, strict=True)
            if lower <= c < lower + 1 / 15 or (lower == 14 / 15 and c >= 1)
        ]
        if inside:
            confidence = sum(c for c, _ in inside) / len(inside)
            accuracy = sum(correct for _, correct in inside) / len(inside)
            total += len(inside) / 10_000 * abs(accuracy - confidence)
    result = ReliabilityView(0.9).compute(run)
    assert result.calibration_error == pytest.approx(total, rel=1e-6)
    assert result.accuracy == 0.9352
    assert [row.min_confidence for row in result.table] == [0.5, 0.8, 0.9, 0.95, 0.99]
    assert result.table[2] == result.chosen
    half = ReliabilityView(0.5).compute(Given([1, 2], [1, 3]))
    assert half.calibration_error == 0.5  # always sure, and every other time correct


def test_mcnemar_counts_by_hand():
    labels = [0, 1, 2, 3, 4, 5]
    first, second = Given(labels, [0, 1, 2, 9, 9, 9]), Given(labels, [0, 9, 9, 3, 9, 9])
    result = mcnemar(first.found, second.found)
    assert result.only_first.tolist() == [1, 2]
    assert result.only_second.tolist() == [3]
    assert (result.both, result.neither) == (1, 2)
    # |2 - 1| - 1 = 0 after the correction: no evidence at all
    assert result.p_value == 1


def test_mcnemar_p_value_of_a_published_example():
    """121 against 59, chi-squared 20.67 with the continuity correction (Wikipedia's example)."""
    first, second = (Given([1] * 180, [a] * 121 + [b] * 59) for a, b in ((1, 2), (2, 1)))
    result = mcnemar(first.found, second.found)
    # the normal distribution's two tails beyond the square root of chi-squared
    tails = 2 * (1 - 0.5 * (1 + math.erf(math.sqrt(61**2 / 180 / 2))))
    assert result.p_value == pytest.approx(tails, rel=1e-6)
    assert result.p_value == pytest.approx(5.4e-6, rel=0.02)


def test_the_book_s_net_makes_648_mistakes_the_first_at_index_8(run):
    mistakes = MistakesView().compute(run)
    assert mistakes.total == len(mistakes.ranked) == 648
    assert min(mistake.index for mistake in mistakes.ranked) == 8
    assert sum(mistake.image is not None for mistake in mistakes.ranked) == 6


def test_the_most_confident_come_first(run, probabilities):
    predictions, labels = probabilities.argmax(axis=1), load_labels()
    incorrect = [i for i in range(10_000) if predictions[i] != labels[i]]
    expected = sorted(incorrect, key=lambda i: -probabilities[i].max())[:20]
    mistakes = MistakesView(count=20, pictures=20).compute(run)
    assert mistakes.total == 648
    assert [mistake.index for mistake in mistakes.ranked] == expected
    for mistake in mistakes.ranked:
        assert mistake.label == labels[mistake.index]
        assert mistake.prediction == predictions[mistake.index]
        assert mistake.confidence == pytest.approx(probabilities[mistake.index].max())
        np.testing.assert_array_equal(mistake.image, load_images()[mistake.index])


def test_label_and_prediction_narrow_it(run):
    both = MistakesView(label=4, prediction=9).compute(run)
    assert both.total == 35
    assert {(m.label, m.prediction) for m in both.ranked} == {(4, 9)}
    assert {m.label for m in MistakesView(label=4).compute(run).ranked} == {4}
    assert {m.prediction for m in MistakesView(prediction=9).compute(run).ranked} == {9}
    assert MistakesView(label=9, prediction=9).compute(run).ranked == ()


def test_a_sweep_times_each_size_once_in_order(short_run):
    plan = TimingPlan(runs=2, warmup=0)
    rows = SweepView((50, 100, None, 5000, 50), plan).compute(short_run)
    assert [row.batch_size for row in rows] == [50, 100, 1234]
    assert [row.timing.correct for row in rows] == [short_run.predictions().correct] * 3
    assert all(len(row.timing.seconds) == 2 for row in rows)
    # x, z1, z2 and a3 of the book's net, 4 bytes each
    assert rows[0].activation_bytes == 50 * (784 + 50 + 100 + 10) * 4
    with pytest.raises(ValueError, match="size is 0: expected 1 or more"):
        SweepView((0,)).compute(short_run)


def test_output_has_a_row_for_each_image(short_run, tmp_path):
    assert OutputView(tmp_path / "a.csv").compute(short_run).rows == 1234
    OutputView(tmp_path / "a.JSONL").compute(short_run)
    found = short_run.predictions()
    probabilities = short_run.network.predict_proba(load_images()[:1234], batch_size=100)
    with (tmp_path / "a.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["index", "label", "prediction", "confidence", *(f"p{i}" for i in range(10))]
    numbers = np.array(rows, float)
    np.testing.assert_array_equal(numbers[:, 0], np.arange(1234))
    np.testing.assert_array_equal(numbers[:, 1], load_labels()[:1234])
    np.testing.assert_array_equal(numbers[:, 2], found.predictions)
    np.testing.assert_array_equal(numbers[:, 3].astype("f4"), found.confidences)
    np.testing.assert_array_equal(numbers[:, 4:].astype("f4"), probabilities)
    objects = [json.loads(text) for text in (tmp_path / "a.JSONL").read_text().splitlines()]
    assert len(objects) == 1234
    assert objects[8] == {
        "index": 8,
        "label": 5,
        "prediction": 6,
        "confidence": float(found.confidences[8]),
        "probabilities": probabilities[8].astype(float).tolist(),
    }


def test_output_replaces_nothing_unless_asked(short_run, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(FileError, match="exists already"):
        OutputView(path).compute(short_run)
    assert path.read_text() == "mine"
    OutputView(path, overwrite=True).compute(short_run)
    assert path.read_text().startswith("index,")
    with pytest.raises(ValueError, match="must end in"):
        OutputView(tmp_path / "a.txt").compute(short_run)
    assert list(tmp_path.iterdir()) == [path]
