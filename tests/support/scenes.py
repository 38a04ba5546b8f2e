"""Harder scenes than those of `stress`: what is round the digit, rows and pages, and no digits.

As there: MNIST training digits as ink, all else from a seeded generator, nothing stored.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from support.stress import INK, PAPER, Array, Rng, blurred, coverage, jpeg, png, ramp, sheet

_TABLES = ([0.45, 0.3, 0.18], [0.15, 0.14, 0.15], [0.8, 0.78, 0.74], [0.2, 0.42, 0.25])
# Letters that could be digits are not among them.
_LETTERS = "ACEFGHJKLMNPQRTUVWXYadefhjkmnprtuwxy"


def draw(kind: str, digit: Array, seed: int) -> bytes:
    """Draw a (28, 28) uint8 digit in this scene: the bytes of a PNG or JPEG file."""
    return SCENES[kind](digit, np.random.default_rng(seed))


def on_a_table(digit: Array, rng: Rng) -> bytes:
    """A sheet on a table of wood, dark, light or green, turned a little."""
    side = round(rng.uniform(190, 260))
    page = sheet(coverage(digit, rng, (side, side), rng.uniform(0.4, 0.65) * side))
    rgba = np.dstack([page, np.ones(page.shape[:2])])
    turned = Image.fromarray((rgba * 255).astype(np.uint8)).rotate(
        rng.uniform(-12, 12), Image.Resampling.BICUBIC, expand=True
    )
    paper = np.asarray(turned, float) / 255
    grain = blurred(rng.normal(0, 1, (400, 400)), 3).cumsum(axis=1) * 0.004
    table = np.array(_TABLES[rng.integers(4)]) * (1 + np.clip(grain, -0.2, 0.2)[..., None])
    y, x = (int(v) for v in rng.uniform(5, 395 - np.array(paper.shape[:2])))
    place = table[y : y + paper.shape[0], x : x + paper.shape[1]]
    place += paper[..., 3:] * (paper[..., :3] - place)
    light = 1 - 0.3 * ramp(table.shape[:2], rng)
    return jpeg(table * light[..., None] + rng.normal(0, 0.01, table.shape))


def in_a_box(digit: Array, rng: Rng) -> bytes:
    """In a printed box whose lines are as thick as the pen."""
    ink = coverage(digit, rng, (300, 300), rng.uniform(100, 150))
    rows, columns = np.nonzero(ink > 0.5)
    gap, width = rng.uniform(12, 40), round(rng.uniform(8, 14))
    top, bottom = round(rows.min() - gap), round(rows.max() + gap)
    left, right = round(columns.min() - gap), round(columns.max() + gap)
    box = np.zeros_like(ink)
    box[max(top - width, 0) : bottom + width, max(left - width, 0) : right + width] = 1
    box[max(top, 0) : bottom, max(left, 0) : right] = 0
    return png(sheet(np.maximum(ink, box)))


def in_a_frame(digit: Array, rng: Rng) -> bytes:
    """A dark frame round the picture, or strips along two or three of its sides."""
    page = sheet(coverage(digit, rng))
    for side in rng.permutation(4)[: rng.integers(2, 5)]:
        np.rot90(page, side)[: round(rng.uniform(8, 30))] = rng.uniform(0.02, 0.3)  # a view
    return png(page)


def at_a_side(digit: Array, rng: Rng) -> bytes:
    """Cut so close that the digit touches one side."""
    ink = coverage(digit, rng)
    side = rng.integers(4)
    turned = np.rot90(ink, side)
    first = int(np.flatnonzero((turned > 0.5).any(axis=1))[0])
    return png(sheet(np.rot90(turned[first + round(rng.uniform(1, 4)) :], -side)))


def other_colours(digit: Array, rng: Rng) -> bytes:
    """Dark ink over strokes of another colour, or on a slope between two equally bright."""
    ink = coverage(digit, rng)
    if rng.random() < 0.5:
        pair = np.array([[0.9, 0.55, 0.5], [0.45, 0.72, 0.95]])[rng.permutation(2)]
        slope = ramp(ink.shape, rng)[..., None]
        return png(sheet(ink, pair[0] * (1 - slope) + pair[1] * slope, INK + 0.1))
    other = Image.new("L", ink.shape[::-1])
    pen = ImageDraw.Draw(other)
    for _ in range(rng.integers(2, 6)):
        pen.line([tuple(v) for v in rng.uniform(20, 280, (3, 2))], 255, round(rng.uniform(8, 16)))
    colours = np.array([[0.95, 0.45, 0.4], [0.45, 0.8, 0.5], [0.45, 0.6, 0.95], [0.95, 0.8, 0.3]])
    strokes = (np.asarray(other, float) / 255)[..., None]
    paper = PAPER * (1 - strokes) + colours[rng.integers(4)] * strokes
    return png(sheet(ink, paper))


SCENES: dict[str, Callable[[Array, Rng], bytes]] = {
    f.__name__: f for f in (on_a_table, in_a_box, in_a_frame, at_a_side, other_colours)
}


def page(lines: Sequence[Sequence[Array]], seed: int, touching: bool = False) -> bytes:
    """Lines of digits on paper, each of its own size, apart or (some of them) touching."""
    rng = np.random.default_rng(seed)
    rows = [_row(line, rng, touching) for line in lines]
    width = max(row.shape[1] for row in rows)
    ink = np.vstack([np.pad(row, ((15, 15), (0, width - row.shape[1]))) for row in rows])
    ink = np.pad(ink, 50)
    light = 1 - 0.35 * ramp(ink.shape, rng)
    return jpeg(sheet(ink) * light[..., None] + rng.normal(0, 0.015, (*ink.shape, 3)))


def _row(digits: Sequence[Array], rng: Rng, touching: bool) -> Array:
    row = np.zeros((110, 110 * len(digits) + 40))
    right = 10
    for digit in digits:
        ink = coverage(digit, rng, (150, 110), rng.uniform(62, 84), rng.uniform(-5, 5))
        columns = np.flatnonzero((ink > 0.3).any(axis=0))
        ink = ink[:, columns[0] : columns[-1] + 1]
        left = right + round(rng.uniform(-3, 1) if touching else rng.uniform(10, 35))
        part = row[:, left : left + ink.shape[1]]
        np.maximum(part, ink, out=part)
        right = left + ink.shape[1]
    return row[:, : right + 10]


def no_digit(seed: int) -> bytes:
    """A letter of some font of this system, or a texture."""
    rng = np.random.default_rng(seed)
    if seed % 3:
        fonts = sorted(Path("/usr/share/fonts").rglob("*.ttf"))
        fonts = [path for path in fonts if "Math" not in path.name]
        size = float(rng.uniform(120, 200))
        font = (
            ImageFont.truetype(str(fonts[rng.integers(len(fonts))]), size)
            if fonts
            else ImageFont.load_default(size)
        )
        letter = Image.new("L", (300, 300))
        text = str(rng.choice(list(_LETTERS)))
        ImageDraw.Draw(letter).text((150, 150), text, 255, font, anchor="mm")
        return png(sheet(np.asarray(letter, float) / 255))
    shape = (300, 300)
    grain = blurred(rng.normal(0, 1, shape), float(rng.uniform(0.7, 12)))
    waves = np.sin(np.arange(300) * rng.uniform(0.1, 0.7))
    grain = grain / grain.std()
    if rng.random() < 0.3:
        grain = 2 * waves + 0.3 * grain
    elif rng.random() < 0.3:
        grain = waves[:, None] + waves + 0.3 * grain
    return png(0.6 + 0.2 * np.stack([grain] * 3, axis=2))
