"""The MNIST format: 28x28 pixels, bright on black, the longer side 20, the mass in the middle.

LeCun et al. 1998, Gradient-based learning applied to document recognition, part III.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_cli.dtypes import Bits, Bytes, Floats
from mnist_cli.handwriting.box import Box, find_box
from mnist_cli.handwriting.morphology import blur, dilate, measure_distance
from mnist_cli.spec import SIDE

_MIDDLE = 14.0  # pixel, counted from 0, on which the centre of mass lies
LENGTH = 18.7  # pixels between the middles of the edges; with their soft rims it is MNIST's 20
_STROKE = (2.5, 3.0)  # pixels: the least and the greatest width that strokes are left with
_FILLED = 0.94  # of its box; slender 1s of people fill up to 0.97, thicker ones 0.86
_NOTHING = 1e-6  # of ink: a drawing without any stays black
_SOFT_EDGE = 0.8  # pixels from ink to background

FINE = 80  # pixels of the long side on which strokes are made thicker or thinner
RIM = 4  # pixels of the ink round a digit that belong to its soft edge


def is_in_mnist_format(picture: Bytes) -> bool:
    """Tell whether (28, 28) uint8 has the form that all 60,000 training images have."""
    total = int(picture.sum())
    rows, columns = np.nonzero(picture)
    if total == 0 or picture.max() < 250 or (picture == 0).mean() < 0.5:
        return False
    weights = picture[rows, columns] / total
    length = max(np.ptp(rows), np.ptp(columns)) + 1
    off = max(abs(weights @ rows - _MIDDLE), abs(weights @ columns - _MIDDLE))
    # MNIST is centred to whole pixels; what is read to parts of one, with a soft rim of up to one.
    return bool((length in (19, 20) and off < 0.53) or (length == 21 and off < 0.02))


def draw(ink: Floats, mask: Bits, level: float, box: Box, side: int = FINE) -> Bits:
    """Return a digit large, in two tones: its edge is where `ink` passes `level`, near `mask`."""
    from PIL import Image

    near = box.grow(RIM).scale(1, ink.shape)
    own = np.where(dilate(near.cut_from(mask), 2), near.cut_from(ink), 0)
    around = box.move(RIM - near.left, RIM - near.top).grow(RIM).cut_from(np.pad(own, RIM))
    zoom = side / box.long_side
    size = tuple(max(1, round(length * zoom)) for length in around.shape[::-1])
    large = np.asarray(Image.fromarray(around).resize(size, Image.Resampling.BICUBIC))
    bits: Bits = large > level
    if not bits.any():
        bits = large >= large.max()
    return find_box(bits).cut_from(bits)


@dataclass(frozen=True)
class Formatted:
    """Digits in the MNIST format, and what they are made of."""

    images: Bytes  # (N, 28, 28)
    strokes: Floats  # (H, W, N)
    widths: Floats  # (N,), of the strokes before, in pixels of the MNIST format
    are_bars: Bits  # (N,), filled rectangles, thicker than any stroke of MNIST


def bring_to_format(drawn: Sequence[Bits]) -> Formatted:
    """Give drawn digits MNIST's strokes, size and position, all at once."""
    side = max(max(bits.shape) for bits in drawn)
    reach = side // 5  # beyond which no stroke is moved
    frame = side + 2 * reach
    stack = np.zeros((frame, frame, len(drawn)), bool)
    for number, bits in enumerate(drawn):
        top, left = ((frame - length) // 2 for length in bits.shape)
        stack[top : top + bits.shape[0], left : left + bits.shape[1], number] = bits
    pixels = np.array([max(bits.shape) for bits in drawn], np.float32) / np.float32(LENGTH)
    widths = measure_stroke_widths(stack) / pixels
    strokes = set_stroke_widths(stack, widths, pixels, reach)
    solid = strokes > 0.5
    wide, tall = (_measure_extent(solid.max(axis=axis)) for axis in (0, 1))
    pixels = (np.maximum(wide, tall) / LENGTH).astype(np.float32)
    are_bars = (np.array([bits.mean() for bits in drawn]) > _FILLED) & (widths > _STROKE[1])
    return Formatted(reduce_and_centre(strokes, pixels), strokes, widths, are_bars)


def measure_stroke_widths(drawn: Bits) -> Floats:
    """Return the mean width of the strokes of each of (H, W, N), in its own pixels."""
    # A stroke is a ribbon: its area is its length times its width, and its outline is twice its
    # length. The outline is as long as the sum of the slopes of the softened picture.
    padded = np.pad(drawn.astype(np.float32), ((4, 4), (4, 4), (0, 0)))
    outlines = np.hypot(*np.gradient(blur(padded, 1.0), axis=(0, 1))).sum(axis=(0, 1))
    return 2 * padded.sum(axis=(0, 1)) / outlines


def set_stroke_widths(drawn: Bits, widths: Floats, pixels: Floats, reach: int) -> Floats:
    """Return ink from 0 to 1 with soft edges, (H, W, N), and strokes of MNIST's width."""
    # `widths` are in pixels of the MNIST format, each of which is `pixels` of those drawn. The edge
    # moves by the same distance everywhere, and less where it would leave nothing.
    growth = (np.clip(widths, *_STROKE) - widths) * pixels / 2
    # Further from the edge than that all is ink or background, however the edge is moved.
    reach = min(reach, int(np.max(np.abs(growth) + _SOFT_EDGE * pixels)) + 2)
    outwards, inwards = measure_distance(drawn, reach), measure_distance(~drawn, reach)
    inside = np.where(drawn, inwards - 0.5, 0.5 - outwards)
    deepest = inside.max(axis=(0, 1))
    growth = np.where(growth < 0, np.maximum(growth, np.minimum(0.1 - deepest, 0)), growth)
    soft = np.clip((inside + growth) / (_SOFT_EDGE * pixels) + 0.5, 0, 1)
    return soft.astype(np.float32)


def reduce_and_centre(ink: Floats, pixels: Floats) -> Bytes:
    """Reduce (H, W, N) ink by `pixels` (N,), its mass in the middle, to (N, 28, 28) uint8."""
    stack = np.moveaxis(ink, 2, 0)
    for axis in (1, 2):
        total = np.maximum(stack.sum(axis=(1, 2)), _NOTHING)
        mass = stack.sum(axis=3 - axis) / total[:, None]
        length = stack.shape[axis]
        centres = mass @ np.arange(length) + 0.5
        edges = (np.arange(SIDE + 1) - (_MIDDLE + 0.5)) * pixels[:, None] + centres[:, None]
        # What lies between two edges of a pixel is summed up; an edge may cut through rows.
        below = np.clip(edges[:, :, None] - np.arange(length), 0, 1)  # (N, 29, length)
        shares = np.diff(below, axis=1).astype(np.float32)
        stack = shares @ stack if axis == 1 else stack @ np.swapaxes(shares, 1, 2)
    brightest = np.maximum(stack.max(axis=(1, 2), keepdims=True), _NOTHING)
    return np.rint(stack * (255 / brightest)).astype(np.uint8)


def _measure_extent(shadow: Bits) -> Floats:
    """Return from the first to the last true of each column of (length, N)."""
    extent = len(shadow) - shadow.argmax(axis=0) - shadow[::-1].argmax(axis=0)
    return extent.astype(np.float32)
