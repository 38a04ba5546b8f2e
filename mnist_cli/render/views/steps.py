"""What `mnist predict --show-steps` adds, and the pictures that it writes to files."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import FileError
from mnist_cli.files import AnyPath, write_bytes
from mnist_cli.handwriting.steps import Step
from mnist_cli.prediction.prediction import Prediction
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Line, beside, line
from mnist_cli.render.theme import QUIET, TITLE

_SIDE = 24  # pixels of the longer side of a picture: as many characters, half as many lines
_A_ROW = 3  # pictures, so that a row fits into 80 columns


def lines(steps: Sequence[Step]) -> list[Line]:
    """Small pictures side by side, and below them what each step did."""
    rows = [
        spans
        for first in range(0, len(steps), _A_ROW)
        for spans in (*_row(steps[first : first + _A_ROW]), [])
    ]
    width = max(len(step.name) for step in steps)
    told = [line((f"{step.name:<{width}}  ", TITLE), step.done) for step in steps]
    return [*rows, *told]


def write_digit(path: AnyPath, image: NDArray[np.uint8], *, overwrite: bool = False) -> None:
    """Write a (H, W) or (H, W, 3) uint8 picture as PNG. Raises `FileError`."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    write_bytes(path, content.getvalue(), overwrite=overwrite)


def write_steps(
    folder: AnyPath, predictions: Sequence[Prediction], *, overwrite: bool = False
) -> None:
    """Write ``1-picture.png``, ``2-ink.png`` ... into a folder; for each of several, into its own.

    Raises `FileError`.
    """
    for number, prediction in enumerate(predictions, start=1):
        place = Path(folder) if len(predictions) == 1 else Path(folder, str(number))
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = (error.strerror or "it failed").lower()
            raise FileError(f"cannot make this folder: {reason}", source=place) from None
        for count, step in enumerate(prediction.steps, start=1):
            name = f"{count}-{step.name.replace(' ', '-')}.png"
            write_digit(place / name, step.picture, overwrite=overwrite)


def _row(steps: Sequence[Step]) -> list[Line]:
    row: list[Line] = []
    for step in steps:
        shown = picture(thumbnail(step.picture, _SIDE))
        row = beside(row, [line((f"{step.name:<{_SIDE}}", QUIET)), *shown], gap="  ")
    return row


def thumbnail(image: NDArray[np.uint8], side: int) -> NDArray[Any]:
    """A (H, W) or (H, W, 3) uint8 picture in gray, the longer side at most `side` pixels."""
    from PIL import Image

    small = Image.fromarray(image).convert("L")
    small.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(small)
