"""Progress on standard error, for a person who watches: a bar, only when it takes a while."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from mnist_cli.spec import Progress, ignore

PATIENCE = 1.0  # seconds before a bar appears


def is_watched() -> bool:
    """Whether what is drawn can be drawn anew: on standard error, and by the code of a notebook."""
    if "JPY_PARENT_PID" in os.environ:  # Jupyter, whose terminal for `!mnist` keeps what was drawn
        return "ipykernel" in sys.modules
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


@contextmanager
def counted(noun: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Yield what draws a bar once more than a second has passed, unless `quiet`."""
    if quiet or not is_watched():
        yield ignore
        return
    started = time.monotonic()
    with ExitStack() as shown:
        draw: Progress = ignore

        def update(done: int, total: int) -> None:
            nonlocal draw
            if draw is ignore and time.monotonic() - started >= PATIENCE:
                draw = shown.enter_context(_bar(noun))
            draw(done, total)

        yield update


@contextmanager
def _bar(noun: str) -> Iterator[Progress]:
    """A bar with the count and the time that is left, removed at the end."""
    from rich import progress
    from rich.console import Console

    with progress.Progress(
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn(noun),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("")
        yield lambda done, total: bar.update(task, completed=done, total=total)
