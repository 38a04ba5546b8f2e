"""What `mnist download` shows."""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.downloader import Outcome, Reporter
from mnist_cli.errors import printable
from mnist_cli.render.text import Line, Span, line, note, show, table
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET, TITLE

if TYPE_CHECKING:
    from rich.progress import Progress

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
        ]
        for outcome in outcomes
    ]
    sources: dict[str, list[str]] = {}
    for outcome in outcomes:
        sources.setdefault(_whence(outcome, folder), []).append(outcome.name)
    result = [*table(["file", "status", "bytes"], rows, "<<>"), []]
    for source, names in sources.items():
        if source:
            result.append(_labelled("from", source))
            result += [_labelled("", name) for name in names if len(sources) > 1]
    return [*result, _labelled("folder", printable(str(folder), limit=400))]


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
        [(file.name, TITLE), f"{file.bytes:,}", (outcome.status, _STYLES[outcome.status])]
        for file, outcome in zip(files, outcomes, strict=True)
    ]
    return [
        *table(["file", "bytes", "status"], rows, "<><"),
        [],
        *_origins(files),
        _labelled("folder", printable(str(folder), limit=400)),
    ]


def _origins(files: Iterable[RemoteFile]) -> list[Line]:
    """For files that come from the same place: their licence, and the mirrors."""
    served: dict[tuple[str, tuple[str, ...]], list[RemoteFile]] = {}
    for file in files:
        served.setdefault((file.licence, file.mirrors), []).append(file)
    result: list[Line] = []
    for (licence, mirrors), group in served.items():
        result += [line(file.remote_name) for file in group]
        result.append(_labelled("licence", licence))
        result += [_labelled("at", f"{base}/") for base in mirrors]
        result.append([])
    return result


def _labelled(label: str, value: str) -> Line:
    return line((f"{label:8}", QUIET), value)


def _whence(outcome: Outcome, folder: Path) -> str:
    if outcome.source is not None:
        return printable(os.path.dirname(outcome.source), limit=200)  # noqa: PTH120 - or an address
    if outcome.path is None or outcome.path == folder / outcome.name:
        return ""
    return printable(outcome.path.name)


@contextmanager
def watching(quiet: bool) -> Iterator[Reporter]:
    """Yield what `download` reports to: a bar for a person who watches, else a line a file."""
    if quiet:
        yield Reporter()
    elif not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield _Lines()
    else:
        with _bar() as progress:
            yield _Bar(progress)


class _Lines(Reporter):
    """A line for each file that comes in, and for each place that it comes from."""

    def __init__(self) -> None:
        self._last = ("", "")

    def note(self, text: str) -> None:
        note(text)

    def advance(self, file: RemoteFile, source: str, done: int) -> None:  # noqa: ARG002
        if self._last != (file.name, source):
            self._last = (file.name, source)
            whence = printable(source, limit=200)
            show([line(f"{file.name}: {file.bytes:,} bytes from {whence}")], sys.stderr)


class _Bar(_Lines):
    """A bar for the file that comes in; notes are written above it."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task = progress.add_task("", visible=False)
        self._file = ("", 0)

    def advance(self, file: RemoteFile, source: str, done: int) -> None:  # noqa: ARG002
        name, before = self._file
        if name != file.name or done < before:  # another file, or another attempt
            self._progress.reset(self._task, description=file.name, total=file.bytes, visible=True)
        self._file = (file.name, done)
        self._progress.update(self._task, completed=done)


def _bar() -> "Progress":
    from rich import progress
    from rich.console import Console

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(bar_width=20),
        progress.DownloadColumn(),
        progress.TransferSpeedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
