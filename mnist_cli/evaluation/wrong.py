"""The images whose predictions are incorrect."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.label_errors import describe_doubt
from mnist_cli.dtypes import Bytes
from mnist_cli.evaluation.setup import Setup, UsedFiles

SOME_PICTURES = 6


@dataclass(frozen=True)
class Mistake:
    """An incorrect prediction; `people` is what they read, where they doubt the label."""

    index: int
    label: int
    prediction: int
    confidence: float
    people: str | None


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The most confident mistakes, in that order."""

    wrong_count: int  # of all, whether they are among these
    wrong: tuple[Mistake, ...]
    pictures: tuple[Bytes, ...] = field(repr=False)  # what the net saw of the first, (28, 28)
    source: UsedFiles | None

    json_fields: ClassVar = ("wrong_count", "wrong")


def compute(setup: Setup, count: int | None = None) -> Mistakes:
    """Rank `count` mistakes and fetch their pictures; None is all, with `SOME_PICTURES` of them."""
    if count is not None:
        require_at_least("count", count, 0)
    found = setup.predictions()
    indices = np.flatnonzero(~found.are_correct)
    order = np.argsort(-found.confidences[indices], kind="stable")
    ranked = indices[order][:count]
    columns = (found.labels, found.predictions, found.confidences)
    is_embedded = setup.source is not None and setup.source.images.origin == "embedded"
    people = [describe_doubt(index) if is_embedded else None for index in ranked.tolist()]
    values = (ranked.tolist(), *(each[ranked].tolist() for each in columns), people)
    return Mistakes(
        wrong_count=indices.size,
        wrong=tuple(map(Mistake, *values)),
        pictures=_fetch(setup, ranked[: SOME_PICTURES if count is None else count].tolist()),
        source=setup.source,
    )


def _fetch(setup: Setup, indices: list[int]) -> tuple[Bytes, ...]:
    """What the net sees at these indices, in 0..255 even if it got floats."""
    pictures: dict[int, Bytes] = {}
    # The set is gone through once more: that is the only way to the same noise.
    data = setup.data.corrupted(setup.data.corruption)
    for place, images in data.chunks(setup.batch_size):
        here = [index for index in indices if place.start <= index < place.stop]
        pictures |= {index: images[index - place.start].copy() for index in here}
        if len(pictures) == len(indices):
            break
    return tuple(pictures[index] for index in indices)
