"""What `mnist predict --split` shows: the number first, then the digits side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.prediction.prediction import SplitPicture
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import Line, columns, line, paragraph, stacked, tiled
from mnist_cli.render.theme import BAD, QUIET, TITLE

_PICTURED = 24  # digits; of more only what they are
_SMALL = 14  # pixels of a digit
_LARGE = 60  # of the picture with its boxes


def lines(found: SplitPicture, name: str) -> list[Line]:
    """The digits of a picture; behind the number its `name`; its boxes, where steps were kept."""
    first, *more = found.text.split("\n")
    number = line((first or "no digit", TITLE if first else BAD), (f"  {name}" * bool(name), QUIET))
    digits = [one for line_ in found.lines for one in line_]
    # What is empty above all of them is left out: four pixels are one of the line's characters.
    top = min((int((one.image > 127).any(axis=1).argmax()) for one in digits), default=0) // 4 * 4
    tiles = []
    for one in digits:
        image = picture(thumbnail(one.image[top:], _SMALL)) if len(digits) <= _PICTURED else []
        tiles.append([*image, line((str(one.prediction), TITLE), f" {one.confidence:.4f}")])
    boxes = [step.picture for step in found.steps if step.name == "boxes"]
    return stacked(
        [number, *(line((text, TITLE)) for text in more)],
        tiled(tiles, columns()),
        [row for each in found.warnings for row in paragraph(each, columns(), BAD)],
        *(picture(_as_ink(thumbnail(page, min(_LARGE, columns())))) for page in boxes),
    )


def _as_ink(page: NDArray[Any]) -> NDArray[Any]:
    """Bright ink on black, as a terminal shows it best without colour, too."""
    return 255 - page if np.median(page) > 127 else page
