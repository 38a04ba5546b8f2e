"""Digits that the program draws: forms of the world that MNIST's American writers hardly used."""

from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mnist_cli.dtypes import Bits, Bytes, Doubles
from mnist_cli.handwriting.mnist_format import FINE, bring_to_format

Rng = np.random.Generator
Points = Doubles  # (N, 2): x to the right and y down, in heights of a digit

_PEN = 4, 11  # pixels, of a digit about 80 high: how thin and how thick a pen is
_JITTER = 0.03  # heights: standard deviation of each point of a form
_OVERSHOOT = 0.04  # heights: standard deviation of where a stroke begins and ends
_WOBBLE = 0.015  # heights: how far a hand sways on its way
_SKIPS, _DOUBLES = 0.08, 0.04  # parts of the strokes: the pen skips, or goes over it twice
_DIGITS_A_PART = 32  # digits that are converted to the MNIST format together
_SAMPLES = 40  # round dots of the pen from one given point to the next


class Form(NamedTuple):
    """A way to write a digit, between two extremes, `first` and `last`."""

    digit: int
    share: float  # among all that are drawn
    # Strokes are parted by /; each is a smooth line through points x,y in hundredths of the height,
    # with a corner at those marked with !.
    first: str
    last: str


def load_forms() -> tuple[Form, ...]:
    """The forms of `forms.txt`: two lines each, the first begins with the digit and its share."""
    text = files(__package__).joinpath("forms.txt").read_text("ascii")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    forms = []
    for first, last in zip(lines[::2], lines[1::2], strict=True):
        digit, share, strokes = first.split(maxsplit=2)
        forms.append(Form(int(digit), float(share), strokes, last))
    return tuple(forms)


def draw_digits(count: int, seed: int) -> tuple[Bytes, Bytes]:
    """Draw digits in MNIST format, (N, 28, 28) uint8, and say which they are, (N,) uint8."""
    rng, forms = np.random.default_rng([seed, count]), load_forms()
    shares = np.array([form.share for form in forms])
    chosen = rng.choice(len(forms), count, p=shares / shares.sum())
    images = [
        bring_to_format([draw_form(forms[index], rng) for index in part]).images
        for part in np.array_split(chosen, -(-count // _DIGITS_A_PART))
    ]
    return np.concatenate(images), np.array([forms[index].digit for index in chosen], np.uint8)


def draw_form(form: Form, rng: Rng) -> Bits:
    """Draw a digit once, about 80 pixels high or wide: (H, W) bool."""
    from PIL import Image, ImageDraw

    mix = rng.uniform(0, 1)
    slant, turn = rng.normal(0.12, 0.18), rng.normal(0, 0.06)
    stretch = np.diag(np.exp(rng.normal(0, (0.25, 0.05))))
    matrix = stretch @ [[1, -slant], [0, 1]] @ [[1, -turn], [turn, 1]]
    lines = []
    for first, last in zip(form.first.split("/"), form.last.split("/"), strict=True):
        line = _trace(first, last, mix, rng) @ matrix.T
        lines += _hold_pen(_sway(line, rng), rng)

    everything = np.concatenate(lines)
    corner, far = everything.min(axis=0), everything.max(axis=0)
    scale, pen = FINE / (far - corner).max(), rng.uniform(*_PEN)
    width, height = np.ceil((far - corner) * scale + 2 * _PEN[1]).astype(int)
    page = Image.new("1", (int(width), int(height)))
    draw = ImageDraw.Draw(page)
    for line in lines:
        for x, y in ((line - corner) * scale + _PEN[1]).tolist():
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=1)
    return np.asarray(page)


def _trace(first: str, last: str, mix: float, rng: Rng) -> Points:
    """The line of a stroke between two extremes, smooth from corner to corner."""
    corners = [index for index, point in enumerate(first.split()) if point.endswith("!")]
    one, other = (
        np.array([point.rstrip("!").split(",") for point in text.split()], float) / 100
        for text in (first, last)
    )
    points = one + mix * (other - one) + rng.normal(0, _JITTER, one.shape)
    ends = [0, *corners, len(points) - 1]
    for end, inner in ((0, 1), (-1, -2)):
        along = points[end] - points[inner]
        points[end] += rng.normal(0, _OVERSHOOT) * along / np.linalg.norm(along)
    return np.concatenate([_smooth(points[a : b + 1]) for a, b in pairwise(ends)])


def _smooth(points: Points) -> Points:
    """A Catmull-Rom spline through points."""
    before, after = 2 * points[0] - points[1], 2 * points[-1] - points[-2]
    p = np.concatenate([[before], points, [after]])
    t = np.linspace(0, 1, _SAMPLES)[:, None, None]  # along each piece
    a, b, c, d = p[:-3], p[1:-2], p[2:-1], p[3:]
    bent, turned = 2 * a - 5 * b + 4 * c - d, 3 * (b - c) + d - a
    curve: Points = b + t / 2 * (c - a + t * (bent + t * turned))
    return curve.swapaxes(0, 1).reshape(-1, 2)


def _sway(line: Points, rng: Rng) -> Points:
    """Let the hand sway: two slow waves across the way."""
    along = np.linspace(0, 1, len(line))[:, None]
    waves = np.sin(2 * np.pi * (rng.uniform(0.5, 2.5, 2) * along + rng.uniform(0, 1, 2)))
    return line + rng.normal(0, _WOBBLE, 2) * waves


def _hold_pen(line: Points, rng: Rng) -> list[Points]:
    """The lines that a pen leaves: mostly one, two where it skips or goes over it again."""
    fate = rng.random()
    if fate < _SKIPS:
        at = rng.integers(len(line))
        parts = [line[:at], line[at + _SAMPLES // 3 :]]
        return [part for part in parts if len(part) > 1]
    if fate < _SKIPS + _DOUBLES:
        return [line, line + rng.normal(0, _JITTER, 2)]
    return [line]
