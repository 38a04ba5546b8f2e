"""Small pictures in a terminal: half blocks in colour or not, characters where need be."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import numpy as np

from mnist_cli.dtypes import Array, Bytes
from mnist_cli.render.layout import number
from mnist_cli.render.text import Line, surface
from mnist_cli.render.theme import ABOVE, BELOW, rich_color

_RAMP = " .:-=+*#%@"
_SHADES = " ░▒▓█"
_INK = 96  # from it on a pixel is ink where it can only be ink or not

_SIGNS = "=- +#"  # two signs without colour, from far below 0 to far above it
_WEAK, _STRONG = 0.15, 0.5  # shares of the limit
_SCALE_WIDTH = 28
_BRIGHTEST = 225  # of a strip, which would have holes where a page is white

_GAMMA = 0.7  # makes the middle of the range brighter
_UNDERLAY = 0.35  # how bright the ink under a signed picture is


def picture(image: Array) -> list[Line]:
    """A (H, W) uint8 picture, white on black, in H / 2 lines of W characters, each two pixels."""
    if surface().color:
        return _in_colors(np.repeat(image[..., None], 3, axis=2))
    if surface().unicode:
        return _in_characters(image, lambda top, low: " ▄▀█"[2 * (top >= _INK) + (low >= _INK)])
    return _in_characters(image, lambda top, low: _RAMP[(top + low) * (len(_RAMP) - 1) // 510])


def thumbnail(image: Bytes, side: int) -> Array:
    """A (H, W) or (H, W, 3) uint8 picture in gray, the longer side at most `side` pixels."""
    from PIL import Image

    small = Image.fromarray(image).convert("L")
    small.thumbnail((side, side), Image.Resampling.BOX)
    return np.asarray(small)


def signed_picture(values: Array, limit: float, ink: Array | None = None) -> list[Line]:
    """Numbers (H, W) from `-limit` to `limit` in two colours, over `ink` (H, W), 0..1, in grey."""
    shares = np.clip(values / (limit or 1), -1, 1)
    if not surface().color:
        return _in_characters(shares, lambda top, low: _sign((top + low) / 2))
    return _in_colors(signed_colors(shares, 0 if ink is None else ink * 255 * _UNDERLAY))


def signed_colors(shares: Array, under: Array | float = 0) -> Bytes:
    """Numbers (..., H, W) from -1 to 1 as two colours (..., H, W, 3), over grey of 0..255."""
    strength = np.abs(shares)[..., None] ** _GAMMA  # (H, W, 1)
    full = np.where(shares[..., None] > 0, ABOVE, BELOW)  # (H, W, 3)
    grey = np.broadcast_to(under, shares.shape)[..., None]
    return (strength * full + (1 - strength) * grey).astype(np.uint8)


def legend(above: str, below: str) -> list[Line]:
    """What the two signs of a `signed_picture` mean, in so many words."""
    if surface().color:
        signs = [("██ ", rich_color(ABOVE)), ("██ ", rich_color(BELOW))]
    else:
        signs = [("+ # ", ""), ("- = ", "")]
    return [[sign, (words, "")] for sign, words in zip(signs, (above, below), strict=True)]


def scale(limit: float) -> list[Line]:
    """Which number each colour or glyph of a `signed_picture` stands for."""
    if surface().color:
        shares = np.linspace(-1, 1, _SCALE_WIDTH)[None, :].repeat(2, axis=0)
        above = f"+{number(limit, 4)}"
        ends = f"{number(-limit, 4):<{_SCALE_WIDTH - len(above)}}{above}"
        return [*signed_picture(shares, 1), [(ends, "")]]
    marks = (("= below", -_STRONG), ("- below", -_WEAK), ("+ above", _WEAK), ("# above", _STRONG))
    return [[(f"{words} {number(share * limit, 4)}", "")] for words, share in marks]


def strip(values: Array, width: int) -> Line:
    """Numbers as shades from dark to bright, each a character or more, or a mean of neighbours."""
    parts = np.array_split(values, min(width, values.size))
    means = np.repeat([part.mean() for part in parts], width // len(parts))
    lowest, span = values.min(), float(np.ptp(values)) or 1.0
    shares = ((means - lowest) / span).tolist()
    if surface().color:
        return [(" ", "on #" + 3 * f"{round(_BRIGHTEST * share):02x}") for share in shares]
    ramp = _SHADES if surface().unicode else _RAMP
    return [("".join(ramp[round(share * (len(ramp) - 1))] for share in shares), "")]


def _pairs(image: Array) -> Iterator[Iterator[tuple[Any, Any]]]:
    """Rows two by two: in each, the upper and lower pixel of every column."""
    rows = np.pad(image, [(0, len(image) % 2), *[(0, 0)] * (image.ndim - 1)]).tolist()
    return (zip(*pair, strict=True) for pair in zip(rows[::2], rows[1::2], strict=True))


def _in_colors(image: Array) -> list[Line]:
    """A (H, W, 3) picture, each character the upper half block on the colour of the lower pixel."""
    style_of = "#{:02x}{:02x}{:02x} on #{:02x}{:02x}{:02x}".format
    rows = ((style_of(*top, *low) for top, low in row) for row in _pairs(image))
    return [[("▀" * len(list(same)), style) for style, same in groupby(row)] for row in rows]


def _in_characters(image: Array, glyph: Callable[[Any, Any], str]) -> list[Line]:
    return [[("".join(glyph(top, low) for top, low in row), "")] for row in _pairs(image)]


def _sign(share: float) -> str:
    level = (abs(share) > _WEAK) + (abs(share) > _STRONG)
    return _SIGNS[2 + level if share > 0 else 2 - level]
