"""Predictions as a file for other programs: a table (.csv), or a line of JSON each (.jsonl)."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from mnist_cli.checks import require_suffix
from mnist_cli.errors import printable
from mnist_cli.files import AnyPath, atomic_writer
from mnist_cli.spec import CLASSES

SUFFIXES = (".csv", ".jsonl")

Row = Mapping[str, Any]

_PROBABILITIES = tuple(f"p{digit}" for digit in range(CLASSES))


@contextmanager
def table_writer(
    path: AnyPath, columns: Sequence[str], *, overwrite: bool = False
) -> Iterator[Callable[[Iterable[Row]], None]]:
    """Yield a function that writes rows; the file appears whole when the block ends, or not at all.

    A ``.jsonl`` file gets each row as it is. A ``.csv`` file gets its `columns`, of which
    ``probabilities`` becomes ten, ``p0`` to ``p9``. Raises `FileError`, and `ValueError` for
    another suffix.
    """
    as_csv = require_suffix(path, SUFFIXES) == ".csv"
    with atomic_writer(path, overwrite=overwrite) as file:

        def write(rows: Iterable[Row]) -> None:
            text = _csv(columns, rows) if as_csv else _json_lines(rows)
            file.write(text.encode())

        if as_csv:
            file.write(_csv_line(_heads(columns)).encode())
        yield write


def _json_lines(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, allow_nan=False) + "\n" for row in rows)


def _csv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    return "".join(
        _csv_line(cell for name in columns for cell in _cells(name, row.get(name))) for row in rows
    )


def _csv_line(cells: Iterable[object]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _heads(columns: Sequence[str]) -> list[str]:
    return [
        head
        for name in columns
        for head in (_PROBABILITIES if name == "probabilities" else (name,))
    ]


def _cells(name: str, value: Any) -> Sequence[object]:
    if name == "probabilities":
        return value or ("",) * CLASSES
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (list, tuple)):
        value = "; ".join(map(str, value))
    if isinstance(value, str):  # escaped, but never cut
        value = printable(value, limit=None)
    return (value,)
