"""The loop of a training run: epoch by epoch, batch by batch, with the best net so far kept."""

import contextlib
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli.checks import require_at_least
from mnist_cli.errors import MnistError
from mnist_cli.net import blas
from mnist_cli.net.network import Activation, Network
from mnist_cli.spec import CLASSES, LAYER_SIZES, MAX_LAYERS, PIXELS, SIDE
from mnist_cli.training.backprop import (
    ACTIVATIONS,
    fold,
    initial_parameters,
    loss_and_gradients,
    run_forward,
)
from mnist_cli.training.distortions import Distorter, Floats
from mnist_cli.training.optimizers import SOAP, AdamW
from mnist_cli.training.recipes import Recipe

Bytes: TypeAlias = npt.NDArray[np.uint8]
Labels: TypeAlias = npt.NDArray[np.integer[Any]]

HIDDEN = LAYER_SIZES[1:-1]  # the book's

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


def ignore(_: object) -> None:
    """Report to nobody."""


class Training:
    """A training run under way; the parameters are those of `train`.

    Attributes
    ----------
    epochs:
        An `Epoch` for each one that is done.
    best, best_epoch:
        The net with the highest validation accuracy so far (without held-out images the latest)
        and its epoch, None before the first one is done. A run that is cut short leaves these.
    """

    def __init__(
        self,
        images: Bytes,
        labels: Labels,
        recipe: Recipe,
        seed: int = 0,
        *,
        hidden: Sequence[int] = HIDDEN,
        activation: Activation = "sigmoid",
    ) -> None:
        images, labels = _check_data(np.asarray(images), np.asarray(labels))
        layer_sizes = _check_layers(hidden, activation)
        self.recipe = recipe
        self.seed = require_at_least("seed", seed, 0)
        self.activation = activation
        self.epochs: list[Epoch] = []
        self.best: Network | None = None
        self.best_epoch: Epoch | None = None

        held_out = min(recipe.held_out, len(labels) // 5)
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
        training, validation = np.split(order, [len(order) - held_out])
        self.images, self.labels = images[training], labels[training]
        self.mean = self.images.mean(axis=0, dtype=np.float64).reshape(-1) / 255  # (784,)
        self.validation_labels = labels[validation]
        pixels = images[validation].reshape(-1, PIXELS).astype(np.float32)
        self._validation_images = self._centre(pixels / np.float32(255))
        self._distorter = Distorter(self.images, recipe.distortions)
        # One buffer for the epoch that is learnt from, one for the next: to get new memory of this
        # size for each epoch takes as long as to fill it.
        self._buffers = [np.empty((len(training), PIXELS), np.float32) for _ in range(2)]

        self.parameters = initial_parameters(self._make_generator(0), layer_sizes, activation)
        W1, *others = self.parameters
        # SOAP takes W1 as rows by columns by neurons; the two arrays share their memory.
        self._optimizer = _OPTIMIZERS[recipe.optimizer](
            [W1.reshape(SIDE, SIDE, -1), *others], weight_decay=recipe.weight_decay
        )

    @property
    def network(self) -> Network:
        """The net on plain images that computes what the trained net computes now."""
        folded = fold(self.parameters, self.mean, self.activation)
        return Network(tuple(folded[::2]), tuple(folded[1::2]), self.activation)

    def run(self, report: Report = ignore) -> None:
        """Train to the end of the recipe; `report` is called after each epoch.

        Raises
        ------
        MnistError:
            When the loss grows without bounds.
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

    def _epochs_ahead(self) -> Generator[tuple[Floats, Labels], None, None]:
        """Images and labels for each epoch; a second thread distorts for the next one meanwhile."""
        with ThreadPoolExecutor(1) as second_thread:
            upcoming = second_thread.submit(self._prepare, 1)
            for epoch in range(1, self.recipe.epochs + 1):
                prepared = upcoming.result()
                if epoch < self.recipe.epochs:
                    upcoming = second_thread.submit(self._prepare, epoch + 1)
                yield prepared

    def _prepare(self, epoch: int) -> tuple[Floats, Labels]:
        """Distorted, centred images (N, 784) and their labels (N,), in a new order."""
        strength = self.recipe.strength_at(epoch)
        images, order = self._distorter.distort(
            strength, self._make_generator(epoch), out=self._buffers[epoch % 2]
        )
        return self._centre(images), self.labels[order]

    def _learn(self, x: Floats, labels: Labels, epoch: int) -> float:
        """Go once through the images, batch by batch; return the mean loss."""
        size = self.recipe.batch_size
        starts = range(0, len(x), size)
        total = 0.0
        for step, start in enumerate(starts, start=(epoch - 1) * len(starts)):
            batch, targets = x[start : start + size], labels[start : start + size]
            loss, (dW1, *others) = loss_and_gradients(
                self.parameters, batch, targets, self.activation
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
        _, logits = run_forward(self.parameters, self._validation_images, self.activation)
        return float(np.mean(logits.argmax(axis=1) == self.validation_labels))

    def _keep_best(self, epoch: Epoch) -> None:
        accuracy = epoch.validation_accuracy
        before = None if self.best_epoch is None else self.best_epoch.validation_accuracy
        if before is None or accuracy is None or accuracy > before:
            self.best, self.best_epoch = self.network, epoch

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


def _check_layers(hidden: Sequence[int], activation: Activation) -> tuple[int, ...]:
    """Return the sizes of all layers. Raises `ValueError` for a net that cannot be."""
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation is {activation!r}, expected one of {', '.join(ACTIVATIONS)}")
    if len(hidden) >= MAX_LAYERS or any(size < 1 for size in hidden):
        most = MAX_LAYERS - 1
        raise ValueError(f"hidden is {hidden}, expected at most {most} layers of 1 neuron or more")
    return (PIXELS, *hidden, CLASSES)
