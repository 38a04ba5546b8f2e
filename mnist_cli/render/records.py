"""Predictions as files for other programs: a table (.csv) or a line of JSON each (.jsonl)."""

import csv
import io
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mnist_cli.errors import printable
from mnist_cli.files import AnyPath, write_bytes
from mnist_cli.prediction.batch import Unread
from mnist_cli.prediction.prediction import Prediction
from mnist_cli.render.views import predict

SUFFIXES = (".csv", ".jsonl")

_LONGEST_ESCAPE = len(r"\U0010ffff")
_COLUMNS = (
    *("source", "part", "digit", "confidence"),
    *(f"p{digit}" for digit in range(10)),
    *("preprocessed", "warnings", "label", "correct", "error"),
)


def write_records(
    path: AnyPath, results: Iterable[Prediction | Unread], *, overwrite: bool = False
) -> None:
    """Write one record for each result, in the form that the suffix of the file names.

    Raises `FileError`, and `ValueError` for another suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"got a file name that ends in {suffix!r}, takes {' '.join(SUFFIXES)}")
    documents = map(predict.as_json, results)
    text = _csv(documents) if suffix == ".csv" else _json_lines(documents)
    write_bytes(path, text.encode(), overwrite=overwrite)


def _json_lines(documents: Iterable[dict[str, Any]]) -> str:
    return "".join(json.dumps(document, allow_nan=False) + "\n" for document in documents)


def _csv(documents: Iterable[dict[str, Any]]) -> str:
    file = io.StringIO()
    table = csv.DictWriter(file, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    table.writeheader()
    for document in documents:
        probabilities = document.get("probabilities") or ()
        row = document | {f"p{digit}": value for digit, value in enumerate(probabilities)}
        row["warnings"] = "; ".join(document.get("warnings", ()))
        table.writerow({name: _cell(row.get(name)) for name in _COLUMNS})
    return file.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return printable(value, limit=_LONGEST_ESCAPE * len(value))  # escaped, but never cut
    return value
