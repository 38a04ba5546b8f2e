"""Predictions as a file for other programs: a row for each image."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from mnist_cli.evaluation.predictions import Predictions
from mnist_cli.evaluation.run import Run
from mnist_cli.files import AnyPath
from mnist_cli.tables import table_writer

COLUMNS = ("index", "label", "prediction", "confidence", "probabilities")

_ROWS_AT_A_TIME = 1000


@dataclass(frozen=True)
class Output:
    """The file that was written, and how many rows it has."""

    path: Path
    rows: int


@dataclass(frozen=True)
class OutputView:
    """Write `COLUMNS` of each image to `path`, ``.csv`` or ``.jsonl`` (JSON Lines).

    The file appears whole or not at all.
    """

    name: ClassVar[str] = "output"

    path: AnyPath
    overwrite: bool = False

    def compute(self, run: Run) -> Output:
        """Make the pass and write the rows.

        Raises
        ------
        FileError
            For a file that cannot be written, or is there already and not to be replaced.
        ValueError
            For another suffix.
        """
        with table_writer(self.path, COLUMNS, overwrite=self.overwrite) as write:

            def write_chunk(
                start: int, chunk: Predictions, probabilities: NDArray[np.float32]
            ) -> None:
                columns = (chunk.labels, chunk.predictions, chunk.confidences, probabilities)
                for first in range(0, chunk.labels.size, _ROWS_AT_A_TIME):
                    part = slice(first, first + _ROWS_AT_A_TIME)
                    values = zip(*(column[part].tolist() for column in columns), strict=True)
                    write(
                        dict(zip(COLUMNS, (index, *row), strict=True))
                        for index, row in enumerate(values, start + first)
                    )

            run.predict(each_chunk=write_chunk)
        return Output(Path(self.path), run.data.samples)
