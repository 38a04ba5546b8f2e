"""All digits of a picture, line by line; one digit is a line of length one.

Lines are chains of components that stand side by side. Each is read as what it looks most like,
see `line.py`, in several ink maps, and the best of them again from nearer.
"""

from collections.abc import Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from mnist_cli.dtypes import Floats
from mnist_cli.handwriting import inks
from mnist_cli.handwriting.box import Box, enclose
from mnist_cli.handwriting.ink_map import InkMap, cut_ink
from mnist_cli.handwriting.line import HUGE, TALL, Line, LineDigit, find_best, propose, read_line
from mnist_cli.handwriting.morphology import find_median

_GLANCE_SIDE = 240  # pixels of the long side on which a large digit is clear
_LARGE = 50  # pixels that it is high there
_ROW = 2.0  # times as wide as high: what is wider is hardly one large digit
_CLOSE = 80  # pixels that a digit is high when it is looked at from nearer
_MOST_SORTED = 250  # components, specks among them; a page of grain has thousands
_MOST_DIGITS = 120  # of a page: what is spread over more components is a texture

_POOR = 0.4  # of the mean gain of the best line: what is alone on a line and has less is a shadow
_CLOSER_BONUS = 1.5  # of gain for each digit that was looked at from closer
_CLEAR_GAIN = 6.5  # of digits on average, and
_CLEAR_ODDS = 4.0  # of one alone, with which no other tone or channel is looked at
_CLEAR_AT_A_GLANCE = 4.0  # odds of a large digit on a small copy with which it is the only map
_LEAST_GAIN = 4.0  # of a large digit there with which no larger copy is looked at
_OTHER_TONE, _ONE_CHANNEL = 2.0, 1.0  # taken off the odds of what is less likely to show the ink

# In heights of a digit:
_SPECK_HEIGHT = 0.2
_AROUND = 0.5  # what is looked at round a line
_LONGEST = 10.0  # digits that hang together, without a frame or a ruled line
_SMALL_FROM_LINE = 0.5  # from its line to what is small: a dot, a short stroke

_IN_LINE = 0.4  # of the lesser height: what two components of a line share at least
_FINER = 1.25  # times the resolution before: what is less is not worth a closer look


class FoundLines(NamedTuple):
    """What was read on an ink map, line by line, and the odds of it, as a logarithm."""

    lines: list[list[LineDigit]]
    odds: float

    @property
    def digits(self) -> list[LineDigit]:
        """All digits."""
        return list(chain.from_iterable(self.lines))

    @property
    def mean_odds(self) -> float:
        """The odds of each digit, on average."""
        return self.odds / max(len(self.digits), 1)

    def is_large(self) -> bool:
        """Whether it is one digit, of which a larger map would show no more."""
        return len(self.digits) == 1 and self.digits[0].box.height > _LARGE

    def is_clear(self, least_odds: float) -> bool:
        """Whether nothing else needs to be looked at."""
        count = len(self.digits)
        least_odds = least_odds if count == 1 else 0
        return self.mean_odds > least_odds and _rate(self.digits) > _CLEAR_GAIN * count


_NO_LINES = FoundLines([], -np.inf)


def find_lines(pixels: Floats, tones: Sequence[bool]) -> FoundLines:
    """Find a picture's digits in the best of its ink maps, or else what is least unlikely."""
    # What a small copy of the picture shows large is not looked for in a larger one.
    best = _NO_LINES
    if pixels.shape[1] < _ROW * pixels.shape[0]:
        best = _read_in_ways(pixels, tones, _GLANCE_SIDE)
    if not best.is_large() or _rate(best.digits) < _LEAST_GAIN:
        best = _read_in_ways(pixels, tones, inks.PAGE_SIDE)
    highest = max((_rate(line) / len(line) for line in best.lines), default=0)
    least = min(_POOR * highest, highest)
    likely = [line for line in best.lines if len(line) > 1 or line[0].gain >= least]
    return best._replace(lines=[_read_closer(pixels, line) for line in likely])


def _read_in_ways(pixels: Floats, tones: Sequence[bool], side: int) -> FoundLines:
    """Read a picture in all its ink maps, up to the first tone or channel in which it is clear."""
    best, unlikely = _NO_LINES, _NO_LINES
    for way in inks.map_ink(pixels, tones, side):
        for ink_map in way:
            against = _OTHER_TONE * (ink_map.dark != tones[0])
            against += _ONE_CHANNEL * (ink_map.channels != inks.ANY_CHANNEL)
            spans = find_spans(ink_map)
            read = [read_line(line) for line in spans]
            lines, odds = [digits for digits, _ in read if digits], sum(odds for _, odds in read)
            if lines:
                best = max(best, FoundLines(lines, odds - against), key=itemgetter(1))
            elif not best.lines:
                other = _read_unlikely(spans, odds - against)
                unlikely = max(unlikely, other, key=itemgetter(1))
            at_a_glance = best.is_clear(_CLEAR_AT_A_GLANCE) or not best.is_large()
            if side < inks.PAGE_SIDE and best.lines and at_a_glance:
                return best
        if best.is_clear(_CLEAR_ODDS):
            break
    return best if best.lines else unlikely


def _read_unlikely(spans: list[Line], odds: float) -> FoundLines:
    """Read what in lines without digits is least unlikely to be one."""
    one = max(filter(None, map(find_best, spans)), key=measure_weight, default=None)
    return FoundLines([[one]], odds + one.gain) if one else _NO_LINES


def measure_weight(digit: LineDigit) -> float:
    """Return how likely something is the main digit: how much like one, and how large it is."""
    return digit.gain + float(np.log(digit.box_on_picture.long_side))


def find_spans(ink_map: InkMap) -> list[Line]:
    """Find the lines of an ink map, and what may be a digit in each; none in a texture."""
    if ink_map.spread > _MOST_DIGITS:
        return []
    return [propose(ink_map, *line) for line in _sort_into_lines(ink_map)]


def _read_closer(pixels: Floats, line: list[LineDigit]) -> list[LineDigit]:
    """Read a line again, each digit 80 pixels high, if the picture has so many; keep the better."""
    boxes = [digit.box_on_picture for digit in line]
    height = float(find_median([box.height for box in boxes]))
    frame = enclose(boxes).grow(_AROUND * height).scale(1, pixels.shape)
    before = line[0].ink_map
    scale = min(_CLOSE / height, 1.0)
    if scale * before.frame.long_side < _FINER * max(before.ink.shape):
        return line
    page = inks.draw_page(frame.cut_from(pixels), int(scale * frame.long_side))
    ink = inks.clean(inks.extract_ink(page, dark=before.dark), before.channels)
    ink_map = cut_ink(ink, inks.find_threshold(ink), frame, before.dark, before.channels)
    components = []
    for i in np.argsort(-ink_map.areas)[:_MOST_SORTED].tolist():
        box = ink_map.locate(ink_map.boxes[i])
        near = min(boxes, key=lambda other: abs(other.left + other.right - box.left - box.right))
        if box.long_side >= _SPECK_HEIGHT * height and near.is_beside(box):
            components.append(i)
    closer, _ = read_line(propose(ink_map, components, scale * height))
    return closer if _rate(closer) > _rate(line) - _CLOSER_BONUS * len(line) else line


def _rate(digits: list[LineDigit]) -> float:
    return sum(digit.gain for digit in digits)


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
        float(find_median([boxes[i].height for i in line] if len(line) > 1 else [usual]))
        for line in lines
    ]
    for i in small:
        gaps = [min(boxes[i].measure_gap(boxes[j]) for j in line) for line in lines]
        if gaps and min(gaps) < _SMALL_FROM_LINE * usual:
            lines[gaps.index(min(gaps))].append(i)
    middles = [find_median([boxes[i].top + boxes[i].bottom for i in line]) for line in lines]
    return [(lines[n], heights[n]) for n in np.argsort(middles, kind="stable").tolist()]


def _overlap(boxes: list[Box], line: list[int], i: int) -> float:
    """Return how much a component and the end of a line overlap, of the height of the lesser."""
    last = [boxes[j] for j in line[-2:]]
    top = sum(box.top for box in last) / len(last)
    bottom = sum(box.bottom for box in last) / len(last)
    shared = min(bottom, boxes[i].bottom) - max(top, boxes[i].top)
    return shared / min(bottom - top, boxes[i].height)
