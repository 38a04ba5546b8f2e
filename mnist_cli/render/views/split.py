"""What `mnist predict --split` shows: the number first, then the digits side by side."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.prediction.prediction import Prediction, join_lines
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import Line, columns, line, paragraph, stacked, tiled
from mnist_cli.render.theme import BAD, QUIET, TITLE
from mnist_cli.render.views import pick

_PICTURED = 24  # digits; of more only what they are
_SMALL = 14  # pixels of a digit
_LARGE = 60  # of the picture with its boxes


def as_json(digits: Sequence[Prediction]) -> dict[str, Any]:
    """The digits of a picture as one object."""
    read = [one for one in digits if one.prediction is not None]
    lines = groupby(read, key=lambda one: one.line)
    return {
        "source": digits[0].source,
        "text": join_lines((one.line, one.prediction) for one in read),
        "lines": [
            [pick(one, "prediction", "confidence", "box") for one in line_] for _, line_ in lines
        ],
        "warnings": _warnings(digits),
    }


def lines(digits: Sequence[Prediction], name: str, show_boxes: bool) -> list[Line]:
    """The digits of a picture; behind the number its `name`, where it is not the only one."""
    first, *others = as_json(digits)["text"].split("\n")
    number = line((first or "no digit", TITLE if first else BAD), (f"  {name}" * bool(name), QUIET))
    read = [one for one in digits if one.prediction is not None]
    # What is empty above all of them is left out: four pixels are one of the line's characters.
    top = min((int((one.image > 127).any(axis=1).argmax()) for one in read), default=0) // 4 * 4
    tiles = [
        [
            *picture(thumbnail(one.image[top:], _SMALL))[: _SMALL if len(read) <= _PICTURED else 0],
            line((str(one.prediction), TITLE), f" {one.confidence:.4f}"),
        ]
        for one in read
    ]
    boxes = [step for step in digits[0].steps if step.name == "boxes" and show_boxes]
    return stacked(
        [number, *(line((other, TITLE)) for other in others)],
        tiled(tiles, columns()) if tiles else [],
        [row for each in _warnings(digits) for row in paragraph(each, columns(), BAD)],
        *(picture(_as_ink(thumbnail(step.picture, min(_LARGE, columns())))) for step in boxes),
    )


def _as_ink(page: NDArray[Any]) -> NDArray[Any]:
    """Bright ink on black, as a terminal shows it best without colour, too."""
    return 255 - page if np.median(page) > 127 else page


def _warnings(digits: Sequence[Prediction]) -> list[str]:
    """Those of each digit, with its number where there are several."""
    several = len(digits) > 1
    return [
        f"digit {one.part}: {words}" if several else words
        for one in digits
        for words in one.warnings
    ]
