"""A training run between files: IDX files in, a weights file and its card out."""

import contextlib
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from mnist_cli import paths
from mnist_cli.checks import require_at_least, require_suffix
from mnist_cli.datasets.arrays import load_labelled, load_mnist
from mnist_cli.errors import FileError, printable
from mnist_cli.files import AnyPath, require_writable
from mnist_cli.net.network import Network
from mnist_cli.spec import PIXELS, TRAIN_IMAGES, TRAIN_LABELS
from mnist_cli.training.loop import Bytes, Epoch, Report, Training, ignore
from mnist_cli.training.recipes import Recipe
from mnist_cli.training.run import make_card, measure_accuracy
from mnist_cli.weights.card import Card, card_path, write_card
from mnist_cli.weights.formats import SUFFIXES
from mnist_cli.weights.weights_file import read_weights, save_network

_BYTES_PER_IMAGE = 10 * PIXELS  # it is kept twice as bytes and twice as floats: see `Training`


@dataclass(frozen=True)
class TrainingFiles:
    """What a run reads.

    Attributes
    ----------
    images, labels:
        Training files, both or neither; by default MNIST's in the data directory.
    test_images, test_labels:
        Files that the finished net is tested on, once; by default the embedded MNIST test set for
        MNIST, none for other training files.
    data_dir:
        Where names are looked up, by default as everywhere.
    limit:
        Use the first so many training images only.

    Raises
    ------
    ValueError:
        For one file of a pair, and a limit below 1.
    """

    images: AnyPath | None = None
    labels: AnyPath | None = None
    test_images: AnyPath | None = None
    test_labels: AnyPath | None = None
    data_dir: AnyPath | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        for name in ("images", "test_images"):
            other = name.replace("images", "labels")
            if (getattr(self, name) is None) != (getattr(self, other) is None):
                raise ValueError(f"{name} and {other} go together")
        if self.limit is not None:
            require_at_least("limit", self.limit)

    def load_training_set(self) -> tuple[Bytes, Bytes]:
        """Images (N, 28, 28) and labels (N,), both uint8. Raises `MnistError`."""
        images, labels = self.images, self.labels
        if images is None or labels is None:
            images = paths.find_training_file(TRAIN_IMAGES, self.data_dir).path
            labels = paths.find_training_file(TRAIN_LABELS, self.data_dir).path
        return load_labelled(
            images,
            labels,
            limit=self.limit,
            data_dir=self.data_dir,
            bytes_per_image=_BYTES_PER_IMAGE,
        )

    def load_test_set(self) -> tuple[Bytes, Bytes] | None:
        """The same of the test set, None without one. Raises `MnistError`."""
        if self.test_images is not None and self.test_labels is not None:
            return load_labelled(self.test_images, self.test_labels, data_dir=self.data_dir)
        return load_mnist("test") if self.images is None else None


@dataclass(frozen=True)
class TrainingResult:
    """Weights that were trained and saved: the net, its card, and where both are."""

    network: Network
    card: Card
    output: Path
    card_file: Path


@dataclass(frozen=True)
class Kept:
    """What an interrupted run leaves: the weights of its best epoch so far, and their file.

    `path` is None where they could not be written anywhere.
    """

    best: Epoch
    path: Path | None


_MNIST = TrainingFiles()


def train_file(
    output: AnyPath,
    recipe: Recipe,
    files: TrainingFiles = _MNIST,
    *,
    seed: int = 0,
    overwrite: bool = False,
    report: Report = ignore,
    on_kept: Callable[[Kept], None] = ignore,
) -> TrainingResult:
    """Train a net and write its weights to `output`, ``.pkl`` or ``.npz``, and their card beside.

    On Ctrl-C the best weights so far, if there are any, go to ``OUTPUT.partial``. Weights that
    cannot be written are written beside under another name, or to the temporary folder.

    Parameters
    ----------
    recipe, seed, report:
        As for `train`.
    overwrite:
        Whether to replace files that exist already.
    on_kept:
        Called after Ctrl-C when there are weights.

    Raises
    ------
    ValueError:
        For another suffix.
    MnistError:
        Before training begins, for bad files and an output that cannot be written; afterwards for
        one that can be written no longer, with the place of the weights; when training diverges.
    KeyboardInterrupt:
        On Ctrl-C; one of a subclass stays as it is.
    """
    output = _require_outputs(output, overwrite)
    images, labels = files.load_training_set()
    test_set = files.load_test_set()

    start = time.perf_counter()
    training = Training(images, labels, recipe, seed)
    try:
        training.run(report)
        card = make_card(training, time.perf_counter() - start)
        if test_set is not None:
            card = replace(card, test_accuracy=measure_accuracy(training.network, *test_set))
        return _save(training.network, card, output, overwrite)
    except KeyboardInterrupt:
        if training.best is not None and training.best_epoch is not None:
            on_kept(Kept(training.best_epoch, _save_partial(training.best, output, overwrite)))
        raise


def _save(network: Network, card: Card, output: Path, overwrite: bool) -> TrainingResult:
    """Write the weights, or else keep them elsewhere, and their card."""
    try:
        save_network(network, output, overwrite=overwrite)
    except FileError as error:
        kept = _save_elsewhere(network, output)
        where = "lost" if kept is None else f"in {printable(str(kept), limit=400)} instead"
        hint = f"The trained weights are {where}."
        raise FileError(error.problem, source=output, hint=hint) from None
    card_file = card_path(output)
    try:
        sha256 = read_weights(output).sha256
        card = replace(card, weights_sha256=sha256)
        write_card(card, card_file, overwrite=overwrite)
    except FileError as error:
        hint = f"The trained weights are in {printable(str(output), limit=400)}, without a card."
        raise FileError(error.problem, source=card_file, hint=hint) from None
    return TrainingResult(network, card, output, card_file)


def _partial_path(output: Path) -> Path:
    return output.with_name(output.name + ".partial")


def _save_partial(network: Network, output: Path, overwrite: bool) -> Path | None:
    """Write the weights of a run that was cut short; return where, None for nowhere."""
    partial = _partial_path(output)
    try:
        save_network(network, partial, overwrite=overwrite)
    except FileError:
        return _save_elsewhere(network, output)
    return partial


def _save_elsewhere(network: Network, output: Path) -> Path | None:
    """Write weights beside `output`, else to the temporary folder, under a name of their own."""
    name = f"{output.stem[:50]}-{os.urandom(4).hex()}{output.suffix}"
    folders = [output.parent]
    with contextlib.suppress(OSError):  # there is none that can be written
        folders.append(Path(tempfile.gettempdir()))
    for folder in folders:
        with contextlib.suppress(FileError):
            save_network(network, folder / name)
            return folder / name
    return None


def _require_outputs(output: AnyPath, overwrite: bool) -> Path:
    """Refuse now what could not be written when minutes of work are to be saved."""
    require_suffix(output, SUFFIXES)
    output = Path(output)
    for path in (output, card_path(output), _partial_path(output)):
        require_writable(path, overwrite=overwrite)
    return output
