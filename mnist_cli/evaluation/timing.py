"""How long the net takes for images one by one, in batches, and by the lecture's own formulas.

All ways go through the same images in memory. Only that is timed: not start-up, not reading files,
not counting what was right.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.labelled import LabelledImages
from mnist_cli.net import blas
from mnist_cli.net.network import Network, softmax

Mode = Literal["both", "per-sample", "batched", "textbook"]
Progress = Callable[[int, int], None]
"""Called with (images done, images in all), every way and run counted."""

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class Timing:
    """One way of going through the images: `seconds` of each run, and how many were right."""

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
        """The share of images read right, 0..1."""
        return self.correct / self.samples


@dataclass(frozen=True)
class Way:
    """A way from images to digits; `prepare` is done before the clock starts."""

    run: Callable[[Any], NDArray[Any]]
    prepare: Callable[[NDArray[Any]], Any] = lambda images: images


@dataclass(frozen=True)
class SweepRow:
    """What one batch size costs: its time, and the memory of a batch's activations in bytes."""

    batch_size: int
    timing: Timing
    activation_bytes: int


def ways(network: Network, mode: Mode, batch_size: int, threads: int) -> dict[str, Way]:
    """The ways that `mode` names, ``"textbook"`` meaning all three."""

    def one_by_one(images: NDArray[Any]) -> NDArray[Any]:
        return np.array([network.predict(image) for image in images])

    both = {"per-sample": Way(one_by_one), "batched": _in_batches(network, batch_size, threads)}
    if mode == "textbook":
        return both | {"textbook": _textbook(network)}
    return both if mode == "both" else {mode: both[mode]}


def sweep(
    network: Network,
    images: LabelledImages,
    batch_sizes: Sequence[int],
    *,
    runs: int,
    warmup: int,
    threads: int,
    progress: Progress,
) -> tuple[SweepRow, ...]:
    """Time several batch sizes in turn, as `measure` does."""
    candidates = {str(size): _in_batches(network, size, threads) for size in batch_sizes}
    timings, _ = measure(candidates, images, max(batch_sizes), runs, warmup, progress)
    values = sum(network.layer_sizes)  # the pixels, the hidden units and the scores of an image
    return tuple(
        SweepRow(size, timings[str(size)], size * values * _FLOAT_BYTES) for size in batch_sizes
    )


def measure(
    candidates: dict[str, Way],
    images: LabelledImages,
    batch_size: int,
    runs: int,
    warmup: int,
    progress: Progress,
) -> tuple[dict[str, Timing], int | None]:
    """Time ways in turn, run by run, after `warmup` runs (over the first piece) that do not count.

    Returns the times, and on how many images two ways differed (None where there is one way); the
    answers are those of the last run.
    """
    seconds = {name: [0.0] * runs for name in candidates}
    total = images.samples * len(candidates) * runs
    done = 0
    with blas.one_thread():
        _warm_up(candidates, images, batch_size, warmup)
        for run in range(runs):
            correct = dict.fromkeys(candidates, 0)
            different = 0
            for pixels, labels in images.chunks(batch_size):
                answers = []
                for name, way in candidates.items():
                    elapsed, digits = _timed(way, pixels)
                    seconds[name][run] += elapsed
                    correct[name] += int(np.count_nonzero(digits == labels))
                    answers.append(digits)
                    done += labels.size
                    progress(done, total)
                different += _count_different(answers)
    timings = {
        name: Timing(tuple(seconds[name]), images.samples, correct[name]) for name in candidates
    }
    return timings, different if len(candidates) > 1 else None


def _in_batches(network: Network, batch_size: int, threads: int) -> Way:
    return Way(lambda images: network.predict(images, batch_size=batch_size, threads=threads))


def _textbook(network: Network) -> Way:
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
        # exp of a large number is infinite, and 1 / inf is right
        with np.errstate(over="ignore", invalid="ignore"):
            return np.array([predict(x) for x in images])

    def as_floats(images: NDArray[Any]) -> NDArray[np.float32]:
        floats: NDArray[np.float32] = images.reshape(-1, 784).astype(np.float32)
        return floats / np.float32(255) if images.dtype == np.uint8 else floats

    return Way(loop, prepare=as_floats)


def _warm_up(
    candidates: dict[str, Way], images: LabelledImages, batch_size: int, warmup: int
) -> None:
    if warmup == 0:
        return
    pixels, _ = next(images.chunks(batch_size))
    for _ in range(warmup):
        for way in candidates.values():
            _timed(way, pixels)


def _timed(way: Way, images: NDArray[Any]) -> tuple[float, NDArray[Any]]:
    ready = way.prepare(images)
    start = time.perf_counter()
    digits = way.run(ready)
    return time.perf_counter() - start, digits


def _count_different(answers: list[NDArray[Any]]) -> int:
    """On how many images two ways give different digits."""
    first, *others = answers
    if not others:
        return 0
    return int(np.count_nonzero(np.any([other != first for other in others], axis=0)))
