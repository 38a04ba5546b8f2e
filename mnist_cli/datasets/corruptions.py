"""What is done to test images on purpose, to see how much of the accuracy is left."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.dtypes import Bytes, Floats
from mnist_cli.spec import PIXELS, SIDE

NOISE_SEED = 0  # the same noise every time

_IMAGES_A_PART = 1000  # images: what comes between is floats, four times as large


@dataclass(frozen=True)
class Corruption:
    """What is done to each image, in the order of the fields; the defaults do nothing."""

    rotate: float = 0.0  # degrees counter-clockwise; a pixel is a weighted mean of four
    shift: tuple[int, int] = (0, 0)  # pixels to the right and down; paper comes in
    invert: bool = False  # black on white instead of white on black
    noise: float = 0.0  # deviation of Gaussian noise on the scale 0..1, which holds the result
    normalize: bool = True  # False: the net takes 0..255 for 0..1; images stay as they are

    def apply(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        """Corrupted copies of images (N, 28, 28); without any corruption the images themselves."""
        if self == UNCORRUPTED:
            return images
        corrupted = np.empty_like(images)
        for start in range(0, len(images), _IMAGES_A_PART):
            part = slice(start, start + _IMAGES_A_PART)
            corrupted[part] = self._apply(images[part], rng)
        return corrupted

    def _apply(self, images: Bytes, rng: np.random.Generator) -> Bytes:
        if self.rotate:
            images = rotate(images, self.rotate)
        if self.shift != (0, 0):
            images = shift(images, *self.shift)
        if self.invert:
            images = 255 - images
        if self.noise:
            images = add_noise(images, self.noise, rng)
        return images


UNCORRUPTED = Corruption()


def rotate(images: Bytes, degrees: float) -> Bytes:
    """Turn images (N, 28, 28) counter-clockwise about their centre."""
    angle, centre = np.deg2rad(degrees), (SIDE - 1) / 2
    # Each pixel of the result looks back to where it comes from, between four pixels.
    y, x = np.mgrid[:SIDE, :SIDE] - centre  # (28, 28) each; y points down
    column = (x * np.cos(angle) - y * np.sin(angle) + centre).ravel()  # (784,)
    row = (x * np.sin(angle) + y * np.cos(angle) + centre).ravel()
    left, top = np.floor(column).astype(int), np.floor(row).astype(int)
    pixels = np.ascontiguousarray(images.reshape(-1, PIXELS).T)  # (784, N): rows are quick
    ink = np.zeros(pixels.shape, np.float32)
    for i, j in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        nearness = (1 - np.abs(row - i)) * (1 - np.abs(column - j))
        inside = (i >= 0) & (i < SIDE) & (j >= 0) & (j < SIDE)
        source = np.where(inside, i * SIDE + j, 0)
        ink += pixels[source] * (nearness * inside).astype(np.float32)[:, None]
    return _round(ink.T).reshape(images.shape)


def shift(images: Bytes, right: int, down: int) -> Bytes:
    """Move images (N, 28, 28) by whole pixels, which may be negative."""
    result = np.zeros_like(images)
    result[:, _covered(down), _covered(right)] = images[:, _covered(-down), _covered(-right)]
    return result


def add_noise(images: Bytes, deviation: float, rng: np.random.Generator) -> Bytes:
    """Add Gaussian noise to images (N, 28, 28); `deviation` is on the scale 0..1."""
    noise = rng.standard_normal(images.shape, np.float32)
    return _round(images + noise * np.float32(255 * deviation))


def _covered(shift: int) -> slice:
    """The rows (or columns) that are not paper after a shift."""
    return slice(max(shift, 0), max(SIDE + min(shift, 0), 0))


def _round(ink: Floats) -> Bytes:
    return np.rint(ink).clip(0, 255).astype(np.uint8)
