"""How long the net takes per sample, batched, and by the lecture's own formulas.

All methods go through the same images in memory, in turn, run by run. Only that is timed: not
start-up, not reading files, not counting what is correct.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.labelled import count_correct
from mnist_cli.evaluation.run import Run
from mnist_cli.net import blas
from mnist_cli.net.network import Network, relu, softmax
from mnist_cli.spec import PIXELS

Mode = Literal["both", "per-sample", "batched", "textbook"]

Method = Callable[[NDArray[Any]], Callable[[], NDArray[Any]]]
"""Takes images and returns what is timed: a function that predicts them."""


@dataclass(frozen=True)
class TimingPlan:
    """What to time, and how often. Raises `ValueError` below 1 run, or 0 to warm up.

    The `mode` ``"textbook"`` is both and the lecture's own formulas. Of the `runs` the median
    counts. `warmup` is runs before them, which for a set read in chunks cover its first chunk.
    """

    mode: Mode = "both"
    runs: int = 5
    warmup: int = 1

    def __post_init__(self) -> None:
        require_at_least("runs", self.runs)
        require_at_least("warmup", self.warmup, 0)


@dataclass(frozen=True)
class Timing:
    """One method: `seconds` of each run, and how many predictions are correct."""

    seconds: tuple[float, ...]
    samples: int
    correct: int

    @property
    def median_seconds(self) -> float:
        """The median of the runs."""
        return median(self.seconds)

    @property
    def images_per_second(self) -> float:
        """By the median run."""
        return self.samples / self.median_seconds


@dataclass(frozen=True)
class TimingComparison:
    """Methods side by side, by name: ``"per-sample"``, ``"batched"``, ``"textbook"``.

    `different` is for how many images two of them give different predictions, in the last run; None
    where only one was timed.
    """

    methods: Mapping[str, Timing]
    different: int | None
    plan: TimingPlan

    @property
    def speedup(self) -> float | None:
        """How many times faster the batches are than per sample, by the medians."""
        if not {"per-sample", "batched"} <= self.methods.keys():
            return None
        return self.methods["per-sample"].median_seconds / self.methods["batched"].median_seconds


def compare_methods(run: Run, plan: TimingPlan) -> TimingComparison:
    """Time what the plan names. Raises `MnistError` for a file that fails while it is read."""
    predict = run.network.predict
    methods: dict[str, Method] = {
        "per-sample": lambda images: lambda: np.array([predict(image) for image in images]),
        "batched": in_batches(run, run.batch_size),
        "textbook": _textbook(run.network),
    }
    wanted = {"both": ("per-sample", "batched"), "textbook": tuple(methods)}
    chosen = {name: methods[name] for name in wanted.get(plan.mode, (plan.mode,))}
    return measure(run, chosen, run.batch_size, plan)


def measure(
    run: Run, methods: Mapping[str, Method], batch_size: int, plan: TimingPlan
) -> TimingComparison:
    """Time methods in turn, run by run; the progress counts every method and run."""
    data = run.data
    seconds = {name: [0.0] * plan.runs for name in methods}
    total = data.samples * len(methods) * plan.runs
    done = 0
    with blas.one_thread():
        for _ in range(plan.warmup):
            first, _ = next(data.chunks(batch_size))
            for method in methods.values():
                method(first)()
            del first  # its memory is needed for the next chunk
        for i in range(plan.runs):
            correct = dict.fromkeys(methods, 0)
            different = 0
            for images, labels in data.chunks(batch_size):
                found = []
                for name, method in methods.items():
                    work = method(images)
                    start = time.perf_counter()
                    predictions = work()
                    seconds[name][i] += time.perf_counter() - start
                    correct[name] += count_correct(predictions, labels)
                    found.append(predictions)
                    done += labels.size
                    run.progress(done, total)
                differ = np.any([predictions != found[0] for predictions in found], axis=0)
                different += int(np.count_nonzero(differ))
    timings = {name: Timing(tuple(seconds[name]), data.samples, correct[name]) for name in methods}
    return TimingComparison(timings, different if len(methods) > 1 else None, plan)


def in_batches(run: Run, batch_size: int) -> Method:
    """The method that takes `batch_size` images at a time."""
    return lambda images: lambda: run.network.predict(images, batch_size, run.threads)


def _textbook(network: Network) -> Method:
    """The lecture's loop with the lecture's formulas, on images that are ready as float32."""

    def sigmoid(a: NDArray[Any]) -> Any:
        return 1 / (1 + np.exp(-a))

    squash = sigmoid if network.activation == "sigmoid" else relu
    *hidden, (W_last, b_last) = zip(network.weights, network.biases, strict=True)

    def predict(x: NDArray[Any]) -> Any:
        for W, b in hidden:
            x = squash(np.dot(x, W) + b)
        return np.argmax(softmax(np.dot(x, W_last) + b_last))

    def loop(xs: NDArray[Any]) -> NDArray[Any]:
        # exp of a large number is infinite, and 1 / inf is what it should be
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array([predict(x) for x in xs])

    def prepare(images: NDArray[Any]) -> Callable[[], NDArray[Any]]:
        scale = 255 if images.dtype == np.uint8 else 1
        floats = images.reshape(-1, PIXELS).astype(np.float32) / np.float32(scale)
        return lambda: loop(floats)

    return prepare
