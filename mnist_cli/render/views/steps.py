"""What `mnist predict --show-steps` adds, and the pictures that it writes to files."""

import io
from collections.abc import Sequence
from itertools import chain, count, zip_longest
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import MnistError
from mnist_cli.files import AnyPath, cannot, write_bytes
from mnist_cli.prediction.prediction import Prediction
from mnist_cli.prediction.sources import STANDARD_INPUT
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import Line, line, stacked, tiled, wrap
from mnist_cli.render.theme import QUIET, TITLE

if TYPE_CHECKING:
    from mnist_cli.handwriting.steps import Step

_SIDE = 24  # pixels of the longer side of a picture: as many characters, half as many lines
_LONGEST_NAME = 50  # characters of a source in the name of a file, at most 255 bytes


def lines(steps: Sequence["Step"], columns: int) -> list[Line]:
    """Small pictures side by side, and below them what each step did; fits into `columns`."""
    blocks = [
        [line((f"{step.name:<{_SIDE}}", QUIET)), *picture(thumbnail(step.picture, _SIDE))]
        for step in steps
    ]
    indent = max(len(step.name) for step in steps) + 2
    told = [
        line((f"{name:<{indent}}", TITLE), text)
        for step in steps
        for name, text in zip_longest((step.name,), wrap(step.done, columns - indent), fillvalue="")
    ]
    return stacked(tiled(blocks, columns), told)


def write_digits(
    path: AnyPath, predictions: Sequence[Prediction], *, overwrite: bool = False
) -> None:
    """Write what the net saw: one digit to a ``.png`` file, any number into a folder.

    Raises `MnistError` where a file cannot be written, or is to take none or several digits.
    """
    found = [prediction for prediction in predictions if not prediction.empty]
    if not found and predictions:
        raise MnistError(f"there is no digit to save: {predictions[0].empty}")
    if Path(path).suffix.lower() != ".png":
        names = _distinct([_stem(prediction) for prediction in found])
        _write_pngs(path, names, [prediction.image for prediction in found], overwrite)
    elif len(found) == 1:
        _write_png(path, found[0].image, overwrite)
    else:
        raise MnistError(
            f"found {len(found)} digits, a .png file takes one",
            hint="Name a folder for them: --save-digit DIR.",
        )


def write_steps(
    folder: AnyPath, predictions: Sequence[Prediction], *, overwrite: bool = False
) -> None:
    """Write ``1-picture.png``, ``2-ink.png`` ... into a folder; for each of several, into its own.

    Raises `FileError` where a file cannot be written.
    """
    stepped = [prediction for prediction in predictions if prediction.steps]
    for number, prediction in enumerate(stepped, start=1):
        place = Path(folder) if len(stepped) == 1 else Path(folder, str(number))
        names = [
            f"{position}-{step.name.replace(' ', '-')}"
            for position, step in enumerate(prediction.steps, start=1)
        ]
        _write_pngs(place, names, [step.picture for step in prediction.steps], overwrite)


def _stem(prediction: Prediction) -> str:
    """A name for the file of a digit that says where it comes from."""
    stem = Path(prediction.source).stem.replace(" ", "-")[:_LONGEST_NAME]
    stem = "picture" if prediction.source == STANDARD_INPUT else stem
    return stem if prediction.part is None else f"{stem}-{prediction.part}"


def _distinct(names: Sequence[str]) -> list[str]:
    """The same names, a number behind each that was there before."""
    taken: dict[str, str] = {}  # by small letters: some file systems know no others
    for name in names:
        candidates = chain([name], (f"{name}-{again}" for again in count(2)))
        free = next(each for each in candidates if each.lower() not in taken)
        taken[free.lower()] = free
    return list(taken.values())


def _write_pngs(
    folder: AnyPath, names: Sequence[str], images: Sequence[NDArray[np.uint8]], overwrite: bool
) -> None:
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise cannot("make", folder, error) from None
    for name, image in zip(names, images, strict=True):
        _write_png(Path(folder, f"{name}.png"), image, overwrite)


def _write_png(path: AnyPath, image: NDArray[np.uint8], overwrite: bool) -> None:
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    write_bytes(path, content.getvalue(), overwrite=overwrite)
