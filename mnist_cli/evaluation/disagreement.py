"""Two weights files side by side: how far apart they are, and where their predictions differ."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.run import Run
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation, Network
from mnist_cli.weights.distance import ArrayDistance, measure_distances
from mnist_cli.weights.summary import Summary, summarize_file
from mnist_cli.weights.weights_file import read_weights


@dataclass(frozen=True)
class Disagreement:
    """For how many of the images two nets predict differently; and how good either is."""

    samples: int
    disagreements: int
    share: float
    correct: tuple[int, int]
    accuracies: tuple[float, float]


@dataclass(frozen=True)
class Comparison:
    """Two weights files: their arrays, and their predictions for the embedded test set.

    `disagreement` is None where a file holds weights that are not finite.
    """

    first: Summary
    second: Summary
    arrays: tuple[ArrayDistance, ...]
    disagreement: Disagreement | None


def compare(
    first: AnyPath,
    second: AnyPath,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
) -> Comparison:
    """Compare two weights files. Raises `MnistError` for one that is missing or no weights file."""
    a, b = read_weights(first, data_dir), read_weights(second, data_dir)
    disagreement = None
    if a.finite and b.finite:
        disagreement = _find_disagreement([a.network(activation), b.network(activation)])
    return Comparison(
        first=summarize_file(a, activation),
        second=summarize_file(b, activation),
        arrays=measure_distances(a, b),
        disagreement=disagreement,
    )


def _find_disagreement(networks: list[Network]) -> Disagreement:
    with open_labelled() as images:
        run = Run(networks, images)
        one, other = run.predictions(0), run.predictions(1)
    disagreements = int(np.count_nonzero(one.predictions != other.predictions))
    return Disagreement(
        samples=one.samples,
        disagreements=disagreements,
        share=disagreements / one.samples,
        correct=(one.correct, other.correct),
        accuracies=(one.correct / one.samples, other.correct / one.samples),
    )
