"""Small pictures in a terminal: half blocks in colour or not, characters where need be."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.render.text import Line, has_color, has_unicode, number
from mnist_cli.render.theme import ABOVE, BELOW, style

_RAMP = " .:-=+*#%@"
_SHADES = " ░▒▓█"

_GLYPHS = "=- +#"  # two signs without colour, from far below 0 to far above it
_WEAK, _STRONG = 0.15, 0.5  # shares of the limit
_SCALE_WIDTH = 28

_GAMMA = 0.7  # makes the middle of the range brighter
_UNDERLAY = 0.35  # how bright the ink under a signed picture is


def picture(image: NDArray[Any]) -> list[Line]:
    """A (H, W) uint8 picture, white on black, in H / 2 lines of W characters.

    In colour each character shows two pixels in their true grey; without colour each pixel is ink
    or not; on a terminal without block characters each character is the mean of two pixels.
    """
    pairs = _pairs(image)
    if not has_unicode():
        return [_in_characters(row) for row in pairs]
    if has_color():
        return [_in_colors(((top,) * 3, (low,) * 3) for top, low in row) for row in pairs]
    return [_in_blocks(row) for row in pairs]


def signed_picture(
    values: NDArray[Any], limit: float, ink: NDArray[Any] | None = None
) -> list[Line]:
    """A (H, W) picture of numbers from `-limit` to `limit`, in H / 2 lines of W characters.

    In colour blue is above 0, orange below, black is 0, over a picture `ink` (0..1) in dark grey.
    Without colour a character is the mean of two pixels, as `legend` says.
    """
    shares = np.clip(values / (limit or 1), -1, 1)
    if not (has_color() and has_unicode()):
        return [_in_signs(row) for row in _pairs(shares)]
    under = np.zeros_like(shares) if ink is None else ink * 255 * _UNDERLAY
    strength = np.abs(shares)[..., None] ** _GAMMA  # (H, W, 1)
    full = np.where(shares[..., None] > 0, ABOVE, BELOW)  # (H, W, 3)
    rgb = (strength * full + (1 - strength) * under[..., None]).astype(int)
    return [_in_colors(row) for row in _pairs(rgb)]


def legend(above: str, below: str) -> list[Line]:
    """What the two signs of a `signed_picture` mean, in so many words."""
    if has_color() and has_unicode():
        return [
            [("██ ", style(color)), (words, "")]
            for color, words in ((ABOVE, above), (BELOW, below))
        ]
    return [[(f"+ # {above}", "")], [(f"- = {below}", "")]]


def scale(limit: float) -> list[Line]:
    """Which number each colour or glyph of a `signed_picture` stands for."""
    if has_color() and has_unicode():
        shares = np.linspace(-1, 1, _SCALE_WIDTH)[None, :].repeat(2, axis=0)
        above = f"+{number(limit, 4)}"
        ends = f"{number(-limit, 4):<{_SCALE_WIDTH - len(above)}}{above}"
        return [*signed_picture(shares, 1), [(ends, "")]]
    marks = (
        ("=", "below", -_STRONG),
        ("-", "below", -_WEAK),
        ("+", "above", _WEAK),
        ("#", "above", _STRONG),
    )
    return [[(f"{glyph} {word} {number(share * limit, 4)}", "")] for glyph, word, share in marks]


def strip(values: NDArray[Any], width: int) -> Line:
    """Numbers as shades side by side, the smallest dark, the largest bright.

    A number takes one character or more; where they are too many for `width`, the mean of
    neighbours does.
    """
    parts = np.array_split(values, min(width, values.size))
    means = np.repeat([part.mean() for part in parts], width // len(parts))
    lowest, span = values.min(), float(np.ptp(values)) or 1.0
    shares = ((means - lowest) / span).tolist()
    if has_color():
        return [(" ", "on #" + 3 * f"{round(255 * share):02x}") for share in shares]
    ramp = _SHADES if has_unicode() else _RAMP
    return [("".join(ramp[round(share * (len(ramp) - 1))] for share in shares), "")]


def _pairs(image: NDArray[Any]) -> list[list[tuple[Any, Any]]]:
    """Rows two by two: in each, the upper and lower pixel of every column."""
    upper, lower = image[0::2].tolist(), image[1::2].tolist()
    lower += [np.zeros_like(image[0]).tolist()] * (len(upper) - len(lower))
    return [list(zip(top, low, strict=True)) for top, low in zip(upper, lower, strict=True)]


def _in_colors(row: Iterable[tuple[Sequence[int], Sequence[int]]]) -> Line:
    styles = ("#{:02x}{:02x}{:02x} on #{:02x}{:02x}{:02x}".format(*top, *low) for top, low in row)
    return [("▀" * len(list(same)), style) for style, same in groupby(styles)]


def _in_blocks(row: list[tuple[int, int]]) -> Line:
    return [("".join(" ▄▀█"[2 * (top >= 96) + (low >= 96)] for top, low in row), "")]


def _in_characters(row: list[tuple[int, int]]) -> Line:
    return [("".join(_RAMP[(top + low) * (len(_RAMP) - 1) // 510] for top, low in row), "")]


def _in_signs(row: list[tuple[float, float]]) -> Line:
    return [("".join(_sign((top + low) / 2) for top, low in row), "")]


def _sign(share: float) -> str:
    level = (abs(share) > _WEAK) + (abs(share) > _STRONG)
    return _GLYPHS[2 + level if share > 0 else 2 - level]
