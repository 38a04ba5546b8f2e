"""What `mnist download --list` shows: all that can be fetched, and what of it is there."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.downloads.downloader import Outcome
from mnist_cli.files.tables import document
from mnist_cli.render.layout import entries, stacked, table
from mnist_cli.render.text import Line, line
from mnist_cli.render.views.download import status


def as_json(
    files: Iterable[RemoteFile], outcomes: Iterable[Outcome], _folder: Path
) -> list[dict[str, Any]]:
    """The document of ``--json``."""
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


def lines(files: Sequence[RemoteFile], outcomes: Sequence[Outcome], folder: Path) -> list[Line]:
    """The files, how large they are, whether they are there, and where they come from."""
    both = zip(files, outcomes, strict=True)
    rows = ((file.name, f"{file.bytes:,}", status(outcome)) for file, outcome in both)
    blocks = [table(["file", ">bytes", "status"], rows)]
    for origin in dict.fromkeys(file.origin for file in files):
        pairs = [("licence", origin.licence), *(("at", f"{base}/") for base in origin.mirrors)]
        names = [line(file.remote_name) for file in files if file.origin == origin]
        blocks.append([*names, *entries(pairs, 8)])
    return stacked(*blocks, entries([("folder", folder)], 8))
