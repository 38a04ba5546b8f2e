"""What `mnist predict --split` shows: the number first, then the digits side by side."""

import numpy as np

from mnist_cli.prediction.prediction import SplitPicture
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import Line, Span, columns, line, paragraph, stacked, tiled
from mnist_cli.render.theme import BAD, QUIET, TITLE

_PICTURED = 24  # digits; of more only what they are
_SMALL = 14  # pixels of a digit
_LARGE = 72  # of the picture with its boxes


def lines(found: SplitPicture, name: str, judged: Span) -> list[Line]:
    """The digits of a picture; its boxes, where steps were kept.

    Behind the number stand its `name`, and how it is `judged` against a label.
    """
    first, *more = found.text.split("\n")
    behind = [(f"  {words}", style) for words, style in ((name, QUIET), judged) if words]
    number = line((first or "no digit", TITLE if first else BAD), *behind)
    digits = [one for line_ in found.lines for one in line_]
    # What is empty above all of them is left out: four pixels are one of the line's characters.
    top = min((int((one.image > 127).any(axis=1).argmax()) for one in digits), default=0) // 4 * 4
    tiles = []
    for one in digits:
        image = picture(thumbnail(one.image[top:], _SMALL)) if len(digits) <= _PICTURED else []
        tiles.append([*image, line((str(one.prediction), TITLE), f" {one.confidence:.4f}")])
    return stacked(
        [number, *(line((text, TITLE)) for text in more)],
        tiled(tiles, columns()),
        [row for each in found.warnings for row in paragraph(each, columns(), BAD)],
        _boxes(found),
    )


def _boxes(found: SplitPicture) -> list[Line]:
    """The ink of the picture, each digit in brackets and its number above it."""
    steps = {step.name: step for step in found.steps}
    if "boxes" not in steps:
        return []
    ink = thumbnail(steps["ink"].picture, min(_LARGE, columns()) - 4)
    scale = ink.shape[1] / steps["boxes"].picture.shape[1]
    # With a line above it for numbers, and two columns on either side for brackets.
    rows = picture(np.pad(ink, ((2, 0), (2, 2))))
    cells = [[(char, style) for text, style in row for char in text] for row in rows]
    for number, box in enumerate(steps["boxes"].boxes, start=1):
        place = box.scale(scale, ink.shape)
        top, middle = place.top // 2, (place.left + place.right) // 2 + 2
        for row in cells[top + 1 : (place.bottom + 1) // 2 + 1]:
            row[place.left + 1], row[place.right + 2] = ("[", TITLE), ("]", TITLE)
        name = [(char, TITLE) for char in str(number)]
        cells[top][middle : middle + len(name)] = name
    return cells
