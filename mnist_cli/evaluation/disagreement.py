"""Two weights files side by side: how far apart they are, and where their predictions differ."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.predictions import predict_set
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.summary import ArrayDistance, Summary, measure_distances, summarize
from mnist_cli.weights.weights_file import WeightsFile, read_weights

_BATCH = 1000  # images


@dataclass(frozen=True)
class Disagreement:
    """What two nets predict for the same images.

    Attributes
    ----------
    samples, disagreements, share:
        How many images there are, to how many the predictions differ, and their share.
    correct, accuracies:
        Of the first and of the second net.
    """

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
    """Compare two weights files.

    Raises
    ------
    MnistError
        For a file that is missing or is not a weights file.
    """
    a, b = read_weights(first, data_dir), read_weights(second, data_dir)
    return Comparison(
        first=summarize(a, activation),
        second=summarize(b, activation),
        arrays=measure_distances(a, b),
        disagreement=_find_disagreement(a, b, activation) if a.finite and b.finite else None,
    )


def _find_disagreement(
    a: WeightsFile, b: WeightsFile, activation: Activation | None
) -> Disagreement:
    with open_labelled() as images:
        one, other = (
            predict_set(file.network(activation), images, batch_size=_BATCH) for file in (a, b)
        )
        disagreements = int(np.count_nonzero(one.predictions != other.predictions))
        return Disagreement(
            samples=images.samples,
            disagreements=disagreements,
            share=disagreements / images.samples,
            correct=(one.correct, other.correct),
            accuracies=(one.correct / images.samples, other.correct / images.samples),
        )
