"""What the reader finds in pictures of numbers, what it cuts it into, and what that is."""

from itertools import chain
from typing import NamedTuple

import numpy as np
from judge_drawings import (
    draw_bars,
    draw_blot,
    draw_box,
    draw_letter,
    draw_scribble,
    draw_texture,
)
from number_drawings import Bank, Rng, Truth, draw_number, draw_row
from numpy.typing import NDArray
from PIL import Image
from scene_drawings import draw_scene

from mnist_cli.dtypes import Bytes, Floats, Indices
from mnist_cli.handwriting.inks import PAGE_SIDE, WORK_SIDE, is_dark, map_ink, resize
from mnist_cli.handwriting.line import Line, draw_spans
from mnist_cli.handwriting.morphology import dilate
from mnist_cli.handwriting.rows import find_spans

_THINGS = (draw_letter, draw_letter, draw_scribble, draw_box, draw_texture, draw_bars, draw_blot)
_THINGS_ALONE = 0.4  # of the pictures of things that are no digits: one of them
_ROWS, _SCENES = 0.12, 0.28  # of the pictures: things that are no digits, and one digit or a few
_OTHER_TONE = 0.15  # of the pictures: ink of the other tone is looked for, too
_MOST = 80  # slices of a line; of more it is a texture


class Lattice(NamedTuple):
    """The N spans of a line of `count` slices, (N, 2), and what the judge sees of each, (N, 1183).

    Each has in common with the `nearest` of the picture's digits, by its number, at least `shared`
    of both.
    """

    count: int
    spans: NDArray[np.int16]
    drawn: Bytes
    nearest: Bytes
    shared: Floats


class Picture(NamedTuple):
    """The digits of a picture, and the lattices of its ink maps, map by map and line by line."""

    digits: list[int]
    maps: list[list[Lattice]]


def cut_pictures(count: int, bank: Bank, images: Bytes, seed: int) -> list[Picture]:
    """Draw pictures, most of them of numbers, and cut them as the reader does."""
    rng = np.random.default_rng(seed)
    cut = []
    for _ in range(count):
        pixels, truth = _draw(rng, bank, images)
        dark = is_dark(resize(pixels, WORK_SIDE))
        tones = (dark, not dark)[: 1 + (rng.random() < _OTHER_TONE)]
        ways = list(map_ink(pixels, tones, PAGE_SIDE))
        together, apart = ways[: len(tones)], ways[len(tones) :]
        chosen = [*together, *([apart[rng.integers(len(apart))]] if apart else [])]
        maps = []
        for ink_map in chain.from_iterable(chosen):
            scale = max(ink_map.ink.shape) / max(pixels.shape)
            lines = [line for line in find_spans(ink_map) if 0 < len(line.slices) <= _MOST]
            maps.append([_make_lattice(line, truth, scale) for line in lines])
        cut.append(Picture([digit.digit for digit in truth], maps))
    return cut


def _draw(rng: Rng, bank: Bank, images: Bytes) -> tuple[Floats, list[Truth]]:
    """Draw a picture, (H, W, 3) float32, and its digits: numbers, one digit or a few, or none."""
    truth: list[Truth] = []
    kind = rng.random()
    if kind < _ROWS:
        count = 1 if rng.random() < _THINGS_ALONE else int(rng.integers(1, 8))
        picture = draw_row(
            rng, [_THINGS[rng.integers(len(_THINGS))](rng, images) for _ in range(count)]
        )
    elif kind < _ROWS + _SCENES:
        picture, truth = draw_scene(rng, bank)
    else:
        picture, truth = draw_number(rng, bank)
    pixels = picture / np.float32(255)
    return (pixels if pixels.ndim == 3 else np.repeat(pixels[:, :, np.newaxis], 3, axis=2)), truth


def _make_lattice(line: Line, truth: list[Truth], scale: float) -> Lattice:
    spans = np.array(line.spans, np.int16)
    return Lattice(len(line.slices), spans, draw_spans(line), *_compare(line, truth, scale))


def _compare(line: Line, truth: list[Truth], scale: float) -> tuple[Bytes, Floats]:
    """Find for each span of a line the digit that it covers most of, and what the two share.

    `scale` is how much larger the ink map is than the picture.
    """
    ink_map, count = line.ink_map, len(line.slices) + 1
    number = np.zeros(len(ink_map.boxes) + 1, np.intp)
    number[np.array(line.slices, np.intp) + 1] = np.arange(1, count)
    layer = number[ink_map.labels]
    near = _spread(layer)
    areas = np.bincount(layer.ravel(), minlength=count)
    starts, stops = np.array(line.spans, np.intp).reshape(-1, 2).T
    nearest, shared = np.zeros(len(line.spans), np.uint8), np.zeros(len(line.spans), np.float32)

    def count_in_spans(by_slice: Indices) -> Indices:
        upto = np.cumsum(np.append(0, by_slice[1:]))
        counted: Indices = upto[stops] - upto[starts]
        return counted

    in_all = count_in_spans(areas)
    for index, (_, top, left, cover) in enumerate(truth):
        height, width = (max(1, round(length * scale)) for length in cover.shape)
        large = np.asarray(
            Image.fromarray(cover).resize((width, height), Image.Resampling.BILINEAR)
        )
        part = np.zeros(layer.shape, bool)
        y, x = round(top * scale), round(left * scale)
        above, before = max(-y, 0), max(-x, 0)
        own = part[y + above : y + height, x + before : x + width]
        own[:] = large[above : above + len(own), before : before + own.shape[1]] > 0.5
        covered = count_in_spans(np.bincount(near[part], minlength=count)) / max(part.sum(), 1)
        inside = np.bincount(layer[dilate(part, 2)], minlength=count)
        both = np.minimum(covered, count_in_spans(inside) / np.maximum(in_all, 1))
        nearest[both > shared] = index
        shared = np.maximum(shared, both)
    return nearest, shared.astype(np.float32)


def _spread(layer: Indices) -> Indices:
    """Widen numbered parts by two pixels."""
    for _ in range(2):
        padded = np.pad(layer, 1)
        around = padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]
        layer = np.where(layer == 0, np.maximum.reduce(around), layer)
    return layer
