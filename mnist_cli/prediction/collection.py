"""Pictures with their labels -> a data set of one's own, two files in the format of MNIST's."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mnist_cli.datasets.idx import to_idx
from mnist_cli.errors import FileError
from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_writable, write_together
from mnist_cli.prediction.prediction import NoDigit, Prediction, Result
from mnist_cli.prediction.results import Results
from mnist_cli.spec import CLASSES, PAIR


@dataclass(frozen=True)
class CollectedSet:
    """A data set: its files, and what was read; without a label or digit it is only `doubted`."""

    images: Path
    labels: Path
    results: Results
    json_fields: ClassVar = ("images", "labels", "samples", "per_label", "doubted")

    @property
    def members(self) -> list[Prediction]:
        """The digits of the set, in order."""
        predictions = self.results.predictions
        return [one for one in predictions if isinstance(one, Prediction) and one.label is not None]

    @property
    def samples(self) -> int:
        """How many digits there are."""
        return len(self.members)

    @property
    def per_label(self) -> list[int]:
        """How many there are of each digit, 0 to 9."""
        labels = [one.label for one in self.members]
        return [labels.count(digit) for digit in range(CLASSES)]

    @property
    def doubted(self) -> list[dict[str, Any]]:
        """Of what a person should look at, the objects that ``mnist predict`` prints."""
        doubted = replace(self.results, only="doubted")
        return [doubted.document(one) for one in doubted.shown]


def name_files(name: AnyPath, *, overwrite: bool = False) -> tuple[Path, Path]:
    """Return the files of a set ``class``, of images and labels, both of which can be written."""
    if os.path.basename(name) in ("", ".", ".."):  # noqa: PTH119 - Path drops them
        hint = "Name them class, for class-images-idx3-ubyte.gz."
        raise FileError("found a folder, expected a name for two files", source=name, hint=hint)
    images, labels = (Path(each.format(name)) for each in PAIR)
    for path in (images, labels):
        require_writable(path, overwrite=overwrite)
    return images, labels


def collect(results: Iterable[Result], files: tuple[Path, Path]) -> CollectedSet:
    """Choose from what was read, each file once, what a set can have."""
    by_path: dict[str, Result] = {}
    for one in results:
        by_path.setdefault(os.path.realpath(one.source), one)
    told = list(by_path.values())
    for i, one in enumerate(told):
        if isinstance(one, Prediction | NoDigit) and one.label is None:
            told[i] = replace(one, warnings=(*one.warnings, "no label in its name"))
    return CollectedSet(*files, Results(tuple(told)))


def write_set(collected: CollectedSet, *, overwrite: bool = False) -> None:
    """Write both files; neither gets its name before both are whole. Raises `FileError`."""
    images = np.array([one.image for one in collected.members])
    labels = np.array([one.label for one in collected.members], np.uint8)
    contents = {collected.images: to_idx(images), collected.labels: to_idx(labels)}
    write_together(contents, overwrite=overwrite)
