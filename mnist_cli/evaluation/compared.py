"""Several weights side by side: their predictions for the same images, and their arrays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.dtypes import Indices
from mnist_cli.evaluation.setup import Predictions, Setup
from mnist_cli.evaluation.summary import ArrayDistance, Summary, measure_distances, summarize
from mnist_cli.files.reading import AnyPath
from mnist_cli.net.bounds import UNBOUNDED
from mnist_cli.net.network import Activation
from mnist_cli.weights.weights_file import read_weights

_IMAGES_OF_LARGE = 1_000  # of the test set, where one of two compared files is large


@dataclass(frozen=True)
class Model:
    """One of the compared models; without a file what is about that is None."""

    weights: Path | None
    origin: str | None
    sha256: str | None
    layer_sizes: tuple[int, ...]
    parameters: int
    correct: int
    accuracy: float


@dataclass(frozen=True, eq=False)
class ModelPair:
    """Two of the compared models, by their numbers, on the same images."""

    first: int
    second: int
    only_first: Indices  # (n,), indices of the images that only this one
    only_second: Indices  # predicts correctly
    both: int
    neither: int
    disagreements: int  # predictions that differ, whether correct or not
    disagreement_share: float
    p_value: float  # `mcnemar_p_value`


@dataclass(frozen=True, eq=False)
class Compared:
    """Models on the same images, and each pair of them as McNemar's test sees it."""

    samples: int
    compared: tuple[Model, ...]
    mcnemar: tuple[ModelPair, ...]


@dataclass(frozen=True)
class ComparedFiles:
    """Two weights files: their arrays, and their predictions for the embedded test set."""

    files: tuple[Summary, ...]
    arrays: tuple[ArrayDistance, ...]
    predictions: Compared | None  # None where a file holds weights that are not finite


def compute(setup: Setup) -> Compared:
    """Compare the predictions of all nets for the set."""
    found = setup.all_predictions()
    samples = setup.data.samples
    source = setup.source
    nowhere = [(None, None)] * len(found)
    files = zip(source.weights, source.sha256, strict=True) if source else nowhere
    models = tuple(
        Model(
            weights=file.path if file else None,
            origin=file.origin if file else None,
            sha256=sha256,
            layer_sizes=network.layer_sizes,
            parameters=network.parameter_count,
            correct=each.correct,
            accuracy=each.correct / samples,
        )
        for (file, sha256), network, each in zip(files, setup.networks, found, strict=True)
    )
    pairs = combinations(range(len(found)), 2)
    return Compared(samples, models, tuple(pair_up(found, *numbers) for numbers in pairs))


def compare_files(
    paths: Sequence[AnyPath], activation: Activation | None = None, data_dir: AnyPath | None = None
) -> ComparedFiles:
    """Compare two weights files, by their arrays and by their predictions."""
    files = [read_weights(path, data_dir, activation) for path in paths]
    predictions = None
    if all(file.finite for file in files):
        is_large = any(file.parameters > UNBOUNDED for file in files)
        with open_labelled(limit=_IMAGES_OF_LARGE if is_large else None) as images:
            predictions = compute(Setup([file.network() for file in files], images))
    return ComparedFiles(tuple(map(summarize, files)), measure_distances(*files), predictions)


def pair_up(found: list[Predictions], first: int, second: int) -> ModelPair:
    """Compare the predictions of two nets for the same images."""
    a, b = found[first].are_correct, found[second].are_correct
    differ = found[first].predictions != found[second].predictions
    only_first, only_second = np.flatnonzero(a & ~b), np.flatnonzero(b & ~a)
    return ModelPair(
        first=first,
        second=second,
        only_first=only_first,
        only_second=only_second,
        both=int(np.count_nonzero(a & b)),
        neither=int(np.count_nonzero(~a & ~b)),
        disagreements=int(np.count_nonzero(differ)),
        disagreement_share=float(differ.mean()),
        p_value=mcnemar_p_value(only_first.size, only_second.size),
    )


def mcnemar_p_value(only_first: int, only_second: int) -> float:
    """How often a difference at least so large would come by chance if both were equally good."""
    if only_first == only_second:
        return 1.0
    # McNemar (1947) with Edwards' continuity correction (1948): chi-squared, one degree of freedom
    statistic = (abs(only_first - only_second) - 1) ** 2 / (only_first + only_second)
    return math.erfc(math.sqrt(statistic / 2))
