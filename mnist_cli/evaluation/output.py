"""Predictions as a file for other programs: a row for each image."""

from dataclasses import dataclass
from pathlib import Path

from mnist_cli.evaluation.run import Run
from mnist_cli.files import AnyPath
from mnist_cli.tables import table_writer

COLUMNS = ("index", "label", "prediction", "confidence", "probabilities")


@dataclass(frozen=True)
class Output:
    """The file that was written, and how many rows it has."""

    path: Path
    rows: int


def compute(run: Run, path: AnyPath, overwrite: bool = False) -> Output:
    """Write `COLUMNS` of each image to `path`, ``.csv`` or ``.jsonl`` (JSON Lines).

    The file appears whole or not at all. Raises `MnistError` for a file that cannot be written, or
    is there already and not to be replaced, and `ValueError` for another suffix.
    """
    with table_writer(path, COLUMNS, overwrite=overwrite) as write:
        for place, labels, probabilities in run.probabilities():
            for i, (label, row) in enumerate(zip(labels.tolist(), probabilities, strict=True)):
                prediction = int(row.argmax())
                values = row.tolist()
                cells = (place.start + i, label, prediction, values[prediction], values)
                write([dict(zip(COLUMNS, cells, strict=True))])
    return Output(Path(path), run.data.samples)
