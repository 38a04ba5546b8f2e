"""Training: from labelled images to a weights file and its card, by a recipe."""

import contextlib
import hashlib
import platform
import tempfile
import time
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli import __version__, paths
from mnist_cli.datasets.idx import load_images, load_labels, require_same_count
from mnist_cli.errors import MnistError
from mnist_cli.files import AnyPath, cannot, refuse_existing, replaced_permissions
from mnist_cli.net import blas
from mnist_cli.net.network import Network
from mnist_cli.spec import TRAIN_IMAGES, TRAIN_LABELS
from mnist_cli.training.backprop import fold, initial_parameters, logits, loss_and_gradients
from mnist_cli.training.distortions import Distorter, Floats
from mnist_cli.training.optimizers import SOAP, AdamW
from mnist_cli.training.recipes import Recipe
from mnist_cli.weights.card import Card, card_path, write_card
from mnist_cli.weights.weights_file import save_network

Bytes: TypeAlias = npt.NDArray[np.uint8]

_OPTIMIZERS: dict[str, type[AdamW]] = {"adamw": AdamW, "soap": SOAP}
_ROWS, _COLUMNS = 28, 28

# The held-out images are drawn with this seed, whatever the seed of the run, so that the runs of
# different seeds can be compared.
_SPLIT_SEED = 0

_DIVERGED = 1e6  # no weight of a net that learns comes near this size


@dataclass(frozen=True)
class Epoch:
    """What is known at the end of an epoch.

    `epoch` counts from 1; `loss` is the mean cross-entropy of its distorted images while the net
    learnt from them; `validation_accuracy`, 0 to 1, is that of the net now on the held-out images
    as they are, None without any; `seconds` have passed since the start; `images_per_second` is the
    mean over the whole run so far.
    """

    epoch: int
    epochs: int
    loss: float
    validation_accuracy: float | None
    seconds: float
    images_per_second: float


Report: TypeAlias = Callable[[Epoch], None]


def _no_report(_: Epoch) -> None:
    pass


class Training:
    """A training run of the 784-50-100-10 net.

    Parameters
    ----------
    images, labels:
        (N, 28, 28) uint8 and (N,) integers from 0 to 9. Some are held out as the recipe says.
    recipe, seed:
        Together with the data they determine the weights: the same on one machine gives the same
        bytes, however threads are timed.

    Attributes
    ----------
    epochs:
        An `Epoch` for each one that is done.
    best, best_epoch:
        The net with the highest validation accuracy so far (without held-out images the latest)
        and its epoch, None before the first one is done. A run that is cut short leaves these.
    """

    def __init__(self, images: Bytes, labels: Bytes, recipe: Recipe, seed: int = 0) -> None:
        if images.shape != (len(labels), _ROWS, _COLUMNS) or not len(labels):
            raise ValueError(
                f"got images {images.shape} and labels {labels.shape}, "
                "expected (N, 28, 28) and (N,) with N at least 1"
            )
        self.recipe = recipe
        self.seed = seed
        self.epochs: list[Epoch] = []
        self.best: Network | None = None
        self.best_epoch: Epoch | None = None

        held_out = min(recipe.held_out, len(labels) // 5)
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
        training, validation = np.split(order, [len(order) - held_out])
        self.images, self.labels = images[training], labels[training]
        self.mean = self.images.mean(axis=0, dtype=np.float64).reshape(-1) / 255  # (784,)
        self.validation_labels = labels[validation]
        pixels = images[validation].reshape(-1, _ROWS * _COLUMNS).astype(np.float32)
        self._validation_images = self._centred(pixels / np.float32(255))
        self._distorter = Distorter(self.images, recipe.distortions)
        # One buffer for the epoch that is learnt from, one for the next: to get new memory of this
        # size for each epoch takes as long as to fill it.
        self._buffers = [np.empty((len(training), _ROWS * _COLUMNS), np.float32) for _ in range(2)]

        self.parameters = initial_parameters(self._generator(0))
        W1, *others = self.parameters
        # SOAP takes W1 as rows by columns by units; the two arrays share their memory.
        self._optimizer = _OPTIMIZERS[recipe.optimizer](
            [W1.reshape(_ROWS, _COLUMNS, -1), *others], weight_decay=recipe.weight_decay
        )

    @property
    def network(self) -> Network:
        """The sigmoid net on plain images that computes what the trained net computes now."""
        W1, b1, W2, b2, W3, b3 = fold(self.parameters, self.mean)
        return Network((W1, W2, W3), (b1, b2, b3))

    def run(self, report: Report = _no_report) -> None:
        """Train to the end of the recipe; `report` is called after each epoch.

        Raises `MnistError` when the loss grows without bounds.
        """
        start = time.perf_counter()
        # A learning rate that is too high overflows; that is found by looking at the loss.
        with (
            blas.one_thread(),
            np.errstate(all="ignore"),
            contextlib.closing(self._epochs_ahead()) as epochs,
        ):
            for number, (x, labels) in enumerate(epochs, start=1):
                loss = self._learn(x, labels, number)
                seconds = time.perf_counter() - start
                epoch = Epoch(
                    epoch=number,
                    epochs=self.recipe.epochs,
                    loss=loss,
                    validation_accuracy=self._validate(),
                    seconds=seconds,
                    images_per_second=number * len(x) / max(seconds, 1e-9),
                )
                self._keep_best(epoch)
                self.epochs.append(epoch)
                report(epoch)

    def _epochs_ahead(self) -> Generator[tuple[Floats, Bytes], None, None]:
        """Images and labels for each epoch; a second thread distorts for the next one meanwhile."""
        with ThreadPoolExecutor(1) as second_thread:
            upcoming = second_thread.submit(self._prepare, 1)
            for epoch in range(1, self.recipe.epochs + 1):
                prepared = upcoming.result()
                if epoch < self.recipe.epochs:
                    upcoming = second_thread.submit(self._prepare, epoch + 1)
                yield prepared

    def _prepare(self, epoch: int) -> tuple[Floats, Bytes]:
        """Distorted, centred images (N, 784) and their labels (N,), in a new order."""
        strength = self.recipe.strength_at(epoch)
        images, order = self._distorter.distort(
            strength, self._generator(epoch), out=self._buffers[epoch % 2]
        )
        return self._centred(images), self.labels[order]

    def _learn(self, x: Floats, labels: Bytes, epoch: int) -> float:
        """Go once through the images, batch by batch; return the mean loss."""
        size = self.recipe.batch_size
        starts = range(0, len(x), size)
        total = 0.0
        for step, start in enumerate(starts, start=(epoch - 1) * len(starts)):
            batch, targets = x[start : start + size], labels[start : start + size]
            loss, (dW1, *others) = loss_and_gradients(self.parameters, batch, targets)
            self._optimizer.step(
                [dW1.reshape(_ROWS, _COLUMNS, -1), *others],
                self.recipe.learning_rate_at(step, len(starts)),
            )
            total += loss * len(batch)
        largest = max(float(np.abs(parameter).max()) for parameter in self.parameters)
        if not (np.isfinite(total) and largest < _DIVERGED):
            raise MnistError(
                f"the training diverged in epoch {epoch}: the loss is {total / len(x):.3g}, "
                f"the largest weight {largest:.3g}",
                hint=f"Use a lower learning rate than {self.recipe.learning_rate:g}.",
            )
        return total / len(x)

    def _validate(self) -> float | None:
        if not len(self.validation_labels):
            return None
        predictions = logits(self.parameters, self._validation_images).argmax(axis=1)
        return float(np.mean(predictions == self.validation_labels))

    def _keep_best(self, epoch: Epoch) -> None:
        accuracy = epoch.validation_accuracy
        before = None if self.best_epoch is None else self.best_epoch.validation_accuracy
        if before is None or accuracy is None or accuracy > before:
            self.best, self.best_epoch = self.network, epoch

    def _centred(self, images: Floats) -> Floats:
        images -= self.mean.astype(np.float32)
        return images

    def _generator(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch])


class Interrupted(KeyboardInterrupt):
    """Ctrl-C during `train_file`; the weights of the `best` epoch so far are in `partial`.

    Both are None when no epoch was done.
    """

    def __init__(self, partial: Path | None, best: Epoch | None) -> None:
        super().__init__()
        self.partial = partial
        self.best = best


@dataclass(frozen=True)
class TrainingResult:
    """Weights that were trained and saved: the net, its card, and where both are."""

    network: Network
    card: Card
    output: Path
    card_file: Path


def train_file(
    output: AnyPath,
    recipe: Recipe,
    *,
    seed: int = 0,
    limit: int | None = None,
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    test_images: AnyPath | None = None,
    test_labels: AnyPath | None = None,
    data_dir: AnyPath | None = None,
    overwrite: bool = False,
    report: Report = _no_report,
) -> TrainingResult:
    """Train a net and write its weights to `output`, ``.pkl`` or ``.npz``, and their card beside.

    Parameters
    ----------
    limit:
        Use the first so many training images only.
    images, labels:
        Training files, both or neither; by default MNIST's in the data directory.
    test_images, test_labels:
        Files that the finished net is tested on, once; by default the embedded MNIST test set for
        MNIST, none for other training files.

    Raises `MnistError` for bad files before training begins, and when training diverges;
    `Interrupted` on Ctrl-C, when the best weights so far have been kept as ``OUTPUT.partial``.
    """
    _require_pair("images", images, labels)
    _require_pair("test_images", test_images, test_labels)
    output = Path(output)
    if output.suffix.lower() not in (".pkl", ".npz"):
        raise ValueError(f"output is {output.name!r}, it must end in .pkl or .npz")
    if limit is not None and limit < 1:
        raise ValueError(f"limit is {limit}, it must be at least 1")
    partial = output.with_name(output.name + ".partial")
    for path in (output, card_path(output), partial):
        _require_writable(path, overwrite=overwrite)

    x, t = _load_pair(
        _or_found(images, TRAIN_IMAGES, data_dir),
        _or_found(labels, TRAIN_LABELS, data_dir),
        data_dir,
    )
    test_set = None
    if test_images is not None and test_labels is not None:
        test_set = _load_pair(test_images, test_labels, data_dir)
    elif images is None:
        test_set = load_images(), load_labels()

    start = time.perf_counter()
    training = Training(x[:limit], t[:limit], recipe, seed)
    try:
        training.run(report)
    except KeyboardInterrupt:
        if training.best is None:
            raise Interrupted(None, None) from None
        save_network(training.best, partial, overwrite=overwrite)
        raise Interrupted(partial, training.best_epoch) from None
    seconds = time.perf_counter() - start
    return _save(training, seconds, test_set, output, overwrite)


def _save(
    training: Training,
    seconds: float,
    test_set: tuple[Bytes, Bytes] | None,
    output: Path,
    overwrite: bool,
) -> TrainingResult:
    network = training.network
    save_network(network, output, overwrite=overwrite)
    history = training.epochs
    card = Card(
        recipe=training.recipe.name,
        hyperparameters=training.recipe.numbers(),
        seed=training.seed,
        training_images=len(training.labels),
        validation_images=len(training.validation_labels),
        versions={
            "mnist-cli": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "blas": blas.describe(),
        },
        seconds=round(seconds, 2),
        train_accuracy=_accuracy(network, training.images, training.labels),
        validation_accuracy=history[-1].validation_accuracy,
        test_accuracy=None if test_set is None else _accuracy(network, *test_set),
        weights_sha256=hashlib.sha256(output.read_bytes()).hexdigest(),
        loss_by_epoch=tuple(round(epoch.loss, 5) for epoch in history),
        validation_accuracy_by_epoch=tuple(
            epoch.validation_accuracy for epoch in history if epoch.validation_accuracy is not None
        ),
    )
    write_card(card, card_path(output), overwrite=overwrite)
    return TrainingResult(network, card, output, card_path(output))


def _accuracy(network: Network, images: Bytes, labels: Bytes) -> float:
    return float(np.mean(network.predict(images, batch_size=1000) == labels))


def _require_pair(name: str, images: AnyPath | None, labels: AnyPath | None) -> None:
    if (images is None) != (labels is None):
        raise ValueError(f"{name} and {name.replace('images', 'labels')} go together")


def _require_writable(path: Path, *, overwrite: bool) -> None:
    """Raise `FileError` now rather than when minutes of work are to be saved."""
    if not overwrite:
        refuse_existing(path)
    try:
        replaced_permissions(path)
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise cannot("write", path, error) from None


def _or_found(given: AnyPath | None, name: str, data_dir: AnyPath | None) -> AnyPath:
    return paths.find_training_file(name, data_dir).path if given is None else given


def _load_pair(images: AnyPath, labels: AnyPath, data_dir: AnyPath | None) -> tuple[Bytes, Bytes]:
    x, t = load_images(images, data_dir=data_dir), load_labels(labels, data_dir=data_dir)
    require_same_count(len(x), len(t), images_path=images, labels_path=labels)
    return x, t
