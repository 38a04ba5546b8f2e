"""Random distortions: images as other people might have written them.

After Simard, Steinkraus and Platt (2003), *Best practices for convolutional neural networks*. Each
pixel gets its ink from a place in the original: the four pixels around it, weighted by nearness.
"""

from typing import Any

import numpy as np

from mnist_cli.dtypes import Bytes, Doubles, Floats, Indices
from mnist_cli.spec import PIXELS, SIDE
from mnist_cli.training.recipes import Recipe

TILE = 32  # images that share a warp: one for each would take longer than to train on it
_PADDED = SIDE + 2  # a margin of one pixel, so that what comes from outside is paper
_CENTRE = (SIDE - 1) / 2

_GRID = 7  # the random numbers that bend an image stand this many to a side
_GRID_SPREAD = 5.0  # pixels: the standard deviation of the Gaussian that smooths them


class Distorter:
    """Makes distorted copies of a set of images, (N, 28, 28) uint8, as far as a recipe says."""

    def __init__(self, images: Bytes, recipe: Recipe) -> None:
        self.count = len(images)
        self.recipe = recipe
        self._images = images
        # Tile by tile, and the 32 images innermost, (T, 30 * 30, 32): what one place of the warp
        # takes from all images of a tile lies side by side in memory. The last tile is filled up.
        tiles = -(-self.count // TILE)
        padded = np.zeros((tiles * TILE, _PADDED, _PADDED), np.uint8)
        padded[: self.count, 1:-1, 1:-1] = images
        by_tile = padded.reshape(tiles, TILE, _PADDED * _PADDED).transpose(0, 2, 1)
        self._tiles = np.ascontiguousarray(by_tile)

    def distort(self, strength: float, rng: np.random.Generator, result: Floats) -> Indices:
        """Distort and shuffle all into `result`, (N, 784) from 0 to 1; return their order."""
        order = rng.permutation(self.count)
        if strength == 0:
            pixels = self._images.reshape(-1, PIXELS)
            np.multiply(pixels[order], np.float32(1 / 255), out=result)
            return order

        rows, columns = self._draw_places(strength, rng)
        limit = self.recipe.thickness * strength
        thickness = rng.uniform(-limit, limit, len(self._tiles))
        position = np.empty_like(order)
        position[order] = np.arange(self.count)  # where in the result each original goes

        row, column = np.floor(rows), np.floor(columns)
        corner = (row * _PADDED + column).astype(np.intp)  # (T, 784): upper left of four pixels
        below, right = (rows - row)[..., None], (columns - column)[..., None]  # 0 to 1
        for tile, pixels in enumerate(self._tiles):
            ink = _interpolate(pixels, corner[tile], below[tile], right[tile], thickness[tile])
            goes_to = position[tile * TILE : (tile + 1) * TILE]
            result[goes_to] = ink.T[: len(goes_to)]
        return order

    def _draw_places(self, strength: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Where in the padded originals the pixels come from: rows and columns, (T, 784) each."""
        tiles, recipe = len(self._tiles), self.recipe

        def draw(limit: float) -> Doubles:
            return rng.uniform(-limit * strength, limit * strength, tiles)

        angle, shear = np.deg2rad(draw(recipe.rotation)), draw(recipe.shear)
        sine, cosine = np.sin(angle), np.cos(angle)
        rotation = _matrices(cosine, -sine, sine, cosine)  # (T, 2, 2), as those that follow
        stretch = _matrices(np.exp(draw(recipe.log_scale)), 0, 0, np.exp(draw(recipe.log_scale)))
        matrix = rotation @ _matrices(1, 0, shear, 1) @ stretch
        shift = np.stack([draw(recipe.shift), draw(recipe.shift)], axis=1)  # (T, 2)
        amplitude = rng.uniform(0, recipe.elastic * strength, (tiles, 1, 1, 1))
        bend = amplitude * _draw_noise(rng, tiles)  # (T, 2, 28, 28)

        axis = np.arange(SIDE) - _CENTRE
        centred = np.stack(np.meshgrid(axis, axis, indexing="ij")).reshape(2, PIXELS)
        places = matrix @ centred + shift[..., None] + bend.reshape(tiles, 2, PIXELS)
        places += _CENTRE + 1  # (T, 2, 784), counted from the corner of the margin
        # Outside is paper, all of it; below the last index, so that a next pixel always exists.
        inside = np.clip(places, 0, _PADDED - 1 - 1e-3).astype(np.float32)
        return inside[:, 0], inside[:, 1]


def _interpolate(
    pixels: Bytes, corner: Indices, below: Floats, right: Floats, thickness: float
) -> Floats:
    """Ink, (784, 32) from 0 to 1, `below` and `right` of each `corner` in a tile (900, 32)."""
    scaled = pixels.astype(np.float32)
    scaled *= np.float32(1 / 255)
    a, b, c, d = (  # (784, 32) each
        scaled.take(corner + step, axis=0, mode="clip") for step in (0, 1, _PADDED, _PADDED + 1)
    )
    upper = a + right * (b - a)
    lower = c + right * (d - c)
    ink: Floats = upper + below * (lower - upper)
    if thickness:
        extreme = np.maximum if thickness > 0 else np.minimum
        ink += abs(thickness) * (extreme(extreme(a, b), extreme(c, d)) - ink)
    return ink


def _matrices(a: Any, b: Any, c: Any, d: Any) -> Doubles:
    """Matrices [[a, b], [c, d]] for (row, column): (T, 2, 2) for arguments (T,) or numbers."""
    return np.stack(np.broadcast_arrays(a, b, c, d), axis=-1).reshape(-1, 2, 2)


def _draw_noise(rng: np.random.Generator, count: int) -> Doubles:
    """Random fields, (count, 2, 28, 28): normal numbers on a 7x7 grid, spread by a Gaussian."""
    grid = (np.arange(_GRID) + 0.5) * (SIDE / _GRID) - 0.5  # the middles of 7 stretches of 4 pixels
    distance = np.arange(SIDE)[:, None] - grid
    spread = np.exp(-((distance / _GRID_SPREAD) ** 2) / 2)  # (28, 7)
    spread /= np.linalg.norm(spread, axis=1, keepdims=True)  # each pixel gets variance 1
    return spread @ rng.standard_normal((count, 2, _GRID, _GRID)) @ spread.T
