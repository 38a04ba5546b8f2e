"""Arrays of weights -> a description of their values, and what a neuron looks for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.spec import SIDE

NEAR_ZERO = 0.01
BINS = 16


@dataclass(frozen=True)
class Stats:
    """A description of an array's finite values; None where there are none.

    `near_zero` is the share of values v with \\|v\\| < 0.01. `counts` are those of `BINS` bins of
    equal width from `minimum` to `maximum`.
    """

    minimum: float | None
    maximum: float | None
    mean: float | None
    std: float | None
    near_zero: float | None
    counts: tuple[int, ...]


def describe(array: NDArray[Any]) -> Stats:
    """Describe the finite values of an array: range, moments and histogram, in float64."""
    values = array[np.isfinite(array)].astype(np.float64)
    if values.size == 0:
        return Stats(None, None, None, None, None, (0,) * BINS)
    scale = float(np.abs(values).max()) or 1.0
    shares = values / scale  # -1..1: nothing overflows, however large the values
    counts, _ = np.histogram(shares, BINS)
    return Stats(
        minimum=float(values.min()),
        maximum=float(values.max()),
        mean=float(shares.mean()) * scale,
        std=float(shares.std()) * scale,
        near_zero=float((np.abs(values) < NEAR_ZERO).mean()),
        counts=tuple(counts.tolist()),
    )


@dataclass(frozen=True, eq=False)
class Neuron:
    """A neuron of the first layer: `weights` (28, 28), one for each pixel, and its bias.

    It looks for ink where a weight is above 0, and for paper where it is below.
    """

    index: int
    weights: NDArray[np.floating[Any]]
    bias: float


def list_neurons(arrays: dict[str, NDArray[np.floating[Any]]]) -> tuple[Neuron, ...]:
    """Return the neurons of the first layer, from the arrays W1 (784, n) and b1 (n,)."""
    W, b = arrays["W1"], arrays["b1"]
    return tuple(
        Neuron(index, column.reshape(SIDE, SIDE), float(bias))
        for index, (column, bias) in enumerate(zip(W.T, b, strict=True))
    )
