"""The trainer: epoch by epoch, batch by batch, with the best net so far kept."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli.checks import require_at_least
from mnist_cli.errors import MnistError
from mnist_cli.net import blas
from mnist_cli.net.network import Network
from mnist_cli.spec import CLASSES, PIXELS, SIDE
from mnist_cli.training.backprop import fold, initial_parameters, loss_and_gradients, run_forward
from mnist_cli.training.distortions import Distorter, Floats
from mnist_cli.training.optimizers import SOAP, AdamW
from mnist_cli.training.recipes import Recipe

Bytes: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]

_OPTIMIZERS: dict[str, type[AdamW]] = {"adamw": AdamW, "soap": SOAP}

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


def ignore(*_: object) -> None:
    """Report to nobody."""


class Trainer:
    """A net that learns from images (N, 28, 28) or (N, 784) uint8 and labels (N,), 0 to 9.

    Attributes
    ----------
    start:
        When the run began, by `time.perf_counter`.
    epochs:
        An `Epoch` for each one that is done.
    best:
        The net with the highest validation accuracy so far (without held-out images the latest)
        and its epoch, None before the first one is done. A run that is cut short leaves these.

    Raises
    ------
    ValueError:
        For other shapes and dtypes, other labels, and a seed below 0.
    """

    def __init__(self, images: Bytes, labels: Labels, recipe: Recipe, seed: int = 0) -> None:
        images, labels = _check_data(np.asarray(images), np.asarray(labels))
        self.start = time.perf_counter()
        self.recipe = recipe
        self.seed = require_at_least("seed", seed, 0)
        self.epochs: list[Epoch] = []
        self.best: tuple[Network, Epoch] | None = None

        held_out = min(recipe.held_out, len(labels) // 5)
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
        training, validation = np.split(order, [len(order) - held_out])
        self.images, self.labels = images[training], labels[training]
        self.mean = self.images.mean(axis=0, dtype=np.float64).reshape(-1) / 255  # (784,)
        self.validation_labels = labels[validation]
        pixels = images[validation].reshape(-1, PIXELS).astype(np.float32)
        self._validation_images = self._centre(pixels / np.float32(255))
        self._distorter = Distorter(self.images, recipe)
        # One buffer for the epoch that is learnt from, one for the next: to get new memory of this
        # size for each epoch takes as long as to fill it.
        self._buffers = [np.empty((len(training), PIXELS), np.float32) for _ in range(2)]

        layer_sizes = (PIXELS, *recipe.hidden, CLASSES)
        self.parameters = initial_parameters(
            self._make_generator(0), layer_sizes, recipe.activation
        )
        W1, *others = self.parameters
        # SOAP takes W1 as rows by columns by neurons; the two arrays share their memory.
        self._optimizer = _OPTIMIZERS[recipe.optimizer](
            [W1.reshape(SIDE, SIDE, -1), *others], weight_decay=recipe.weight_decay
        )

    @property
    def network(self) -> Network:
        """The net on plain images that computes what the trained net computes now."""
        activation = self.recipe.activation
        folded = fold(self.parameters, self.mean, activation)
        return Network(tuple(folded[::2]), tuple(folded[1::2]), activation)

    def run(self, report: Report = ignore) -> None:
        """Train to the end of the recipe; `report` is called after each epoch.

        Raises
        ------
        MnistError:
            When the loss grows without bounds.
        """
        last = self.recipe.epochs
        # A learning rate that is too high overflows; that is found by looking at the loss. The
        # second thread distorts the images of the next epoch while the net learns from these.
        with blas.one_thread(), np.errstate(all="ignore"), ThreadPoolExecutor(1) as second_thread:
            upcoming = second_thread.submit(self._prepare, 1)
            for number in range(1, last + 1):
                x, labels = upcoming.result()
                if number < last:
                    upcoming = second_thread.submit(self._prepare, number + 1)
                loss = self._learn(x, labels, number)
                accuracy = self._validate()
                seconds = time.perf_counter() - self.start
                speed = number * len(x) / max(seconds, 1e-9)
                epoch = Epoch(number, last, loss, accuracy, seconds, speed)
                before = self.best and self.best[1].validation_accuracy
                if before is None or accuracy is None or accuracy > before:
                    self.best = self.network, epoch
                self.epochs.append(epoch)
                report(epoch)

    def _prepare(self, epoch: int) -> tuple[Floats, Labels]:
        """Distorted, centred images (N, 784) and their labels (N,), in a new order."""
        strength = self.recipe.strength_at(epoch)
        images = self._buffers[epoch % 2]
        order = self._distorter.distort(strength, self._make_generator(epoch), images)
        return self._centre(images), self.labels[order]

    def _learn(self, x: Floats, labels: Labels, epoch: int) -> float:
        """Go once through the images, batch by batch; return the mean loss."""
        size = self.recipe.batch_size
        starts = range(0, len(x), size)
        total = 0.0
        for step, start in enumerate(starts, start=(epoch - 1) * len(starts)):
            batch, targets = x[start : start + size], labels[start : start + size]
            loss, (dW1, *others) = loss_and_gradients(
                self.parameters, batch, targets, self.recipe.activation
            )
            self._optimizer.step(
                [dW1.reshape(SIDE, SIDE, -1), *others],
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
        _, logits = run_forward(self.parameters, self._validation_images, self.recipe.activation)
        return float(np.mean(logits.argmax(axis=1) == self.validation_labels))

    def _centre(self, images: Floats) -> Floats:
        images -= self.mean.astype(np.float32)
        return images

    def _make_generator(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch])


def _check_data(images: Bytes, labels: Labels) -> tuple[Bytes, Labels]:
    """Return images (N, 28, 28) and labels. Raises `ValueError` for what cannot be learnt from."""
    count = len(labels) if labels.ndim == 1 else 0
    fitting = images.shape in ((count, SIDE, SIDE), (count, PIXELS)) and images.dtype == np.uint8
    if not fitting or not count or labels.dtype.kind not in "iu":
        raise ValueError(
            f"got images {images.shape} {images.dtype} and labels {labels.shape} {labels.dtype}, "
            "expected (N, 28, 28) or (N, 784) uint8 and (N,) integers, N at least 1"
        )
    if labels.min() < 0 or labels.max() >= CLASSES:
        raise ValueError(f"got labels {labels.min()} to {labels.max()}, expected 0 to 9")
    return images.reshape(-1, SIDE, SIDE), labels
