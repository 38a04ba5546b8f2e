"""What `mnist inspect` tells of weights: their values described, neurons, how far two are apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from mnist_cli.dtypes import Array
from mnist_cli.spec import SIDE
from mnist_cli.weights.weights_file import WeightsFile

_NEAR_ZERO = 0.01
BINS = 16
_MOST_SUMMARIZED = 200  # neurons


@dataclass(frozen=True)
class Stats:
    """An array's finite values described; None where there are none."""

    min: float | None
    max: float | None
    mean: float | None
    std: float | None
    near_zero: float | None  # the share of values below `_NEAR_ZERO`, whatever their sign
    histogram: tuple[int, ...]  # how many are in each of `BINS` bins of equal width


@dataclass(frozen=True, eq=False)
class Neuron:
    """A neuron of the first layer."""

    index: int
    bias: np.float32 | np.float64
    weights: Array  # (28, 28), above 0 where it looks for ink, below 0 where it looks for paper


@dataclass(frozen=True, eq=False)
class Summary:
    """A weights file, and what was asked for besides."""

    file: WeightsFile
    stats: Mapping[str, Stats] = field(default_factory=dict)  # by the name of the array
    neurons: tuple[Neuron, ...] = ()


@dataclass(frozen=True)
class ArrayDistance:
    """How far an array of one file is from that of another."""

    name: str
    shapes: tuple[tuple[int, ...] | None, tuple[int, ...] | None]  # None where one lacks it
    distance: float | None  # Euclidean; None unless both have the same shape and finite values
    relative_distance: float | None  # divided by the norm of the first, None where that is 0


def summarize(
    file: WeightsFile,
    *,
    stats: bool = False,
    all_neurons: bool = False,
    neuron: int | None = None,
) -> Summary:
    """Describe a weights file, on request its arrays and one or all neurons of its first layer."""
    count = file.arrays["b1"].size
    if neuron is not None and not 0 <= neuron < count:
        raise IndexError(f"neuron {neuron} is not in the range 0..{count - 1}")
    first = range(min(count, _MOST_SUMMARIZED)) if all_neurons else []
    indices = first if neuron is None else [neuron]
    neurons = first_neurons(file.arrays, indices)
    described = {name: describe(array) for name, array in file.arrays.items()} if stats else {}
    return Summary(file, described, neurons)


def first_neurons(arrays: Mapping[str, Array], indices: Iterable[int]) -> tuple[Neuron, ...]:
    """Those neurons of the first layer that have these `indices`."""
    W1, b1 = arrays["W1"], arrays["b1"]  # (784, n), (n,)
    return tuple(Neuron(i, b1[i], W1[:, i].reshape(SIDE, SIDE)) for i in indices)


def describe(array: Array) -> Stats:
    """Describe the finite values of an array in float64."""
    values = array[np.isfinite(array)].astype(np.float64)
    if values.size == 0:
        return Stats(None, None, None, None, None, (0,) * BINS)
    scale = float(np.abs(values).max()) or 1.0
    shares = values / scale  # -1..1: nothing overflows, however large the values
    counts, _ = np.histogram(shares, BINS)
    return Stats(
        min=float(values.min()),
        max=float(values.max()),
        mean=float(shares.mean()) * scale,
        std=float(shares.std()) * scale,
        near_zero=float((np.abs(values) < _NEAR_ZERO).mean()),
        histogram=tuple(counts.tolist()),
    )


def measure_distances(first: WeightsFile, second: WeightsFile) -> tuple[ArrayDistance, ...]:
    """Measure in float64 how far each array of one file is from that of another."""
    distances = []
    for name in dict.fromkeys((*first.arrays, *second.arrays)):
        one, other = first.arrays.get(name), second.arrays.get(name)
        distance = relative = None
        if one is not None and other is not None and one.shape == other.shape:
            with np.errstate(over="ignore", invalid="ignore"):
                distance = _norm(one.astype(np.float64) - other)
                norm = _norm(one)
            relative = distance / norm if distance is not None and norm else None
        shapes = None if one is None else one.shape, None if other is None else other.shape
        distances.append(ArrayDistance(name, shapes, distance, relative))
    return tuple(distances)


def _norm(array: Array) -> float | None:
    """The Euclidean norm; None for NaN, infinity and what comes to it."""
    norm = float(np.linalg.norm(array.astype(np.float64)))
    return norm if np.isfinite(norm) else None
