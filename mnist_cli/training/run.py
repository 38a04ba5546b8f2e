"""A training run on arrays: from labelled images to a net, by a recipe."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_cli.net.network import Activation, Network
from mnist_cli.training.loop import HIDDEN, Bytes, Epoch, Labels, Report, Training, ignore
from mnist_cli.training.recipes import Recipe, find_recipe


@dataclass(frozen=True)
class TrainingRun:
    """A net that was trained, and how.

    Attributes
    ----------
    network:
        As it was after the last epoch.
    recipe, seed:
        What it was trained by.
    training_images, validation_images:
        How many images it learnt from, and how many were held out.
    seconds:
        From the first step to the last, preparation included.
    train_accuracy, validation_accuracy:
        On undistorted images, 0 to 1; the latter None without held-out images.
    epochs:
        What was known after each.
    """

    network: Network
    recipe: Recipe
    seed: int
    training_images: int
    validation_images: int
    seconds: float
    train_accuracy: float
    validation_accuracy: float | None
    epochs: tuple[Epoch, ...]


def train(
    images: Bytes,
    labels: Labels,
    recipe: str | Recipe = "quick",
    *,
    seed: int = 0,
    hidden: Sequence[int] = HIDDEN,
    activation: Activation = "sigmoid",
    report: Report = ignore,
    **hyperparameters: float,
) -> TrainingRun:
    """Train a net on images and their labels.

    Parameters
    ----------
    images, labels:
        (N, 28, 28) or (N, 784) uint8, and (N,) integers from 0 to 9. Some are held out.
    recipe, seed:
        A recipe or the name of one, and 0 or more. The same on one machine give the same weights.
    hidden, activation:
        Neurons of each hidden layer, none to seven of them, and the function after each.
    report:
        Called after every epoch.
    **hyperparameters:
        Those that shall differ from the recipe's; ``mnist train --recipes`` lists them.

    Raises
    ------
    ValueError:
        For other shapes, dtypes, names and values.
    MnistError:
        When the loss grows without bounds.

    Examples
    --------
    This only shows the call: 500 images, of the test set at that, make no good net.

    >>> import mnist_cli
    >>> images, labels = mnist_cli.load_images()[:500], mnist_cli.load_labels()[:500]
    >>> run = mnist_cli.train(images, labels, epochs=1)
    >>> run.network.layer_sizes, run.training_images, run.validation_images
    ((784, 50, 100, 10), 400, 100)
    >>> 0 <= run.validation_accuracy <= 1
    True
    """
    start = time.perf_counter()
    chosen = find_recipe(recipe) if isinstance(recipe, str) else recipe
    chosen = chosen.with_hyperparameters(hyperparameters)
    training = Training(images, labels, chosen, seed, hidden=hidden, activation=activation)
    training.run(report)
    return finish(training, time.perf_counter() - start)


def finish(training: Training, seconds: float) -> TrainingRun:
    """What came of a run that took so many seconds, the net measured on what it learnt from."""
    network = training.network
    return TrainingRun(
        network=network,
        recipe=training.recipe,
        seed=training.seed,
        training_images=len(training.labels),
        validation_images=len(training.validation_labels),
        seconds=seconds,
        train_accuracy=measure_accuracy(network, training.images, training.labels),
        validation_accuracy=training.epochs[-1].validation_accuracy,
        epochs=tuple(training.epochs),
    )


def measure_accuracy(network: Network, images: Bytes, labels: Labels) -> float:
    """The part of the images, (N, 28, 28), whose prediction is their label, 0 to 1."""
    return float(np.mean(network.predict(images, batch_size=1000) == labels))
