"""One image at a time against batches, and what else there is to ask of a net and a labelled set.

`evaluate` always compares the ways through the images (`timing`); `Views` says what more is wanted.
Whatever needs answers and confidences shares one more pass over the set.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.datasets.labelled import LabelledImages, open_labelled
from mnist_cli.evaluation.metrics import (
    Confusion,
    McNemar,
    Reliability,
    confusion,
    mcnemar,
    reliability,
)
from mnist_cli.evaluation.mistakes import MistakeCollector, Mistakes
from mnist_cli.evaluation.predictions import AnsweredPiece, Answers, Consumer, collect
from mnist_cli.evaluation.robustness import RobustnessRow, robustness
from mnist_cli.evaluation.rows import row_writer
from mnist_cli.evaluation.timing import Mode, Progress, SweepRow, Timing, measure, sweep, ways
from mnist_cli.files import AnyPath
from mnist_cli.net import blas
from mnist_cli.net.network import Activation, Network
from mnist_cli.paths import FoundFile
from mnist_cli.weights.weights_file import WeightsFile, read_weights


@dataclass(frozen=True)
class Views:
    """What is wanted besides the comparison.

    Attributes
    ----------
    confusion:
        Truths against answers.
    mistakes, pictures, show_label, show_prediction:
        The images that are read wrong, see the module `mistakes`: how many of them, on which digit,
        and read as which.
    min_confidence:
        What is left when less confident answers do not count; 0..1.
    sweep:
        Batch sizes to time; None among them is the whole set, or a piece of it where it is large.
    robustness:
        Accuracy against the strength of three kinds of corruption.
    output, overwrite:
        A file for every answer, see the module `rows`; whether it may replace another.
    """

    confusion: bool = False
    mistakes: bool = False
    pictures: int | None = None
    show_label: int | None = None
    show_prediction: int | None = None
    min_confidence: float | None = None
    sweep: Sequence[int | None] | None = None
    robustness: bool = False
    output: AnyPath | None = None
    overwrite: bool = False

    @property
    def need_answers(self) -> bool:
        """Whether a pass for answers and confidences is needed."""
        options = (self.min_confidence, self.output)
        return self.confusion or self.mistakes or options != (None, None)


@dataclass(frozen=True)
class Contender:
    """One of several weights files on the same images."""

    weights: FoundFile
    layer_sizes: tuple[int, ...]
    parameters: int
    samples: int
    correct: int

    @property
    def accuracy(self) -> float:
        """The share of images read right, 0..1."""
        return self.correct / self.samples


@dataclass(frozen=True, eq=False)
class Duel:
    """Two contenders, by their numbers, image by image."""

    first: int
    second: int
    counts: McNemar


@dataclass(frozen=True, eq=False)
class Evaluation:
    """The comparison, and the views that were asked for.

    A way that was not run is None, and so is what needs two ways, and a view that was not wanted.
    With several weights files all is about the first one, but `contenders`, `duels` and
    `robustness`.
    """

    weights: FoundFile
    images: FoundFile
    samples: int
    batch_size: int
    layer_sizes: tuple[int, ...]
    activation: Activation
    per_sample: Timing | None
    batched: Timing | None
    textbook: Timing | None
    different: int | None
    threads: int
    runs: int
    warmup: int
    numpy: str
    blas: str
    corruption: Corruption = UNCORRUPTED
    confusion: Confusion | None = None
    mistakes: Mistakes | None = None
    reliability: Reliability | None = None
    sweep: tuple[SweepRow, ...] | None = None
    robustness: tuple[RobustnessRow, ...] | None = None
    contenders: tuple[Contender, ...] = ()
    duels: tuple[Duel, ...] = ()

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
    rivals: Sequence[AnyPath] = (),
    batch_size: int = 100,
    mode: Mode = "both",
    runs: int = 5,
    warmup: int = 1,
    limit: int | None = None,
    threads: int = 1,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
    corruption: Corruption = UNCORRUPTED,
    views: Views = Views(),
    progress: Progress = lambda _done, _total: None,
) -> Evaluation:
    """Compare single images with batches on a labelled set (the embedded test set by default).

    Parameters
    ----------
    rivals:
        More weights files to hold against the first.
    batch_size, runs, warmup, threads:
        Images a batch; timed runs; runs before them that are not counted (for a set that is read in
        pieces they cover its first piece); batches worked on side by side.
    mode:
        ``"both"``, one of the two, or ``"textbook"``: both and the lecture's own formulas.
    limit:
        Take only the first so many images.
    corruption, views:
        What is done to the images first; what is wanted besides.
    progress:
        Called with (images done, images in all): of the comparison, every way and run counted, and
        then of each view that takes long.

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
    files = [read_weights(path, data_dir) for path in (weights, *rivals)]
    networks = [file.network(activation) for file in files]
    network = networks[0]
    with open_labelled(
        images, labels, limit=limit, data_dir=data_dir, corruption=corruption
    ) as data:
        candidates = ways(network, mode, batch_size, threads)
        timings, different = measure(candidates, data, batch_size, runs, warmup, progress)

        def seen(piece: AnsweredPiece) -> None:
            progress(piece.start + piece.labels.size, data.samples)

        answers, mistakes = None, None
        if views.need_answers or rivals:
            answers, mistakes = _answer(network, data, batch_size, threads, views, seen)
        all_answers = [answers] if answers else []
        all_answers += [collect(rival, data, batch_size, threads, [seen]) for rival in networks[1:]]
        swept, survived = None, None
        if views.sweep is not None:
            sizes = _batch_sizes(views.sweep, data)
            swept = sweep(
                network, data, sizes, runs=runs, warmup=warmup, threads=threads, progress=progress
            )
        if views.robustness:
            survived = robustness(networks, data, batch_size, threads, progress)
    confused, reliable = None, None
    if answers and views.confusion:
        confused = confusion(answers)
    if answers and views.min_confidence is not None:
        reliable = reliability(answers, views.min_confidence)
    return Evaluation(
        weights=FoundFile(files[0].file, files[0].origin),
        images=data.found,
        samples=data.samples,
        batch_size=batch_size,
        layer_sizes=network.layer_sizes,
        activation=activation,
        per_sample=timings.get("per-sample"),
        batched=timings.get("batched"),
        textbook=timings.get("textbook"),
        different=different,
        threads=threads,
        runs=runs,
        warmup=warmup,
        numpy=np.__version__,
        blas=blas.describe(),
        corruption=corruption,
        confusion=confused,
        mistakes=mistakes,
        reliability=reliable,
        sweep=swept,
        robustness=survived,
        contenders=_contenders(files, networks, all_answers) if rivals else (),
        duels=_duels(all_answers) if rivals else (),
    )


def _answer(
    network: Network,
    data: LabelledImages,
    batch_size: int,
    threads: int,
    views: Views,
    seen: Consumer,
) -> tuple[Answers, Mistakes | None]:
    """One pass over the set for all views of single answers."""
    consumers: list[Consumer] = [seen]
    collector = None
    if views.mistakes:
        collector = MistakeCollector(views.pictures, views.show_label, views.show_prediction)
        consumers.append(collector.take)
    with ExitStack() as stack:
        if views.output is not None:
            writer = row_writer(views.output, overwrite=views.overwrite)
            consumers.append(stack.enter_context(writer))
        answers = collect(network, data, batch_size, threads, consumers)
    return answers, None if collector is None else collector.mistakes()


def _batch_sizes(wanted: Sequence[int | None], data: LabelledImages) -> list[int]:
    """In order, each once, and none larger than the set; None is as many as memory is used for."""
    return sorted({min(size or data.at_once, data.samples) for size in wanted})


def _contenders(
    files: Sequence[WeightsFile], networks: Sequence[Network], answers: Sequence[Answers]
) -> tuple[Contender, ...]:
    return tuple(
        Contender(
            weights=FoundFile(file.file, file.origin),
            layer_sizes=network.layer_sizes,
            parameters=network.parameter_count,
            samples=answer.labels.size,
            correct=answer.correct,
        )
        for file, network, answer in zip(files, networks, answers, strict=True)
    )


def _duels(answers: Sequence[Answers]) -> tuple[Duel, ...]:
    return tuple(
        Duel(first, second, mcnemar(answers[first], answers[second]))
        for first, second in combinations(range(len(answers)), 2)
    )
