"""The images whose predictions are incorrect."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

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
    image: Picture | None = field(default=None, repr=False)


@dataclass(frozen=True, eq=False)
class Mistakes:
    """The most confident mistakes, the most confident first, of `total`; from these files."""

    total: int
    ranked: tuple[Mistake, ...]
    source: Source | None = None


def compute(
    run: Run, count: int | None = None, label: int | None = None, prediction: int | None = None
) -> Mistakes:
    """Rank the mistakes and fetch their pictures. Raises `MnistError`.

    `count` is how many of them; None is all, with pictures of the first `SOME_PICTURES`. `label`
    and `prediction` keep those on one digit and those read as one digit.
    """
    found = run.predictions()
    chosen = ~found.are_correct
    if label is not None:
        chosen &= found.labels == label
    if prediction is not None:
        chosen &= found.predictions == prediction
    indices = np.flatnonzero(chosen)
    order = np.argsort(-found.confidences[indices], kind="stable")
    ranked = indices[order][:count].tolist()
    images = _fetch(run, ranked[: SOME_PICTURES if count is None else count])
    mistakes = tuple(
        Mistake(
            index=index,
            label=int(found.labels[index]),
            prediction=int(found.predictions[index]),
            confidence=float(found.confidences[index]),
            image=images.get(index),
        )
        for index in ranked
    )
    return Mistakes(indices.size, mistakes, run.source)


def _fetch(run: Run, indices: list[int]) -> dict[int, Picture]:
    """What the net sees at these indices, by index, in 0..255 even if it got other numbers.

    The set is gone through once more: that is the only way to the same noise.
    """
    pictures: dict[int, Picture] = {}
    start = 0
    data = run.data.corrupted(replace(run.data.corruption, normalize=True))
    for images, _ in data.chunks(run.batch_size):
        for index in indices:
            if start <= index < start + len(images):
                pictures[index] = images[index - start].copy()
        start += len(images)
        if len(pictures) == len(indices):
            break
    return pictures
