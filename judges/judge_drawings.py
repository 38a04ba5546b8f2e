"""What the judge learns from: digits, and nine kinds of things that a reader takes for one."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_cli.dtypes import Bytes, Floats
from mnist_cli.handwriting.morphology import blur, measure_distance

FRAME = 96  # pixels of the side on which things are drawn
_LETTERS = "ACDEFGHJKLMNPQRTUVWXYacdefhjkmnprtuvwxy?&@#%+=*"  # without those that are digits, too

Rng = np.random.Generator
Source = Bytes  # MNIST's training images, (N, 28, 28)
Point = tuple[float, float]


def draw_digit(rng: Rng, images: Source, size: float | None = None) -> Floats:
    """Draw one training image, turned, stretched and slanted a little: (96, 96) in 0..1."""
    image = Image.fromarray(images[rng.integers(len(images))])
    turn, slant = rng.normal(0, 0.1), rng.normal(0, 0.1)
    zoom = (rng.uniform(2.4, 3.4) if size is None else size) * np.exp(rng.normal(0, 0.1, 2))
    cos, sin = np.cos(turn), np.sin(turn)
    matrix = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, slant], [0, 1]]) / zoom[:, None]
    offset = np.array([14, 14]) - matrix @ np.array([FRAME / 2, FRAME / 2])
    rows = [*matrix[0], offset[0], *matrix[1], offset[1]]
    how = Image.Transform.AFFINE, rows, Image.Resampling.BICUBIC
    return _as_ink(image.transform((FRAME, FRAME), *how))


def draw_piece(rng: Rng, images: Source) -> Floats:
    """A digit of which a side is cut off, or a band is missing; what stands would be a 1."""
    digit = draw_digit(rng, images)
    y, x = np.nonzero(digit > 0.5)
    angle = rng.uniform(0, 2 * np.pi)
    grid = np.mgrid[:FRAME, :FRAME]
    along = np.cos(angle) * grid[0] + np.sin(angle) * grid[1]
    lowest, highest = np.percentile(along[y, x], sorted(rng.uniform(0, 100, 2)))
    if rng.random() < 0.7:
        lowest, highest = -np.inf, np.percentile(along[y, x], rng.uniform(30, 70))
    inside = (along >= lowest) & (along <= highest)
    piece = np.where(inside if rng.random() < 0.8 else ~inside, digit, 0).astype(np.float32)
    y, x = np.nonzero(piece > 0.5)
    share = len(y) / (digit > 0.5).sum()
    if not 0.2 < share < 0.8 or np.ptp(x) < 0.4 * np.ptp(y):
        return draw_piece(rng, images)
    return piece


def draw_pair(rng: Rng, images: Source) -> Floats:
    """Two or three digits side by side, or one above the other."""
    size, step = rng.uniform(1.3, 2.0), rng.uniform(0.55, 0.85)
    count, down = int(rng.choice([2, 2, 3])), rng.random() < 0.25
    page = np.zeros((FRAME, FRAME), np.float32)
    for number in range(count):
        away = round((number - (count - 1) / 2) * step * 28 * size)
        aside = round(rng.normal(0, 3))
        digit = draw_digit(rng, images, size)
        page = np.maximum(page, np.roll(digit, (away, aside) if down else (aside, away), (0, 1)))
    return page


def draw_with_lines(rng: Rng, images: Source) -> Floats:
    """A digit crossed, underlined or joined by straight lines."""
    pen = _Pen(rng)
    for _ in range(rng.integers(1, 4)):
        start, end = rng.uniform(0, FRAME, (2, 2))
        if rng.random() < 0.7:
            axis = rng.integers(2)
            start[axis], end[axis] = 0, FRAME
            end[1 - axis] = start[1 - axis] + rng.normal(0, 3)
        pen.line([tuple(start), tuple(end)])
    return np.maximum(pen.ink(), draw_digit(rng, images, rng.uniform(1.8, 3)))


def draw_box(rng: Rng, images: Source) -> Floats:
    """A box, a circle or a part of a frame, empty or with a digit in it."""
    pen = _Pen(rng)
    left, top = rng.uniform(4, 24, 2)
    right, bottom = FRAME - rng.uniform(4, 24, 2)
    if rng.random() < 0.3:
        left, right = left + 12, right - 12
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    kind = rng.integers(4)
    if kind == 0:
        corners = corners[:4]  # two sides would be a 7
    if kind == 1 and rng.random() < 0.7:
        pen.oval((left, top, right, bottom))
        return np.maximum(pen.ink(), draw_digit(rng, images, rng.uniform(1.0, 1.8)))
    pen.line(corners)
    if rng.random() < 0.5:
        return pen.ink()
    return np.maximum(pen.ink(), draw_digit(rng, images, rng.uniform(1.0, 2.4)))


def draw_bars(rng: Rng, _: Source) -> Floats:
    """Lines that lie, cross or meet; one that stands would be a 1."""
    pen = _Pen(rng)
    kind = rng.integers(4)
    middle = FRAME / 2 + rng.uniform(-12, 12, 2)
    angle = rng.uniform(-0.9, 0.9)
    for turn in ([0.0], [0, np.pi / 2], [0, rng.uniform(0.4, 2.7)], [0, 0])[kind]:
        half = rng.uniform(20, 44) * np.array([np.cos(angle + turn), np.sin(angle + turn)])
        start = middle - half * (rng.random() if kind == 2 else 1)
        shift = rng.uniform(-25, 25, 2) if kind == 3 else 0
        pen.line([tuple(start + shift), tuple(middle + half + shift)])
    return pen.ink()


def draw_blot(rng: Rng, images: Source) -> Floats:
    """Something filled: an oval, a patch, or the inside of a digit's loop or box."""
    kind = rng.integers(4)
    if kind == 0:  # what a digit leaves of a patch
        digit, patch = draw_digit(rng, images), np.zeros((FRAME, FRAME), np.float32)
        a, b, c, d = (int(v) for v in rng.uniform(0, 30, 4))
        patch[a : FRAME - b, c : FRAME - d] = 1
        patch *= 1 - digit
        return patch
    picture = Image.new("L", (FRAME, FRAME))
    left, top, right, bottom = (float(v) for v in (*rng.uniform(2, 40, 2), *rng.uniform(56, 94, 2)))
    if kind == 1:
        ImageDraw.Draw(picture).ellipse((left, top, right, bottom), 255)
    elif kind == 2:
        corners = [tuple(rng.uniform(0, FRAME, 2)) for _ in range(rng.integers(3, 6))]
        ImageDraw.Draw(picture).polygon(corners, 255)
    else:
        return smooth_noise(rng, rng.uniform(6, 14)) * 2 + np.float32(0.5)
    return _as_ink(picture)


def draw_letter(rng: Rng, _: Source) -> Floats:
    """A letter or sign of Pillow's own font, bent like one that is written."""
    font = ImageFont.load_default(60)
    picture = Image.new("L", (FRAME, FRAME))
    text = str(rng.choice(list(_LETTERS)))
    stroke = int(rng.integers(0, 3))
    ImageDraw.Draw(picture).text((48, 48), text, 255, font, anchor="mm", stroke_width=stroke)
    matrix = np.eye(2) + rng.normal(0, 0.15, (2, 2))
    offset = np.array([48, 48]) - matrix @ np.array([48, 48])
    rows = [*matrix[0], offset[0], *matrix[1], offset[1]]
    how = Image.Transform.AFFINE, rows, Image.Resampling.BICUBIC
    letter = _as_ink(picture.transform((FRAME, FRAME), *how))
    if rng.random() < 0.5:  # its outline only thinner: one pen for all strokes
        inwards = measure_distance(letter < 0.5, 8)
        letter *= (letter > 0.5) & (inwards < rng.uniform(2, 6))
    bend = rng.integers(2)
    waves = np.rint(rng.uniform(0, 4) * np.sin(np.arange(FRAME) / rng.uniform(8, 30)))
    index = (np.arange(FRAME)[:, None] + waves.astype(int)) % FRAME
    return np.take_along_axis(letter, index if bend else index.T, axis=0 if bend else 1)


def draw_scribble(rng: Rng, _: Source) -> Floats:
    """Strokes at random, arcs, and the faces of clocks."""
    pen = _Pen(rng)
    kind = rng.integers(4)
    if kind == 0:  # an arc
        begin, length = rng.uniform(0, 360), rng.uniform(60, 300)
        pen.arc((*rng.uniform(4, 20, 2), *rng.uniform(70, 92, 2)), begin, begin + length)
        if rng.random() < 0.3:
            pen.line([tuple(rng.uniform(10, 86, 2)) for _ in range(2)])
    elif kind == 1:  # a clock
        radius = rng.uniform(25, 44)
        if rng.random() < 0.7:
            pen.oval((48 - radius, 48 - radius, 48 + radius, 48 + radius))
        for number in range(12):
            way = np.array([np.cos(number * np.pi / 6), np.sin(number * np.pi / 6)])
            pen.line([tuple(48 + way * radius * 0.8), tuple(48 + way * radius)])
        for length in (0.5, 0.75):
            hand = rng.uniform(0, 2 * np.pi)
            way = np.array([np.cos(hand), np.sin(hand)])
            pen.line([(48, 48), tuple(48 + way * radius * length)])
    else:  # a walk that keeps its direction for a while
        place, angle, points = rng.uniform(20, 76, 2), float(rng.uniform(0, 7)), []
        turning = rng.normal(0, 0.25)
        for _step in range(rng.integers(15, 90)):
            points.append(tuple(place))
            turning += rng.normal(0, 0.12)
            angle += turning
            place = np.clip(place + 4 * np.array([np.cos(angle), np.sin(angle)]), 4, 92)
        pen.line(points)
    return pen.ink()


def draw_texture(rng: Rng, images: Source) -> Floats:
    """Grain, hatching, and the mere outline of a digit."""
    kind = rng.integers(4)
    if kind == 0:
        digit = draw_digit(rng, images)
        away = measure_distance(digit > 0.5, 10)
        inner = rng.uniform(0.5, 3)
        return ((away > inner) & (away < inner + rng.uniform(2, 5))).astype(np.float32)
    if kind == 1:
        y, x = np.mgrid[:FRAME, :FRAME]
        angle, pitch = rng.uniform(0, 3.2), rng.uniform(6, 20)
        waves = np.sin((np.cos(angle) * y + np.sin(angle) * x) * 2 * np.pi / pitch)
        if rng.random() < 0.5:
            waves = np.maximum(waves, np.sin((np.sin(angle) * y - np.cos(angle) * x) * 6.3 / pitch))
        hatching: Floats = (waves + 0.5).astype(np.float32)
        return hatching
    if kind == 2:
        pen = _Pen(rng)
        for _ in range(rng.integers(4, 25)):
            spot = rng.uniform(5, 90, 2)
            pen.line([tuple(spot), tuple(spot + rng.uniform(-8, 8, 2))])
        return pen.ink()
    return smooth_noise(rng, rng.uniform(1, 5)) * 2 + np.float32(rng.uniform(0.2, 0.5))


# The first is what is wanted.
KINDS: tuple[Callable[[Rng, Source], Floats], ...] = (
    draw_digit,
    draw_piece,
    draw_pair,
    draw_with_lines,
    draw_box,
    draw_bars,
    draw_blot,
    draw_letter,
    draw_scribble,
    draw_texture,
)


class _Pen:
    """Draws lines of one width, smoothly: on twice the size."""

    def __init__(self, rng: Rng) -> None:
        self.picture = Image.new("L", (2 * FRAME, 2 * FRAME))
        self._draw = ImageDraw.Draw(self.picture)
        self.width = int(rng.integers(5, 22))

    def line(self, points: list[Point]) -> None:
        self._draw.line([(2 * x, 2 * y) for x, y in points], 255, self.width, "curve")
        for x, y in points:
            box = [2 * x - self.width / 2, 2 * y - self.width / 2]
            self._draw.ellipse((*box, box[0] + self.width, box[1] + self.width), 255)

    def oval(self, box: tuple[float, ...]) -> None:
        self._draw.ellipse([2 * v for v in box], outline=255, width=self.width)

    def arc(self, box: tuple[float, ...], begin: float, end: float) -> None:
        self._draw.arc([2 * v for v in box], begin, end, 255, self.width)

    def ink(self) -> Floats:
        return _as_ink(self.picture.resize((FRAME, FRAME), Image.Resampling.BOX))


def _as_ink(picture: Image.Image) -> Floats:
    ink: Floats = np.asarray(picture, np.float32) / np.float32(255)
    return ink


def smooth_noise(rng: Rng, sigma: float) -> Floats:
    """Draw noise that is smooth over `sigma` pixels, of a standard deviation of 0.5."""
    noise = blur(rng.normal(0, 1, (FRAME, FRAME)).astype(np.float32), sigma)
    noise *= np.float32(0.5) / noise.std()
    return noise
