"""Where the ink is in a photo, scan or drawing: maps of it, in each tone, cut high and low.

A picture is (H, W, 3) float32 in 0..1; *ink* is (H, W) float32, 0 on the background and about 1
where the pen was, whatever the colours and the light.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from mnist_cli.dtypes import Bits, Floats
from mnist_cli.handwriting import morphology
from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.ink_map import InkMap, cut_ink

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

PAGE_SIDE = 480  # pixels of the long side on which lines are looked for
_SQUARE_PAGES = 4.0  # heights that a row is long from which on its height keeps its resolution
_LONGEST_ROW = 5.0  # times the usual side that such a row is long at most
_PAGE_BACKGROUND = 0.15  # of the page: wider than any stroke
_CUTS = 1.0, 0.5  # of the level of the ink: the lower one keeps faint strokes
_COLOURED = 0.1  # between the channels of a pixel; where it is less in all of them they are one
_MOST_FRAMES = 40  # components that may be round others, the largest
_HELD_HEIGHT, _HELD_AREA = 0.2, 0.05  # of a frame: what it is round is larger

# What of the ink in (H, W, 3) channels is looked at; "every" shows what is ink in all of them.
ANY_CHANNEL = "any channel"
_CHANNELS: dict[str, Callable[[Floats], Floats]] = {
    ANY_CHANNEL: lambda ink: ink.max(axis=2),
    "every channel": lambda ink: ink.min(axis=2),
    "the red channel": lambda ink: ink[..., 0],
    "the green channel": lambda ink: ink[..., 1],
    "the blue channel": lambda ink: ink[..., 2],
}


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
    return morphology.blur(resize(pixels, long_side), _GRAIN)


def is_dark(picture: Floats) -> bool:
    """Tell whether the ink is darker than the background."""
    # On a small copy each pixel is compared with the median of a wide window round it, which is the
    # background, since ink is the lesser part; the 4 % that differ most decide. Logarithms make
    # shadows, which the median follows only roughly, smaller than ink.
    small = _resample(np.log(picture + _LOG_OFFSET), _VOTERS_SIDE, _VOTERS_SIDE, "BOX")
    half = _VOTE_WINDOW // 2
    padded = np.pad(small, ((half, half), (half, half), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (_VOTE_WINDOW,) * 2, axis=(0, 1))
    background = morphology.find_median(windows.reshape(*small.shape, -1), axis=-1)
    deviations = (small - background).ravel()
    voters = np.argsort(np.abs(deviations))[-deviations.size // _VOTERS :]
    return bool(deviations[voters].sum() < 0)


def extract_ink(picture: Floats, *, dark: bool, share: float = _READ_BACKGROUND) -> Floats:
    """Return the ink in each channel, (H, W, 3 or 1): the picture less its background."""
    if (picture == picture[..., :1]).all():  # gray
        picture = picture[..., :1]
    signed = -picture if dark else picture
    window = _choose_window(share, picture)
    background = morphology.apply_opening(morphology.blur(signed, _BACKGROUND_BLUR), window)
    ink = signed - background
    if dark:
        ink /= np.maximum(-background, _DARKEST_BACKGROUND)
    ink -= morphology.find_median(ink.reshape(-1, ink.shape[2]))
    return np.clip(ink, 0, None)


def remove_lines(ink: Floats) -> Floats:
    """Take off ruled lines: what most of a row or column has in common, both its ends included."""
    for _ in range(2):
        end = max(2, ink.shape[1] // _LINE_END)
        common = morphology.find_lower_quartiles(ink)  # whatever is written on a line
        left = ink[:, :end].mean(axis=1, keepdims=True)
        right = ink[:, -end:].mean(axis=1, keepdims=True)
        line = np.where(np.minimum(left, right) > _AT_ENDS * common, common, 0)
        ink = np.clip(ink - line, 0, None).T
    return ink


def find_threshold(ink: Floats) -> float:
    """Return a share of Otsu's level (1979), or of the most ink, whichever is higher."""
    most = float(ink.max())
    counts, edges = np.histogram(ink, bins=256, range=(0, max(most, 1e-6)))
    levels = (edges[:-1] + edges[1:]) / 2
    below = np.cumsum(counts)
    above = below[-1] - below
    sums = np.cumsum(counts * levels)
    separation = (sums[-1] * below - sums * below[-1]) ** 2 / np.maximum(below * above, 1)
    return max(_OF_OTSU * float(levels[separation.argmax()]), _OF_PEAK * most)


def clear(ink: Floats, unwanted: Bits) -> Floats:
    """Return the ink without the unwanted components and their soft rims."""
    return np.where(morphology.measure_distance(unwanted, 2) < 2, 0, ink) if unwanted.any() else ink


def _choose_window(share: float, picture: Floats) -> int:
    """Return an odd number of pixels: a share of the frame, counted less long where it is a row."""
    height, width = picture.shape[:2]
    return int(share * (max(height, width) if width < 2 * height else 2 * height)) | 1


def map_ink(pixels: Floats, tones: Sequence[bool], side: int) -> Iterator[Iterator[InkMap]]:
    """Yield the ink maps of a picture, (H, W, 3), of each tone; then of its channels apart."""
    height, width = pixels.shape[:2]
    row = max(width, height) / min(width, height) / _SQUARE_PAGES
    page = draw_page(pixels, int(min(max(row, 1), _LONGEST_ROW) * side))
    frame = Box(0, 0, width, height)
    inks = {}
    together, *apart = _CHANNELS
    for dark in tones:
        inks[dark] = extract_ink(page, dark=dark, share=_PAGE_BACKGROUND)
        yield _cut(inks[dark], frame, dark, together)
    if np.ptp(page, axis=2).max() > _COLOURED:
        for channels in apart:
            for dark in tones:
                yield _cut(inks[dark], frame, dark, channels)


def clean(ink: Floats, channels: str) -> Floats:
    """Return of ink, (H, W, 3 or 1), what is in some channels, (H, W), without ruled lines."""
    # Softened, edges run smoothly through the level at which ink is cut.
    return morphology.blur(remove_lines(_CHANNELS[channels](ink)), _EDGES)


def _cut(ink: Floats, frame: Box, dark: bool, channels: str) -> Iterator[InkMap]:
    """Cut ink high and low, with and without what goes along the border, and what is a frame."""
    ink = clean(ink, channels)
    if ink.max() < LEAST_PEAK:
        return
    for share in _CUTS:
        whole = cut_ink(ink, share * find_threshold(ink), frame, dark, channels)
        yield whole
        for around in (_find_along(whole), _find_frames(whole)):
            bare = clear(ink, whole.find(around)) if around else ink
            if around and bare.max() >= LEAST_PEAK:
                yield cut_ink(bare, share * find_threshold(bare), frame, dark, channels)


def _find_along(ink_map: InkMap) -> tuple[int, ...]:
    """Find what goes along the border or across the picture, as shadows and ruled lines do."""
    shape = ink_map.ink.shape
    return tuple(
        i
        for i, box in enumerate(ink_map.boxes)
        if box.count_sides_at_border(shape) > 1 and box.long_side >= max(shape) / 2
    )


def _find_frames(ink_map: InkMap) -> tuple[int, ...]:
    """Find what is round something else: boxes, circles, the edges of a sheet."""
    largest = np.argsort(-ink_map.areas)[:_MOST_FRAMES].tolist()
    return tuple(i for i in largest if any(_is_round(ink_map, i, j) for j in largest if i != j))


def _is_round(ink_map: InkMap, outer: int, inner: int) -> bool:
    out, box = ink_map.boxes[outer], ink_map.boxes[inner]
    inside = (
        out.left <= box.left
        and out.top <= box.top
        and box.right <= out.right
        and box.bottom <= out.bottom
    )
    is_tall = box.height >= _HELD_HEIGHT * out.height
    return inside and is_tall and bool(ink_map.areas[inner] >= _HELD_AREA * ink_map.areas[outer])
