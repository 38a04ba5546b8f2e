"""Where on a picture something is written, and which connected components of ink it has."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.handwriting.components import Box, Components, enclose, find_components
from mnist_cli.handwriting.ink import (
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
from mnist_cli.handwriting.morphology import Floats, blur, measure_distance
from mnist_cli.handwriting.steps import Step, show

AT_EDGE = "no digit: there is only something at the edge"

_CLOSER = 0.45  # of the frame: what fills less is cut out
_MARGIN = 0.6  # of the digit, on each side of it
_LONGEST_ROW = 5.0  # times as wide as high; digits side by side each keep their resolution
_LINE = 0.1  # of the ink: what is less is not worth a word
_SMOOTH = 1.0  # pixels: grain and noise go, strokes stay

# What must be there for a digit: see `explain_empty`.
_LEAST_PEAK = 0.05  # of ink
_LEAST_CONTRAST = 3.0  # mean ink over that of the background around
_LEAST_SIZE = 0.03  # of the long side of the picture
_INK_AT_EDGES = 0.3  # of the pixels along the border
_LEAST_AT_EDGE = 0.5  # of the frame, for a digit that touches its border


@dataclass(frozen=True)
class Look:
    """What was seen in a frame of a picture.

    `ink` (h, w) is reduced from the pixels of `frame`, which is `share` of the long side of the
    picture; cut at `level` it falls into `components`.
    """

    frame: Box
    share: float
    steps: tuple[Step, ...]
    dark: bool
    ink: Floats
    level: float
    components: Components | None

    def place(self, box: Box) -> Box:
        """Return where on the picture a box of the ink is."""
        scale = self.frame.long_side / max(self.ink.shape)
        box = box.scale(scale, (self.frame.height, self.frame.width))
        return box.move(self.frame.left, self.frame.top)


def look_first(pixels: Floats, invert: bool | None) -> Look:
    """Look at a whole picture, (H, W, 3), or at the part of it in which something is written."""
    height, width = pixels.shape[:2]
    page = resize(pixels, SEARCH_SIDE)
    steps = [Step("picture", f"{width}x{height} pixels", show(page))]
    place = _find_ink(pixels, page)
    frame = place or Box(0, 0, width, height)
    seen = frame.cut_from(pixels)
    share = frame.long_side / max(pixels.shape)
    if place:
        done = f"what is written is small: looked at {share:.0%} of the picture"
        steps.append(Step("closer look", done, show(resize(seen, SEARCH_SIDE))))
    row = min(max(frame.width / frame.height, 1), _LONGEST_ROW)
    page = blur(resize(seen, int(WORK_SIDE * row)), 0.7)
    dark = is_dark(page) if invert is None else invert
    ink = extract_ink(page, dark=dark).max(axis=2)
    tone = "darker" if dark else "brighter"
    done = f"the ink is {tone} than the background, which is taken off"
    steps.append(Step("ink", done, show(ink)))
    bare = remove_lines(ink)
    if (ink - bare).max() > _LINE * ink.max():
        steps.append(Step("lines", "ruled lines are taken off", show(bare)))
    ink = blur(bare, _SMOOTH)
    level = find_threshold(ink, peak=0.25 * float(ink.max()))
    return Look(frame, share, tuple(steps), dark, ink, level, find_components(ink > level))


def explain_empty(look: Look) -> str:
    """Say why what was seen is no digit, or "" where it is one.

    The limits lie far from what real digits have: of several hundred, the faintest has a peak of
    0.11, and the ink of the least clear is 3.9 times that of the background.
    """
    components = look.components
    if components is None or look.ink.max() < _LEAST_PEAK:
        return "no ink: the picture is of one tone"
    digit = components.groups[components.main]
    near = (measure_distance(digit.mask, 6) <= 6) & (measure_distance(components.mask, 2) > 2)
    background = np.percentile(look.ink[near], 90) if near.any() else 0
    if look.ink[digit.mask].mean() < _LEAST_CONTRAST * background:
        return "no ink: nothing stands out from the background"
    rim = (digit.mask[0], digit.mask[-1], digit.mask[:, 0], digit.mask[:, -1])
    if np.concatenate(rim).mean() > _INK_AT_EDGES:
        return "ink everywhere: it runs over the edges of the picture"
    filled = digit.box.long_side / max(look.ink.shape)
    if filled * look.share < _LEAST_SIZE:
        return "no digit: there are only specks"
    if filled < _LEAST_AT_EDGE and (digit.mask & components.at_border).any():
        return AT_EDGE
    return ""


def _find_ink(pixels: Floats, page: Floats) -> Box | None:
    """Find where something small is written, on a small `page`; None where it is not so."""
    if max(pixels.shape) <= WORK_SIDE:
        return None  # there is no more to see
    marks = remove_lines(measure_contrast(page))
    components = _search(marks)
    if components and not components.touches_border:
        # Edges of the page may stand out more than any ink; without them the level is the ink's.
        marks = clear(marks, components.at_border)
        components = _search(marks)
    if not components or components.touches_border:
        return None
    digit = components.groups[components.main].box
    if digit.long_side >= _CLOSER * max(page.shape):
        return None
    margin = _MARGIN * digit.long_side
    row = enclose([group.box for group in components.groups])
    factor = max(pixels.shape) / max(page.shape)
    return row.grow(margin, margin).scale(factor, pixels.shape)


def _search(marks: Floats) -> Components | None:
    level = find_threshold(marks, peak=0.35 * float(np.percentile(marks, 99.8)))
    return find_components(marks > level, marks)
