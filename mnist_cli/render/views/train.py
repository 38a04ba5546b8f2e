"""What `mnist train` shows, while it trains and at the end."""

import math
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

from mnist_cli.errors import plural, printable
from mnist_cli.render.text import Line, bar, has_unicode, line, note, show
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.training.loop import Epoch, Report
from mnist_cli.training.saving import Kept, TrainingResult

_BAR_WIDTH = 24
_CURVE_WIDTH = 48
_PLAIN_LINES = 50  # of a training that nobody watches, however many epochs it has


def as_json(result: TrainingResult) -> dict[str, Any]:
    """The document of ``--json``."""
    card = result.card
    return {
        "recipe": card.recipe,
        "epochs": len(card.loss_by_epoch),
        "seed": card.seed,
        "seconds": card.seconds,
        "train_accuracy": card.train_accuracy,
        "validation_accuracy": card.validation_accuracy,
        "test_accuracy": card.test_accuracy,
        "output": str(result.output),
    }


def lines(result: TrainingResult) -> list[Line]:
    """How it was trained, how good the net is, and where its weights are."""
    card = result.card
    epochs = len(card.loss_by_epoch)
    per_second = epochs * card.training_images / max(card.seconds, 1e-9)
    return [
        line(
            ("recipe      ", QUIET),
            (card.recipe, TITLE),
            f", {plural(epochs, 'epoch')}, seed {card.seed}",
        ),
        line(
            ("images      ", QUIET),
            f"{card.training_images:,} to learn from, {card.validation_images:,} held out",
        ),
        line(
            ("time        ", QUIET), f"{_format_duration(card.seconds)}, {per_second:,.0f} images/s"
        ),
        line(
            ("loss        ", QUIET), (draw_curve(card.loss_by_epoch), ACCENT), *_loss_range(result)
        ),
        [],
        line(("training    ", QUIET), (_format_accuracy(card.train_accuracy), TITLE)),
        line(("validation  ", QUIET), (_format_accuracy(card.validation_accuracy), TITLE)),
        line(("test        ", QUIET), (_format_accuracy(card.test_accuracy), TITLE)),
        [],
        line(("weights     ", QUIET), printable(str(result.output), limit=200)),
        line(("card        ", QUIET), printable(str(result.card_file), limit=200)),
    ]


def _loss_range(result: TrainingResult) -> list[str]:
    first, *others = result.card.loss_by_epoch
    return [f"  {first:.4f} to {others[-1]:.4f}" if others else f"  {first:.4f}"]


def draw_curve(values: Sequence[float], width: int = _CURVE_WIDTH) -> str:
    """Positive numbers as a small curve of at most `width` characters, on a logarithmic scale."""
    heights = [math.log(max(value, 1e-9)) for value in values]
    columns = min(width, len(heights))
    ends = [round(column * len(heights) / columns) for column in range(columns + 1)]
    means = [sum(heights[begin:end]) / (end - begin) for begin, end in pairwise(ends)]
    low, high = min(means), max(means)
    steps = "▁▂▃▄▅▆▇█" if has_unicode() else "_.-=+*#"
    scale = (len(steps) - 1) / max(high - low, 1e-9)
    return "".join(steps[round((mean - low) * scale)] for mean in means)


@contextmanager
def watch() -> Iterator[Report]:
    """Yield what `train_file` reports to: a live view for a person who watches, else lines."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _say
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    losses: list[float] = []
    live = Live(
        console=Console(stderr=True),
        transient=True,
        auto_refresh=False,
        redirect_stdout=False,  # what it can show is asked while lines are built
    )
    with live:

        def update(epoch: Epoch) -> None:
            losses.append(epoch.loss)
            spans = [Text.assemble(*spans) for spans in draw_board(epoch, losses)]
            live.update(Text("\n").join(spans), refresh=True)

        yield update


def draw_board(epoch: Epoch, losses: Sequence[float]) -> list[Line]:
    """The live view: how far it is, how good the net is now, and how the loss went."""
    return [
        [
            (f"epoch {epoch.epoch:,}/{epoch.epochs:,}  ", TITLE),
            *bar(epoch.epoch / epoch.epochs, _BAR_WIDTH),
            (f"  {_format_duration(_seconds_left(epoch))} left", ""),
            (f"  {epoch.images_per_second:,.0f} images/s", QUIET),
        ],
        line(
            ("loss ", QUIET),
            f"{epoch.loss:.4f}  ",
            ("validation ", QUIET),
            f"{_format_accuracy(epoch.validation_accuracy)}",
        ),
        line((draw_curve(losses), ACCENT)),
    ]


def _say(epoch: Epoch) -> None:
    def part(number: int) -> int:
        return number * _PLAIN_LINES // epoch.epochs

    if epoch.epoch not in (1, epoch.epochs) and part(epoch.epoch) == part(epoch.epoch - 1):
        return
    text = (
        f"epoch {epoch.epoch:,}/{epoch.epochs:,}  loss {epoch.loss:.4f}  "
        f"validation {_format_accuracy(epoch.validation_accuracy)}  "
        f"{epoch.images_per_second:,.0f} images/s  {_format_duration(_seconds_left(epoch))} left"
    )
    show([line(text)], sys.stderr)


def say_what_is_kept(kept: Kept | None) -> None:
    """After Ctrl-C: what is left of the training, and where."""
    if kept is None:
        note("nothing was learnt yet, and nothing was written")
        return
    best = kept.best
    weights = (
        f"the best weights so far, of epoch {best.epoch:,} of {best.epochs:,} "
        f"(validation {_format_accuracy(best.validation_accuracy)})"
    )
    if kept.path is None:
        note(f"{weights}, could not be written anywhere and are lost", "Warning")
    else:
        note(f"{weights}, are in {printable(str(kept.path), limit=200)}")


def _seconds_left(epoch: Epoch) -> float:
    return epoch.seconds / epoch.epoch * (epoch.epochs - epoch.epoch)


def _format_duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:,} min {rest} s"


def _format_accuracy(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
