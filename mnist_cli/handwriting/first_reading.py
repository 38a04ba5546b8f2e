"""The first reading of a picture: where something is written on it, and the ink that is there."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.handwriting.box import Box, enclose
from mnist_cli.handwriting.grouping import Grouping, group_components
from mnist_cli.handwriting.ink import (
    LEAST_PEAK,
    SEARCH_SIDE,
    WORK_SIDE,
    clear,
    extract_ink,
    find_threshold,
    is_dark,
    measure_contrast,
    remove_lines,
    resize,
)
from mnist_cli.handwriting.ink_map import InkMap, cut_ink
from mnist_cli.handwriting.morphology import Floats, blur, measure_distance
from mnist_cli.handwriting.steps import ReadingStep, show

AT_EDGE = "no digit: there is only something at the edge"

_CLOSER = 0.45  # of the frame: what fills less is cut out
_MARGIN = 0.6  # of the digit, on each side of it
_LONGEST_ROW = 5.0  # times as wide as high; digits side by side each keep their resolution
_LINE = 0.1  # of the ink: what is less is not worth a word
_SMOOTH = 1.0  # pixels: grain and noise go, strokes stay

# What must be there for a digit: see `explain_empty`.
_LEAST_CONTRAST = 3.0  # mean ink over that of the background around
_LEAST_SIZE = 0.03  # of the long side of the picture
_INK_AT_EDGES = 0.3  # of the pixels along the border
_LEAST_AT_EDGE = 0.5  # of the frame, for a digit that touches its border


@dataclass(frozen=True)
class FirstReading:
    """The ink of a picture, or of the part of it in which something is written, and its digits.

    That part is `share` of the picture's long side.
    """

    ink_map: InkMap
    grouping: Grouping | None
    share: float
    steps: tuple[ReadingStep, ...]


def read_first(pixels: Floats, invert: bool | None) -> FirstReading:
    """Read a whole picture, (H, W, 3), or the part of it in which something is written."""
    height, width = pixels.shape[:2]
    page = resize(pixels, SEARCH_SIDE)
    steps = [ReadingStep("picture", f"{width}x{height} pixels", show(page))]
    written = _find_written(pixels, page)
    frame = written or Box(0, 0, width, height)
    part = frame.cut_from(pixels)
    share = frame.long_side / max(pixels.shape)
    if written:
        done = f"what is written is small: looked at {share:.0%} of the picture"
        steps.append(ReadingStep("closer look", done, show(resize(part, SEARCH_SIDE))))
    row = min(max(frame.width / frame.height, 1), _LONGEST_ROW)
    page = blur(resize(part, int(WORK_SIDE * row)), 0.7)
    dark = is_dark(page) if invert is None else invert
    ink = extract_ink(page, dark=dark).max(axis=2)
    tone = "darker" if dark else "brighter"
    done = f"the ink is {tone} than the background, which is taken off"
    steps.append(ReadingStep("ink", done, show(ink)))
    bare = remove_lines(ink)
    if (ink - bare).max() > _LINE * ink.max():
        steps.append(ReadingStep("lines", "ruled lines are taken off", show(bare)))
    ink = blur(bare, _SMOOTH)
    ink_map = cut_ink(ink, find_threshold(ink), frame, dark)
    return FirstReading(ink_map, group_components(ink_map), share, tuple(steps))


def explain_empty(reading: FirstReading) -> str:
    """Say why what was found is no digit, or "" where it is one.

    The limits lie far from what real digits have: of several hundred, the faintest has a peak of
    0.11, and the ink of the least clear is 3.9 times that of the background.
    """
    ink, grouping = reading.ink_map.ink, reading.grouping
    if grouping is None or ink.max() < LEAST_PEAK:
        return "no ink: the picture is of one tone"
    digit, written = grouping.main.mask, reading.ink_map.labels > 0
    near = (measure_distance(digit, 6) <= 6) & (measure_distance(written, 2) > 2)
    background = np.percentile(ink[near], 90) if near.any() else 0
    if ink[digit].mean() < _LEAST_CONTRAST * background:
        return "no ink: nothing stands out from the background"
    rim = (digit[0], digit[-1], digit[:, 0], digit[:, -1])
    if np.concatenate(rim).mean() > _INK_AT_EDGES:
        return "ink everywhere: it runs over the edges of the picture"
    filled = grouping.main.box.long_side / max(ink.shape)
    if filled * reading.share < _LEAST_SIZE:
        return "no digit: there are only specks"
    if filled < _LEAST_AT_EDGE and grouping.touches_border:
        return AT_EDGE
    return ""


def _find_written(pixels: Floats, page: Floats) -> Box | None:
    """Find where something small is written, on a small `page`; None where it is not so."""
    if max(pixels.shape) <= WORK_SIDE:
        return None  # there is no more to see
    marks = remove_lines(measure_contrast(page))
    grouping = _group_marks(marks)
    if grouping and not grouping.touches_border:
        # Edges of the page may stand out more than any ink; without them the level is the ink's.
        marks = clear(marks, grouping.at_border)
        grouping = _group_marks(marks)
    if not grouping or grouping.touches_border:
        return None
    length = grouping.main.box.long_side
    if length >= _CLOSER * max(page.shape):
        return None
    row = enclose([digit.box for digit in grouping.digits])
    factor = max(pixels.shape) / max(page.shape)
    return row.grow(_MARGIN * length).scale(factor, pixels.shape)


def _group_marks(marks: Floats) -> Grouping | None:
    level = find_threshold(marks, peak=0.35 * float(np.percentile(marks, 99.8)))
    height, width = marks.shape
    return group_components(cut_ink(marks, level, Box(0, 0, width, height), True), by_ink=True)
