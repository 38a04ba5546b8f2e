"""Progress on standard error, for a person who watches: a bar, only when it takes a while."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec

from mnist_cli.spec import Progress, ignore

PATIENCE = 1.0  # seconds before a bar appears


def is_watched() -> bool:
    """Whether what is drawn can be drawn anew: on standard error, and by widgets of a notebook."""
    if "JPY_PARENT_PID" in os.environ:  # Jupyter
        return _in_notebook() and find_spec("ipywidgets") is not None
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


def _in_notebook() -> bool:
    """And not by its ``!mnist``, whose output keeps all that was drawn."""
    return "JPY_PARENT_PID" in os.environ and "ipykernel" in sys.modules


@contextmanager
def counted(noun: str, *, quiet: bool = False) -> Iterator[Progress]:
    """Yield what draws a bar once more than a second has passed, unless `quiet`."""
    shows = _bar if is_watched() else _count if _in_notebook() else None
    if quiet or shows is None:
        yield ignore
        return
    started = time.monotonic()
    with ExitStack() as shown:
        draw: Progress = ignore

        def update(done: int, total: int) -> None:
            nonlocal draw
            if draw is ignore and time.monotonic() - started >= PATIENCE:
                draw = shown.enter_context(shows(noun))
            draw(done, total)

        yield update


@contextmanager
def _count(noun: str) -> Iterator[Progress]:
    """The count as text that is written over, where a notebook has no widgets for a bar."""
    yield lambda done, total: print(f"\r{done:,} of {total:,} {noun}", end="", file=sys.stderr)
    print(file=sys.stderr)


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
