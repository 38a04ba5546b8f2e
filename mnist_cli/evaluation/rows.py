"""Answers as a table to keep: a row for each image."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mnist_cli.evaluation.predictions import AnsweredPiece, Consumer
from mnist_cli.files import AnyPath, atomic_writer
from mnist_cli.spec import CLASSES

Row = tuple[int, int, int, float, list[float]]

_CSV_HEAD = ("index", "label", "prediction", "confidence", *(f"p{i}" for i in range(CLASSES)))
_JSON_NAMES = ("index", "label", "prediction", "confidence", "probabilities")
_ROWS_AT_A_TIME = 1000


@contextmanager
def row_writer(path: AnyPath, *, overwrite: bool = False) -> Iterator[Consumer]:
    """Yield a consumer that writes a row for each image: ``.csv``, or ``.jsonl`` (JSON Lines).

    A row has index, label, prediction, confidence and the ten probabilities. The file appears whole
    when the block ends, or not at all. Raises `FileError`, and `ValueError` for another suffix.
    """
    formats = {".csv": (_csv([_CSV_HEAD]), _csv_rows), ".jsonl": ("", _json_rows)}
    suffix = Path(path).suffix.lower()
    if suffix not in formats:
        raise ValueError(f"got a file name that ends in {suffix!r}, takes {' '.join(formats)}")
    head, formatted = formats[suffix]
    with atomic_writer(path, overwrite=overwrite) as file:
        file.write(head.encode())
        yield lambda piece: _write(file, formatted, piece)


def _write(file: BinaryIO, formatted: Callable[[list[Row]], str], piece: AnsweredPiece) -> None:
    columns = (piece.labels, piece.predictions, piece.confidences, piece.probabilities)
    for first in range(0, piece.labels.size, _ROWS_AT_A_TIME):
        values = [column[first : first + _ROWS_AT_A_TIME].tolist() for column in columns]
        indices = range(piece.start + first, piece.start + first + len(values[0]))
        file.write(formatted(list(zip(indices, *values, strict=True))).encode())


def _csv_rows(rows: list[Row]) -> str:
    return _csv((*row, *probabilities) for *row, probabilities in rows)


def _csv(rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def _json_rows(rows: list[Row]) -> str:
    return "".join(json.dumps(dict(zip(_JSON_NAMES, row, strict=True))) + "\n" for row in rows)
