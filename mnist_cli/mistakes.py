"""The images that a net reads wrong."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mnist_cli.answers import AnsweredPiece

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
        self._found: list[Mistake] = []
        self._images: dict[int, Picture] = {}

    def take(self, piece: AnsweredPiece) -> None:
        """Keep what is wrong in a piece: a `Consumer`."""
        predictions, confidences = piece.predictions, piece.confidences
        chosen = predictions != piece.labels
        if self._label is not None:
            chosen &= piece.labels == self._label
        if self._prediction is not None:
            chosen &= predictions == self._prediction
        at = np.flatnonzero(chosen)
        self._found += map(
            Mistake,
            (at + piece.start).tolist(),
            piece.labels[at].tolist(),
            predictions[at].tolist(),
            confidences[at].tolist(),
        )
        self._found.sort(key=lambda mistake: (-mistake.confidence, mistake.index))
        for index in [mistake.index for mistake in self._found[: self._pictures]]:
            if index >= piece.start:  # a copy: the piece will be overwritten
                self._images[index] = piece.images[index - piece.start].astype(np.uint8)

    def mistakes(self) -> Mistakes:
        """What was found."""
        shown = {mistake.index for mistake in self._found[: self._pictures]}
        ranked = tuple(
            replace(mistake, image=self._images[mistake.index] if mistake.index in shown else None)
            for mistake in self._found[: self._count]
        )
        return Mistakes(len(self._found), ranked)
