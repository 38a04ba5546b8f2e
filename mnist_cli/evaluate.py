"""One image at a time against batches: how many are right, and how long it takes.

Both ways call the same forward pass on the same images in memory. Only that is timed: not start-up,
not reading the files, not counting what was right.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from statistics import median
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_cli import blas
from mnist_cli.files import AnyPath
from mnist_cli.idx import ImageFile, load_labels, open_images, require_same_count
from mnist_cli.network import Activation, Network, softmax
from mnist_cli.paths import TEST_IMAGES, TEST_LABELS, FoundFile, find, find_embedded
from mnist_cli.weights import read_weights

Mode = Literal["both", "per-sample", "batched", "textbook"]
Progress = Callable[[int, int], None]
Pictures = NDArray[np.uint8]

WHOLE_SET_BYTES = 32 << 20  # a set up to this size is read once and kept; a larger one in chunks
_IMAGE_BYTES = 784


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
    prepare: Callable[[Pictures], Any] = lambda images: images


@dataclass(frozen=True)
class Evaluation:
    """The comparison; a way that was not run is None, and so is what needs two ways."""

    weights: FoundFile
    images: FoundFile
    samples: int
    batch_size: int
    layer_sizes: tuple[int, ...]
    per_sample: Timing | None
    batched: Timing | None
    textbook: Timing | None
    different: int | None
    threads: int
    runs: int
    warmup: int
    numpy: str
    blas: str

    @property
    def best(self) -> Timing:
        """A way that was run; all give the same answers unless `different` says otherwise."""
        way = self.batched or self.per_sample
        if way is None:
            raise ValueError("no way was run")
        return way

    @property
    def speedup(self) -> float | None:
        """How many times faster the batches are, by the medians."""
        if self.per_sample is None or self.batched is None:
            return None
        return self.per_sample.median_seconds / self.batched.median_seconds


def evaluate(
    weights: AnyPath | None = None,
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    *,
    batch_size: int = 100,
    mode: Mode = "both",
    runs: int = 5,
    warmup: int = 1,
    limit: int | None = None,
    threads: int = 1,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Compare single images with batches on a labelled set (the embedded test set by default).

    Parameters
    ----------
    batch_size, runs, warmup, threads:
        Images a batch; timed runs; runs before them that are not counted (for a set that is read in
        chunks they cover its first chunk); batches worked on side by side.
    mode:
        ``"both"``, one of the two, or ``"textbook"``: both and the lecture's own formulas.
    limit:
        Take only the first so many images.
    progress:
        Called with (images done, images in all), every way and run counted.

    Raises `MnistError` for files at fault and `ValueError` for numbers below 1 (`warmup`: 0).
    """
    for name, number, least in (
        ("batch_size", batch_size, 1),
        ("runs", runs, 1),
        ("warmup", warmup, 0),
        ("threads", threads, 1),
        ("limit", 1 if limit is None else limit, 1),
    ):
        if number < least:
            raise ValueError(f"{name} is {number}: expected {least} or more")
    weights_file = read_weights(weights, data_dir)
    network = weights_file.network(activation)
    ways = _ways(network, mode, batch_size, threads)
    found = find_embedded(TEST_IMAGES) if images is None else find(images, data_dir)
    truth = load_labels(labels, data_dir=data_dir)
    with closing(open_images(found.path)) as file:
        require_same_count(
            file.count, truth.size, images_path=found.path, labels_path=labels or TEST_LABELS
        )
        samples = file.count if limit is None else min(limit, file.count)
        chunks = _Chunks(file, truth[:samples], batch_size)
        timings, different = _measure(ways, chunks, runs, warmup, progress or (lambda *_: None))
    return Evaluation(
        weights=FoundFile(weights_file.file, weights_file.origin),
        images=found,
        samples=samples,
        batch_size=batch_size,
        layer_sizes=network.layer_sizes,
        per_sample=timings.get("per-sample"),
        batched=timings.get("batched"),
        textbook=timings.get("textbook"),
        different=different,
        threads=threads,
        runs=runs,
        warmup=warmup,
        numpy=np.__version__,
        blas=blas.describe(),
    )


def _ways(network: Network, mode: Mode, batch_size: int, threads: int) -> dict[str, Way]:
    def one_by_one(images: Pictures) -> NDArray[Any]:
        return np.array([network.predict(image) for image in images])

    def in_batches(images: Pictures) -> NDArray[Any]:
        return network.predict(images, batch_size=batch_size, threads=threads)

    ways = {"per-sample": Way(one_by_one), "batched": Way(in_batches)}
    if mode == "textbook":
        return ways | {"textbook": _textbook(network)}
    return ways if mode == "both" else {mode: ways[mode]}


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
        with np.errstate(over="ignore"):  # exp of a large number is infinite, and 1 / inf is right
            return np.array([predict(x) for x in images])

    return Way(loop, prepare=lambda images: images.reshape(-1, 784).astype(np.float32) / 255)


class _Chunks:
    """The images and labels in pieces that fit in memory; a set that fits is read only once.

    A piece is a whole number of batches, so the batches are those of the set in one piece.
    """

    def __init__(self, file: ImageFile, labels: NDArray[np.uint8], batch_size: int) -> None:
        self._file = file
        self._labels = labels
        self.samples = labels.size
        fitting = WHOLE_SET_BYTES // _IMAGE_BYTES
        self._size = max(fitting // batch_size, 1) * batch_size
        self._kept = file.load()[: self.samples] if file.count <= fitting else None

    def __iter__(self) -> Iterator[tuple[Pictures, NDArray[np.uint8]]]:
        if self._kept is not None:
            yield self._kept, self._labels
            return
        start = 0
        for images in self._file.batches(min(self._size, self.samples)):
            labels = self._labels[start : start + len(images)]
            yield images[: len(labels)], labels
            start += len(images)
            if start >= self.samples:
                return


def _measure(
    ways: dict[str, Way], chunks: _Chunks, runs: int, warmup: int, progress: Progress
) -> tuple[dict[str, Timing], int | None]:
    """Time the ways in turn, run by run; the answers counted are those of the last run."""
    seconds = {name: [0.0] * runs for name in ways}
    total = chunks.samples * len(ways) * runs
    done = 0
    with blas.one_thread():
        _warm_up(ways, chunks, warmup)
        for run in range(runs):
            correct = dict.fromkeys(ways, 0)
            different = 0
            for images, labels in chunks:
                answers = []
                for name, way in ways.items():
                    elapsed, digits = _timed(way, images)
                    seconds[name][run] += elapsed
                    correct[name] += int(np.count_nonzero(digits == labels))
                    answers.append(digits)
                    done += labels.size
                    progress(done, total)
                different += _count_different(answers)
    timings = {name: Timing(tuple(seconds[name]), chunks.samples, correct[name]) for name in ways}
    return timings, different if len(ways) > 1 else None


def _warm_up(ways: dict[str, Way], chunks: _Chunks, warmup: int) -> None:
    if warmup == 0:
        return
    images, _ = next(iter(chunks))
    for _ in range(warmup):
        for way in ways.values():
            _timed(way, images)


def _timed(way: Way, images: Pictures) -> tuple[float, NDArray[Any]]:
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
