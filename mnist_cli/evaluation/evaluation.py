"""A net on a labelled set, arrays or files: how many predictions are correct, and more views."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypedDict, cast

from mnist_cli.checks import unknown_name
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.datasets.labelled import label_arrays, open_labelled
from mnist_cli.dtypes import Array
from mnist_cli.errors import printable
from mnist_cli.evaluation.setup import Setup, UsedFiles
from mnist_cli.files.reading import AnyPath
from mnist_cli.net.blas import available_cores
from mnist_cli.net.bounds import largest_batch
from mnist_cli.net.network import Activation, Network
from mnist_cli.paths import FoundFile, find_or_embedded, name_pair
from mnist_cli.shown import drawn_by, reporter
from mnist_cli.spec import TEST_IMAGES, Progress, ignore
from mnist_cli.weights.weights_file import read_several

if TYPE_CHECKING:
    from mnist_cli.evaluation.compared import Compared
    from mnist_cli.evaluation.confusion import Confusion
    from mnist_cli.evaluation.min_confidence import Reliability
    from mnist_cli.evaluation.output import Output
    from mnist_cli.evaluation.robustness import RobustnessRow
    from mnist_cli.evaluation.sweep import SweepRow
    from mnist_cli.evaluation.timing import TimingComparison
    from mnist_cli.evaluation.wrong import Mistakes

_WHAT_TO_TRY = (
    "{0} has the names of another library: if it learnt from normalised images, 'mnist convert {0} "
    "ours.safetensors --mean 0.1307 --std 0.3081' makes that part of it; or else another "
    "--activation may be its own"
)

_SOUND = 0.97  # below it a net from elsewhere may have been read without its normalisation
_MOST_PARAMETERS = 16_000_000  # of all nets together, four of the largest

Views = str | Iterable[str] | Mapping[str, Mapping[str, Any]]  # names, or settings by name


class FoundViews(TypedDict):
    """What each view found, in the order of `mnist eval`; only what was asked for is there."""

    timing: "TimingComparison"
    output: "Output"
    confusion: "Confusion"
    wrong: "Mistakes"
    min_confidence: "Reliability"
    sweep: "tuple[SweepRow, ...]"
    compared: "Compared"
    robustness: "tuple[RobustnessRow, ...]"


VIEWS = tuple(FoundViews.__annotations__)  # named as options of `mnist eval`, and as modules here


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How good a net is, the first of several, and what was asked for besides."""

    samples: int
    correct: int
    accuracy: float
    batch_size: int  # what was really used: no more than images, and than `net.bounds` allows
    threads: int  # the same: no more than cores and batches
    views: FoundViews  # compared and robustness are of all nets
    source: UsedFiles | None = None  # None where it was all arrays

    _repr_html_ = drawn_by("evaluate.lines")


@dataclass(frozen=True)
class Files:
    """What to evaluate, by names of files; the defaults are the embedded weights and test set."""

    weights: Sequence[AnyPath] = ()  # one file, or several to compare
    images: AnyPath | None = None
    labels: AnyPath | None = None
    limit: int | None = None  # only the first images
    data_dir: AnyPath | None = None
    activation: Activation | None = None  # for all; else each has its own, else sigmoid
    corruption: Corruption = UNCORRUPTED  # of the images


def evaluate(
    network: Network | Sequence[Network],
    images: Array,
    labels: Array,
    *,
    views: Views = (),
    batch_size: int = 100,
    threads: int = 1,
    progress: bool | Progress = False,
) -> Evaluation:
    """Evaluate a net, or several, on images and their labels.

    Parameters
    ----------
    network:
        A net, or several for the view ``"compared"``.
    images, labels:
        (N, 28, 28) or (N, 784), uint8 or float; (N,) whole numbers 0..9.
    views:
        A name of `VIEWS`, several, or their settings by name: ``{"wrong": {"count": 20}}``.
    batch_size, threads:
        Images a batch; batches worked on side by side.
    progress:
        True shows a bar, in a terminal and in a notebook; or a function that is called with
        (images done, images in all) by everything that takes long.

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
    0.998
    >>> result.views["confusion"].pairs
    ((6, 0, 1),)
    >>> timing = evaluate(network, images, labels, views=["timing"]).views["timing"]
    >>> timing.predictions_identical, timing.batched.correct
    (True, 499)
    """
    networks = [network] if isinstance(network, Network) else network
    data = label_arrays(images, labels)
    with reporter(progress, "progress.counted", "images") as report:
        return _evaluate(Setup(networks, data, batch_size, threads, report), views)


def evaluate_files(
    files: Files = Files(),
    *,
    views: Views = (),
    batch_size: int = 100,
    threads: int = 1,
    progress: Progress = ignore,
) -> Evaluation:
    """Evaluate weights files on IDX files, however large, in flat memory; else as `evaluate`."""
    names = files.weights or (None,)
    weights = read_several(names, files.data_dir, files.activation, most=_MOST_PARAMETERS)
    networks = [file.network() for file in weights]
    name, labels = name_pair(files.images, files.labels, files.data_dir)
    images = find_or_embedded(name, TEST_IMAGES, files.data_dir)
    found = tuple(FoundFile(file.file, file.origin) for file in weights)
    notes = tuple(note for file in weights for note in file.notes)
    hashes = tuple(file.sha256 for file in weights)
    source = UsedFiles(found, images, files.activation, files.corruption, hashes, notes)
    with open_labelled(
        name, labels, limit=files.limit, data_dir=files.data_dir, corruption=files.corruption
    ) as data:
        result = _evaluate(Setup(networks, data, batch_size, threads, progress, source), views)
    is_doubtful = result.accuracy < _SOUND and files.corruption == UNCORRUPTED
    if is_doubtful and not weights[0].has_book_names:
        advice = _WHAT_TO_TRY.format(printable(str(weights[0].file), limit=200))
        result = replace(result, source=replace(source, notes=(*notes, advice)))
    return result


def _evaluate(setup: Setup, views: Views) -> Evaluation:
    names = (views,) if isinstance(views, str) else views
    wanted = names if isinstance(names, Mapping) else {name: {} for name in names}
    if unknown := [name for name in wanted if name not in VIEWS]:
        raise unknown_name("view", unknown[0], VIEWS)
    samples, networks = setup.data.samples, setup.networks
    batch_size = min(setup.batch_size, samples)
    threads = min(setup.threads, available_cores(), math.ceil(samples / batch_size))
    batch_size = min(batch_size, *(largest_batch(each.layer_sizes, threads) for each in networks))
    setup = replace(setup, batch_size=batch_size, threads=threads)
    computed = (
        (name, import_module(f"mnist_cli.evaluation.{name}").compute(setup, **wanted[name]))
        for name in VIEWS
        if name in wanted
    )
    found: dict[str, Any] = {name: view for name, view in computed if view is not None}
    timing = found.get("timing")
    timed = timing and (timing.batched or timing.per_sample)
    correct = (timed or setup.predictions()).correct
    accuracy = correct / samples
    views_found = cast("FoundViews", found)
    return Evaluation(samples, correct, accuracy, batch_size, threads, views_found, setup.source)
