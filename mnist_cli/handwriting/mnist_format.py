"""The MNIST format: 28x28 pixels, bright on black, the longer side 20, the mass in the middle.

LeCun et al. 1998, Gradient-based learning applied to document recognition, part III.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.components import Box
from mnist_cli.handwriting.morphology import Bits, Floats, blur, measure_distance

Gray: TypeAlias = NDArray[np.uint8]

_SIDE = 28
_MIDDLE = 14.0  # pixel, counted from 0, on which the centre of mass lies
LENGTH = 18.7  # pixels between the middles of the edges; with their soft rims it is MNIST's 20
_STROKE = (2.5, 3.0)  # pixels: the least and the greatest width that strokes are left with
_SOFT_EDGE = 0.8  # pixels from ink to background

_DRAWN_SIDE = 80  # pixels of the long side on which strokes are made thicker or thinner
_REACH = 16  # pixels of these, beyond which no stroke is moved
_RIM = 4  # pixels of the ink round a digit that belong to its soft edge


def is_in_mnist_format(picture: Gray) -> bool:
    """Tell whether a (28, 28) uint8 picture is in the MNIST format already.

    The limits hold for all 60,000 training images. Pictures that people draw at this size are off
    centre, of another length or dark on white.
    """
    total = int(picture.sum())
    rows, columns = np.nonzero(picture)
    if total == 0 or picture.max() < 250 or (picture == 0).mean() < 0.5:
        return False
    weights = picture[rows, columns] / total
    length = max(np.ptp(rows), np.ptp(columns)) + 1
    off = max(abs(weights @ rows - _MIDDLE), abs(weights @ columns - _MIDDLE))
    # MNIST is centred to whole pixels; `place` to parts of one, with a soft rim of up to one more.
    return bool((length in (19, 20) and off < 0.53) or (length == 21 and off < 0.02))


def draw(ink: Floats, mask: Bits, level: float, box: Box) -> Bits:
    """Return the digit large and in two tones, (about 80, about 80) bool.

    Its edge is where `ink` passes `level`, between the pixels: what is drawn is smoother than
    `mask`, which says only which ink belongs to the digit, and `box`, where it is.
    """
    from PIL import Image

    own = np.where(measure_distance(mask, 3) <= 2, ink, 0)
    around = np.pad(own, _RIM)[box.top : box.bottom + 2 * _RIM, box.left : box.right + 2 * _RIM]
    zoom = _DRAWN_SIDE / box.long_side
    size = tuple(max(1, round(side * zoom)) for side in around.shape[::-1])
    large = np.asarray(Image.fromarray(around).resize(size, Image.Resampling.BICUBIC))
    bits: Bits = large > level
    return bits if bits.any() else large >= large.max()


def measure_stroke_width(digit: Bits) -> float:
    """Return the mean width of the strokes, in pixels of the MNIST format.

    A stroke is a ribbon: its area is its length times its width, and its outline is twice its
    length. The outline is as long as the sum of the slopes of the softened picture.
    """
    padded = np.pad(digit.astype(np.float32), 4)
    outline = np.hypot(*np.gradient(blur(padded, 1.0))).sum()
    return float(2 * padded.sum() / outline * LENGTH / _measure_long_side(digit))


def set_stroke_width(digit: Bits, width: float) -> Floats:
    """Return ink from 0 to 1 with soft edges, and strokes of `width` brought to MNIST's.

    The edge is moved in or out by the same distance everywhere, and less where it would leave
    nothing. Shape (H + 2 `_REACH`, W + 2 `_REACH`).
    """
    pixel = _measure_long_side(digit) / LENGTH
    digit = np.pad(digit, _REACH)
    outwards, inwards = measure_distance(digit, _REACH), measure_distance(~digit, _REACH)
    inside = np.where(digit, inwards - 0.5, 0.5 - outwards)
    growth = (np.clip(width, *_STROKE) - width) * pixel / 2
    edge = _SOFT_EDGE * pixel
    for share in (1, 0.5, 0.25, 0):
        ink = np.clip((inside + share * growth) / edge + 0.5, 0, 1)
        if ink.max() > 0.5:
            break
    soft: Floats = ink.astype(np.float32)
    return soft


def place(ink: Floats, length: float = LENGTH, *, by_mass: bool = True) -> Gray:
    """Scale ink to `length` pixels and put its centre of mass in the middle: (28, 28) uint8."""
    rows, columns = np.nonzero(ink > 0.5)
    long_side = max(np.ptp(rows), np.ptp(columns)) + 1
    frame = _SIDE * long_side / length  # so many pixels of `ink` become 28
    if by_mass:
        mass = ink / ink.sum()
        y = float(mass.sum(axis=1) @ np.arange(ink.shape[0])) + 0.5
        x = float(mass.sum(axis=0) @ np.arange(ink.shape[1])) + 0.5
        middle = (_MIDDLE + 0.5) / _SIDE
    else:
        y, x = (rows.min() + rows.max() + 1) / 2, (columns.min() + columns.max() + 1) / 2
        middle = 0.5
    margin = int(np.ceil(frame)) + 1
    edges = np.arange(_SIDE + 1) * (frame / _SIDE) + margin - middle * frame
    small = _sum_between(_sum_between(np.pad(ink, margin), y + edges).T, x + edges).T
    image: Gray = np.rint(small * (255 / small.max())).astype(np.uint8)
    return image


def _sum_between(rows: NDArray[Any], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum (H, W) rows between neighbouring edges, which may cut through rows: (len - 1, W)."""
    whole = np.floor(edges).astype(int)
    below = np.cumsum(rows, axis=0, dtype=np.float64)[whole - 1]
    return np.diff(below + (edges - whole)[:, None] * rows[whole], axis=0)


def _measure_long_side(digit: Bits) -> int:
    rows, columns = np.nonzero(digit)
    return int(max(np.ptp(rows), np.ptp(columns))) + 1
