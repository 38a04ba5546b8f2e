"""A progress bar on standard error, for a person who watches and only when it takes a while."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from mnist_cli.render.text import colors_wanted

PATIENCE = 1.0  # seconds before a bar appears
_PAUSE = 0.1  # seconds between two plain lines


class _Display(Protocol):
    def update(self, done: int, total: int) -> None: ...

    def close(self) -> None: ...


@contextmanager
def counted(noun: str) -> Iterator[Callable[[int, int], None]]:
    """Yield a function of (done, total) that draws a bar once more than a second has passed."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    started = time.monotonic()
    display: _Display | None = None

    def update(done: int, total: int) -> None:
        nonlocal display
        if display is None:
            if time.monotonic() - started < PATIENCE:
                return
            plain = not colors_wanted() or os.environ.get("TERM") == "dumb"
            display = _Count(noun) if plain else _Bar(noun)
        display.update(done, total)

    try:
        yield update
    finally:
        if display is not None:
            display.close()


class _Count:
    """A line that writes over itself, without escape sequences."""

    def __init__(self, noun: str) -> None:
        self._noun = noun
        self._width = 0
        self._next = 0.0

    def update(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _PAUSE
            self._write(f"{done}/{total} {self._noun}")

    def close(self) -> None:
        self._write("")
        sys.stderr.write("\r")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text:<{self._width}}")
        sys.stderr.flush()
        self._width = len(text)


class _Bar:
    """A bar with the time that is left."""

    def __init__(self, noun: str) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress: Any = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(noun),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._progress.add_task("")
        self._progress.start()

    def update(self, done: int, total: int) -> None:
        self._progress.update(self._task, completed=done, total=total)

    def close(self) -> None:
        self._progress.stop()
