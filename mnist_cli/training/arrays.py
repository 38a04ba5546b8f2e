"""The entrance for Python to training: from labelled arrays to a net and its card, by a recipe."""

import platform
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mnist_cli.checks import unknown_name
from mnist_cli.dtypes import Bytes
from mnist_cli.errors import printable
from mnist_cli.net import blas
from mnist_cli.net.network import Activation, Network
from mnist_cli.shown import drawn_by, reporter
from mnist_cli.spec import __version__, ignore
from mnist_cli.training.recipes import RECIPES, Recipe
from mnist_cli.training.trainer import Epoch, Labels, Report, Trainer
from mnist_cli.weights.card import Card


class Trained(NamedTuple):
    """A net, and its card with the history."""

    network: Network
    card: Card

    def _repr_html_(self) -> str:
        return drawn_by("train.trained_lines")(self)


def train(
    images: Bytes,
    labels: Labels,
    recipe: str | Recipe = "quick",
    *,
    seed: int = 0,
    hidden: Sequence[int] | None = None,
    activation: Activation | None = None,
    start: Network | None = None,
    report: Report = ignore,
    progress: bool = False,
    **hyperparameters: float,
) -> Trained:
    """Train a net on images and their labels; return it, and its card with the history.

    Parameters
    ----------
    images, labels:
        (N, 28, 28) or (N, 784) uint8, and (N,) integers from 0 to 9. Some are held out.
    recipe, seed:
        A recipe or the name of one, and 0 or more. The same on one machine give the same weights.
    hidden, activation:
        Neurons of each hidden layer, none to seven of them, and ``"sigmoid"`` or ``"relu"`` after
        each; by default those of the recipe.
    start:
        A net to go on from in place of random numbers; recipe ``"tune"`` is made for that. Of what
        is not among the images, it forgets much.
    report, progress:
        A function to call after every epoch; or True, to show it in a terminal or a notebook.
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
    >>> network, card = mnist_cli.train(images, labels, epochs=1, hidden=(30,))
    >>> network.layer_sizes, card.training_images, card.validation_images
    ((784, 30, 10), 400, 100)
    """
    if not isinstance(recipe, Recipe):
        if recipe not in tuple(RECIPES):
            raise unknown_name("recipe", recipe, RECIPES)
        recipe = RECIPES[recipe]
    recipe = recipe.change(hyperparameters, hidden, activation)
    if start is not None:
        if not isinstance(start, Network):
            raise ValueError(f"start is {printable(repr(start))}: expected a Network")
        recipe = recipe.from_net(start.layer_sizes, start.activation)
    trainer = Trainer(images, labels, recipe, seed, start)
    with reporter(progress or report, "views.train.watch") as told:
        trainer.run(told)
    return Trained(trainer.network, make_card(trainer, trainer.network, trainer.epochs[-1]))


def make_card(trainer: Trainer, network: Network, last: Epoch) -> Card:
    """The card of the net after the epoch `last`; no test and no weights file are in it yet."""
    epochs = trainer.epochs[: last.epoch]
    accuracies = (epoch.validation_accuracy for epoch in epochs)
    return Card(
        recipe=trainer.recipe.name,
        hyperparameters=trainer.recipe.hyperparameters(),
        seed=trainer.seed,
        training_images=len(trainer.labels),
        drawn_images=trainer.drawn,
        validation_images=len(trainer.validation_labels),
        versions={
            "mnist-cli": __version__,
            "python": platform.python_version(),
            "numpy": np.__version__,
            "blas": blas.library_name(),
        },
        seconds=round(time.perf_counter() - trainer.began, 2),
        train_accuracy=measure_accuracy(network, trainer.images, trainer.labels),
        validation_accuracy=last.validation_accuracy,
        test_accuracy=None,
        weights_sha256="",
        loss_by_epoch=tuple(round(epoch.loss, 5) for epoch in epochs),
        validation_accuracy_by_epoch=tuple(each for each in accuracies if each is not None),
        activation=trainer.recipe.activation,
        teacher_accuracy=trainer.teacher_accuracy,
    )


def measure_accuracy(network: Network, images: Bytes, labels: Labels) -> float:
    """The share of the images, (N, 28, 28), whose prediction is their label."""
    return float(np.mean(network.predict(images, batch_size=1000) == labels))
