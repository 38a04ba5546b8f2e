"""Two weights files side by side: how far apart they are, and where they disagree."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.summary import Summary, summary_of
from mnist_cli.weights.weights_file import Array, WeightsFile, read_weights

_BATCH = 1000  # images


@dataclass(frozen=True)
class ArrayPair:
    """An array that either file has; a shape is None where one lacks it.

    `distance` is the Euclidean norm of the difference, None unless both have the same shape and
    finite values; `relative` is the distance over the norm of the first (None where that is 0).
    """

    name: str
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    distance: float | None
    relative: float | None


@dataclass(frozen=True)
class Comparison:
    """Two weights files: their arrays, and their answers to the embedded test set.

    `disagreements` counts the images to which the answers differ, `correct` the right answers of
    each; both are None where a file is not finite.
    """

    first: Summary
    second: Summary
    arrays: tuple[ArrayPair, ...]
    samples: int
    correct: tuple[int, int] | None
    disagreements: int | None


def compare(
    first: AnyPath,
    second: AnyPath,
    *,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
) -> Comparison:
    """Compare two weights files. Raises `MnistError` for one that is missing or no weights file."""
    a, b = read_weights(first, data_dir), read_weights(second, data_dir)
    names = [*a.arrays, *(name for name in b.arrays if name not in a.arrays)]
    with open_labelled() as data:
        correct, disagreements = [0, 0], 0
        if a.finite and b.finite:
            networks = a.network(activation), b.network(activation)
            for images, labels in data.chunks(_BATCH):
                answers = [network.predict(images, batch_size=_BATCH) for network in networks]
                correct = [
                    so_far + int(np.count_nonzero(digits == labels))
                    for so_far, digits in zip(correct, answers, strict=True)
                ]
                disagreements += int(np.count_nonzero(answers[0] != answers[1]))
    finite = a.finite and b.finite
    return Comparison(
        first=summary_of(a, activation),
        second=summary_of(b, activation),
        arrays=tuple(_pair(name, a, b) for name in names),
        samples=data.samples,
        correct=(correct[0], correct[1]) if finite else None,
        disagreements=disagreements if finite else None,
    )


def _pair(name: str, a: WeightsFile, b: WeightsFile) -> ArrayPair:
    one, other = a.arrays.get(name), b.arrays.get(name)
    distance, relative = None, None
    if one is not None and other is not None and one.shape == other.shape:
        length = _norm(one)
        with np.errstate(over="ignore", invalid="ignore"):
            distance = _norm(one.astype(np.float64) - other)
        if distance is not None and length:
            relative = distance / length
    return ArrayPair(name, (_shape(one), _shape(other)), distance, relative)


def _norm(array: Array) -> float | None:
    """The Euclidean norm; None for NaN, infinity and what comes to it."""
    with np.errstate(over="ignore", invalid="ignore"):
        norm = float(np.linalg.norm(array.astype(np.float64)))
    return norm if np.isfinite(norm) else None


def _shape(array: Array | None) -> tuple[int, ...] | None:
    return None if array is None else array.shape
