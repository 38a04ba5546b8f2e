"""The stress set: MNIST training digits drawn as ink on paper and spoilt as photos are.

`draw(kind, digit, seed)` gives the bytes of an image file, the same in every run. Each kind is a
recipe: where the ink is, the colours of it and of the paper, the light, and what the camera does.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage
from support.pictures import saved

Array = np.ndarray[Any, Any]
Rng = np.random.Generator

PAPER = np.array([0.95, 0.94, 0.91])
INK = np.array([0.13, 0.13, 0.18])


def draw(kind: str, digit: Array, seed: int) -> bytes:
    """Draw a (28, 28) uint8 digit as a picture of this kind: the bytes of a PNG or JPEG file."""
    return KINDS[kind](digit, np.random.default_rng(seed))


def coverage(
    digit: Array, rng: Rng, frame: tuple[int, int] = (300, 300), size: float = 150, turn: float = 0
) -> Array:
    """Where the ink is: (height, width) in 0..1, the digit `size` pixels long, about the middle."""
    width, height = frame
    rows, columns = np.nonzero(digit > 100)
    box = (columns.min() - 2, rows.min() - 2, columns.max() + 3, rows.max() + 3)
    tight = Image.fromarray(digit).crop(box)
    zoom = size / max(tight.width - 4, tight.height - 4)
    large = (round(tight.width * zoom), round(tight.height * zoom))
    big = tight.resize(large, Image.Resampling.BICUBIC).rotate(turn, Image.Resampling.BICUBIC)
    ink = np.clip((np.asarray(big, float) / 255 - 0.45) * max(zoom / 3, 1) + 0.5, 0, 1)
    spare_x, spare_y = max(width - big.width, 0), max(height - big.height, 0)
    x = round(spare_x * rng.uniform(0.3, 0.7))
    y = round(spare_y * rng.uniform(0.3, 0.7))
    sheet = np.zeros((height, width))
    part = ink[:height, :width]
    sheet[y : y + part.shape[0], x : x + part.shape[1]] = part
    return sheet


def sheet(ink: Array, paper: Array = PAPER, pen: Array = INK) -> Array:
    """Ink on paper: (height, width) coverage -> (height, width, 3) in 0..1."""
    return paper * (1 - ink[..., None]) + pen * ink[..., None]


def picture(pixels: Array) -> Image.Image:
    return Image.fromarray((pixels.clip(0, 1) * 255 + 0.5).astype(np.uint8))


def png(pixels: Array) -> bytes:
    return saved(picture(pixels), "PNG", compress_level=1)


def jpeg(pixels: Array, quality: int = 85) -> bytes:
    return saved(picture(pixels), "JPEG", quality=quality)


def ramp(shape: tuple[int, int], rng: Rng) -> Array:
    """A slope from 0 at one side to 1 at the other, in a random direction."""
    height, width = shape
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    slope = x * np.cos(angle) + y * np.sin(angle)
    return (slope - slope.min()) / np.ptp(slope)


def shadow(shape: tuple[int, int], rng: Rng, depth: float) -> Array:
    """A light factor: 1, and 1 - depth beyond an edge a few pixels wide near the middle."""
    slope = ramp(shape, rng) - rng.uniform(0.35, 0.65)
    soft = rng.uniform(2, 6) / max(shape)
    return 1 - depth / (1 + np.exp(-np.clip(slope / soft * 2, -50, 50)))


def blurred(pixels: Array, sigma: float) -> Array:
    sigmas = (sigma, sigma, 0)[: pixels.ndim]  # not from colour to colour
    return ndimage.gaussian_filter(pixels, sigmas, mode="nearest", radius=int(3 * sigma) + 1)


def clean(digit: Array, rng: Rng) -> bytes:
    return png(sheet(coverage(digit, rng)))


def shadow_edge(digit: Array, rng: Rng) -> bytes:
    page = sheet(coverage(digit, rng))
    return png(page * shadow(page.shape[:2], rng, 0.45)[..., None])


def ruled(digit: Array, rng: Rng, squared: bool = False) -> bytes:
    ink = coverage(digit, rng)
    pitch, start = round(rng.uniform(28, 60)), round(rng.uniform(0, 28))
    lines = np.zeros_like(ink)
    for offset in range(2):
        lines[start + offset :: pitch] = 1
        if squared:
            lines[:, start + offset :: pitch] = 1
    paper = PAPER - (0.35 * lines)[..., None] * np.array([1.0, 0.8, 0.4])
    return png(sheet(ink, paper))


def squared(digit: Array, rng: Rng) -> bytes:
    return ruled(digit, rng, squared=True)


def dark_strip(digit: Array, rng: Rng) -> bytes:
    page = sheet(coverage(digit, rng))
    width, side = round(rng.uniform(8, 22)), rng.integers(4)
    np.rot90(page, side)[:width] = rng.uniform(0.02, 0.25)  # a view: any of the four edges
    return png(page)


def specks(digit: Array, rng: Rng) -> bytes:
    ink = coverage(digit, rng)
    y, x = np.indices(ink.shape)
    for _ in range(25):
        cy, cx = rng.uniform(0, 300, 2)
        ink = np.maximum(ink, np.hypot(y - cy, x - cx) < rng.uniform(1, 3))
    return png(sheet(ink))


def pencil(digit: Array, rng: Rng) -> bytes:
    ink = coverage(digit, rng)
    grain = blurred(rng.normal(0, 1, ink.shape), 1.0) * 3.5
    page = sheet(ink * np.clip(0.75 + 0.25 * grain, 0, 1), pen=PAPER - 0.3)
    return png(page + rng.normal(0, 0.012, page.shape))


def red_pen(digit: Array, rng: Rng) -> bytes:
    return png(sheet(coverage(digit, rng), pen=np.array([0.85, 0.2, 0.25])))


def blackboard(digit: Array, rng: Rng) -> bytes:
    ink = coverage(digit, rng)
    chalk = ink * np.clip(0.8 + 0.3 * blurred(rng.normal(0, 1, ink.shape), 0.8) * 2.5, 0, 1)
    wiped = 0.4 * blurred(rng.normal(0, 1, ink.shape), 6)[..., None]
    return png(sheet(chalk, np.array([0.16, 0.27, 0.22]) + wiped, np.array([0.88, 0.88, 0.84])))


def small(digit: Array, rng: Rng) -> bytes:
    ink = coverage(digit, rng, size=42)
    sheet_ = np.zeros((480, 640))
    y, x = (round(v) for v in rng.uniform([10, 10], [170, 330]))
    sheet_[y : y + 300, x : x + 300] = ink
    return png(sheet(sheet_))


def phone(digit: Array, rng: Rng) -> bytes:
    """Small on dim, tinted paper, a slope and a shadow across it, soft focus, noise, JPEG."""
    ink = coverage(digit, rng, (1000, 750), rng.uniform(80, 130), rng.uniform(-8, 8))
    ink = np.roll(ink, (round(rng.uniform(-120, 120)), round(rng.uniform(-180, 180))), (0, 1))
    light = shadow(ink.shape, rng, 0.4) * (1 - 0.45 * ramp(ink.shape, rng))
    pen = np.array([0.2, 0.22, 0.38])
    page = sheet(blurred(ink, 1.2), PAPER * [0.78, 0.72, 0.6], pen * 0.8) * light[..., None]
    return jpeg(page + rng.normal(0, 0.03, page.shape), 75)


def defocused(digit: Array, rng: Rng) -> bytes:
    return png(blurred(sheet(coverage(digit, rng)), 6))


def tiny(digit: Array, rng: Rng) -> bytes:
    """A camera picture scaled to a few dozen pixels: soft, faint, noisy, dark in the corners."""
    side = round(rng.uniform(28, 48))
    ink = coverage(digit, rng, (120, 120), rng.uniform(50, 90))
    background, contrast = rng.uniform(0.35, 0.7), rng.uniform(0.22, 0.4)
    tone = background + contrast * rng.choice([-1, 1]) * blurred(ink, 2)
    y, x = np.mgrid[-1:1:120j, -1:1:120j]
    tone *= 1 - 0.2 * (x**2 + y**2) / 2
    tone *= 1 - 0.2 * ramp(ink.shape, rng)
    little = Image.fromarray(tone.astype(np.float32)).resize((side, side), Image.Resampling.BOX)
    page = np.asarray(little) + rng.normal(0, 0.02, (side, side))
    return jpeg(page, 90) if rng.random() < 0.5 else png(page)


def faint(digit: Array, rng: Rng) -> bytes:
    """Thin pale strokes, nearly lost in the noise of a camera picture of middling size."""
    ink = coverage(digit, rng, (180, 180), rng.uniform(80, 120))
    page = sheet(ink, pen=PAPER - rng.uniform(0.1, 0.16))
    light = 1 - 0.25 * ramp(ink.shape, rng)
    return jpeg(page * light[..., None] + rng.normal(0, 0.03, page.shape), 85)


KINDS: dict[str, Callable[[Array, Rng], bytes]] = {
    function.__name__: function
    for function in (
        *(clean, shadow_edge, ruled, squared, dark_strip, specks, pencil, red_pen, blackboard),
        *(small, phone, defocused, tiny, faint),
    )
}
