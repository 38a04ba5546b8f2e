"""The images whose predictions are incorrect."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from mnist_cli.evaluation.predictions import LabelledSet
from mnist_cli.evaluation.run import Run, Source

SOME_PICTURES = 6

Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Mistake:
    """An incorrect prediction; `image` is what the net saw, (28, 28) uint8, where it was wanted."""

    index: int
    label: int
    prediction: int
    confidence: float
    image: Picture | None = None


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The most confident mistakes, the most confident first, of `total`; from these files."""

    total: int
    ranked: tuple[Mistake, ...]
    source: Source | None = None


@dataclass(frozen=True)
class MistakesView:
    """The most confident mistakes.

    Attributes
    ----------
    count:
        How many of them; None: all.
    pictures:
        How many of these with their pictures.
    label, prediction:
        Only images of this digit; only images predicted as this digit.
    """

    name: ClassVar[str] = "mistakes"

    count: int | None = None
    pictures: int = SOME_PICTURES
    label: int | None = None
    prediction: int | None = None

    def compute(self, run: Run) -> Mistakes:
        """Rank the mistakes and fetch the pictures of the first. Raises `MnistError`."""
        found = run.predictions()
        chosen = ~found.are_correct
        if self.label is not None:
            chosen &= found.labels == self.label
        if self.prediction is not None:
            chosen &= found.predictions == self.prediction
        indices = np.flatnonzero(chosen)
        order = np.argsort(-found.confidences[indices], kind="stable")
        ranked = indices[order][: self.count]
        pictures = _fetch(run.data, ranked[: self.pictures], run.batch_size)
        mistakes = tuple(
            Mistake(
                index=index,
                label=int(found.labels[index]),
                prediction=int(found.predictions[index]),
                confidence=float(found.confidences[index]),
                image=pictures.get(index),
            )
            for index in ranked.tolist()
        )
        return Mistakes(indices.size, mistakes, run.source)


def _fetch(data: LabelledSet, indices: NDArray[Any], batch_size: int) -> dict[int, Picture]:
    """What the net sees at these indices, by index.

    A large set is gone through once more: that is the only way to the same noise.
    """
    pictures: dict[int, Picture] = {}
    start = 0
    for images, _ in data.chunks(batch_size):
        for index in indices[(indices >= start) & (indices < start + len(images))].tolist():
            pictures[index] = _as_bytes(images[index - start], data.corruption.normalize)
        start += len(images)
        if len(pictures) == indices.size:
            break
    return pictures


def _as_bytes(image: NDArray[Any], normalize: bool) -> Picture:
    """A copy in 0..255, for the piece goes; floats are 0..1 unless they were left as they are."""
    if image.dtype != np.uint8 and normalize:
        image = np.rint(image.clip(0, 1) * 255)
    return image.astype(np.uint8)
