"""What `mnist train` shows, while it trains and at the end."""

import math
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

from mnist_cli.errors import plural
from mnist_cli.files.tables import document
from mnist_cli.render.layout import bar, duration, entries, number, sparkline, stacked
from mnist_cli.render.progress import is_watched
from mnist_cli.render.text import Line, line, show
from mnist_cli.render.theme import ACCENT, TITLE
from mnist_cli.render.views.recipes import value_text
from mnist_cli.spec import CLASSES, PIXELS, ignore
from mnist_cli.training.arrays import Trained
from mnist_cli.training.recipes import OPTIMIZERS, Recipe
from mnist_cli.training.trainer import Epoch, Report
from mnist_cli.weights.card import ACCURACIES, Card, card_path

_BAR_WIDTH = 24
_CURVE_WIDTH = 48
_PLAIN_LINES = 50  # of a training that nobody watches, however many epochs it has


def as_json(recipe: Recipe, card: Card, output: Path, snapshots: str | None) -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "recipe": card.recipe,
        "changes": recipe.changes(),
        **document(recipe, "hidden", "activation", "epochs"),
        **document(card, "seed", "seconds", *ACCURACIES),
        "output": output,
        "snapshots": snapshots,
    }


def lines(
    recipe: Recipe, card: Card, output: Path | None = None, snapshots: str | None = None
) -> list[Line]:
    """How it was trained, how good the net is, and where its weights are, if in a file."""
    epochs = recipe.epochs + recipe.teacher_epochs
    per_second = epochs * card.training_images / max(card.seconds, 1e-9)
    first, last = card.loss_by_epoch[0], card.loss_by_epoch[-1]
    sizes = "-".join(map(str, (PIXELS, *recipe.hidden, CLASSES)))
    changes = ", ".join(f"{name} {value_text(it)}" for name, it in recipe.changes().items())
    own = card.training_images - card.mnist_images - card.drawn_images
    images = f"{own:,} to learn from, {card.validation_images:,} held out"
    if card.drawn_images:
        images += f", {card.drawn_images:,} drawn"
    if card.start_sha256:
        images += f", {card.mnist_images:,} of MNIST's mixed in"
    how = f", {plural(recipe.epochs, 'epoch')}, seed {card.seed}"
    training: dict[str, str | Line] = {
        "recipe": line((card.recipe, TITLE), how),
        "changed": changes,
        "net": sizes + (f", {recipe.activation}" if recipe.hidden else ""),
        "images": images,
        "time": f"{duration(card.seconds)}, {per_second:,.0f} images/s",
        "loss": line((draw_curve(card.loss_by_epoch), ACCENT), f"  {first:.4f} to {last:.4f}"),
    }
    if card.teacher_accuracy is not None:
        training["teacher"] = f"accuracy {number(card.teacher_accuracy, 4)} on the held-out images"
    measured = {name: (number(it, 4), TITLE) for name, it in card.accuracies.items()}
    card_file = output and card_path(output)
    written = {"weights": output, "card": card_file, "snapshots": snapshots}
    return stacked(*(entries(rows.items(), 12) for rows in (training, measured, written)))


def trained_lines(trained: Trained) -> list[Line]:
    """The same of a training on arrays, which is not told its recipe but its hyperparameters."""
    network, card = trained
    plain, hidden = Recipe(card.recipe, OPTIMIZERS[0]), network.layer_sizes[1:-1]
    return lines(plain.change(card.hyperparameters, hidden, network.activation), card)


def draw_curve(values: Sequence[float], width: int = _CURVE_WIDTH) -> str:
    """Positive numbers as a small curve of at most `width` characters, on a logarithmic scale."""
    heights = [math.log(max(value, 1e-9)) for value in values]
    columns = min(width, len(heights))
    ends = [round(column * len(heights) / columns) for column in range(columns + 1)]
    means = [sum(heights[begin:end]) / (end - begin) for begin, end in pairwise(ends)]
    return sparkline([mean - min(means) for mean in means])


@contextmanager
def watch(quiet: bool = False) -> Iterator[Report]:
    """Yield what `train_file` reports to: a live view for a person who watches, else lines."""
    if quiet or not is_watched():
        yield ignore if quiet else _say
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    losses: list[float] = []
    console = Console(stderr=True)
    # Lines are built for what standard output can show, so it stays what it is.
    with Live(console=console, transient=True, auto_refresh=False, redirect_stdout=False) as live:

        def update(epoch: Epoch) -> None:
            if epoch.epoch == 1:  # of the net, after those of its teacher
                losses.clear()
            losses.append(epoch.loss)
            board = [
                [(f"{_count(epoch)}  ", TITLE), *bar(epoch.epoch / epoch.epochs, _BAR_WIDTH)],
                line(_figures(epoch)),
                line((draw_curve(losses), ACCENT)),
            ]
            live.update(Text("\n").join(Text.assemble(*spans) for spans in board), refresh=True)

        yield update


def _say(epoch: Epoch) -> None:
    if epoch.epoch == 1 or epoch.epoch * _PLAIN_LINES % epoch.epochs < _PLAIN_LINES:
        show([line(f"{_count(epoch)}  {_figures(epoch)}")], sys.stderr)


def _count(epoch: Epoch) -> str:
    of = "teacher, " if epoch.is_teacher else ""
    return f"{of}epoch {epoch.epoch:,}/{epoch.epochs:,}"


def _figures(epoch: Epoch) -> str:
    left = epoch.seconds / epoch.epoch * (epoch.epochs - epoch.epoch)
    return (
        f"loss {epoch.loss:.4f}  validation {number(epoch.validation_accuracy, 4)}  "
        f"{epoch.images_per_second:,.0f} images/s{f'  {duration(left)} left' if left else ''}"
    )
