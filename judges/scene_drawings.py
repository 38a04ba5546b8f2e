"""Pictures of one digit, or a few, as people take them, drawn from training images and forms.

What the judge of lines learns from, beside numbers: digits in boxes, tables and frames, on coloured
and squared paper, on a sheet that lies on a table, cut off at a side, in any light and tone.
"""

from dataclasses import replace

import numpy as np
from number_drawings import (
    Bank,
    Hand,
    Rng,
    Truth,
    draw_pattern,
    draw_stroke,
    is_on,
    lay,
    press,
    write_line,
)
from PIL import Image, ImageDraw

from mnist_cli.dtypes import Bytes, Doubles, Floats
from mnist_cli.handwriting.morphology import blur

_TALL = (45, 230)  # pixels that a digit is high
_ONE = 0.8  # of the pictures: one digit


def draw_scene(rng: Rng, bank: Bank) -> tuple[Bytes, list[Truth]]:
    """Draw a picture, (H, W, 3) uint8, and its digits."""
    hand = Hand.draw(rng)
    tall = float(np.exp(rng.uniform(*np.log(_TALL))))
    hand = replace(hand, height=tall, pen=hand.pen * tall / hand.height)
    count = 1 if rng.random() < _ONE else int(rng.integers(2, 4))
    ink, digits, _ = write_line(rng, bank, hand, count)
    margins = np.exp(rng.uniform(np.log(0.08), np.log(1.5), 4)) * tall
    if rng.random() < 0.15:
        margins[rng.integers(4)] = -rng.uniform(0, 0.04) * tall  # cut off at a side
    left, top, right, bottom = margins
    page = np.zeros((int(top + len(ink) + bottom), int(left + ink.shape[1] + right)), np.float32)
    lay(page, ink, int(np.floor(top)), int(np.floor(left)))
    truth = [digit.move(int(np.floor(top)), int(np.floor(left))) for digit in digits]
    box = left, top, left + ink.shape[1], top + len(ink)
    _surround(rng, page, hand, box)
    return _photograph(rng, page, box), [digit for digit in truth if is_on(digit, page.shape)]


def _surround(rng: Rng, page: Floats, hand: Hand, box: tuple[float, ...]) -> None:
    """Draw with the pen, or a printer, what is round the digits: a box, a table, rules, specks."""
    (height, wide), (left, top, right, bottom), tall = page.shape, box, hand.height
    kind = rng.choice(6, p=[0.42, 0.2, 0.06, 0.12, 0.12, 0.08])
    pen, dark = hand.pen * rng.uniform(0.25, 1.3), rng.uniform(0.4, 1)
    gaps = rng.uniform(0.06, 0.4, 4) * tall
    if kind == 1:  # a box, or a part of one
        left, top, right, bottom = np.array(box) + gaps * (-1, -1, 1, 1)
        corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
        draw_stroke(
            page, corners[: 5 if rng.random() < 0.85 else int(rng.integers(3, 5))], pen, dark
        )
    elif kind == 2:
        picture = Image.new("L", (wide, height))
        oval = np.array(box) + (gaps + 0.2 * tall) * (-1, -1, 1, 1)
        ImageDraw.Draw(picture).ellipse(tuple(oval.tolist()), outline=255, width=round(pen) + 1)
        np.maximum(page, np.asarray(picture, np.float32) * (dark / 255), out=page)
    elif kind == 3:  # the cell of a table, and more of them
        across, down = right - left + gaps[0] + gaps[2], bottom - top + gaps[1] + gaps[3]
        for x in np.arange((left - gaps[0]) % across, wide, across).tolist():
            draw_stroke(page, [(x, -5), (x, height + 5)], 0.6 * pen, dark)
        for y in np.arange((top - gaps[1]) % down, height, down).tolist():
            draw_stroke(page, [(-5, y), (wide + 5, y)], 0.6 * pen, dark)
    elif kind == 4:  # ruled or squared paper
        pitch, pen, dark = rng.uniform(0.12, 0.5) * tall, rng.uniform(1, 3), rng.uniform(0.15, 0.5)
        for y in np.arange(rng.uniform(0, pitch), height, pitch).tolist():
            draw_stroke(page, [(-5, y), (wide + 5, y)], pen, dark)
        if rng.random() < 0.5:
            for x in np.arange(rng.uniform(0, pitch), wide, pitch).tolist():
                draw_stroke(page, [(x, -5), (x, height + 5)], pen, dark)
    elif kind == 5:
        for x, y in (rng.random((int(rng.integers(4, 30)), 2)) * (wide, height)).tolist():
            draw_stroke(page, [(x, y), (x + 1, y)], rng.uniform(0.01, 0.05) * tall + 1, dark)


def _photograph(rng: Rng, ink: Floats, box: tuple[float, ...]) -> Bytes:
    """Put ink on coloured paper, that on a table, and take a picture; (H, W, 3) uint8."""
    shape = ink.shape
    if rng.random() < 0.4:  # the pen does not cover
        spots = blur(rng.normal(0, 1, shape).astype(np.float32), rng.uniform(0.6, 2))
        ink = ink * (1 - rng.uniform(0, 0.5) * np.clip(2 * spots, 0, 1))
    ink = blur(ink, rng.uniform(0.3, 1.2))[..., np.newaxis]
    paper = rng.uniform(0.55, 1) * (1 - rng.uniform(0, 0.15, 3))
    darkest = rng.uniform(0.08, 0.6) * paper.min()
    pen = darkest + (paper - darkest) * rng.uniform(0, 0.75, 3) * (rng.random() < 0.4)
    pen[rng.integers(3)] = darkest  # in one channel at least it is seen
    page = np.ones((*shape, 3)) * paper
    page = _colour(rng, page, ink.shape[:2])
    page = page + ink * np.minimum(pen - page, 0)
    if rng.random() < 0.2:
        page *= 1 - rng.uniform(0.05, 0.35) * draw_pattern(rng, shape)[..., np.newaxis] * (1 - ink)
    if rng.random() < 0.2:
        page = 1 - page  # chalk
    if rng.random() < 0.25:
        page = _lay_on_table(rng, page, box)
    elif rng.random() < 0.25:
        for side in rng.permutation(4)[: rng.integers(1, 5)]:
            deep = int(rng.uniform(0.02, 0.1) * max(shape)) + 1
            np.rot90(page, side)[:deep] = rng.uniform(0.02, 0.4)
    page = page * _shine(rng, shape)[..., np.newaxis]
    page = page + rng.uniform(0, 0.04) * rng.normal(0, 1, page.shape)
    if rng.random() < 0.25:
        page = np.repeat(page.mean(axis=2, keepdims=True), 3, axis=2)
    pixels = np.rint(np.clip(page, 0, 1) * 255).astype(np.uint8)
    return press(pixels, int(rng.integers(40, 95))) if rng.random() < 0.6 else pixels


def _colour(rng: Rng, page: Doubles, shape: tuple[int, ...]) -> Doubles:
    """Now and then let a paper go from one colour to another, or draw on it with a marker."""
    kind = rng.random()
    if kind < 0.12:
        other = page.mean() * rng.uniform(0.45, 1.1, 3)
        return page + _slope(rng, shape)[..., np.newaxis] * (other.clip(0, 1) - page)
    if kind < 0.3:
        marks = np.zeros(shape, np.float32)
        wide = rng.uniform(0.02, 0.08) * max(shape)
        for _ in range(rng.integers(1, 6)):
            points = rng.random((3, 2)) * shape[::-1]
            draw_stroke(marks, [tuple(point) for point in points.tolist()], wide)
        return page + marks[..., np.newaxis] * (rng.uniform(0.3, 0.98, 3) - page)
    return page


def _lay_on_table(rng: Rng, page: Doubles, box: tuple[float, ...]) -> Doubles:
    """Show a table round the sheet, which is turned a little and holds what is written."""
    (height, wide), scale = page.shape[:2], 2
    left, top, right, bottom = box
    sheet = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    outwards = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    room = np.array([(left, top), (wide - right, top), (wide - right, height - bottom)])
    room = np.vstack([room, (left, height - bottom)]).clip(0)
    corners = sheet + outwards * room * rng.uniform(0.35, 0.95, (4, 1))
    corners += rng.normal(0, 0.02, (4, 2)) * max(height, wide)
    mask = Image.new("L", (scale * wide, scale * height))
    ImageDraw.Draw(mask).polygon([tuple((scale * v).tolist()) for v in corners], fill=255)
    cover = np.asarray(mask.resize((wide, height), Image.Resampling.BOX), float)[..., None] / 255
    grain = blur(rng.normal(0, 1, (height, wide)).astype(np.float32), rng.uniform(1, 4))
    if rng.random() < 0.6:
        grain = grain.cumsum(axis=int(rng.integers(2)))
    grain = np.clip(grain / max(float(grain.std()), 1e-6) * rng.uniform(0, 0.12), -0.3, 0.3)
    table = rng.uniform(0.08, 0.85) * (1 - rng.uniform(0, 0.6, 3)) * (1 + grain[..., np.newaxis])
    return table + cover * (page - table)


def _slope(rng: Rng, shape: tuple[int, ...]) -> Doubles:
    """Return what goes from 0 at one side to 1 at the other."""
    angle = rng.uniform(0, 2 * np.pi)
    y, x = (np.linspace(-1, 1, length) for length in shape)
    slope = np.add.outer(y * np.sin(angle), x * np.cos(angle))
    return (slope - slope.min()) / np.ptp(slope)


def _shine(rng: Rng, shape: tuple[int, ...]) -> Doubles:
    """Return the light: even, less on one side, or with the edge of a shadow."""
    kind, depth = rng.integers(3), rng.uniform(0.05, 0.5)
    if kind == 0:
        return np.ones(shape)
    slope = _slope(rng, shape)
    if kind == 1:
        return 1 - depth * slope
    soft = rng.uniform(2, 8) / max(shape)
    return 1 - depth / (1 + np.exp(-np.clip((slope - rng.uniform(0.3, 0.7)) / soft, -50, 50)))
