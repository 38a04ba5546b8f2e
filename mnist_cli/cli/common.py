"""Options that several commands share, so that they read and behave alike everywhere."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")

weights_option = click.option(
    "-w",
    "--weights",
    metavar="FILE",
    help="Weights, .pkl or .npz.  [default: the embedded weights.pkl]",
)

activation_option = click.option(
    "--activation",
    type=click.Choice(["sigmoid", "relu"]),
    help="Function after each hidden layer.  [default: sigmoid]",
)

data_dir_option = click.option(
    "--data-dir",
    metavar="DIR",
    help="Where downloaded files lie.  [default: MNIST_DATA_DIR or the user's data folder]",
)

images_option = click.option(
    "--images", metavar="FILE", help="IDX images.  [default: the embedded MNIST test set]"
)

labels_option = click.option("--labels", metavar="FILE", help="IDX labels of these images.")

threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Batches worked on side by side.  [default: 1]",
)


def together(images: str | None, labels: str | None, names: str = "--images and --labels") -> None:
    """Refuse one of two files that only make sense as a pair."""
    if (images is None) != (labels is None):
        raise click.UsageError(f"{names} go together: give both or neither.")


def examples(*commands: str) -> str:
    """The end of a command's help: examples that run as printed."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def note_activation(layer_sizes: tuple[int, ...], given: str | None) -> None:
    """For any net but the book's, say which activation was assumed: the file does not tell."""
    if given is None and layer_sizes != (784, 50, 100, 10):
        from mnist_cli.render.text import note

        note("a weights file does not name its activation: sigmoid was assumed (--activation relu)")
