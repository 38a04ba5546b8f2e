"""How long the net takes per sample, batched, and by the lecture's own formulas.

All methods go through the same images in memory. Only that is timed: not start-up, not reading
files, not counting what is correct.
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
from mnist_cli.evaluation.predictions import LabelledSet, Progress
from mnist_cli.evaluation.run import Run
from mnist_cli.net import blas
from mnist_cli.net.network import Network, softmax
from mnist_cli.spec import PIXELS

Mode = Literal["both", "per-sample", "batched", "textbook"]


@dataclass(frozen=True)
class TimingPlan:
    """What to time, and how often.

    Attributes
    ----------
    mode:
        ``"both"``, one of the two, or ``"textbook"``: both and the lecture's own formulas.
    runs, warmup:
        Timed runs, whose median counts; runs before them that are not counted. For a set that is
        read in chunks the latter cover its first chunk.

    Raises
    ------
    ValueError
        For fewer than 1 run, or a `warmup` below 0.
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

    @property
    def accuracy(self) -> float:
        """The share of correct predictions, 0..1."""
        return self.correct / self.samples


@dataclass(frozen=True)
class TimingComparison:
    """The methods side by side; one that was not run is None, and so is what needs two.

    Attributes
    ----------
    per_sample, batched, textbook:
        The methods.
    different:
        For how many images two methods give different predictions.
    plan:
        What was timed, and how often.
    numpy, blas:
        What the arithmetic was done with.
    """

    per_sample: Timing | None
    batched: Timing | None
    textbook: Timing | None
    different: int | None
    plan: TimingPlan
    numpy: str
    blas: str

    @property
    def correct(self) -> int:
        """Correct predictions, batched where that was run."""
        timing = self.batched or self.per_sample
        return timing.correct if timing else 0

    @property
    def speedup(self) -> float | None:
        """How many times faster the batches are, by the medians."""
        if self.per_sample is None or self.batched is None:
            return None
        return self.per_sample.median_seconds / self.batched.median_seconds


@dataclass(frozen=True)
class Method:
    """A way from images to digits; `prepare` is done before the clock starts."""

    run: Callable[[Any], NDArray[Any]]
    prepare: Callable[[NDArray[Any]], Any] = lambda images: images


def compare_methods(run: Run, plan: TimingPlan) -> TimingComparison:
    """Time what the plan names. Raises `MnistError` for a file that fails while it is read."""
    network = run.network

    def loop(images: NDArray[Any]) -> NDArray[Any]:
        return np.array([network.predict(image) for image in images])

    methods = {
        "per-sample": Method(loop),
        "batched": in_batches(network, run.batch_size, run.threads),
        "textbook": _textbook(network),
    }
    wanted = {"both": ("per-sample", "batched"), "textbook": tuple(methods)}
    chosen = {name: methods[name] for name in wanted.get(plan.mode, (plan.mode,))}
    timings, different = measure(chosen, run.data, run.batch_size, plan, run.progress)
    return TimingComparison(
        per_sample=timings.get("per-sample"),
        batched=timings.get("batched"),
        textbook=timings.get("textbook"),
        different=different,
        plan=plan,
        numpy=np.__version__,
        blas=blas.describe(),
    )


def measure(
    methods: Mapping[str, Method],
    data: LabelledSet,
    batch_size: int,
    plan: TimingPlan,
    progress: Progress,
) -> tuple[dict[str, Timing], int | None]:
    """Time methods in turn, run by run; `progress` counts every method and run.

    Returns the times, and for how many images two methods differed (None where there is one
    method); the predictions are those of the last run.
    """
    seconds = {name: [0.0] * plan.runs for name in methods}
    total = data.samples * len(methods) * plan.runs
    done = 0
    with blas.one_thread():
        _warm_up(methods, data, batch_size, plan.warmup)
        for run in range(plan.runs):
            correct = dict.fromkeys(methods, 0)
            different = 0
            for images, labels in data.chunks(batch_size):
                found = []
                for name, method in methods.items():
                    elapsed, predictions = _time(method, images)
                    seconds[name][run] += elapsed
                    correct[name] += count_correct(predictions, labels)
                    found.append(predictions)
                    done += labels.size
                    progress(done, total)
                different += _count_different(found)
    timings = {name: Timing(tuple(seconds[name]), data.samples, correct[name]) for name in methods}
    return timings, different if len(methods) > 1 else None


def in_batches(network: Network, batch_size: int, threads: int) -> Method:
    """The method that takes `batch_size` images at a time."""
    return Method(lambda images: network.predict(images, batch_size=batch_size, threads=threads))


def _textbook(network: Network) -> Method:
    """The lecture's loop with the lecture's formulas, on images that are ready as float32."""

    def sigmoid(a: NDArray[Any]) -> Any:
        return 1 / (1 + np.exp(-a))

    def relu(a: NDArray[Any]) -> Any:
        return np.maximum(0, a)

    squash = sigmoid if network.activation == "sigmoid" else relu
    *hidden, (W_last, b_last) = zip(network.weights, network.biases, strict=True)

    def predict(x: NDArray[Any]) -> Any:
        for W, b in hidden:
            x = squash(np.dot(x, W) + b)
        return np.argmax(softmax(np.dot(x, W_last) + b_last))

    def loop(images: NDArray[Any]) -> NDArray[Any]:
        # exp of a large number is infinite, and 1 / inf is what it should be
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array([predict(x) for x in images])

    def as_floats(images: NDArray[Any]) -> NDArray[np.float32]:
        floats: NDArray[np.float32] = images.reshape(-1, PIXELS).astype(np.float32)
        return floats / np.float32(255) if images.dtype == np.uint8 else floats

    return Method(loop, prepare=as_floats)


def _warm_up(
    methods: Mapping[str, Method], data: LabelledSet, batch_size: int, warmup: int
) -> None:
    if warmup == 0:
        return
    images, _ = next(data.chunks(batch_size))
    for _ in range(warmup):
        for method in methods.values():
            _time(method, images)


def _time(method: Method, images: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    ready = method.prepare(images)
    start = time.perf_counter()
    predictions = method.run(ready)
    return time.perf_counter() - start, predictions


def _count_different(found: list[NDArray[Any]]) -> int:
    """For how many images two methods give different digits."""
    first, *others = found
    if not others:
        return 0
    return int(np.count_nonzero(np.any([other != first for other in others], axis=0)))
