"""The image operations, against their definitions written out pixel by pixel."""

import numpy as np
import pytest

from mnist_cli.handwriting.morphology import (
    apply_opening,
    blur,
    dilate,
    find_lower_quartiles,
    find_median,
    label,
    measure_distance,
)

SHAPES = [(1, 9), (7, 1), (23, 17)]


def random_mask(shape, seed):
    rng = np.random.default_rng(seed)
    return rng.random(shape) < rng.uniform(0.1, 0.9)


def flood_fill(mask):
    """The 8-connected components as a set of frozensets of pixels."""
    left = {tuple(pixel) for pixel in np.argwhere(mask)}
    components = set()
    while left:
        component, edge = set(), [left.pop()]
        while edge:
            y, x = edge.pop()
            component.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge += near
        components.add(frozenset(component))
    return components


@pytest.mark.parametrize("shape", SHAPES)
def test_components_are_those_of_a_flood_fill(shape):
    for seed in range(8):
        mask = random_mask(shape, seed)
        labels, count = label(mask)
        numbered = (np.argwhere(labels == number) for number in range(count + 1))
        paper, *components = (frozenset(map(tuple, pixels)) for pixels in numbered)
        assert set(components) == flood_fill(mask)
        assert paper == set(map(tuple, np.argwhere(~mask)))


@pytest.mark.parametrize("shape", SHAPES)
def test_distances_are_those_to_the_nearest_true_pixel(shape):
    for seed in range(8):
        mask = random_mask(shape, seed)
        places = np.argwhere(mask)
        pixels = np.indices(shape).reshape(2, -1, 1)
        nearest = np.hypot(*(pixels - places.T[:, np.newaxis])).min(axis=1, initial=4 + 1)
        np.testing.assert_allclose(measure_distance(mask, 4).ravel(), nearest, rtol=1e-6)
        np.testing.assert_array_equal(dilate(mask, 2), measure_distance(mask, 3) <= 2)


@pytest.mark.parametrize("size", [1, 3, 7, 31])
def test_opening_is_the_highest_square_under_the_surface(size):
    half = size // 2

    def extreme(values, choose):
        padded = np.pad(values, half, mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
        return choose(windows, axis=(2, 3))

    for shape in SHAPES:
        surface = np.random.default_rng(5).random((*shape, 3)).astype(np.float32)
        channels = np.moveaxis(surface, 2, 0)
        expected = [extreme(extreme(one, np.min), np.max) for one in channels]
        np.testing.assert_array_equal(apply_opening(surface, size), np.dstack(expected))


def test_a_blurred_point_is_a_gaussian():
    point = np.zeros((31, 31), np.float32)
    point[15, 15] = 1
    y, x = np.mgrid[-15:16, -15:16]
    gaussian = np.exp(-(x**2 + y**2) / (2 * 2.0**2))
    np.testing.assert_allclose(blur(point, 2.0), gaussian / gaussian.sum(), atol=5e-4)
    even = np.full((9, 4, 3), 0.3, np.float32)
    np.testing.assert_allclose(blur(even, 3.0), even, rtol=1e-6)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 5, 120])
def test_medians_and_quartiles_are_those_of_numpy_to_the_last_bit(width):
    values = np.random.default_rng(width).normal(size=(7, width)).astype(np.float32)
    for axis in (0, 1):
        np.testing.assert_array_equal(find_median(values, axis), np.median(values, axis))
    quartiles = np.percentile(values, 25, axis=1, keepdims=True)
    np.testing.assert_array_equal(find_lower_quartiles(values), quartiles)
