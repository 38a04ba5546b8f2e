"""The images that a net reads wrong."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_cli.answers import AnsweredPiece


@dataclass(frozen=True, eq=False)
class Mistake:
    """An image that was read wrong; `image` is what the net saw, (28, 28) uint8, where kept."""

    index: int
    label: int
    prediction: int
    confidence: float
    image: NDArray[np.uint8] | None = None


class Mistakes:
    """Keeps the mistakes of the pieces it takes, with `pictures` pictures of the most confident.

    `label` and `prediction` narrow it to the images of one digit, or read as one digit.
    """

    def __init__(
        self, pictures: int, label: int | None = None, prediction: int | None = None
    ) -> None:
        self._pictures = pictures
        self._label = label
        self._prediction = prediction
        self._found: list[Mistake] = []
        self._images: dict[int, NDArray[np.uint8]] = {}

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
        shown = [mistake.index for mistake in self._found[: self._pictures]]
        here = {
            index: piece.images[index - piece.start].astype(np.uint8)  # a copy: the piece goes
            for index in shown
            if index >= piece.start
        }
        self._images = {index: image for index, image in self._images.items() if index in shown}
        self._images |= here

    def ranked(self) -> tuple[Mistake, ...]:
        """The mistakes, the most confident first."""
        return tuple(
            Mistake(m.index, m.label, m.prediction, m.confidence, self._images.get(m.index))
            for m in self._found
        )
