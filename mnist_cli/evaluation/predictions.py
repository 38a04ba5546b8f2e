"""What the net answers to each image of a set, in one pass over it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.labelled import LabelledImages
from mnist_cli.net.network import Network


@dataclass(frozen=True, eq=False)
class AnsweredPiece:
    """Part of a set, from image number `start` on, with the net's ten probabilities for each."""

    start: int
    images: NDArray[Any]
    labels: NDArray[np.uint8]
    probabilities: NDArray[np.float32]

    @cached_property
    def predictions(self) -> NDArray[np.uint8]:
        """The digit of highest probability, (n,)."""
        digits: NDArray[np.uint8] = self.probabilities.argmax(axis=1).astype(np.uint8)
        return digits

    @cached_property
    def confidences(self) -> NDArray[np.float32]:
        """Its probability, (n,)."""
        rows = np.arange(self.labels.size)
        largest: NDArray[np.float32] = self.probabilities[rows, self.predictions]
        return largest


Consumer = Callable[[AnsweredPiece], None]
"""Takes what it needs from each piece before the next one comes."""


@dataclass(frozen=True, eq=False)
class Answers:
    """Truth, answer and confidence for every image, (N,) each."""

    labels: NDArray[np.uint8]
    predictions: NDArray[np.uint8]
    confidences: NDArray[np.float32]

    @property
    def correct(self) -> int:
        """How many are right."""
        return int(np.count_nonzero(self.predictions == self.labels))


def collect(
    network: Network,
    images: LabelledImages,
    batch_size: int,
    threads: int = 1,
    consumers: Iterable[Consumer] = (),
) -> Answers:
    """Go once through the set; each piece is also handed to the consumers. Raises `MnistError`."""
    predictions = np.empty(images.samples, np.uint8)
    confidences = np.empty(images.samples, np.float32)
    start = 0
    for pixels, labels in images.chunks(batch_size):
        probabilities = network.predict_proba(pixels, batch_size=batch_size, threads=threads)
        piece = AnsweredPiece(start, pixels, labels, probabilities)
        end = start + labels.size
        predictions[start:end] = piece.predictions
        confidences[start:end] = piece.confidences
        for consumer in consumers:
            consumer(piece)
        start = end
    return Answers(images.labels, predictions, confidences)
