"""The trainer: epoch by epoch, batch by batch, with the best net so far kept."""

import copy
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.labelled import check_labelled
from mnist_cli.dtypes import Array, Bytes, Floats
from mnist_cli.errors import MnistError
from mnist_cli.net import blas
from mnist_cli.net.network import Network, softmax
from mnist_cli.spec import CLASSES, PIXELS, SIDE, ignore
from mnist_cli.training.backprop import ConvolutionalNet, Parameters, Perceptron, fold, unfold
from mnist_cli.training.distortions import Distorter
from mnist_cli.training.drawing import draw_digits
from mnist_cli.training.optimizers import SOAP, AdamW
from mnist_cli.training.recipes import Recipe
from mnist_cli.weights.snapshots import Snapshot

Labels: TypeAlias = Array  # (N,), 0 to 9, whole numbers of any type

_OPTIMIZERS: dict[str, type[AdamW]] = {"adamw": AdamW, "soap": SOAP}

_SPLIT_SEED = 0  # of the held-out images, so that runs of different seeds can be compared

_DIVERGED = 1e6  # no weight of a net that learns comes near this size


@dataclass(frozen=True)
class Epoch:
    """What is known at the end of an epoch, of the net or of its teacher."""

    epoch: int  # from 1, for each of the two
    epochs: int
    loss: float  # mean cross-entropy of the distorted images while the net learnt from them
    validation_accuracy: float | None  # 0 to 1, on the held-out images; None without any
    seconds: float  # since the first of these epochs began
    images_per_second: float  # the mean so far
    is_teacher: bool = False


LearningNet: TypeAlias = Perceptron | ConvolutionalNet
Report: TypeAlias = Callable[[Epoch], None]
Look: TypeAlias = Callable[[int, int], None]  # at a net after so many steps, and images seen

# With the net at the end, ten; from one to the next the net sees several times as many images.
_SNAPSHOTS = 9


class Trainer:
    """A net that learns from images (N, 28, 28) or (N, 784) uint8 and labels (N,), 0 to 9.

    It begins with random numbers, or with a net `start` for which the recipe is made, as by
    `Recipe.from_net`. Images and labels that are `known` to that net are mixed in, none held out.
    """

    def __init__(
        self,
        images: Bytes,
        labels: Labels,
        recipe: Recipe,
        seed: int = 0,
        start: Network | None = None,
        known: tuple[Bytes, Labels] | None = None,
    ) -> None:
        images, labels = check_labelled(images, labels)
        if images.dtype != np.uint8:
            raise ValueError(f"images have dtype {images.dtype}: expected uint8")
        self.began = time.perf_counter()
        self.recipe = recipe
        self.seed = require_at_least("seed", seed, 0)
        self.teacher_accuracy: float | None = None  # on the held-out images
        self.epochs: list[Epoch] = []  # of the net, not of its teacher
        # The net of the highest validation accuracy so far, without held-out images the latest.
        self.best: tuple[Network, Epoch] | None = None
        self.snapshots: list[Snapshot] = []

        held_out = min(recipe.held_out, len(labels) // 5)
        order = np.random.default_rng(_SPLIT_SEED).permutation(len(labels))
        training, validation = np.split(order, [len(order) - held_out])
        sources: list[tuple[Bytes, Labels]] = [(images[training], labels[training])]
        self.drawn = round(recipe.drawn * len(training))
        if self.drawn:
            sources.append(draw_digits(self.drawn, self.seed))
        if known is not None:
            sources.append(known)
        self.images, self.labels = (np.concatenate(parts) for parts in zip(*sources, strict=True))
        self._mean = self.images.mean(axis=0, dtype=np.float64).reshape(-1) / 255  # (784,)
        self.validation_labels = labels[validation]
        pixels = images[validation].reshape(-1, PIXELS) / np.float32(255)
        self._validation_images = pixels - self._mean.astype(np.float32)
        self._distorter = Distorter(self.images, recipe)
        # One buffer for the epoch that is learnt from, one for the next: to get new memory of this
        # size for each epoch takes as long as to fill it.
        self._buffers = [np.empty((len(self.labels), PIXELS), np.float32) for _ in range(2)]

        self._net = Perceptron(
            self._make_generator(0),
            (PIXELS, *recipe.hidden, CLASSES),
            recipe.activation,
            batch_norm=bool(recipe.batch_norm),
        )
        self._before: Perceptron | None = None
        if start is not None:
            unfolded = unfold(start, self._mean)
            self._net.parameters = [parameter.astype(np.float32) for parameter in unfolded]
            self._before, self._first_known = copy.deepcopy(self._net), len(training) + self.drawn

    @property
    def network(self) -> Network:
        """The net on plain images that computes what the trained net computes now."""
        activation = self.recipe.activation
        folded = fold(self._net.plain(), self._mean, activation)
        return Network(tuple(folded[::2]), tuple(folded[1::2]), activation)

    def run(self, report: Report = ignore, *, keep_snapshots: bool = False) -> None:
        """Train to the end of the recipe, the teacher first; call `report` after each epoch."""
        # A learning rate that is too high overflows; that is found by looking at the loss.
        with blas.one_thread(), np.errstate(all="ignore"):
            teacher = None
            if self.recipe.teacher_epochs:
                teacher = ConvolutionalNet(self._make_generator(0))
                for epoch in self._learn(teacher, self.recipe.for_teacher()):
                    self.teacher_accuracy = epoch.validation_accuracy
                    report(epoch)
            look = self._keep if keep_snapshots else ignore
            look(0, 0)
            for epoch in self._learn(self._net, self.recipe, teacher, look):
                accuracy = epoch.validation_accuracy
                before = self.best and self.best[1].validation_accuracy
                self.epochs.append(epoch)
                if before is None or accuracy is None or accuracy > before:
                    self.best = self.network, epoch
                report(epoch)

    def _learn(
        self,
        net: LearningNet,
        recipe: Recipe,
        teacher: ConvolutionalNet | None = None,
        look: Look = ignore,
    ) -> Iterator[Epoch]:
        """Let a net learn to the end of a recipe, from a teacher or else from the labels."""
        start, last = time.perf_counter(), recipe.epochs
        optimizer = _OPTIMIZERS[recipe.optimizer](_by_axes(net.parameters), recipe.weight_decay)
        prepare = partial(self._prepare, recipe, teacher)
        # The second thread distorts the images of the next epoch while the net learns from these.
        with ThreadPoolExecutor(1) as second_thread:
            upcoming = second_thread.submit(prepare, 1)
            for number in range(1, last + 1):
                examples = upcoming.result()
                if number < last:
                    upcoming = second_thread.submit(prepare, number + 1)
                loss = _learn_epoch(net, optimizer, recipe, number, examples, look)
                seconds = time.perf_counter() - start
                yield Epoch(
                    epoch=number,
                    epochs=last,
                    loss=loss,
                    validation_accuracy=self._validate(net),
                    seconds=seconds,
                    images_per_second=number * len(self.labels) / max(seconds, 1e-9),
                    is_teacher=isinstance(net, ConvolutionalNet),
                )

    def _keep(self, step: int, samples: int) -> None:
        """Keep the net among the snapshots if its time has come, after so many steps."""
        steps = self.recipe.epochs * -(-len(self.labels) // self.recipe.batch_size)
        moments = [round(steps ** (part / _SNAPSHOTS)) for part in range(1, _SNAPSHOTS)]
        if step in (0, *moments) and step < steps:
            self.snapshots.append(Snapshot(samples, self.network))

    def _prepare(
        self, recipe: Recipe, teacher: ConvolutionalNet | None, epoch: int
    ) -> tuple[Floats, Floats]:
        """Distorted, centred images (N, 784), in a new order, and their targets (N, 10)."""
        x = self._buffers[epoch % 2]
        order = self._distorter.distort(recipe.strength_at(epoch), self._make_generator(epoch), x)
        x -= self._mean.astype(np.float32)
        if teacher is not None:  # says more than a label: that this 7 is a little like a 1
            return x, softmax(teacher.logits(x) / np.float32(recipe.temperature))
        targets = np.eye(CLASSES, dtype=np.float32)[self.labels[order]]
        if self._before is not None:
            # What is known is not forgotten if the net goes on to say of it what it said before (Li
            # and Hoiem 2016, *Learning without forgetting*).
            is_known = order >= self._first_known
            targets[is_known] = softmax(self._before.logits(x[is_known]))
        return x, targets

    def _validate(self, net: LearningNet) -> float | None:
        if not len(self.validation_labels):
            return None
        predictions = net.logits(self._validation_images).argmax(axis=1)
        return float(np.mean(predictions == self.validation_labels))

    def _make_generator(self, epoch: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, epoch])


def _by_axes(parameters: Parameters) -> Parameters:
    """The same arrays, which share their memory, with W1 as rows by columns by neurons."""
    # SOAP keeps a basis for each axis: three small ones for (28, 28, n), else one of 784x784.
    W1, *others = parameters
    return [W1.reshape(SIDE, SIDE, -1) if len(W1) == PIXELS else W1, *others]


def _learn_epoch(
    net: LearningNet,
    optimizer: AdamW,
    recipe: Recipe,
    epoch: int,
    examples: tuple[Floats, Floats],
    look: Look,
) -> float:
    """Go once through images (N, 784) and their targets, batch by batch; return the mean loss."""
    x, targets = examples
    starts = range(0, len(x), recipe.batch_size)
    total = 0.0
    for step, start in enumerate(starts, start=(epoch - 1) * len(starts)):
        batch = slice(start, start + recipe.batch_size)
        loss, gradients = net.loss_and_gradients(x[batch], targets[batch], recipe.temperature)
        optimizer.step(_by_axes(gradients), recipe.learning_rate_at(step, len(starts)))
        total += loss * len(x[batch])
        look(step + 1, (epoch - 1) * len(x) + start + len(x[batch]))
    largest = max(float(np.abs(parameter).max()) for parameter in net.parameters)
    if not (np.isfinite(total) and largest < _DIVERGED):
        raise MnistError(
            f"the training diverged in epoch {epoch}: the loss is {total / len(x):.3g}, "
            f"the largest weight {largest:.3g}",
            hint=f"Use a lower learning rate than {recipe.learning_rate:g}.",
        )
    return total / len(x)
