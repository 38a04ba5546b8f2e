"""Numbers as people write them, drawn from training images and from the program's own forms.

What the judge of a line learns from: digits that are apart, touch, overlap or are joined, slanted
and uneven, with dots, dashes and other signs, on paper with a pattern, a ruled line, boxes, grain
and shadow. Of each digit it is known which pixels it covers.
"""

import io
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mnist_cli.dtypes import Bits, Bytes, Doubles, Floats, Indices
from mnist_cli.handwriting.morphology import blur, measure_distance
from mnist_cli.training.drawing import draw_form, load_forms

Rng = np.random.Generator

_TALL, _RIM = 64, 12  # pixels of a digit of the bank, and of the paper round it
_STEPS = 8  # of a pixel, in which the bank keeps distances
_SIDE = _TALL + 2 * _RIM
_PAGES = 0.15  # of the pictures


class Truth(NamedTuple):
    """A digit of a picture: which it is, its corner, and how much of each pixel it covers."""

    digit: int
    top: int
    left: int
    cover: Floats

    def move(self, down: int, right: int) -> "Truth":
        """Return the digit elsewhere."""
        return self._replace(top=self.top + down, left=self.left + right)


class Bank:
    """Digits as distances from their outlines, so that they can be written with any pen."""

    def __init__(self, images: Bytes, labels: Bytes, seed: int) -> None:
        """Take training images, and draw half as many forms."""
        rng, known = np.random.default_rng(seed), load_forms()
        shares = np.array([form.share for form in known])
        chosen = rng.choice(len(known), len(images) // 2, p=shares / shares.sum())
        forms = [known[index] for index in chosen]
        bits = [_set_height(image > 60, image) for image in images]
        bits += [_set_height(drawn, drawn) for drawn in (draw_form(form, rng) for form in forms)]
        digits = np.array([*labels, *(form.digit for form in forms)])
        narrow = [index for index, each in enumerate(bits) if each.shape[1] <= 1.2 * _TALL]
        self.inside = np.stack([_measure_inside(bits[index]) for index in narrow])
        self._by_digit = [np.flatnonzero(digits[narrow] == digit) for digit in range(10)]
        inked = (self.inside > 0).sum(axis=(1, 2))
        outlines = (abs(self.inside) < _STEPS).sum(axis=(1, 2)) / 2
        self._widths = 2 * inked / np.maximum(outlines, 1)

    def write(self, rng: Rng, digit: int, hand: "Hand", height: float) -> Floats:
        """Write a digit about `height` pixels high, as that hand does: (H, W) in 0..1."""
        index = int(rng.choice(self._by_digit[digit]))
        zoom = max(height, 6) / _TALL
        pen, width = hand.pen * np.exp(rng.normal(0, 0.07)) / zoom, self._widths[index]
        thicker = np.clip((pen - width) / 2, -0.35 * width, 4)
        turn, slant = rng.normal(0, 0.05), hand.slant + rng.normal(0, 0.06)
        matrix = np.diag([np.exp(rng.normal(0, 0.1)), 1]) @ [[1, slant], [0, 1]] / zoom
        matrix = matrix @ [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
        size = int(1.9 * height) + 12, int(1.5 * height) + 12
        offset = np.full(2, _SIDE / 2) - matrix @ np.array(size) / 2
        rows = [*matrix[0], offset[0], *matrix[1], offset[1]]
        how = Image.Transform.AFFINE, rows, Image.Resampling.BILINEAR
        inside = Image.fromarray(self.inside[index].astype(np.float32))
        away = np.asarray(inside.transform(size, *how, fillcolor=-8 * _STEPS)) / _STEPS
        return _crop(np.clip((away + thicker) * zoom + 0.5, 0, 1).astype(np.float32))[0]


def _set_height(bits: Bits, picture: NDArray[np.generic]) -> Bits:
    """Cut out what is true in `bits`, and make the picture of it 64 pixels high, in two tones."""
    rows, columns = np.flatnonzero(bits.any(axis=1)), np.flatnonzero(bits.any(axis=0))
    part = picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.float32)
    width = max(4, round(part.shape[1] * _TALL / part.shape[0]))
    large = Image.fromarray(part / part.max()).resize((width, _TALL), Image.Resampling.BICUBIC)
    large_bits: Bits = np.asarray(large) > 0.45
    return large_bits


def _measure_inside(bits: Bits) -> NDArray[np.int8]:
    paper = np.zeros((_SIDE, _SIDE), bool)
    left = (_SIDE - bits.shape[1]) // 2
    paper[_RIM : _RIM + _TALL, left : left + bits.shape[1]] = bits
    away = np.where(paper, measure_distance(~paper, 8) - 0.5, 0.5 - measure_distance(paper, 8))
    return np.rint(np.clip(away, -8, 8) * _STEPS).astype(np.int8)


def _crop(ink: Floats) -> tuple[Floats, int, int]:
    """Cut off what is empty; return what is left, and the row and column of its corner."""
    rows, columns = (np.flatnonzero(ink.max(axis=axis) > 0.3) for axis in (1, 0))
    if not len(rows):
        return ink, 0, 0
    top, left = int(rows[0]), int(columns[0])
    return ink[top : rows[-1] + 1, left : columns[-1] + 1], top, left


@dataclass(frozen=True)
class Hand:
    """How somebody writes numbers; lengths in pixels, shares of `height` where nothing is said."""

    height: float
    pen: float  # pixels
    slant: float
    drift: float  # of the line, up or down
    uneven: float  # how far digits stand off the line, one standard deviation
    sizes: float  # by how much they differ, one standard deviation
    zeros: float  # how high a zero is
    touching: float  # how often digits do
    apart: float  # how far they are, where they do not

    @classmethod
    def draw(cls, rng: Rng, on_page: bool = False) -> "Hand":
        """Choose one: small digits, as on cheques, two times of three; on a page far apart."""
        small = on_page or rng.random() < 0.65
        height = float(np.exp(rng.uniform(*np.log((17, 48) if small else (40, 110)))))
        return cls(
            height,
            pen=height * np.exp(rng.uniform(*np.log((0.04, 0.17)))),
            slant=rng.normal(0.12, 0.17),
            drift=rng.normal(0, 0.04),
            uneven=rng.uniform(0, 0.09),
            sizes=rng.uniform(0.03, 0.16),
            zeros=rng.uniform(0.55, 1) if rng.random() < 0.4 else 1.0,
            touching=rng.choice([0.05, 0.35, 0.8], p=[0.4, 0.35, 0.25]),
            apart=rng.uniform(0.3, 2.5) if on_page else rng.uniform(0.08, 0.6),
        )


class Line:
    """A line of digits and signs while it is written: `ink` (H, W), `digits`, the base line."""

    def __init__(self, rng: Rng, bank: Bank, hand: Hand, wide: int) -> None:
        self._rng, self._bank, self._hand = rng, bank, hand
        self.ink = np.zeros((int(2.6 * hand.height) + 20, wide), np.float32)
        self.base = int(1.7 * hand.height) + 6
        self.digits: list[Truth] = []
        self.end = int(0.9 * hand.height) + 4

    def write(self, digit: int, gap: float) -> None:
        """Write a digit, its outline `gap` heights from that of the digit before, on any row."""
        rng, hand = self._rng, self._hand
        size = hand.height * np.exp(rng.normal(0, hand.sizes)) * (hand.zeros if digit == 0 else 1)
        cover = self._bank.write(rng, digit, hand, size)
        away = hand.drift * (self.end - hand.height) + rng.normal(0, hand.uneven) * hand.height
        rows, columns = self.ink.shape
        top = int(np.clip(self.base + round(away) - len(cover), 1, rows - len(cover) - 1))
        left = self.end
        if self.digits:
            before = self.digits[-1]
            left = before.left + _measure_reach(before, top, cover) + round(gap * hand.height)
            left = max(left, before.left + int(0.12 * hand.height))
        left = int(np.clip(left, 1, columns - cover.shape[1] - 2))
        self.digits.append(Truth(digit, top, left, cover))
        lay(self.ink, cover, top, left)
        self.end = left + cover.shape[1]

    def join(self) -> None:
        """Join the last two digits, as a pen does that is not lifted: high up."""
        first, second = self.digits[-2:]
        ends = []
        for (_, top, left, cover), is_first in ((first, True), (second, False)):
            rows, columns = np.nonzero(cover[: max(2, int(0.45 * len(cover)))] > 0.5)
            if not len(rows):
                return
            by_row = self._rng.random() < 0.4
            index = rows.argmin() if by_row else (columns if is_first else -columns).argmax()
            ends.append((left + columns[index], top + rows[index]))
        start, end = np.array(ends, float)
        if np.hypot(*(end - start)) < 0.9 * self._hand.height:
            sag = np.array([0, self._rng.uniform(-0.05, 0.12) * self._hand.height])
            self.draw([start, (start + end) / 2 + sag, end], 0.8)

    def draw(self, points: list[Doubles | tuple[float, float]], pen: float = 1) -> None:
        """Draw a stroke, with a pen so many times as wide."""
        draw_stroke(self.ink, points, pen * self._hand.pen)

    def dot(self, x: float) -> None:
        """Make a dot or a comma."""
        rng, height = self._rng, self._hand.height
        y = self.base + rng.uniform(-0.06, 0.1) * height
        if rng.random() < 0.5:
            self.draw([(x, y), (x + 0.04 * height, y + 0.02 * height)], rng.uniform(1, 1.7))
        else:
            down = rng.uniform(0.08, 0.28) * height
            self.draw([(x, y), (x - rng.uniform(0, 0.12) * height, y + down)])

    def sign(self, x: float) -> None:
        """Make a dash, a sign of equality, #, / or $."""
        rng, height = self._rng, self._hand.height
        kind = rng.choice(5, p=[0.45, 0.4, 0.07, 0.04, 0.04])
        if kind < 2:
            y = self.base - rng.uniform(0.25, 0.7) * height
            wide = rng.uniform(0.25, 1.3) * height
            tilt, gap = rng.normal(0, 0.08) * wide, rng.uniform(0.12, 0.3) * height
            for number in range(int(kind) + 1):
                below = y + number * gap
                self.draw([(x, below), (x + wide * rng.uniform(0.7, 1), below + tilt)])
            return
        side = rng.uniform(0.6, 1.1) * height
        strokes = (
            ((42, 0, 18, 100), (77, 0, 53, 100), (0, 30, 100, 32), (0, 65, 100, 66)),
            ((40, -10, 0, 110),),
            ((50, 15, 20, 0, 0, 25, 25, 50, 50, 75, 25, 100, 0, 85), (30, -15, 22, 115)),
        )[kind - 2]
        for stroke in strokes:
            points = np.array(stroke, float).reshape(-1, 2) / 100 * side
            corner = np.array([x, self.base - side * rng.uniform(0.95, 1.05)])
            self.draw(list(points + corner))


def _measure_reach(before: Truth, top: int, cover: Floats) -> int:
    """How far right of the digit before another one begins, if the two are to touch on some row."""
    rows = slice(max(before.top, top), min(before.top + len(before.cover), top + len(cover)))
    if rows.stop <= rows.start:
        return before.cover.shape[1]
    left = before.cover[rows.start - before.top : rows.stop - before.top] > 0.4
    right = cover[rows.start - top : rows.stop - top] > 0.4
    both = left.any(axis=1) & right.any(axis=1)
    if not both.any():
        return before.cover.shape[1]
    ends = left.shape[1] - left[:, ::-1].argmax(axis=1)
    reach: Indices = (ends - right.argmax(axis=1))[both]
    return int(reach.max())


def lay(page: Floats, ink: Floats, top: int, left: int) -> None:
    """Lay ink on a page, as far as it is on it."""
    above, before = max(-top, 0), max(-left, 0)
    bottom, right = max(top + len(ink), 0), max(left + ink.shape[1], 0)
    part = page[top + above : bottom, left + before : right]
    np.maximum(part, ink[above : above + len(part), before : before + part.shape[1]], out=part)


def draw_stroke(
    page: Floats,
    points: list[Doubles | tuple[float, float]],
    pen: float,
    dark: float = 1,
) -> None:
    """Draw a line with round ends through points (x, y)."""
    picture = Image.new("L", page.shape[::-1])
    draw = ImageDraw.Draw(picture)
    draw.line([(float(x), float(y)) for x, y in points], 255, max(1, round(pen)), "curve")
    for x, y in points:
        draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    np.maximum(page, np.asarray(picture, np.float32) * (dark / 255), out=page)


def write_line(rng: Rng, bank: Bank, hand: Hand, count: int = 0) -> tuple[Floats, list[Truth], int]:
    """Write digits and what stands between and behind them; return ink, digits, base line.

    They are `count`, with nothing behind; or one to seven.
    """
    signed = not count
    count = count or int(rng.choice(range(1, 8), p=[0.04, 0.08, 0.17, 0.27, 0.27, 0.1, 0.07]))
    zeros = rng.uniform(0.1, 0.35)
    number = np.where(rng.random(count) < zeros, 0, rng.integers(10, size=count))
    number[rng.random(count) < 0.08] = 1  # sums of money often begin with it
    number = number.tolist()
    if rng.random() < 0.2:  # 5000, 7777
        number[1:] = [0 if rng.random() < 0.6 else number[-1]] * (count - 1)
    line = Line(rng, bank, hand, int((count + 4) * hand.height * (1.6 + 1.6 * hand.apart) + 40))
    if signed and rng.random() < 0.06:
        line.sign(line.end)
        line.end = int(np.flatnonzero(line.ink.max(axis=0) > 0.4)[-1] + 0.2 * hand.height)
    dotted = count - 3 if rng.random() < 0.5 else int(rng.integers(1, count + 1))
    dotted = dotted if rng.random() < 0.45 else 0
    for place, digit in enumerate(number):
        gap = hand.apart * rng.uniform(0.3, 1.6) + 0.03
        are_zeros = place > 0 and number[place - 1 : place + 1] == [0, 0]
        if rng.random() < max(hand.touching, 0.4 * are_zeros):
            gap = rng.uniform(-0.1, 0.03)
        if place and place == dotted:
            gap = max(gap, 0.15)
            line.dot(line.end + 0.5 * gap * hand.height)
        line.write(digit, gap)
        if place and rng.random() < (0.3 if are_zeros else 0.05):
            line.join()
    if signed and rng.random() < 0.45:
        if rng.random() < 0.5:
            line.dot(line.end + 0.15 * hand.height)
        if rng.random() < 0.7:
            line.sign(line.end + rng.uniform(0.1, 0.7) * hand.height)
    ink, top, left = _crop(line.ink)
    return ink, [digit.move(-top, -left) for digit in line.digits], line.base - top


def draw_number(rng: Rng, bank: Bank) -> tuple[Bytes, list[Truth]]:
    """Draw a picture, (H, W) uint8, and its digits, but those cut off: a number, or a page.

    A page has up to six lines, and paper around.
    """
    on_page = rng.random() < _PAGES
    hand = Hand.draw(rng, on_page)
    count = int(rng.integers(1, 7)) if on_page else 1
    lines = [write_line(rng, bank, replace(hand, pen=hand.pen)) for _ in range(count)]
    margins = rng.uniform(0.03, 0.5, 4)  # left, top, right, bottom, in heights
    close = rng.random(4) < 0.3
    margins[close] = rng.uniform(-0.06, 0.03, close.sum())  # as it is cut out of a form
    margins *= hand.height * (rng.uniform(1, 8) if on_page else 1)
    tops, top = [], margins[1]
    for ink, _, _ in lines:
        tops.append(int(top))
        top += len(ink) + hand.height * rng.uniform(0.15, 2 if on_page else 0.8)
    wide = int(margins[0] + max(ink.shape[1] for ink, _, _ in lines) + margins[2])
    page = np.zeros(
        (max(int(tops[-1] + len(lines[-1][0]) + margins[3]), 20), max(wide, 24)), np.float32
    )
    truth: list[Truth] = []
    for (ink, digits, base), top in zip(lines, tops, strict=True):
        left = int(margins[0] + (rng.uniform(0, 0.5) * hand.height if count > 1 else 0))
        lay(page, ink, top, left)
        truth += [digit.move(top, left) for digit in digits]
        _rule(rng, page, hand, top, top + base)
    return _photograph(rng, page, hand), [digit for digit in truth if is_on(digit, page.shape)]


def draw_row(rng: Rng, things: list[Floats]) -> Bytes:
    """Draw a picture with a row of things that are no digits; (H, W) uint8."""
    hand = Hand.draw(rng)
    height = int(hand.height)
    page = np.zeros((2 * height, int((len(things) * 1.1 + 0.5) * height) + 24), np.float32)
    for number, thing in enumerate(things):
        small = Image.fromarray(thing).resize((height, height), Image.Resampling.BILINEAR)
        top = height // 2 + round(rng.normal(0, 0.05) * height)
        lay(page, np.asarray(small), top, int((number * rng.uniform(0.6, 1.1) + 0.2) * height))
    return _photograph(rng, page, hand)


def is_on(digit: Truth, shape: tuple[int, ...]) -> bool:
    """Whether nearly all of a digit is on the page."""
    page = np.zeros(shape, np.float32)
    lay(page, digit.cover, digit.top, digit.left)
    return bool(page.sum() > 0.85 * digit.cover.sum())


def _rule(rng: Rng, page: Floats, hand: Hand, top: int, base: int) -> None:
    """Now and then rule a line below or above, draw boxes round digits, ends of other writing."""
    (height, wide), size = page.shape, hand.height
    if rng.random() < 0.3:
        away, tilt = rng.uniform(-0.05, 0.3) * size, rng.normal(0, 0.008) * wide
        y = base + away if rng.random() < 0.7 else top - away
        left, right = (0, wide) if rng.random() < 0.75 else sorted(rng.uniform(0, wide, 2))
        pen = max(1, size * rng.uniform(0.02, 0.09))
        draw_stroke(page, [(left, y), (right, y + tilt)], pen, rng.uniform(0.35, 1))
    if rng.random() < 0.07:
        pen, dark = size * rng.uniform(0.04, 0.09), rng.uniform(0.3, 1)
        above, below = top - 0.2 * size, base + 0.25 * size
        for x in np.arange(rng.uniform(0, size), wide, size * rng.uniform(1, 1.5)).tolist():
            draw_stroke(page, [(x, above), (x, below)], pen, dark)
        for y in (above, below) if rng.random() < 0.7 else ():
            draw_stroke(page, [(0, y), (wide, y)], pen, dark)
    for _ in range(int(rng.integers(1, 4)) if rng.random() < 0.1 else 0):
        x, is_up, long = rng.uniform(0, wide), rng.random() < 0.5, rng.uniform(0.05, 0.35) * size
        ends = (0, long) if is_up else (height, height - long)
        draw_stroke(page, [(x, ends[0]), (x + rng.normal(0, 0.2) * size, ends[1])], 0.09 * size)


def _photograph(rng: Rng, ink: Floats, hand: Hand) -> Bytes:
    """Put ink on paper, and take a picture of it."""
    ink = blur(ink, rng.uniform(0.3, 0.9) * max(1, hand.height / 40))
    if rng.random() < 0.5:  # the pen does not cover
        spots = blur(_noise(rng, ink.shape), rng.uniform(0.6, 2))
        ink = ink * (1 - rng.uniform(0, 0.5) * np.clip(2 * spots, 0, 1))
    bright = rng.uniform(0.5, 1)
    contrast = bright * rng.uniform(0.35, 0.92)
    paper = np.full(ink.shape, bright, np.float32)
    if rng.random() < 0.7:
        paper -= contrast * rng.uniform(0.03, 0.5) * draw_pattern(rng, ink.shape)
    if rng.random() < 0.15:
        sides = (np.linspace(-1, 1, length) * rng.normal() for length in ink.shape)
        paper += rng.uniform(-0.2, 0.2) * np.add.outer(*sides)
    covers = rng.uniform(0.8, 1)
    page = paper - ink * (covers * (paper - bright + contrast))
    if rng.random() < 0.08:  # a strip of shadow along a side
        depth = int(rng.uniform(0.02, 0.25) * hand.height) + 1
        sides = page[:depth], page[-depth:], page[:, :depth], page[:, -depth:]
        sides[rng.integers(4)][:] *= rng.uniform(0.2, 0.8)
    page += rng.uniform(0, 0.05) * _noise(rng, page.shape)
    if rng.random() < 0.5:
        page = blur(page.astype(np.float32), rng.uniform(0.3, 0.7))
    gray = np.rint(np.clip(1 - page if rng.random() < 0.13 else page, 0, 1) * 255).astype(np.uint8)
    return press(gray, int(rng.integers(35, 92))) if rng.random() < 0.6 else gray


def press(pixels: Bytes, quality: int) -> Bytes:
    """Return a picture as it is after it was a JPEG file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def _noise(rng: Rng, shape: tuple[int, ...]) -> Floats:
    return rng.normal(0, 1, shape).astype(np.float32)


def draw_pattern(rng: Rng, shape: tuple[int, ...]) -> Floats:
    """Draw fine waves, as on cheques: (H, W) in 0..1."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    pattern = np.zeros(shape, np.float32)
    for _ in range(rng.integers(1, 4)):
        angle = float(rng.choice([0, np.pi / 2, rng.uniform(0, np.pi)]))
        across, along = np.cos(angle) * y + np.sin(angle) * x, np.cos(angle) * x - np.sin(angle) * y
        sway = rng.uniform(0, 6) * np.sin(2 * np.pi * along / rng.uniform(10, 90))
        pitch = rng.uniform(3, 12)
        waves = np.cos(2 * np.pi * (across + sway) / pitch)
        if rng.random() < 0.2:  # dots
            waves = np.minimum(waves, np.cos(2 * np.pi * along / pitch))
        lines = np.clip(waves * rng.uniform(1, 3) - rng.uniform(0, 1.2), 0, 1)
        pattern = np.maximum(pattern, lines * rng.uniform(0.4, 1))
    return pattern
