"""Answers and truth -> where a classifier fails, and what its confidence is worth."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_cli.evaluation.predictions import Answers
from mnist_cli.spec import CLASSES

Ints = NDArray[np.int64]

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
_BINS = 15  # as in Guo et al. (2017)


@dataclass(frozen=True)
class ClassScores:
    """How well one digit is read; None where there is nothing to divide by.

    `precision`: of the images read as it, the share that are; `recall`: of the images that are, the
    share read as it; `f1`: their harmonic mean; `support`: the images that are.
    """

    digit: int
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


@dataclass(frozen=True, eq=False)
class Confusion:
    """`counts` (10, 10): a row for each true digit, a column for each answer."""

    counts: Ints

    @property
    def per_class(self) -> tuple[ClassScores, ...]:
        """The scores of each digit."""
        truth, answers = self.counts.sum(axis=1).tolist(), self.counts.sum(axis=0).tolist()
        return tuple(
            ClassScores(
                digit=digit,
                precision=_share(right, answers[digit]),
                recall=_share(right, truth[digit]),
                f1=_share(2 * right, truth[digit] + answers[digit]),
                support=truth[digit],
            )
            for digit, right in enumerate(self.counts.diagonal().tolist())
        )

    @property
    def pairs(self) -> tuple[tuple[int, int, int], ...]:
        """(truth, answer, count) of every mistake that was made, the most frequent first."""
        found = [
            (truth, answer, count)
            for truth, row in enumerate(self.counts.tolist())
            for answer, count in enumerate(row)
            if truth != answer and count
        ]
        return tuple(sorted(found, key=lambda pair: -pair[2]))


def confusion(answers: Answers) -> Confusion:
    """Count truths against answers."""
    cells = answers.labels.astype(np.int64) * CLASSES + answers.predictions
    return Confusion(np.bincount(cells, minlength=CLASSES**2).reshape(CLASSES, CLASSES))


@dataclass(frozen=True)
class Coverage:
    """What is left where the net may say "I don't know" below `min_confidence`."""

    min_confidence: float
    samples: int
    covered: int
    correct: int

    @property
    def coverage(self) -> float:
        """The share of images that it still answers."""
        return self.covered / self.samples

    @property
    def accuracy_covered(self) -> float | None:
        """The share of these that it reads right; None where it answers none."""
        return _share(self.correct, self.covered)


def coverage(answers: Answers, min_confidence: float) -> Coverage:
    """Keep the answers of at least `min_confidence`."""
    kept = answers.confidences >= min_confidence
    correct = kept & (answers.predictions == answers.labels)
    return Coverage(
        min_confidence,
        answers.labels.size,
        int(np.count_nonzero(kept)),
        int(np.count_nonzero(correct)),
    )


@dataclass(frozen=True)
class Reliability:
    """What the net's confidence is worth.

    Attributes
    ----------
    chosen, table:
        The coverage at the threshold asked for, and at `THRESHOLDS`.
    mean_confidence, accuracy:
        Equal for a net that is neither too sure nor too modest.
    calibration_error:
        The expected calibration error of Guo et al. (2017), *On calibration of modern neural
        networks*: images fall in 15 bins of equal width by confidence; how far a bin's accuracy is
        from its mean confidence, as the mean over the images.
    """

    chosen: Coverage
    table: tuple[Coverage, ...]
    mean_confidence: float
    accuracy: float
    calibration_error: float


def reliability(answers: Answers, min_confidence: float) -> Reliability:
    """Hold the net's confidence against the truth."""
    confidences = answers.confidences.astype(np.float64)
    right = answers.predictions == answers.labels
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, confidences) - np.bincount(bins, right)
    return Reliability(
        chosen=coverage(answers, min_confidence),
        table=tuple(coverage(answers, threshold) for threshold in THRESHOLDS),
        mean_confidence=float(confidences.mean()),
        accuracy=float(right.mean()),
        calibration_error=float(np.abs(gaps).sum() / right.size),
    )


@dataclass(frozen=True, eq=False)
class McNemar:
    """Two nets on the same images: which ones only the first reads right, and only the second.

    `p_value`: how often a difference at least so large would come by chance if both were equally
    good; McNemar (1947) with Edwards' continuity correction (1948).
    """

    only_first: Ints
    only_second: Ints
    both: int
    neither: int

    @property
    def p_value(self) -> float:
        """From the chi-squared distribution with one degree of freedom."""
        first, second = self.only_first.size, self.only_second.size
        if first == second:
            return 1.0
        statistic = (abs(first - second) - 1) ** 2 / (first + second)
        return math.erfc(math.sqrt(statistic / 2))


def mcnemar(first: Answers, second: Answers) -> McNemar:
    """Compare the answers of two nets to the same images."""
    a, b = first.predictions == first.labels, second.predictions == second.labels
    return McNemar(
        only_first=np.flatnonzero(a & ~b),
        only_second=np.flatnonzero(b & ~a),
        both=int(np.count_nonzero(a & b)),
        neither=int(np.count_nonzero(~a & ~b)),
    )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
