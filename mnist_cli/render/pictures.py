"""Small grey pictures in a terminal: half blocks in colour or not, characters where need be."""

from typing import Any

from numpy.typing import NDArray

from mnist_cli.render.text import Line, has_color, has_unicode

_RAMP = " .:-=+*#%@"


def picture(image: NDArray[Any]) -> list[Line]:
    """A (H, W) uint8 picture, white on black, in H / 2 lines of W characters.

    In colour each character shows two pixels in their true grey; without colour each pixel is ink
    or not; on a terminal without block characters each character is the mean of two pixels.
    """
    upper, lower = image[0::2].tolist(), image[1::2].tolist()
    lower += [[0] * image.shape[1]] * (len(upper) - len(lower))
    pairs = [list(zip(top, bottom, strict=True)) for top, bottom in zip(upper, lower, strict=True)]
    if has_unicode():
        return [_in_grey(row) if has_color() else _in_blocks(row) for row in pairs]
    return [_in_characters(row) for row in pairs]


def _in_grey(row: list[tuple[int, int]]) -> Line:
    return [
        ("▀", f"#{top:02x}{top:02x}{top:02x} on #{low:02x}{low:02x}{low:02x}") for top, low in row
    ]


def _in_blocks(row: list[tuple[int, int]]) -> Line:
    return [("".join(" ▄▀█"[2 * (top >= 96) + (low >= 96)] for top, low in row), "")]


def _in_characters(row: list[tuple[int, int]]) -> Line:
    return [("".join(_RAMP[(top + low) * (len(_RAMP) - 1) // 510] for top, low in row), "")]
