"""Predictions as a file for other programs: a row for each image."""

from dataclasses import dataclass
from pathlib import Path

from mnist_cli.evaluation.setup import Setup
from mnist_cli.files.reading import AnyPath
from mnist_cli.files.tables import table_writer

COLUMNS = ("index", "label", "prediction", "confidence", "probabilities")


@dataclass(frozen=True)
class Output:
    """The file that was written, and how many rows it has."""

    output: Path
    rows: int


def compute(setup: Setup, path: AnyPath, overwrite: bool = False) -> Output:
    """Write `COLUMNS` of each image to `path`, ``.csv`` or ``.jsonl``, whole or not at all."""
    labels = setup.data.labels
    with table_writer(path, COLUMNS, overwrite=overwrite) as write:
        for place, found in setup.probabilities():
            indices = range(place.start, place.stop)
            columns = (labels[place], found.argmax(axis=1), found.max(axis=1), found)
            for row in zip(indices, *(column.tolist() for column in columns), strict=True):
                write([dict(zip(COLUMNS, row, strict=True))])
    return Output(Path(path), labels.size)
