"""Numbers: all digits of a picture, line by line.

Lines are chains of components that stand side by side. Each is read as what it looks most like,
see `line.py`, in several ink maps, and the best of them again from nearer.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from mnist_cli.handwriting.box import Box, enclose
from mnist_cli.handwriting.ink import (
    LEAST_PEAK,
    clear,
    draw_page,
    extract_ink,
    find_threshold,
    remove_lines,
    soften,
)
from mnist_cli.handwriting.ink_map import LOW_CUT, Candidate, InkMap, cut_ink
from mnist_cli.handwriting.line import HUGE, TALL, Line, LineDigit, propose, read_line
from mnist_cli.net.engine import Floats

_PAGE_SIDE = 480  # pixels of the long side on which lines are looked for
_CLOSE = 80  # pixels that a digit is high when it is looked at from nearer
_SQUARE_PAGES = 4.0  # heights that a row is long from which on its height keeps its resolution
_LONGEST_ROW = 5.0  # times that, or _PAGE_SIDE
_PAGE_BACKGROUND = 0.15  # of the page: wider than any stroke
_MOST_SORTED = 250  # components, specks among them; a page of grain has thousands
_MOST_DIGITS = 120  # of a page: what is spread over more components is a texture

_POOR = 0.4  # of the mean gain of the best line: what is alone on a line and has less is a shadow
_CLOSER_BONUS = 1.5  # of gain for each digit that was looked at from closer
_CLEAR_GAIN = 2.0  # the mean of all digits from which on ink of the other tone is not looked for

# In heights of a digit:
_SPECK_HEIGHT = 0.2
_WIDE = 1.2  # what is wider may be several digits that touch
_AROUND = 0.5  # what is looked at round a line
_LONGEST = 10.0  # digits that hang together, without a frame or a ruled line
_SMALL_FROM_LINE = 0.5  # from its line to what is small: a dot, a short stroke

_IN_LINE = 0.4  # of the lesser height: what two components of a line share at least
_FINER = 1.25  # times the resolution before: what is less is not worth a closer look


def find_lines(pixels: Floats, tones: Sequence[bool]) -> list[list[LineDigit]]:
    """Find the digits of a picture, line by line, in the best of the ink maps of `tones`."""
    best: list[list[LineDigit]] = []
    highest = -np.inf
    for dark in tones:
        for ink_map in map_page(pixels, dark):
            read = [read_line(line) for line in find_spans(ink_map)]
            lines, odds = [line for line, _ in read if line], sum(part for _, part in read)
            if lines and odds > highest:
                best, highest = lines, odds
        if best and _rate(best) > _CLEAR_GAIN * sum(map(len, best)):
            break
    least = _POOR * max((_rate([line]) / len(line) for line in best), default=0)
    likely = [line for line in best if len(line) > 1 or line[0].gain >= least]
    closer = (_read_closer(pixels, line) for line in likely)
    return [line for line in closer if line]


def seems_many(ink_map: InkMap) -> bool:
    """Tell whether several digits may be on an ink map: beside one another, in lines, or joined."""
    boxes = ink_map.boxes
    sizes = [
        (boxes[i].height / height, boxes[i].width / height)
        for components, height in _sort_into_lines(ink_map)
        for i in components
    ]
    tall = sum(high >= TALL for high, _ in sizes)
    return tall > 1 or any(wide > _WIDE for _, wide in sizes)


def find_spans(ink_map: InkMap) -> list[Line]:
    """Find the lines of an ink map, and what may be a digit in each; none in a texture."""
    if ink_map.spread > _MOST_DIGITS:
        return []
    return [propose(ink_map, *line) for line in _sort_into_lines(ink_map)]


def _read_closer(pixels: Floats, line: list[LineDigit]) -> list[LineDigit]:
    """Read a line again, each digit 80 pixels high, if the picture has so many; keep the better."""
    boxes = [digit.box_on_picture for digit in line]
    height = float(np.median([box.height for box in boxes]))
    frame = enclose(boxes).grow(_AROUND * height).scale(1, pixels.shape)
    before = line[0].ink_map
    scale = min(_CLOSE / height, 1.0)
    if scale * before.frame.long_side < _FINER * max(before.ink.shape):
        return line
    page = draw_page(frame.cut_from(pixels), int(scale * frame.long_side))
    ink = soften(remove_lines(extract_ink(page, dark=before.dark).max(axis=2)))
    ink_map = cut_ink(ink, find_threshold(ink), frame, before.dark)
    components = []
    for i in np.argsort(-ink_map.areas)[:_MOST_SORTED].tolist():
        box = ink_map.locate(ink_map.boxes[i])
        near = min(boxes, key=lambda other: abs(other.left + other.right - box.left - box.right))
        if box.long_side >= _SPECK_HEIGHT * height and near.is_beside(box):
            components.append(i)
    closer, _ = read_line(propose(ink_map, components, scale * height))
    return closer if _rate([closer]) > _rate([line]) - _CLOSER_BONUS * len(line) else line


def _rate(lines: list[list[LineDigit]]) -> float:
    return sum(digit.gain for line in lines for digit in line)


def map_page(pixels: Floats, dark: bool) -> Iterator[InkMap]:
    """Yield ink maps of a tone: cut high and low, with and without what goes along the border."""
    height, width = pixels.shape[:2]
    row = max(width, height) / min(width, height) / _SQUARE_PAGES
    page = draw_page(pixels, int(min(max(row, 1), _LONGEST_ROW) * _PAGE_SIDE))
    frame = Box(0, 0, *pixels.shape[1::-1])
    ink = extract_ink(page, dark=dark, share=_PAGE_BACKGROUND).max(axis=2)
    if ink.max() < LEAST_PEAK:
        return
    ink = soften(remove_lines(ink))
    for share in (1.0, LOW_CUT):
        whole = cut_ink(ink, share * find_threshold(ink), frame, dark)
        yield whole
        at_border = [i for i, box in enumerate(whole.boxes) if _goes_along(box, ink.shape)]
        if at_border:
            bare = clear(ink, Candidate(whole, tuple(at_border)).mask)
            yield cut_ink(bare, share * find_threshold(bare), frame, dark)


def _goes_along(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether it goes along the border or across the picture, as shadows and ruled lines do."""
    return box.count_sides_at_border(shape) > 1 and box.long_side >= max(shape) / 2


def _sort_into_lines(ink_map: InkMap) -> list[tuple[list[int], float]]:
    """Sort components into lines; return the components of each, and how high a digit is."""
    boxes = ink_map.boxes
    largest = np.argsort(-ink_map.areas)[:_MOST_SORTED].tolist()
    if not largest:
        return []
    by_height = sorted(largest, key=lambda i: boxes[i].height)
    below = np.cumsum(ink_map.areas[by_height])
    median = int(np.searchsorted(below, below[-1] / 2))  # by area
    usual = boxes[by_height[median]].height
    tall, small = [], []
    for i in largest:
        if boxes[i].height <= HUGE * usual and boxes[i].long_side <= _LONGEST * usual:
            if boxes[i].height >= TALL * usual:
                tall.append(i)
            elif boxes[i].long_side >= _SPECK_HEIGHT * usual:
                small.append(i)
    lines: list[list[int]] = []
    for i in sorted(tall, key=lambda i: boxes[i].left):
        line = max(lines, key=lambda line: _overlap(boxes, line, i), default=None)
        if line is None or _overlap(boxes, line, i) < _IN_LINE:
            lines.append([i])
        else:
            line.append(i)
    # A component alone says little of how high digits are: it may be a comma.
    heights = [
        float(np.median([boxes[i].height for i in line] if len(line) > 1 else usual))
        for line in lines
    ]
    for i in small:
        gaps = [min(boxes[i].measure_gap(boxes[j]) for j in line) for line in lines]
        if gaps and min(gaps) < _SMALL_FROM_LINE * usual:
            lines[gaps.index(min(gaps))].append(i)
    middles = [np.median([boxes[i].top + boxes[i].bottom for i in line]) for line in lines]
    return [(lines[n], heights[n]) for n in np.argsort(middles, kind="stable").tolist()]


def _overlap(boxes: list[Box], line: list[int], i: int) -> float:
    """Return how much a component and the end of a line overlap, of the height of the lesser."""
    last = [boxes[j] for j in line[-2:]]
    top = sum(box.top for box in last) / len(last)
    bottom = sum(box.bottom for box in last) / len(last)
    shared = min(bottom, boxes[i].bottom) - max(top, boxes[i].top)
    return shared / min(bottom - top, boxes[i].height)
