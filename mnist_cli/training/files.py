"""A training run between files: IDX files in, a weights file and its card out."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from mnist_cli.datasets.arrays import load_labelled, load_mnist
from mnist_cli.dtypes import Bytes
from mnist_cli.errors import FileError, printable
from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_suffix, require_writable
from mnist_cli.net.network import Network
from mnist_cli.paths import find_training_files
from mnist_cli.spec import PIXELS, ignore
from mnist_cli.training.arrays import make_card, measure_accuracy
from mnist_cli.training.recipes import Recipe
from mnist_cli.training.trainer import Epoch, Report, Trainer
from mnist_cli.weights.card import Card, card_path
from mnist_cli.weights.formats import SUFFIXES
from mnist_cli.weights.snapshots import write_snapshots
from mnist_cli.weights.weights_file import WeightsFile, write_arrays

Pair: TypeAlias = tuple[AnyPath, AnyPath | None]
Arrays: TypeAlias = tuple[Bytes, Bytes]

# How many of MNIST's images are mixed in: for each of the others, and at least.
_KNOWN_EACH, _KNOWN_LEAST = 10, 3_000
_BYTES_PER_IMAGE = 10 * PIXELS  # it is kept twice as bytes and twice as floats: see `Trainer`


@dataclass(frozen=True)
class TrainingFiles:
    """What a run reads; by default MNIST's training files and the embedded test set."""

    training: Pair | None = None  # images and their labels
    test: Pair | None = None  # without it others than MNIST's have none, unless there is a start
    data_dir: AnyPath | None = None  # where names are looked up, by default as everywhere
    limit: int | None = None  # of the training images, the first ones
    start: WeightsFile | None = None  # to go on from; MNIST's images, if there, are mixed in

    def load(self) -> tuple[Arrays, Arrays | None]:
        """Images (N, 28, 28) and labels (N,) to learn from and, or else None, to test on."""
        training = load_labelled(
            *(self.training or find_training_files(self.data_dir)),
            limit=self.limit,
            data_dir=self.data_dir,
            bytes_per_image=_BYTES_PER_IMAGE,
        )
        if self.test is not None:
            return training, load_labelled(*self.test, data_dir=self.data_dir)
        return training, load_mnist("test") if self.training is None or self.start else None

    def load_known(self, samples: int) -> Arrays | None:
        """MNIST's training images and labels to mix in with so many; None for none."""
        if self.start is None or self.training is None:
            return None
        try:
            files = find_training_files(self.data_dir)
        except FileError:
            return None
        return load_labelled(*files, limit=max(_KNOWN_EACH * samples, _KNOWN_LEAST))


def train_file(
    output: AnyPath,
    recipe: Recipe,
    files: TrainingFiles = TrainingFiles(),
    *,
    seed: int = 0,
    snapshots: AnyPath | None = None,
    overwrite: bool = False,
    report: Report = ignore,
    note: Callable[[str], None] = ignore,
) -> Card:
    """Train a net and write its weights, card and snapshots; `note` is told what Ctrl-C leaves."""
    require_suffix(output, SUFFIXES)
    output = Path(output)
    for weights in (output, _partial(output)):
        require_writable(weights, overwrite=overwrite)
        require_writable(card_path(weights), overwrite=overwrite)
    if snapshots is not None:
        if Path(snapshots).resolve() == output.resolve():
            hint = "Name another one for the snapshots."
            raise FileError("the weights go to this file", source=snapshots, hint=hint)
        require_writable(snapshots, overwrite=overwrite)
    training_set, test_set = files.load()
    known = files.load_known(len(training_set[1]))
    start = files.start.network() if files.start else None
    trainer = Trainer(*training_set, recipe, seed, start, known)

    def describe(network: Network, last: Epoch) -> Card:
        return replace(
            make_card(trainer, network, last),
            start_sha256=files.start.sha256 if files.start else "",
            mnist_images=len(known[1]) if known else 0,
        )

    try:
        trainer.run(report, keep_snapshots=snapshots is not None)
        network = trainer.network
        card = describe(network, trainer.epochs[-1])
        if test_set is not None:
            card = replace(card, test_accuracy=measure_accuracy(network, *test_set))
        try:
            written = write_arrays(
                output, network.arrays, network.activation, training=card, overwrite=overwrite
            )
            if snapshots is not None:
                write_snapshots(snapshots, trainer.snapshots, overwrite=overwrite)
        except FileError as error:
            hint = f"The trained weights are {_keep(network, card, output, overwrite)}."
            raise FileError(error.problem, source=error.source, hint=hint) from None
    except KeyboardInterrupt:
        if trainer.best is None:
            note("nothing was learnt yet, and nothing was written")
        else:
            network, epoch = trainer.best
            place = _keep(network, describe(network, epoch), output, overwrite)
            best = f"the best weights so far, of epoch {epoch.epoch:,} of {epoch.epochs:,}"
            note(f"{best}, are {place}")
        raise
    return replace(card, weights_sha256=written.sha256)


def _partial(output: Path) -> Path:
    return output.with_name(output.name + ".partial")


def _keep(net: Network, card: Card, output: Path, overwrite: bool) -> str:
    """Write both to ``OUTPUT.partial``, else to the temporary folder; say where the weights are."""
    elsewhere = f"{output.stem[:50]}-{os.urandom(4).hex()}{output.suffix}"
    paths = [_partial(output)]
    with contextlib.suppress(OSError):  # there may be no such folder
        paths.append(Path(tempfile.gettempdir(), elsewhere))
    for path in paths:
        with contextlib.suppress(FileError):
            write_arrays(path, net.arrays, net.activation, training=card, overwrite=overwrite)
            return f"in {printable(str(path), limit=400)}"
    return "lost"
