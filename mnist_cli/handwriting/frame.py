"""Where something is written on a picture."""

import numpy as np

from mnist_cli.handwriting.box import Box, enclose
from mnist_cli.handwriting.grouping import find_neighbours, gather, rank_components
from mnist_cli.handwriting.ink import (
    SEARCH_SIDE,
    WORK_SIDE,
    clear,
    find_threshold,
    measure_contrast,
    remove_lines,
    resize,
)
from mnist_cli.handwriting.ink_map import Candidate, InkMap, cut_ink
from mnist_cli.net.engine import Floats

_CLOSER = 0.45  # of the picture: what fills less is cut out
MARGIN = 0.6  # of the digit, on each side of it
_LEAST_MARK = 0.35  # of the strongest mark, of which a few pixels (0.2 %) are glints


def find_frame(pixels: Floats) -> Box:
    """Find where something small is written on a picture, (H, W, 3); all of it if it is not so."""
    whole = Box(0, 0, *pixels.shape[1::-1])
    if whole.long_side <= WORK_SIDE:
        return whole  # there is no more to see
    marks = remove_lines(measure_contrast(resize(pixels, SEARCH_SIDE)))
    for _ in range(2):
        ink_map = _cut_marks(marks, whole)
        ranked = rank_components(ink_map, ink_map.sums)
        if not ranked or ink_map.touches_border(ranked[0]):
            return whole
        # Edges of the page may stand out more than any ink; without them the level is the ink's.
        at_border = tuple(filter(ink_map.touches_border, ranked))
        marks = clear(marks, Candidate(ink_map, at_border).mask)
    main = gather(ink_map, ranked[0]).box
    if main.long_side >= _CLOSER * max(marks.shape):
        return whole
    row = enclose([main, *(ink_map.boxes[i] for i in find_neighbours(ink_map, ranked[0]))])
    factor = whole.long_side / max(marks.shape)
    return row.grow(MARGIN * main.long_side).scale(factor, pixels.shape)


def _cut_marks(marks: Floats, frame: Box) -> InkMap:
    level = find_threshold(marks, peak=_LEAST_MARK * float(np.percentile(marks, 99.8)))
    return cut_ink(marks, level, frame, True)
