"""Where the ink of a handwritten digit is in a photo, scan or drawing.

A picture is (H, W, 3) float32 in 0..1; *ink* is (H, W) float32, 0 on the background and about 1
where the pen was, whatever the colours and the light.
"""

import numpy as np

from mnist_cli.handwriting.morphology import (
    Bits,
    apply_opening,
    blur,
    find_lower_quartiles,
    find_median,
    measure_distance,
)
from mnist_cli.net.engine import Floats

WORK_SIDE = 120  # pixels of the long side of a copy that tells the tone of the ink
LEAST_PEAK = 0.05  # of ink; where all is less there is none

_READ_BACKGROUND = 0.35  # of the frame: wider than any stroke
_BACKGROUND_BLUR = 2.0  # pixels; an opening of raw noise would lie below the background everywhere
_DARKEST_BACKGROUND = 0.15  # in deeper shadow than this the noise is more than the ink
_LOG_OFFSET = np.float32(0.1)  # makes the logarithm of brightness bounded
_VOTERS_SIDE, _VOTE_WINDOW = 24, 15  # pixels of the small copy on which the tone is detected
_VOTERS = 25  # one of so many pixels says which tone the ink has
_GRAIN, _EDGES = 0.7, 1.0  # pixels: by how much a page is blurred, and its ink
_LINE_END, _AT_ENDS = 20, 0.6  # a line reaches both ends, each a 20th, with so much of its ink
_OF_OTSU, _OF_PEAK = 0.6, 0.25  # of Otsu's level and of the most ink: soft edges are ink, too


def resize(picture: Floats, long_side: int) -> Floats:
    """Bring the long side to about `long_side`: down by averaging, or up by a whole factor."""
    height, width = picture.shape[:2]
    longest = max(height, width)
    if longest > long_side:
        width, height = (max(1, round(side * long_side / longest)) for side in (width, height))
        picture = _resample(picture, width, height, "BOX")
    elif longest * 2 <= long_side:
        factor = long_side // longest
        picture = _resample(picture, width * factor, height * factor, "BICUBIC")
    else:
        return picture
    return picture.clip(0, 1)


def _resample(picture: Floats, width: int, height: int, how: str) -> Floats:
    from PIL import Image

    def resample(channel: Floats) -> Floats:
        image = Image.fromarray(np.ascontiguousarray(channel))
        return np.asarray(image.resize((width, height), Image.Resampling[how]))

    return np.dstack([resample(channel) for channel in np.moveaxis(picture, 2, 0)])


def draw_page(pixels: Floats, long_side: int) -> Floats:
    """Return a picture with this long side, without its grain."""
    return blur(resize(pixels, long_side), _GRAIN)


def soften(ink: Floats) -> Floats:
    """Return ink whose edges run smoothly through the level at which it is cut."""
    return blur(ink, _EDGES)


def is_dark(picture: Floats) -> bool:
    """Tell whether the ink is darker than the background.

    On a small copy each pixel is compared with the median of a wide window round it, which is the
    background, since ink is the lesser part; the 4 % that differ most decide. Logarithms make
    shadows, which the median follows only roughly, smaller than ink.
    """
    small = _resample(np.log(picture + _LOG_OFFSET), _VOTERS_SIDE, _VOTERS_SIDE, "BOX")
    half = _VOTE_WINDOW // 2
    padded = np.pad(small, ((half, half), (half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(
        padded, (_VOTE_WINDOW, _VOTE_WINDOW), axis=(0, 1)
    )
    background = find_median(windows.reshape(*small.shape, -1), axis=-1)
    deviations = (small - background).ravel()
    voters = np.argsort(np.abs(deviations))[-deviations.size // _VOTERS :]
    return bool(deviations[voters].sum() < 0)


def extract_ink(picture: Floats, *, dark: bool, share: float = _READ_BACKGROUND) -> Floats:
    """Return the ink in each channel, (H, W, 3 or 1): the picture less its background."""
    picture = _drop_equal_channels(picture)
    signed = -picture if dark else picture
    window = _choose_window(share, picture)
    background = apply_opening(blur(signed, _BACKGROUND_BLUR), window)
    ink = signed - background
    if dark:
        ink /= np.maximum(-background, _DARKEST_BACKGROUND)
    ink -= find_median(ink.reshape(-1, ink.shape[2]))
    shown: Floats = np.clip(ink, 0, None)
    return shown


def remove_lines(ink: Floats) -> Floats:
    """Take off ruled lines: what most of a row or column has in common, both its ends included."""
    for _ in range(2):
        end = max(2, ink.shape[1] // _LINE_END)
        common = find_lower_quartiles(ink)  # whatever is written on a line
        left = ink[:, :end].mean(axis=1, keepdims=True)
        right = ink[:, -end:].mean(axis=1, keepdims=True)
        line = np.where(np.minimum(left, right) > _AT_ENDS * common, common, 0)
        ink = np.clip(ink - line, 0, None).T
    return ink


def find_threshold(ink: Floats, peak: float | None = None) -> float:
    """Return a share of Otsu's level (1979), or `peak` if higher: by default of the most ink."""
    peak = _OF_PEAK * float(ink.max()) if peak is None else peak
    counts, edges = np.histogram(ink, bins=256, range=(0, max(float(ink.max()), 1e-6)))
    levels = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    separation = (sums[-1] * below - sums * below[-1]) ** 2 / np.maximum(below * above, 1)
    return max(_OF_OTSU * float(levels[separation.argmax()]), peak)


def clear(ink: Floats, unwanted: Bits) -> Floats:
    """Return the ink without the unwanted components and their soft rims."""
    return np.where(measure_distance(unwanted, 2) < 2, 0, ink) if unwanted.any() else ink


def _drop_equal_channels(picture: Floats) -> Floats:
    """Return one channel, (H, W, 1), of a gray picture."""
    return picture[..., :1] if (picture == picture[..., :1]).all() else picture


def _choose_window(share: float, picture: Floats) -> int:
    """Return an odd number of pixels: a share of the frame, counted less long where it is a row."""
    height, width = picture.shape[:2]
    return int(share * (max(height, width) if width < 2 * height else 2 * height)) | 1
