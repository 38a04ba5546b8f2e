"""Predictions as a file for other programs: a table (.csv), or a line of JSON each (.jsonl)."""

import codecs
import csv
import io
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from functools import partial
from itertools import chain, islice
from typing import Any, BinaryIO

from mnist_cli.errors import printable
from mnist_cli.files.reading import AnyPath, cannot
from mnist_cli.files.writing import atomic_writer, require_suffix
from mnist_cli.spec import CLASSES

SUFFIXES = (".csv", ".jsonl")
STANDARD_OUTPUT = "-"

Row = Mapping[str, Any]

_PIECES = 200_000  # of a document, such as numbers, that are in memory at once
_BLOCK = 1 << 16  # bytes that are printed at once

_PROBABILITIES = [f"p{digit}" for digit in range(CLASSES)]


@contextmanager
def table_writer(
    path: AnyPath, columns: Sequence[str], *, overwrite: bool = False
) -> Iterator[Callable[[Iterable[Row]], None]]:
    """Yield what writes rows: to ``.jsonl`` as they are, to ``.csv`` and ``-`` the `columns`."""
    as_csv = path == STANDARD_OUTPUT or require_suffix(path, SUFFIXES) == ".csv"
    with _opened(path, overwrite) as file:
        text = io.TextIOWrapper(file, "utf-8", newline="")
        table = csv.writer(text, lineterminator="\n")

        def write(rows: Iterable[Row]) -> None:
            if as_csv:
                table.writerows(_cells(columns, row) for row in rows)
            else:
                as_json = partial(json.dumps, allow_nan=False, default=_plain)
                text.writelines(f"{as_json(row)}\n" for row in rows)

        if as_csv:
            write([dict(zip(columns, columns, strict=True)) | {"probabilities": _PROBABILITIES}])
        yield write
        text.detach()


def print_json(document: Any) -> None:
    """Print a document once all of it is made, in parts, as it may be larger than memory."""
    encoder = json.JSONEncoder(indent=2, allow_nan=False, default=_plain)
    pieces = chain(encoder.iterencode(document), "\n")
    parts = iter(lambda: "".join(islice(pieces, _PIECES)), "")
    first = next(parts)
    second = next(parts, "")
    if not second:
        sys.stdout.write(first)
        sys.stdout.flush()  # a full disk is noticed here and not when Python shuts down
        return
    with _opened(STANDARD_OUTPUT, overwrite=False) as file:
        for part in chain((first, second), parts):
            file.write(part.encode())


def document(result: Any, *names: str) -> dict[str, Any]:
    """A result as an object of JSON: its `names`, else its ``json_fields``, else all fields."""
    own: tuple[str, ...] = getattr(result, "json_fields", ())
    chosen = names or own or [field.name for field in fields(result)]
    return {name: getattr(result, name) for name in chosen}


def _plain(value: Any) -> Any:
    """What JSON knows: a result is its `document`, an array a list."""
    if callable(value):
        return value()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if not hasattr(value, "tolist"):
        return document(value)
    import numpy as np

    numbers = np.asarray(value)
    unknown = ~np.isfinite(numbers)  # NaN and infinity, which JSON does not know
    if unknown.any():
        numbers = numbers.astype(object)
        numbers[unknown] = None
    return numbers.tolist()


@contextmanager
def _opened(path: AnyPath, overwrite: bool) -> Iterator[BinaryIO]:
    if path != STANDARD_OUTPUT:
        with atomic_writer(path, overwrite=overwrite) as file:
            yield file
        return
    import tempfile

    try:
        with tempfile.TemporaryFile() as kept:  # when something fails, nothing is printed
            yield kept
            kept.seek(0)
            blocks = iter(partial(kept.read, _BLOCK), b"")
            for text in codecs.iterdecode(blocks, "utf-8"):
                sys.stdout.write(text)
            sys.stdout.flush()
    except OSError as error:
        raise cannot("write", "temporary file", error) from None


def _cells(columns: Sequence[str], row: Row) -> list[object]:
    cells: list[object] = []
    for name in columns:
        value = row.get(name)
        if name == "probabilities":
            cells += value or [""] * CLASSES
        elif isinstance(value, bool):
            cells.append("true" if value else "false")
        else:
            if isinstance(value, (list, tuple)):
                value = "; ".join(map(str, value))
            if isinstance(value, str):  # escaped, but never cut
                value = printable(value, limit=None)
            cells.append(value)
    return cells
