"""The images that a net reads wrong."""

from dataclasses import dataclass
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.evaluation.predictions import AnsweredPiece

SOME_PICTURES = 6

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image that was read wrong; `image` is what the net saw, (28, 28) uint8, where kept."""

    index: int
    label: int
    prediction: int
    confidence: float
    image: Picture | None = None


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The most confident mistakes, the most confident first, of `total`."""

    total: int
    ranked: tuple[Mistake, ...]


class MistakeCollector:
    """Keeps the mistakes of the pieces that it takes.

    Parameters
    ----------
    count:
        How many of the most confident are wanted, with their pictures; None: all, and some of the
        pictures.
    label, prediction:
        Only images of this digit; only images read as this digit.
    """

    def __init__(
        self, count: int | None = None, label: int | None = None, prediction: int | None = None
    ) -> None:
        self._count = count
        self._pictures = SOME_PICTURES if count is None else count
        self._label = label
        self._prediction = prediction
        self._found: list[tuple[NDArray[Any], ...]] = []  # index, label, prediction, confidence
        self._images: dict[tuple[float, int], Picture] = {}  # by -confidence and index

    def take(self, piece: AnsweredPiece) -> None:
        """Keep what is wrong in a piece: a `Consumer`."""
        predictions, confidences = piece.predictions, piece.confidences
        chosen = predictions != piece.labels
        if self._label is not None:
            chosen &= piece.labels == self._label
        if self._prediction is not None:
            chosen &= predictions == self._prediction
        at = np.flatnonzero(chosen)
        self._found.append((at + piece.start, piece.labels[at], predictions[at], confidences[at]))
        for i in at[np.argsort(-confidences[at], kind="stable")[: self._pictures]].tolist():
            rank = -float(confidences[i]), i + piece.start
            self._images[rank] = piece.images[i].astype(np.uint8)  # a copy: the piece goes
        self._images = dict(sorted(self._images.items(), key=itemgetter(0))[: self._pictures])

    def mistakes(self) -> Mistakes:
        """What was found."""
        indices, labels, predictions, confidences = (
            np.concatenate(column) for column in zip(*self._found, strict=True)
        )
        order = np.lexsort((indices, -confidences))[: self._count]
        rows = zip(
            *(c[order].tolist() for c in (indices, labels, predictions, confidences)), strict=True
        )
        ranked = tuple(
            Mistake(index, label, prediction, confidence, self._images.get((-confidence, index)))
            for index, label, prediction, confidence in rows
        )
        return Mistakes(indices.size, ranked)
