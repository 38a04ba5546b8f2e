"""Decoded pixels -> numbers, tile by tile, so that 20 million of them take little memory."""

import itertools
from typing import TYPE_CHECKING, TypeAlias, Union

import numpy as np

from mnist_cli.dtypes import Array, Floats

if TYPE_CHECKING:
    from PIL import Image

Decoded: TypeAlias = Union["Image.Image", Array]

LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601

_TILE = 448  # as many pixels squared are held as floats at a time, before they are reduced
_MOST_HELD = 6_000_000  # with alpha, or turned, they take 160 MB
_PLAIN_INK = 0.15  # at a smaller standard deviation of brightness what shows is of one colour
# EXIF 2.3, 4.6.4: by how many quarter turns a picture becomes upright, and which are mirrored.
_TURNS = {3: 2, 4: 2, 5: 1, 6: 3, 7: 3, 8: 1}
_MIRRORED = (2, 4, 5, 7)
_WHITE = {"uint8": 255, "uint16": 65535, "int32": 65535}  # else 1


def read_pixels(
    source: Decoded, width: int, height: int, long_side: int | None, orientation: int = 1
) -> Floats:
    """Return upright pixels, (H, W, 3) from 0 to 1, averaged by a whole factor to `long_side`."""
    factor = max(1, max(width, height) // long_side) if long_side else 1
    while width * height > _MOST_HELD * factor**2:
        factor += 1
    factor = min(_TILE, factor)
    step = _TILE // factor * factor
    shape = (-(-height // factor), -(-width // factor))
    turns = _TURNS.get(orientation, 0)
    upright = np.empty((*shape[:: -1 if turns % 2 else 1], 3), np.float32)
    colour = np.rot90(upright, -turns)  # as it is stored: a view
    if orientation in _MIRRORED:
        colour = colour[:, ::-1]
    has_alpha = _read_tile(source, (0, 0, 1, 1)).shape[2] in (2, 4)
    alpha = np.empty(shape if has_alpha else 0, np.float32)
    for top, left in itertools.product(range(0, height, step), range(0, width, step)):
        box = (left, top, min(left + step, width), min(top + step, height))
        tile = _reduce(_read_tile(source, box), factor)
        y, x = top // factor, left // factor
        part = np.s_[y : y + len(tile), x : x + tile.shape[1]]
        if has_alpha:
            alpha[part] = tile[..., -1]
            tile = tile[..., :-1]
        colour[part] = tile  # gray into all three channels
    if has_alpha:
        _lay_on_background(colour, alpha)
    return upright


def _read_tile(source: Decoded, box: tuple[int, int, int, int]) -> Floats:
    """Return a part, its colours times alpha: gray or RGB, with alpha 2 or 4 channels."""
    left, top, right, bottom = box
    if isinstance(source, np.ndarray):
        samples = source[top:bottom, left:right]
    else:
        tile = source.crop(box)
        if tile.mode in ("La", "RGBa"):  # times alpha already
            tile = tile.convert(tile.mode.upper())
        keyed = "transparency" in tile.info and tile.mode in ("1", "L", "P", "RGB")
        if keyed or tile.mode == "PA":
            tile = tile.convert("RGBA")
        elif tile.mode not in ("1", "L", "LA", "RGB", "RGBA") and tile.mode[0] != "I":
            tile = tile.convert("RGB")
        samples = np.asarray(tile)
    white = np.float32(_WHITE.get(samples.dtype.name, 1))
    values = samples.reshape(bottom - top, right - left, -1).astype(np.float32) / white
    if values.shape[2] in (2, 4):
        values[..., :-1] *= values[..., -1:]
    return values


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


def _lay_on_background(colour: Floats, alpha: Floats) -> None:
    """Lay what shows on white or black: what contrasts with ink, or continues its paper."""
    total = square = mean = 0.0
    strips = [slice(top, top + _TILE) for top in range(0, len(colour), _TILE)]
    for rows in strips:
        brightness = colour[rows] @ LUMINANCE
        shows = alpha[rows] > 0
        total += float(alpha[rows].sum(dtype=np.float64))
        mean += float(brightness.sum(dtype=np.float64))
        square += float((brightness[shows] ** 2 / alpha[rows][shows]).sum(dtype=np.float64))
    mean, square = mean / max(total, 1e-9), square / max(total, 1e-9)
    own_paper = total > 0.5 * alpha.size and square - mean**2 > _PLAIN_INK**2
    background = np.float32((mean > 0.5) == own_paper)  # white where nothing shows
    for rows in strips:
        colour[rows] += (1 - alpha[rows][..., np.newaxis]) * background
    np.clip(colour, 0, 1, out=colour)
