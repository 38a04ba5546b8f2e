"""What `mnist predict --show-steps` adds, and the pictures that it writes to files."""

import io
from collections.abc import Sequence
from itertools import count, zip_longest
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import MnistError
from mnist_cli.files import AnyPath, cannot, write_bytes
from mnist_cli.handwriting.steps import Step
from mnist_cli.prediction.prediction import Prediction
from mnist_cli.prediction.sources import STANDARD_INPUT
from mnist_cli.render.fitting import wrap
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Line, beside, line
from mnist_cli.render.theme import QUIET, TITLE

_SIDE = 24  # pixels of the longer side of a picture: as many characters, half as many lines
_GAP = 2  # between two
_LONGEST_NAME = 50  # characters of a source in the name of a file, at most 255 bytes


def lines(steps: Sequence[Step], columns: int) -> list[Line]:
    """Small pictures side by side, and below them what each step did; fits into `columns`."""
    a_row = (columns + _GAP) // (_SIDE + _GAP)
    rows = [
        spans
        for first in range(0, len(steps), a_row)
        for spans in (*_row(steps[first : first + a_row]), [])
    ]
    indent = max(len(step.name) for step in steps) + 2
    told = [
        line((f"{name:<{indent}}", TITLE), text)
        for step in steps
        for name, text in zip_longest((step.name,), wrap(step.done, columns - indent), fillvalue="")
    ]
    return [*rows, *told]


def write_digits(
    path: AnyPath, predictions: Sequence[Prediction], *, overwrite: bool = False
) -> None:
    """Write what the net saw: one digit to a ``.png`` file, any number into a folder.

    Raises
    ------
    FileError
        Where a file cannot be written or, without `overwrite`, exists already.
    MnistError
        For a file, where there is not one digit.
    """
    found = [prediction for prediction in predictions if not prediction.empty]
    if not found and predictions:
        raise MnistError(f"there is no digit to save: {predictions[0].empty}")
    if Path(path).suffix.lower() == ".png":
        if len(found) != 1:
            raise MnistError(
                f"found {len(found)} digits, a .png file takes one",
                hint="Name a folder for them: --save-digit DIR.",
            )
        _write_png(path, found[0].image, overwrite)
        return
    _make_folder(path)
    taken: set[str] = set()
    for prediction in found:
        _write_png(Path(path, _file_name(prediction, taken)), prediction.image, overwrite)


def _file_name(prediction: Prediction, taken: set[str]) -> str:
    """A name that says where the digit comes from and that no other one has."""
    stem = Path(prediction.source).stem.replace(" ", "-")[:_LONGEST_NAME]
    stem = "picture" if prediction.source == STANDARD_INPUT else stem
    first = stem if prediction.part is None else f"{stem}-{prediction.part}"
    name = first
    for again in count(2):
        if name.lower() not in taken:  # small letters: some file systems know no others
            break
        name = f"{first}-{again}"
    taken.add(name.lower())
    return f"{name}.png"


def _write_png(path: AnyPath, image: NDArray[np.uint8], overwrite: bool) -> None:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    write_bytes(path, content.getvalue(), overwrite=overwrite)


def write_steps(
    folder: AnyPath, predictions: Sequence[Prediction], *, overwrite: bool = False
) -> None:
    """Write ``1-picture.png``, ``2-ink.png`` ... into a folder; for each of several, into its own.

    Raises
    ------
    FileError
        Where a file cannot be written or, without `overwrite`, exists already.
    """
    for number, prediction in enumerate(predictions, start=1):
        place = Path(folder) if len(predictions) == 1 else Path(folder, str(number))
        _make_folder(place)
        for position, step in enumerate(prediction.steps, start=1):
            name = f"{position}-{step.name.replace(' ', '-')}.png"
            _write_png(place / name, step.picture, overwrite)


def _make_folder(path: AnyPath) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise cannot("make", path, error) from None


def _row(steps: Sequence[Step]) -> list[Line]:
    row: list[Line] = []
    for step in steps:
        shown = picture(thumbnail(step.picture, _SIDE))
        row = beside(row, [line((f"{step.name:<{_SIDE}}", QUIET)), *shown], " " * _GAP)
    return row


def thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[Any]:
    """A (H, W) or (H, W, 3) uint8 picture in gray, the longer side at most `side` pixels."""
    from PIL import Image

    small = Image.fromarray(image).convert("L")
    small.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(small)
