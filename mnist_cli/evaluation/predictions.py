"""One pass over a labelled set: what a net predicts for each image, and how confident it is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.labelled import LabelledImages, count_correct
from mnist_cli.evaluation.arrays import LabelledArrays
from mnist_cli.net.network import Network

LabelledSet = LabelledImages | LabelledArrays

Progress = Callable[[int, int], None]
"""Called with (images done, images in all)."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """Labels (N,) uint8, predictions (N,) uint8 and confidences (N,) float32 of N images."""

    labels: NDArray[np.uint8]
    predictions: NDArray[np.uint8]
    confidences: NDArray[np.float32]

    @property
    def are_correct(self) -> NDArray[np.bool_]:
        """Which predictions are the labels, (N,)."""
        correct: NDArray[np.bool_] = self.predictions == self.labels
        return correct

    @property
    def correct(self) -> int:
        """How many predictions are the labels."""
        return count_correct(self.predictions, self.labels)


EachChunk = Callable[[int, Predictions, NDArray[np.float32]], None]
"""Called with a chunk's first index, its predictions, and its probabilities (n, 10)."""


def ignore_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


def predict_set(
    network: Network,
    data: LabelledSet,
    *,
    batch_size: int = 100,
    threads: int = 1,
    progress: Progress = ignore_progress,
    each_chunk: EachChunk | None = None,
) -> Predictions:
    """Go once through a labelled set.

    What is kept is 5 bytes an image; the probabilities, 40 bytes an image, are only handed to
    `each_chunk`.

    Raises
    ------
    MnistError
        For a file that fails while it is read.
    """
    predictions = np.empty(data.samples, np.uint8)
    confidences = np.empty(data.samples, np.float32)
    start = 0
    for images, labels in data.chunks(batch_size):
        probabilities = network.predict_proba(images, batch_size=batch_size, threads=threads)
        part = slice(start, start + labels.size)
        predictions[part] = probabilities.argmax(axis=1)
        confidences[part] = probabilities.max(axis=1)
        if each_chunk is not None:
            chunk = Predictions(labels, predictions[part], confidences[part])
            each_chunk(start, chunk, probabilities)
        start = part.stop
        progress(start, data.samples)
    return Predictions(data.labels, predictions, confidences)
