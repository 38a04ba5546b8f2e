"""What `mnist inspect` adds with --stats, --neuron and --neurons."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.render.pictures import legend, scale, signed_picture
from mnist_cli.render.text import (
    Cell,
    Line,
    beside,
    beside_if_it_fits,
    columns,
    length,
    line,
    number,
    sparkline,
    stacked,
    table,
    tiled,
)
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.weights.summary import Neuron, Stats


def stats_json(stats: Stats) -> dict[str, Any]:
    """The field ``stats`` of an array."""
    return {
        "min": stats.minimum,
        "max": stats.maximum,
        "mean": stats.mean,
        "std": stats.std,
        "near_zero": stats.near_zero,
        "histogram": list(stats.counts),
    }


def neuron_json(neuron: Neuron) -> dict[str, Any]:
    """One object of the field ``neurons``; NaN and infinity are null."""
    return {
        "index": neuron.index,
        "bias": _finite(neuron.bias),
        "weights": [[_finite(value) for value in row] for row in neuron.weights.tolist()],
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def stats_lines(stats: Mapping[str, Stats]) -> list[Line]:
    """A row for each array: range, mean, deviation, share near zero, histogram."""
    rows: list[list[Cell]] = [
        [
            (name, TITLE),
            *(
                number(value, 4)
                for value in (each.minimum, each.maximum, each.mean, each.std, each.near_zero)
            ),
            sparkline(each.counts),
        ]
        for name, each in stats.items()
    ]
    head = ["array", "min", "max", "mean", "std", "|w| < 0.01", "min to max"]
    block = table(head, rows, "<>>>>><")
    if length(block[0]) > columns():  # a narrow terminal
        block = table(head[:-1], [row[:-1] for row in rows], "<>>>>>")
    return block


def neuron_lines(neuron: Neuron) -> list[Line]:
    """Its 784 weights as a picture in two colours, with the scale."""
    weights = _finite_weights(neuron)
    limit = float(np.abs(weights).max())
    words = [
        line((f"what neuron {neuron.index} of the first layer looks for", TITLE)),
        [],
        *legend("here it wants ink", "here it wants paper"),
        [],
        *scale(limit),
        [],
        line(f"weights {number(float(weights.min()), 4)} to {number(float(weights.max()), 4)}"),
        line(f"bias    {number(neuron.bias, 4)}"),
    ]
    return beside_if_it_fits(signed_picture(weights, limit), words)


def sheet_lines(neurons: Sequence[Neuron]) -> list[Line]:
    """All of them at half size, on one scale."""
    weights = np.stack([_finite_weights(neuron) for neuron in neurons])
    halves = weights.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))  # (N, 28, 28) -> (N, 14, 14)
    limit = float(np.abs(halves).max())
    tiles = [
        [line((f"{neuron.index}", QUIET)), *signed_picture(half, limit)]
        for neuron, half in zip(neurons, halves, strict=True)
    ]
    title = f"what the {len(neurons)} neurons of the first layer look for"
    return stacked(
        [line((title, TITLE))],
        beside(legend("here it wants ink", "here it wants paper"), scale(limit)),
        tiled(tiles, columns()),
    )


def _finite_weights(neuron: Neuron) -> NDArray[np.float64]:
    """NaN and infinity have no colour: they are skipped."""
    return np.nan_to_num(neuron.weights.astype(np.float64), posinf=0, neginf=0)
