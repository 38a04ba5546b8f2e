"""Which digits are taken for which."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mnist_cli.dtypes import Indices
from mnist_cli.evaluation.setup import Setup
from mnist_cli.spec import CLASSES


@dataclass(frozen=True)
class ClassScores:
    """How well one digit is recognised; None where there is nothing to divide by."""

    digit: int
    precision: float | None  # of the images predicted as it, the share that are
    recall: float | None  # of the images that are, the share predicted as it
    f1: float | None  # their harmonic mean
    support: int  # the images that are


@dataclass(frozen=True, eq=False)
class Confusion:
    """`confusion` (10, 10) int64 counts: a row for each label, a column for each prediction."""

    confusion: Indices

    json_fields: ClassVar = ("confusion", "per_class")

    @property
    def per_class(self) -> tuple[ClassScores, ...]:
        """The scores of each digit."""
        labels, predictions = (self.confusion.sum(axis=axis).tolist() for axis in (1, 0))
        return tuple(
            ClassScores(
                digit=digit,
                precision=_share(correct, predictions[digit]),
                recall=_share(correct, labels[digit]),
                f1=_share(2 * correct, labels[digit] + predictions[digit]),
                support=labels[digit],
            )
            for digit, correct in enumerate(self.confusion.diagonal().tolist())
        )

    @property
    def pairs(self) -> tuple[tuple[int, int, int], ...]:
        """(label, prediction, count) of every mistake that was made, the most frequent first."""
        found = [
            (label, prediction, count)
            for label, row in enumerate(self.confusion.tolist())
            for prediction, count in enumerate(row)
            if label != prediction and count
        ]
        return tuple(sorted(found, key=lambda pair: -pair[2]))


def compute(setup: Setup) -> Confusion:
    """Count each pair of label and prediction."""
    found = setup.predictions()
    cells = found.labels.astype(np.int64) * CLASSES + found.predictions
    return Confusion(np.bincount(cells, minlength=CLASSES**2).reshape(CLASSES, CLASSES))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
