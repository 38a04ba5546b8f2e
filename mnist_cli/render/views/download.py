"""What `mnist download` shows."""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.downloader import Outcome, Reporter
from mnist_cli.files.tables import document
from mnist_cli.render.progress import counted
from mnist_cli.render.text import Line, labelled, line, note, show, stacked, table
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET
from mnist_cli.spec import Progress

_STYLES = {"downloaded": GOOD, "copied": GOOD, "present": GOOD, "damaged": BAD, "missing": BAD}


def list_as_json(files: Iterable[RemoteFile], outcomes: Iterable[Outcome]) -> list[dict[str, Any]]:
    """The document of ``--list --json``."""
    return [
        {
            "name": file.name,
            **document(outcome, "path", "status"),
            **document(file, "bytes", "sha256"),
            "licence": file.origin.licence,
            "mirrors": file.urls(),
        }
        for file, outcome in zip(files, outcomes, strict=True)
    ]


def lines(outcomes: Sequence[Outcome], folder: Path) -> list[Line]:
    """What became of each file; those that failed are named by the error instead."""
    outcomes = [outcome for outcome in outcomes if outcome.status != "failed"]
    if not outcomes:
        return []
    rows = (
        (each.name, (each.status, _STYLES[each.status]), f"{each.bytes:,}" if each.bytes else "")
        for each in outcomes
    )
    # Of an address, too, this is what stands before the file's name.
    sources = dict.fromkeys(os.path.dirname(each.source or "") for each in outcomes)  # noqa: PTH120
    pairs = [*(("from", source) for source in sources), ("folder", str(folder))]
    return stacked(table(["file", "status", ">bytes"], rows), labelled(pairs, 8))


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
    rows = (
        (file.name, f"{file.bytes:,}", (outcome.status, _STYLES[outcome.status]))
        for file, outcome in zip(files, outcomes, strict=True)
    )
    blocks = [table(["file", ">bytes", "status"], rows)]
    for origin in dict.fromkeys(file.origin for file in files):
        pairs = [("licence", origin.licence), *(("at", f"{base}/") for base in origin.mirrors)]
        names = [line(file.remote_name) for file in files if file.origin == origin]
        blocks.append([*names, *labelled(pairs, 8)])
    return stacked(*blocks, labelled([("folder", folder)], 8))


@contextmanager
def watching(quiet: bool) -> Iterator[Reporter]:
    """Yield what `download` reports to: a line a file, and a bar for a person who waits for it."""
    with counted("kB", quiet=quiet) as update:
        yield Reporter() if quiet else _Watched(update)


class _Watched(Reporter):
    """A line for each file that comes in, and for each place that it comes from."""

    def __init__(self, update: Progress) -> None:
        self._update = update
        self._last = ("", "")

    def note(self, text: str) -> None:
        note(text)

    def advance(self, file: RemoteFile, source: str, done: int) -> None:
        if self._last != (file.name, source):
            self._last = (file.name, source)
            show([line(f"{file.name}: {file.bytes:,} bytes from {source}")], sys.stderr)
        self._update(done // 1000, file.bytes // 1000)
