"""The few image operations that reading handwriting needs, in plain NumPy.

They are as fast on pictures of this size as those of `scipy.ndimage`, the import of which alone
takes longer than reading a photo.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mnist_cli.dtypes import Array, Bits, Floats, Indices


def blur(picture: Floats, sigma: float) -> Floats:
    """Blur by a Gaussian over the first two axes; the edge pixels are repeated outwards."""
    radius = int(np.ceil(3 * sigma))
    offsets = np.arange(-radius, radius + 1)
    kernel = np.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = (kernel / kernel.sum()).astype(np.float32)
    for axis in (0, 1):
        padded = _pad(picture, radius, axis)
        length = picture.shape[axis]
        picture = kernel[0] * _slice(padded, 0, length, axis)
        part = np.empty_like(picture)
        for start, weight in enumerate(kernel[1:], start=1):
            picture += np.multiply(_slice(padded, start, length, axis), weight, out=part)
    return picture


def apply_opening(picture: Floats, size: int) -> Floats:
    """Apply a grey opening with a square of `size` pixels: narrower bright structures vanish."""
    return -_spread_minimum(-_spread_minimum(picture, size), size)


def _spread_minimum(picture: Floats, size: int) -> Floats:
    """Take the minimum in the `size` x `size` square round each pixel; `size` is odd."""
    for axis in (0, 1):
        length = picture.shape[axis]
        window = _pad(picture, size // 2, axis)
        covered = 1
        while covered < size:  # a minimum over n and one n further on make a minimum over 2n
            step = min(covered, size - covered)
            count = window.shape[axis] - step
            window = np.minimum(_slice(window, 0, count, axis), _slice(window, step, count, axis))
            covered += step
        picture = _slice(window, 0, length, axis)
    return picture


def measure_distance(mask: Bits, reach: int) -> Floats:
    """Measure how far the nearest true pixel is from each, `reach` + 1 where it is beyond."""
    far = np.float32((reach + 1) ** 2)
    squared = np.where(mask, np.float32(0), far)
    for axis in (0, 1):  # the square of the distance is a sum, so one axis can follow the other
        padded = _pad(squared, reach, axis, constant_values=far)
        length = squared.shape[axis]
        further = np.empty_like(squared)
        for offset in range(-reach, reach + 1):
            there = _slice(padded, reach + offset, length, axis)
            np.minimum(squared, np.add(there, np.float32(offset**2), out=further), out=squared)
    return np.sqrt(squared)


def dilate(mask: Bits, steps: int) -> Bits:
    """Add to each true pixel its four neighbours, `steps` times over."""
    for _ in range(steps):
        wider = mask.copy()
        wider[1:] |= mask[:-1]
        wider[:-1] |= mask[1:]
        wider[:, 1:] |= mask[:, :-1]
        wider[:, :-1] |= mask[:, 1:]
        mask = wider
    return mask


def label(mask: Bits) -> tuple[Indices, int]:
    """Number the 8-connected components from 1, 0 is the background; return labels and count."""
    padded = np.pad(mask, ((0, 0), (1, 1)))  # so that no run goes on in the next row
    edges = np.flatnonzero(np.diff(padded.ravel())) + 1
    starts, ends = edges[::2], edges[1::2]
    # Those that touch run i in the row below it, corners included, are first[i] .. last[i] - 1.
    first = np.searchsorted(ends, starts + padded.shape[1], "left")
    last = np.searchsorted(starts, ends + padded.shape[1], "right")
    above = np.repeat(np.arange(len(starts)), last - first)
    nth = np.arange(len(above)) - np.searchsorted(above, above)  # of those that touch it
    below = first[above] + nth
    number = np.arange(len(starts))
    while True:
        smallest = np.minimum(number[above], number[below])
        joined = number.copy()
        np.minimum.at(joined, number[above], smallest)
        np.minimum.at(joined, number[below], smallest)
        joined = joined[joined]  # what the run with that number has got by now
        if np.array_equal(joined, number):
            break
        number = joined
    components, number = np.unique(number, return_inverse=True)
    labels = np.zeros(padded.shape, np.intp)
    labels[padded] = np.repeat(number + 1, ends - starts)
    return labels[:, 1:-1], len(components)


# As `np.median` and `np.percentile`, which first load `numpy.ma`, a fifth of the time of a picture.


def find_median(values: ArrayLike, axis: int = 0) -> Array:
    """Find the medians along an axis."""
    array = np.asarray(values)
    middle = [(array.shape[axis] - 1) // 2, array.shape[axis] // 2]
    return np.partition(array, middle, axis).take(middle, axis).mean(axis)


def find_lower_quartiles(rows: Floats) -> Floats:
    """Find what a quarter of each row is below: (H, W) -> (H, 1)."""
    last = rows.shape[1] - 1
    first, share = last // 4, np.float32(last % 4 / 4)
    around = [first, min(first + 1, last)]
    below, above = np.split(np.partition(rows, around, axis=1)[:, around], 2, axis=1)
    step = above - below
    return above - step * (1 - share) if share >= 0.5 else below + step * share


def _pad(picture: Floats, width: int, axis: int, **how: Any) -> Floats:
    widths = [(0, 0)] * picture.ndim
    widths[axis] = (width, width)
    return np.pad(picture, widths, **(how or {"mode": "edge"}))


def _slice(picture: Any, start: int, length: int, axis: int) -> Any:
    return picture[start : start + length] if axis == 0 else picture[:, start : start + length]
