"""How far the arrays of two weights files are apart."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.weights.arrays import Array
from mnist_cli.weights.weights_file import WeightsFile


@dataclass(frozen=True)
class ArrayDistance:
    """How far an array that either file has is from the other's.

    Attributes
    ----------
    name, shapes:
        The array's name, and its shape in either file; None where one lacks it.
    distance:
        The Euclidean norm of the difference; None unless both have the same shape and finite
        values.
    relative_distance:
        The distance over the norm of the first; None where that is 0.
    """

    name: str
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]
    distance: float | None
    relative_distance: float | None


def measure_distances(first: WeightsFile, second: WeightsFile) -> tuple[ArrayDistance, ...]:
    """Measure how far each array of two files is from the other's, in float64."""
    names = dict.fromkeys((*first.arrays, *second.arrays))
    return tuple(_measure(name, first.arrays.get(name), second.arrays.get(name)) for name in names)


def _measure(name: str, one: Array | None, other: Array | None) -> ArrayDistance:
    shapes = one.shape if one is not None else None, other.shape if other is not None else None
    distance = relative = None
    if one is not None and other is not None and one.shape == other.shape:
        with np.errstate(over="ignore", invalid="ignore"):
            distance = _norm(one.astype(np.float64) - other)
            norm = _norm(one)
        if distance is not None and norm:
            relative = distance / norm
    return ArrayDistance(name, shapes, distance, relative)


def _norm(array: Array) -> float | None:
    """The Euclidean norm; None for NaN, infinity and what comes to it."""
    norm = float(np.linalg.norm(array.astype(np.float64)))
    return norm if np.isfinite(norm) else None
