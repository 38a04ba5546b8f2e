"""What `mnist download` shows."""

import os
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.downloader import Advanced, Event, Finished, Noted, Outcome, Started
from mnist_cli.errors import printable
from mnist_cli.render.text import Line, Span, line, note, show, table
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET, TITLE

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_STYLES = {"downloaded": GOOD, "copied": GOOD, "present": GOOD, "damaged": BAD, "missing": BAD}


def as_json(outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The document of ``--json``; ``error`` only where there is one."""
    return [
        {
            "name": outcome.name,
            "path": None if outcome.path is None else str(outcome.path),
            "status": outcome.status,
            "bytes": outcome.bytes,
            "sha256": outcome.sha256,
            "source": outcome.source,
            **({} if outcome.error is None else {"error": outcome.error}),
        }
        for outcome in outcomes
    ]


def list_as_json(files: Iterable[RemoteFile], outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The document of ``--list --json``."""
    return [
        {
            "name": file.name,
            "path": None if outcome.path is None else str(outcome.path),
            "status": outcome.status,
            "bytes": file.bytes,
            "sha256": file.sha256,
            "licence": file.licence,
            "mirrors": list(file.urls()),
        }
        for file, outcome in zip(files, outcomes, strict=True)
    ]


def lines(outcomes: Sequence[Outcome], folder: Path) -> list[Line]:
    """What became of each file; those that failed are named by the error instead."""
    outcomes = [outcome for outcome in outcomes if outcome.status != "failed"]
    if not outcomes:
        return []
    rows: list[list[str | Span]] = [
        [
            (outcome.name, TITLE),
            (outcome.status, _STYLES[outcome.status]),
            "" if outcome.bytes is None else f"{outcome.bytes:,}",
            (_whence(outcome, folder), QUIET),
        ]
        for outcome in outcomes
    ]
    columns = 4 if any(_whence(outcome, folder) for outcome in outcomes) else 3
    head = ["file", "status", "bytes", "from"]
    body = table(head[:columns], [row[:columns] for row in rows], "<<><"[:columns])
    return [*body, [], _folder(folder)]


def next_step(files: Iterable[RemoteFile], data_dir: str | None) -> list[Line]:
    """The command to go on with."""
    groups = {file.group for file in files}
    command = "mnist eval --batch-size 100"
    if "weights" in groups:
        command = "mnist eval --weights sample_weight.pkl --batch-size 100"
    elif "train" in groups:
        command = "mnist train"
    where = "" if data_dir is None else f" --data-dir {shlex.quote(data_dir)}"
    return [line(("next    ", QUIET), (command + where, ACCENT))]


def list_lines(
    files: Sequence[RemoteFile], outcomes: Sequence[Outcome], folder: Path
) -> list[Line]:
    """The files, how large they are, whether they are there, and where they come from."""
    rows: list[list[str | Span]] = [
        [
            (file.name, TITLE),
            f"{file.bytes:,}",
            (outcome.status, _STYLES[outcome.status]),
            (file.licence, QUIET),
        ]
        for file, outcome in zip(files, outcomes, strict=True)
    ]
    return [
        *table(["file", "bytes", "status", "licence"], rows, "<><<"),
        [],
        *_mirror_lines(files),
        _folder(folder),
    ]


def _mirror_lines(files: Iterable[RemoteFile]) -> list[Line]:
    served: dict[tuple[str, ...], list[RemoteFile]] = {}
    for file in files:
        served.setdefault(file.mirrors, []).append(file)
    result: list[Line] = []
    for mirrors, group in served.items():
        result.append(line(("mirrors of", QUIET)))
        result += [line(f"  {file.remote_name}") for file in group]
        result.append(line(("at", QUIET)))
        result += [line(f"  {base}/") for base in mirrors]
        result.append([])
    return result


def _folder(folder: Path) -> Line:
    return line(("folder  ", QUIET), printable(str(folder), limit=400))


def _whence(outcome: Outcome, folder: Path) -> str:
    if outcome.source is not None:
        whole = outcome.status != "downloaded"  # an address ends in the file's name anyhow
        return printable(outcome.source if whole else outcome.source.rpartition("/")[0], limit=200)
    if outcome.path is None or outcome.path == folder / outcome.name:
        return ""
    return printable(outcome.path.name)


@contextmanager
def watching(quiet: bool) -> Iterator[Callable[[Event], None]]:
    """Yield what `download` reports to: bars for a person who watches, else a line a file."""
    if quiet:
        yield lambda _: None
    elif not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _say
    else:
        with _bars() as progress:
            yield _Board(progress).update


def _say(event: Event) -> None:
    if isinstance(event, Noted):
        note(event.text)
    elif isinstance(event, Started):
        whence = printable(event.source, limit=200)
        show([line(f"{event.file.name}: {event.file.bytes:,} bytes from {whence}")], sys.stderr)


class _Board:
    """A bar for each file that comes in, and one for all of them together."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._bars: dict[str, TaskID] = {}
        self._done: dict[str, int] = {}
        self._total: dict[str, int] = {}
        self._sum = progress.add_task("total", total=None, visible=False)

    def update(self, event: Event) -> None:
        if isinstance(event, Noted):
            from rich.text import Text

            text = Text.assemble(("Note: ", ACCENT), event.text)
            self._progress.console.print(text, soft_wrap=True)
        elif isinstance(event, Started):
            self._start(event.file)
        elif isinstance(event, Advanced):
            self._done[event.file.name] = event.done
            self._progress.update(self._bars[event.file.name], completed=event.done)
            self._progress.update(self._sum, completed=sum(self._done.values()))
        elif isinstance(event, Finished):
            self._finish(event.outcome)

    def _start(self, file: RemoteFile) -> None:
        if file.name in self._bars:
            self._progress.reset(self._bars[file.name])
        else:
            self._bars[file.name] = self._progress.add_task(file.name, total=file.bytes)
            self._total[file.name] = file.bytes
        self._done[file.name] = 0
        several = len(self._bars) > 1
        self._progress.update(self._sum, total=sum(self._total.values()), visible=several)

    def _finish(self, outcome: Outcome) -> None:
        if outcome.status == "failed" and outcome.name in self._bars:
            self._progress.remove_task(self._bars.pop(outcome.name))
            del self._done[outcome.name], self._total[outcome.name]
            self._progress.update(
                self._sum, total=sum(self._total.values()), completed=sum(self._done.values())
            )


def _bars() -> "Progress":
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TextColumn,
        TransferSpeedColumn,
    )

    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        DownloadColumn(),
        TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
