"""Several weights side by side: their predictions for the same images, and their arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.run import Predictions, Run
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.paths import FoundFile
from mnist_cli.weights.summary import ArrayDistance, Summary, measure_distances, summarize
from mnist_cli.weights.weights_file import read_weights


@dataclass(frozen=True)
class Model:
    """One of the compared models; `weights` is None where it came from no file."""

    weights: FoundFile | None
    layer_sizes: tuple[int, ...]
    parameters: int
    samples: int
    correct: int
    accuracy: float


@dataclass(frozen=True, eq=False)
class ModelPair:
    """Two models, by their numbers, on the same images: which ones only one predicts correctly.

    `only_first` and `only_second` are indices of images, (n,) int64. `p_value`: how often a
    difference at least so large would come by chance if both were equally good; McNemar (1947) with
    Edwards' continuity correction (1948). `disagreements`: how many predictions differ.
    """

    first: int
    second: int
    only_first: NDArray[np.int64]
    only_second: NDArray[np.int64]
    both: int
    neither: int
    disagreements: int

    @property
    def p_value(self) -> float:
        """From the chi-squared distribution with one degree of freedom."""
        first, second = self.only_first.size, self.only_second.size
        if first == second:
            return 1.0
        statistic = (abs(first - second) - 1) ** 2 / (first + second)
        return math.erfc(math.sqrt(statistic / 2))


@dataclass(frozen=True, eq=False)
class Compared:
    """The compared models, and each pair of them."""

    models: tuple[Model, ...]
    pairs: tuple[ModelPair, ...]


def compute(run: Run) -> Compared:
    """Let every net go through the set. Raises `MnistError`."""
    found = [run.predictions(number) for number in range(len(run.networks))]
    files = run.source.weights if run.source else (None,) * len(found)
    models = tuple(
        Model(
            weights=file,
            layer_sizes=net.layer_sizes,
            parameters=net.parameter_count,
            samples=each.samples,
            correct=each.correct,
            accuracy=each.correct / each.samples,
        )
        for file, net, each in zip(files, run.networks, found, strict=True)
    )
    numbers = combinations(range(len(found)), 2)
    return Compared(models, tuple(pair_up(found, first, second) for first, second in numbers))


def pair_up(found: Sequence[Predictions], first: int, second: int) -> ModelPair:
    """Compare the predictions of two nets for the same images."""
    one, other = found[first], found[second]
    a, b = one.are_correct, other.are_correct
    return ModelPair(
        first=first,
        second=second,
        only_first=np.flatnonzero(a & ~b),
        only_second=np.flatnonzero(b & ~a),
        both=int(np.count_nonzero(a & b)),
        neither=int(np.count_nonzero(~a & ~b)),
        disagreements=int(np.count_nonzero(one.predictions != other.predictions)),
    )


@dataclass(frozen=True)
class Comparison:
    """Two weights files: their arrays, and their predictions for the embedded test set.

    `compared` is None where a file holds weights that are not finite.
    """

    first: Summary
    second: Summary
    arrays: tuple[ArrayDistance, ...]
    compared: Compared | None


def compare(
    first: AnyPath,
    second: AnyPath,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
) -> Comparison:
    """Compare two weights files. Raises `MnistError` for one that is missing or no weights file."""
    files = [read_weights(path, data_dir) for path in (first, second)]
    compared = None
    if all(file.finite for file in files):
        with open_labelled() as images:
            compared = compute(Run([file.network(activation) for file in files], images))
    return Comparison(
        first=summarize(files[0], activation),
        second=summarize(files[1], activation),
        arrays=measure_distances(*files),
        compared=compared,
    )
