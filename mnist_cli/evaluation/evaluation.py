"""A net on a labelled set: how many predictions are correct, and what else there is to ask.

`evaluate` takes a net and arrays, `evaluate_files` names of files. Either way `timing` asks for the
comparison of per sample and batched, and `views` for more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.arrays import label_arrays
from mnist_cli.evaluation.predictions import Progress, ignore_progress
from mnist_cli.evaluation.run import Run, Source
from mnist_cli.evaluation.timing import TimingComparison, TimingPlan, compare_methods
from mnist_cli.evaluation.views import View, make_view
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation, Network
from mnist_cli.paths import FoundFile
from mnist_cli.weights.weights_file import read_weights


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a net is, and what was asked for besides.

    Attributes
    ----------
    samples, correct:
        Images; how many predictions are the labels.
    layer_sizes, batch_size, threads:
        Of the net; with which it went through the images.
    timing:
        Per sample against batched; None where it was not asked for.
    views:
        What each view found, by its name.
    source:
        The files; None where it was all arrays.

    With several nets all is about the first one, but the views ``compared`` and ``robustness``.
    """

    samples: int
    correct: int
    layer_sizes: tuple[int, ...]
    batch_size: int
    threads: int
    timing: TimingComparison | None
    views: Mapping[str, Any]
    source: Source | None = None

    @property
    def accuracy(self) -> float:
        """The share of correct predictions, 0..1."""
        return self.correct / self.samples


@dataclass(frozen=True)
class Files:
    """What to evaluate, by names of files; the defaults are the embedded weights and test set.

    Attributes
    ----------
    weights:
        One file, or several to compare.
    images, labels, limit:
        IDX files; only so many images from the beginning.
    data_dir:
        Where downloaded files lie.
    activation:
        Of all the weights; by default what each file or its card says, else sigmoid.
    corruption:
        What is done to the images first.
    """

    weights: Sequence[AnyPath] = ()
    images: AnyPath | None = None
    labels: AnyPath | None = None
    limit: int | None = None
    data_dir: AnyPath | None = None
    activation: Activation | None = None
    corruption: Corruption = UNCORRUPTED


def evaluate(
    network: Network | Sequence[Network],
    images: NDArray[Any],
    labels: NDArray[Any],
    *,
    timing: bool | TimingPlan = False,
    views: Iterable[str | View] = (),
    batch_size: int = 100,
    threads: int = 1,
    progress: Progress = ignore_progress,
) -> Evaluation:
    """Evaluate a net, or several, on images and their labels.

    Parameters
    ----------
    network:
        A net, or several for the view ``"compared"``.
    images, labels:
        (N, 28, 28) or (N, 784), uint8 or float; (N,) whole numbers 0..9.
    timing:
        Whether to time per sample against batched, or a `TimingPlan`.
    views:
        Names of `mnist_cli.evaluation.views`, or views with settings: ``MistakesView(count=20)``.
    batch_size, threads:
        Images a batch; batches worked on side by side.
    progress:
        Called with (images done, images in all) by everything that takes long.

    Raises
    ------
    ValueError
        For arrays of other shapes or types, a view that does not exist, and numbers below 1.

    Examples
    --------
    >>> from mnist_cli import load_images, load_labels, load_network
    >>> network, images, labels = load_network(), load_images()[:500], load_labels()[:500]
    >>> result = evaluate(network, images, labels, views=["confusion"])
    >>> result.accuracy
    0.992
    >>> result.views["confusion"].pairs
    ((2, 7, 1), (5, 3, 1), (6, 0, 1), (9, 3, 1))
    >>> timed = evaluate(network, images, labels, timing=True)
    >>> timed.timing.different, timed.timing.batched.correct
    (0, 496)
    """
    networks = [network] if isinstance(network, Network) else network
    plan = TimingPlan() if timing is True else timing or None
    run = Run(networks, label_arrays(images, labels), batch_size, threads, progress)
    return _evaluate(run, plan, views)


def evaluate_files(
    files: Files = Files(),
    *,
    timing: TimingPlan | None = None,
    views: Iterable[str | View] = (),
    batch_size: int = 100,
    threads: int = 1,
    progress: Progress = ignore_progress,
) -> Evaluation:
    """Evaluate weights files on a labelled set in IDX files, however large, in flat memory.

    The parameters are those of `evaluate`.

    Raises
    ------
    MnistError
        For files at fault.
    ValueError
        For a view that does not exist, and numbers below 1.

    Examples
    --------
    >>> evaluate_files(Files(limit=500)).accuracy
    0.992
    """
    if files.limit is not None:
        require_at_least("limit", files.limit)
    weights = [read_weights(path, files.data_dir) for path in files.weights or (None,)]
    networks = [file.network(files.activation) for file in weights]
    with open_labelled(
        files.images,
        files.labels,
        limit=files.limit,
        data_dir=files.data_dir,
        corruption=files.corruption,
    ) as data:
        source = Source(
            weights=tuple(FoundFile(file.file, file.origin) for file in weights),
            images=data.found,
            activation=files.activation,
            knows_activation=all(files.activation or file.activation for file in weights),
            corruption=files.corruption,
        )
        run = Run(networks, data, batch_size, threads, progress, source)
        return _evaluate(run, timing, views)


def _evaluate(run: Run, plan: TimingPlan | None, views: Iterable[str | View]) -> Evaluation:
    wanted = [make_view(view) if isinstance(view, str) else view for view in views]
    timing = None if plan is None else compare_methods(run, plan)
    return Evaluation(
        samples=run.data.samples,
        correct=timing.correct if timing else run.predictions().correct,
        layer_sizes=run.network.layer_sizes,
        batch_size=run.batch_size,
        threads=run.threads,
        timing=timing,
        views={view.name: view.compute(run) for view in wanted},
        source=run.source,
    )
