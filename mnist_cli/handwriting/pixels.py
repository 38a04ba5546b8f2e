"""Decoded pixels -> numbers, tile by tile, so that 20 million of them take little memory."""

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from PIL import Image

TILE = 448  # as many pixels squared are held as floats at a time, before they are reduced
LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601

_PLAIN_INK = 0.15  # at a smaller standard deviation of brightness what shows is of one colour

Floats: TypeAlias = npt.NDArray[np.float32]
# Colour times alpha (h, w, 1 or 3), and alpha (h, w, 1) or None.
Numbers: TypeAlias = tuple[Floats, Floats | None]
_Box: TypeAlias = tuple[int, int, int, int]  # left, top, right, bottom
_ReadPart: TypeAlias = Callable[[_Box], Numbers]


def read_image_part(image: "Image.Image") -> _ReadPart:
    """Return what reads a part of a PIL image."""

    def read(box: _Box) -> Numbers:
        tile = image.crop(box)
        keyed = "transparency" in tile.info and tile.mode in ("1", "L", "P", "RGB")
        if keyed or tile.mode == "PA":
            tile = tile.convert("RGBA")
        elif tile.mode == "1":
            tile = tile.convert("L")
        elif tile.mode not in ("L", "LA", "RGB", "RGBA") and not tile.mode.startswith("I"):
            tile = tile.convert("RGB")
        samples = np.asarray(tile).reshape(tile.height, tile.width, -1)
        values = samples.astype(np.float32) / np.float32(255 if tile.mode[0] != "I" else 65535)
        return _split_alpha(values)

    return read


def read_array_part(array: npt.NDArray[Any]) -> _ReadPart:
    """Return what reads a part of an array, (H, W) or (H, W, 3 or 4), uint8, float or bool."""
    white = np.float32(255 if array.dtype == np.uint8 else 1)

    def read(box: _Box) -> Numbers:
        left, top, right, bottom = box
        part = array[top:bottom, left:right].astype(np.float32) / white
        return _split_alpha(part.reshape(bottom - top, right - left, -1))

    return read


def _split_alpha(values: Floats) -> Numbers:
    if values.shape[2] not in (2, 4):
        return values, None
    alpha = values[..., -1:]
    return values[..., :-1] * alpha, alpha


def gather(read_part: _ReadPart, width: int, height: int, factor: int) -> Numbers:
    """Read all parts, each reduced by `factor`: colour times alpha, and alpha."""
    step = TILE // factor * factor
    size = (-(-height // factor), -(-width // factor))
    wholes: list[Floats | None] = [None, None]
    for top, left in itertools.product(range(0, height, step), range(0, width, step)):
        box = (left, top, min(left + step, width), min(top + step, height))
        for number, values in enumerate(read_part(box)):
            if values is None:
                continue
            tile = _reduce(values, factor)
            whole = wholes[number]
            if whole is None:
                whole = wholes[number] = np.empty((*size, tile.shape[2]), np.float32)
            y, x = top // factor, left // factor
            whole[y : y + len(tile), x : x + tile.shape[1]] = tile
    colour, alpha = wholes
    assert colour is not None  # noqa: S101 - a picture has at least one pixel
    return colour, alpha


def _reduce(values: Floats, factor: int) -> Floats:
    """Average blocks of `factor` x `factor`; those at the far edges may be smaller."""
    if factor == 1:
        return values
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], factor)
        lengths = np.diff(starts, append=values.shape[axis]).astype(np.float32)
        values = np.add.reduceat(values, starts, axis=axis)
        values /= lengths.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    return values


def lay_on_background(colour: Floats, alpha: Floats | None) -> Floats:
    """Lay what shows on white or black, whichever contrasts with the ink; changes `colour`.

    What shows is ink, unless it is most of the picture and of several brightnesses. Then it brings
    its own paper, the brightness of which is about its mean, and the background continues that.
    """
    if alpha is None:
        return colour
    total = square = mean = 0.0
    for rows in _strips(colour):
        brightness = colour[rows] @ LUMINANCE if colour.shape[2] == 3 else colour[rows][..., 0]
        weight = alpha[rows][..., 0]
        shows = weight > 0
        total += float(weight.sum(dtype=np.float64))
        mean += float(brightness.sum(dtype=np.float64))
        square += float((brightness[shows] ** 2 / weight[shows]).sum(dtype=np.float64))
    if total == 0:
        colour.fill(1)
        return colour
    mean, square = mean / total, square / total
    own_paper = total > 0.5 * alpha.size and square - mean**2 > _PLAIN_INK**2
    background = np.float32((mean > 0.5) == own_paper)
    for rows in _strips(colour):
        colour[rows] += (1 - alpha[rows]) * background
    return np.clip(colour, 0, 1, out=colour)


def _strips(colour: Floats) -> list[slice]:
    return [slice(top, top + TILE) for top in range(0, len(colour), TILE)]
