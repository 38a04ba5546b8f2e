"""A progress bar on standard error, for a person who watches and only when it takes a while."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

PATIENCE = 1.0  # seconds before a bar appears


@contextmanager
def counted(noun: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that draws a bar once more than a second has passed."""
    if not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda _done, _total: None
        return
    started = time.monotonic()
    with ExitStack() as shown:
        draw: Callable[[int, int], None] | None = None

        def update(done: int, total: int) -> None:
            nonlocal draw
            if draw is None and time.monotonic() - started >= PATIENCE:
                draw = shown.enter_context(_bar(noun))
            if draw is not None:
                draw(done, total)

        yield update


@contextmanager
def _bar(noun: str) -> Iterator[Callable[[int, int], None]]:
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
