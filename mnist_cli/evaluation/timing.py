"""How long the net takes to predict: per sample, batched, and by the lecture's own formulas."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from mnist_cli.checks import require_at_least, unknown_name
from mnist_cli.dtypes import Array
from mnist_cli.evaluation.setup import Setup
from mnist_cli.net import blas
from mnist_cli.net.activations import FUNCTIONS
from mnist_cli.net.network import Network, softmax
from mnist_cli.spec import PIXELS

_TIMED = {  # by mode
    "both": ("per_sample", "batched"),
    "per-sample": ("per_sample",),
    "batched": ("batched",),
    "textbook": ("textbook", "per_sample", "batched"),
}

WARM_UP = 1  # runs

Method = Callable[[Array], Array]  # from images (n, 28, 28) to predictions (n,)


@dataclass(frozen=True)
class Timing:
    """One method: the seconds of each run, the speed by their median, and correct predictions."""

    seconds: tuple[float, ...]
    median_seconds: float
    images_per_second: float
    correct: int


@dataclass(frozen=True)
class TimingComparison:
    """Methods side by side; None is what was not timed."""

    per_sample: Timing | None
    batched: Timing | None
    textbook: Timing | None
    speedup: float | None  # how many times faster the batches are, by the medians
    predictions_identical: bool | None
    predictions_different: int | None  # for how many images two of the methods differ
    samples: int
    batch_size: int
    threads: int
    runs: int  # of each, that were timed,
    warmup: int  # after those that were not
    library: str  # what computed, with its version


def compute(
    setup: Setup, mode: str = "both", runs: int = 5, least: int = 0
) -> TimingComparison | None:
    """Time what `mode` names, ``"textbook"`` is the lecture's formulas too; None below `least`."""
    if mode not in tuple(_TIMED):
        raise unknown_name("mode", mode, _TIMED)
    if setup.data.samples < least:
        return None
    methods: dict[str, Method] = {
        "per_sample": partial(_predict_per_sample, setup.network()),
        "batched": batched(setup, setup.batch_size),
        "textbook": partial(_predict_by_the_book, setup.network()),
    }
    timed = {name: methods[name] for name in _TIMED[mode]}
    sizes = [setup.batch_size if name == "batched" else 1 for name in timed]
    timings, different = measure(setup, timed, sizes, runs)
    per_sample, batches = timings.get("per_sample"), timings.get("batched")
    speedup = per_sample.median_seconds / batches.median_seconds if per_sample and batches else None
    return TimingComparison(
        per_sample=per_sample,
        batched=batches,
        textbook=timings.get("textbook"),
        speedup=speedup,
        predictions_identical=None if different is None else different == 0,
        predictions_different=different,
        samples=setup.data.samples,
        batch_size=setup.batch_size,
        threads=setup.threads,
        runs=runs,
        warmup=WARM_UP,
        library=f"NumPy {np.__version__}, {blas.library_name()}",
    )


def batched(setup: Setup, batch_size: int) -> Method:
    """The method that takes `batch_size` images at a time."""
    return partial(setup.network().predict, batch_size=batch_size, threads=setup.threads)


def measure(
    setup: Setup, methods: Mapping[str, Method], batch_sizes: Sequence[int], runs: int
) -> tuple[dict[str, Timing], int | None]:
    """Time methods, chunk by chunk in turn, and count the images that they predict differently."""
    # Only predicting is timed: not start-up, not reading files, not counting what is correct.
    require_at_least("runs", runs)
    setup.reserve_time(setup.networks[0], [*batch_sizes] * (WARM_UP + runs))
    batch_size = max(batch_sizes)
    data = setup.data
    seconds = {name: [0.0] * runs for name in methods}
    predictions = {name: np.empty(data.samples, np.uint8) for name in methods}
    done, total = 0, data.samples * len(methods) * runs
    with blas.one_thread(), np.errstate(under="ignore"):
        for name, method in methods.items():
            method(_ready(name, next(data.chunks(batch_size))[1]))
        for run in range(runs):
            for place, images in data.chunks(batch_size):
                for name, method in methods.items():
                    ready = _ready(name, images)
                    start = time.perf_counter()
                    found = method(ready)
                    seconds[name][run] += time.perf_counter() - start
                    predictions[name][place] = found
                    done += len(images)
                    setup.progress(done, total)
    timings = {}
    for name, found in predictions.items():
        middle, correct = median(seconds[name]), int(np.count_nonzero(found == data.labels))
        timings[name] = Timing(tuple(seconds[name]), middle, data.samples / middle, correct)
    first, *rest = predictions.values()
    differ = np.any([found != first for found in rest], axis=0)
    return timings, int(np.count_nonzero(differ)) if rest else None


def _ready(name: str, images: Array) -> Array:
    """Images as a method takes them: the lecture's formulas (n, 784) float32 of 0..1."""
    if name != "textbook":
        return images
    scale = 255 if images.dtype == np.uint8 else 1
    return images.reshape(-1, PIXELS).astype(np.float32) / np.float32(scale)


def _predict_per_sample(network: Network, images: Array) -> Array:
    predict = network.predict
    return np.array([predict(image) for image in images])


def _predict_by_the_book(network: Network, xs: Array) -> Array:
    """The lecture's loop with the lecture's formulas."""

    def sigmoid(a: Array) -> Any:
        return 1 / (1 + np.exp(-a))

    names = network.hidden_activations
    functions = [sigmoid if name == "sigmoid" else FUNCTIONS[name].of for name in names]
    *pairs, (W_last, b_last) = zip(network.weights, network.biases, strict=True)
    hidden = [(*pair, function) for pair, function in zip(pairs, functions, strict=True)]

    def predict(x: Array) -> Any:
        for W, b, squash in hidden:
            x = squash(np.dot(x, W) + b)
        return np.argmax(softmax(np.dot(x, W_last) + b_last))

    # exp of a large number is infinite, and 1 / inf is what it should be
    with np.errstate(over="ignore", invalid="ignore"):
        return np.array([predict(x) for x in xs])
