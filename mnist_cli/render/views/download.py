"""What `mnist download` shows."""

import os
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.downloader import Outcome
from mnist_cli.render.layout import entries, stacked, table
from mnist_cli.render.progress import counted
from mnist_cli.render.text import Line, Span, line, note, show
from mnist_cli.render.theme import ACCENT, BAD, GOOD


def lines(outcomes: Sequence[Outcome], folder: Path, going_on: str = "") -> list[Line]:
    """What became of each file but those that failed, which an error names, and what to do next."""
    outcomes = [outcome for outcome in outcomes if outcome.status != "failed"]
    if not outcomes:
        return []
    rows = ((each.name, status(each), f"{each.bytes:,}" if each.bytes else "") for each in outcomes)
    # Of an address, too, this is what stands before the file's name.
    sources = dict.fromkeys(os.path.dirname(each.source or "") for each in outcomes)  # noqa: PTH120
    pairs = [*(("from", source) for source in sources), ("folder", folder)]
    pairs.append(("next", going_on and (going_on, ACCENT)))
    return stacked(table(["file", "status", ">bytes"], rows), entries(pairs, 8))


def status(outcome: Outcome) -> Span:
    """What became of a file, in one word."""
    return outcome.status, BAD if outcome.status in ("damaged", "missing") else GOOD


def next_command(files: Iterable[RemoteFile], data_dir: str | None) -> str:
    """The command to go on with when all is well."""
    groups = {file.group for file in files}
    command = "mnist eval --batch-size 100"
    if "weights" in groups:
        command = "mnist eval --weights sample_weight.pkl --batch-size 100"
    elif "train" in groups:
        command = "mnist train"
    return command if data_dir is None else f"{command} --data-dir {shlex.quote(data_dir)}"


@contextmanager
def watching(quiet: bool) -> Iterator[dict[str, Any]]:
    """Yield what `download` tells: a line a file and place, and a bar for a person who waits."""
    last = ("", "")
    with counted("kB", quiet=quiet) as update:

        def advance(file: RemoteFile, source: str, done: int) -> None:
            nonlocal last
            if last != (file.name, source):
                last = (file.name, source)
                show([line(f"{file.name}: {file.bytes:,} bytes from {source}")], sys.stderr)
            update(done // 1000, file.bytes // 1000)

        yield {} if quiet else {"note": note, "advance": advance}
