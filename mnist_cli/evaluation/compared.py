"""Several weights side by side on the same images."""

import math
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mnist_cli.evaluation.predictions import Predictions
from mnist_cli.evaluation.run import Run
from mnist_cli.paths import FoundFile


@dataclass(frozen=True)
class Model:
    """One of the compared models; `weights` is None where it came from no file."""

    weights: FoundFile | None
    layer_sizes: tuple[int, ...]
    parameters: int
    samples: int
    correct: int

    @property
    def accuracy(self) -> float:
        """The share of correct predictions, 0..1."""
        return self.correct / self.samples


@dataclass(frozen=True, eq=False)
class McNemar:
    """Two models on the same images: which ones only the first predicts correctly, or the second.

    `only_first` and `only_second` are indices of images, (n,) int64. `p_value`: how often a
    difference at least so large would come by chance if both were equally good; McNemar (1947) with
    Edwards' continuity correction (1948).
    """

    only_first: NDArray[np.int64]
    only_second: NDArray[np.int64]
    both: int
    neither: int

    @property
    def p_value(self) -> float:
        """From the chi-squared distribution with one degree of freedom."""
        first, second = self.only_first.size, self.only_second.size
        if first == second:
            return 1.0
        statistic = (abs(first - second) - 1) ** 2 / (first + second)
        return math.erfc(math.sqrt(statistic / 2))


@dataclass(frozen=True, eq=False)
class ModelPair:
    """Two of the compared models, by their numbers, image by image."""

    first: int
    second: int
    counts: McNemar


@dataclass(frozen=True, eq=False)
class Compared:
    """The compared models, and each pair of them."""

    models: tuple[Model, ...]
    pairs: tuple[ModelPair, ...]


@dataclass(frozen=True)
class ComparedView:
    """All nets of the run against each other; no settings."""

    name: ClassVar[str] = "compared"

    def compute(self, run: Run) -> Compared:
        """Let every net go through the set. Raises `MnistError`."""
        found = [run.predictions(number) for number in range(len(run.networks))]
        files = run.source.weights if run.source else (None,) * len(found)
        models = tuple(
            Model(file, net.layer_sizes, net.parameter_count, each.labels.size, each.correct)
            for file, net, each in zip(files, run.networks, found, strict=True)
        )
        pairs = tuple(
            ModelPair(first, second, mcnemar(found[first], found[second]))
            for first, second in combinations(range(len(found)), 2)
        )
        return Compared(models, pairs)


def mcnemar(first: Predictions, second: Predictions) -> McNemar:
    """Compare the predictions of two nets for the same images."""
    a, b = first.are_correct, second.are_correct
    return McNemar(
        only_first=np.flatnonzero(a & ~b),
        only_second=np.flatnonzero(b & ~a),
        both=int(np.count_nonzero(a & b)),
        neither=int(np.count_nonzero(~a & ~b)),
    )
