"""The ink maps of a picture: in each tone, cut high and low, bare of what is round the digits."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.ink import (
    LEAST_PEAK,
    clear,
    draw_page,
    extract_ink,
    find_threshold,
    remove_lines,
    soften,
)
from mnist_cli.handwriting.ink_map import InkMap, cut_ink
from mnist_cli.net.engine import Floats

PAGE_SIDE = 480  # pixels of the long side on which lines are looked for
_SQUARE_PAGES = 4.0  # heights that a row is long from which on its height keeps its resolution
_LONGEST_ROW = 5.0  # times that, or _PAGE_SIDE
_PAGE_BACKGROUND = 0.15  # of the page: wider than any stroke
_CUTS = 1.0, 0.5  # of the level of the ink: the lower one keeps faint strokes
_COLOURED = 0.1  # between the channels of a pixel; where it is less in all of them they are one
_MOST_FRAMES = 40  # components that may be round others, the largest
_HELD_HEIGHT, _HELD_AREA = 0.2, 0.05  # of a frame: what it is round is larger

# What of the ink in (H, W, 3) channels is looked at; "every" shows what is ink in all of them.
ANY_CHANNEL = "any channel"
_CHANNELS: dict[str, Callable[[Floats], Floats]] = {
    ANY_CHANNEL: lambda ink: ink.max(axis=2),
    "every channel": lambda ink: ink.min(axis=2),
    "the red channel": lambda ink: ink[..., 0],
    "the green channel": lambda ink: ink[..., 1],
    "the blue channel": lambda ink: ink[..., 2],
}


def map_ink(
    pixels: Floats, tones: Sequence[bool], side: int = PAGE_SIDE
) -> Iterator[Iterator[InkMap]]:
    """Yield the ink maps of a picture, (H, W, 3), of each tone; then of its channels apart."""
    height, width = pixels.shape[:2]
    row = max(width, height) / min(width, height) / _SQUARE_PAGES
    page = draw_page(pixels, int(min(max(row, 1), _LONGEST_ROW) * side))
    frame = Box(0, 0, width, height)
    inks = {}
    together, *apart = _CHANNELS
    for dark in tones:
        inks[dark] = extract_ink(page, dark=dark, share=_PAGE_BACKGROUND)
        yield _cut(inks[dark], frame, dark, together)
    if np.ptp(page, axis=2).max() > _COLOURED:
        for channels in apart:
            for dark in tones:
                yield _cut(inks[dark], frame, dark, channels)


def clean(ink: Floats, channels: str) -> Floats:
    """Return of ink, (H, W, 3 or 1), what is in some channels, (H, W), without ruled lines."""
    return soften(remove_lines(_CHANNELS[channels](ink)))


def _cut(ink: Floats, frame: Box, dark: bool, channels: str) -> Iterator[InkMap]:
    """Cut ink high and low, with and without what goes along the border, and what is a frame."""
    ink = clean(ink, channels)
    if ink.max() < LEAST_PEAK:
        return
    for share in _CUTS:
        whole = cut_ink(ink, share * find_threshold(ink), frame, dark, channels)
        yield whole
        for around in (_find_along(whole), _find_frames(whole)):
            bare = clear(ink, whole.find(around)) if around else ink
            if around and bare.max() >= LEAST_PEAK:
                yield cut_ink(bare, share * find_threshold(bare), frame, dark, channels)


def _find_along(ink_map: InkMap) -> tuple[int, ...]:
    """Find what goes along the border or across the picture, as shadows and ruled lines do."""
    shape = ink_map.ink.shape
    return tuple(
        i
        for i, box in enumerate(ink_map.boxes)
        if box.count_sides_at_border(shape) > 1 and box.long_side >= max(shape) / 2
    )


def _find_frames(ink_map: InkMap) -> tuple[int, ...]:
    """Find what is round something else: boxes, circles, the edges of a sheet."""
    largest = np.argsort(-ink_map.areas)[:_MOST_FRAMES].tolist()
    return tuple(i for i in largest if any(_is_round(ink_map, i, j) for j in largest if i != j))


def _is_round(ink_map: InkMap, outer: int, inner: int) -> bool:
    out, box = ink_map.boxes[outer], ink_map.boxes[inner]
    inside = (
        out.left <= box.left
        and out.top <= box.top
        and box.right <= out.right
        and box.bottom <= out.bottom
    )
    is_tall = box.height >= _HELD_HEIGHT * out.height
    return inside and is_tall and bool(ink_map.areas[inner] >= _HELD_AREA * ink_map.areas[outer])
