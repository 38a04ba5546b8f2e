"""Numbers: all digits of a picture, line by line.

Lines are chains of components that stand side by side. What may be a digit is one component, a few
that are near one another, or a slice of a wide one; which of these make up the line is the best
path, by dynamic programming, through what the judge says of each (LeCun et al. 1998,
Gradient-based learning applied to document recognition, section VII). A line that was found is
read again from nearer.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from mnist_cli.handwriting.box import Box, enclose, find_box
from mnist_cli.handwriting.cuts import find_seams
from mnist_cli.handwriting.ink import (
    LEAST_PEAK,
    clear,
    extract_ink,
    find_threshold,
    remove_lines,
    resize,
)
from mnist_cli.handwriting.ink_map import Candidate, InkMap, cut_ink
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.mnist_format import COARSE, bring_to_format
from mnist_cli.handwriting.morphology import Floats, blur
from mnist_cli.handwriting.proposals import CLEAR

PAGE_SIDE = 480  # pixels of the long side on which lines are looked for
_CLOSE = 80  # pixels that a digit is high when it is looked at from nearer
_PAGE_BACKGROUND = 0.15  # of the page: wider than any stroke
_MOST = 250  # components, specks among them; a page of grain has thousands
_MOST_DIGITS = 120
_DEEP = 0.6  # of the short side: a digit of a line that was cut out close is, shadows are not

# In heights of a digit:
_SPECK, _TALL, _HUGE = 0.2, 0.5, 2.5
_WIDE = 0.9  # what is wider may be several digits that touch
_WIDEST = 1.5  # a digit is not wider
_APART = 0.35  # parts of a digit are nearer
_AROUND = 0.5  # what is looked at round a line
_MOST_PARTS = 4
_SPACE = 1.5  # what is further apart may have a sign between that was not looked at

_BEST, _WORST = 4.0, -10.0  # odds of the judge are cut to these
_BONUS = 0.75  # for each digit
_SKIP = 4.0  # for each component, as tall as a digit, that is skipped
_CUT = 2.0  # for each component of which a digit has only a part
_FAINT = 0.6  # of the usual ink; what has less is perhaps on the back of the paper
_FAINTER = 5.0  # for all of what is missing
_OTHER = 6.0  # by how much a map has to be better than those before: about two digits more
_NEARER = 1.0  # for each digit that is not looked at from nearer


def find_lines(pixels: Floats, tones: Sequence[bool]) -> list[list[Candidate]]:
    """Find the digits of a picture, (H, W, 3): lines from top to bottom, each from left to right.

    Several ink maps are read, the best one counts; `tones` are those that ink may have, the
    likelier one first, and the last one where that shows a clear number.
    """
    best: list[list[Candidate]] = []
    for dark in tones:
        for ink_map in _map_page(pixels, dark):
            if ink_map.spread > _MOST_DIGITS:  # a texture
                continue
            lines = [_read_line(ink_map, *line) for line in _sort_into_lines(ink_map)]
            lines = [line for line in lines if line]
            if _rate(lines) > _rate(best) + (_OTHER if best else 0):
                best = lines
        count = sum(map(len, best))
        if count > 1 and _rate(best) > (CLEAR + _BONUS) * count:
            break
    return [_read_closer(pixels, line) for line in best]


def _read_closer(pixels: Floats, line: list[Candidate]) -> list[Candidate]:
    """Read a line again, each digit 80 pixels high, if the picture has so many; keep the better."""
    boxes = [digit.box_on_picture for digit in line]
    height = float(np.median([box.height for box in boxes]))
    frame = enclose(boxes).grow(_AROUND * height).scale(1, pixels.shape)
    before = line[0].ink_map
    scale = min(_CLOSE / height, 1.0)
    if scale * before.frame.long_side < 1.25 * max(before.ink.shape):
        return line
    page = blur(resize(frame.cut_from(pixels), int(scale * frame.long_side)), 0.7)
    ink = blur(remove_lines(extract_ink(page, dark=before.dark).max(axis=2)), 1.0)
    ink_map = cut_ink(ink, find_threshold(ink), frame, before.dark)
    components = []
    for i in np.argsort(-ink_map.areas)[:_MOST].tolist():
        box = ink_map.locate(ink_map.boxes[i])
        near = min(boxes, key=lambda other: abs(other.left + other.right - box.left - box.right))
        if box.long_side >= _SPECK * height and near.is_beside(box):
            components.append(i)
    closer = _read_line(ink_map, components, scale * height)
    return closer if _rate([closer]) > _rate([line]) - _NEARER * len(line) else line


def _rate(lines: list[list[Candidate]]) -> float:
    return sum(digit.score for line in lines for digit in line)


def _map_page(pixels: Floats, dark: bool) -> Iterator[InkMap]:
    """Yield ink maps of a tone: cut high and low, with and without what touches the border."""
    page = blur(resize(pixels, PAGE_SIDE), 0.7)
    frame = Box(0, 0, *pixels.shape[1::-1])
    ink = extract_ink(page, dark=dark, share=_PAGE_BACKGROUND).max(axis=2)
    if ink.max() < LEAST_PEAK:
        return
    ink = blur(remove_lines(ink), 1.0)
    for share in (1.0, 0.5):
        whole = cut_ink(ink, share * find_threshold(ink), frame, dark)
        yield whole
        at_border = [i for i, box in enumerate(whole.boxes) if _is_at_border(box, ink.shape)]
        if at_border:
            bare = clear(ink, Candidate(whole, tuple(at_border)).mask)
            yield cut_ink(bare, share * find_threshold(bare), frame, dark)


def _is_at_border(box: Box, shape: tuple[int, ...]) -> bool:
    """Whether it comes in from a side, and is no digit of a single line that only touches it."""
    sides = box.count_sides_at_border(shape)
    return sides > 1 or (sides == 1 and box.height < _DEEP * min(shape))


def _sort_into_lines(ink_map: InkMap) -> list[tuple[list[int], float]]:
    """Sort components into lines; return the components of each, and how high a digit is."""
    boxes = ink_map.boxes
    largest = np.argsort(-ink_map.areas)[:_MOST].tolist()
    if not largest:
        return []
    by_height = sorted(largest, key=lambda i: boxes[i].height)
    below = np.cumsum(ink_map.areas[by_height])
    median = int(np.searchsorted(below, below[-1] / 2))  # by area
    usual = boxes[by_height[median]].height
    tall, small = [], []
    for i in largest:
        if boxes[i].height <= _HUGE * usual and boxes[i].long_side <= 4 * _HUGE * usual:
            if boxes[i].height >= _TALL * usual:
                tall.append(i)
            elif boxes[i].long_side >= _SPECK * usual:
                small.append(i)
    lines: list[list[int]] = []
    for i in sorted(tall, key=lambda i: boxes[i].left):
        line = max(lines, key=lambda line: _overlap(boxes, line, i), default=None)
        if line is None or _overlap(boxes, line, i) < 0.4:
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
        if gaps and min(gaps) < 0.5 * usual:
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


def _read_line(ink_map: InkMap, components: list[int], height: float) -> list[Candidate]:
    """Choose what makes up the line: the path through its components with the highest score."""
    ink_map, slices, owners = _slice_wide(ink_map, components, height)
    groups = list(_group(ink_map, slices, height))
    if not groups:
        return []
    digits = [Candidate(ink_map, tuple(slices[start:stop])) for start, stop in groups]
    odds = judge(bring_to_format([digit.draw(COARSE) for digit in digits]).images)
    inks = ink_map.sums / ink_map.areas
    inks = np.array([np.mean([inks[i] for i in owners[start:stop]]) for start, stop in groups])
    missing = np.maximum(1 - inks / (_FAINT * np.median(inks)), 0)
    cuts = np.array([_count_cut(owners, start, stop) for start, stop in groups])
    scores = np.clip(odds, _WORST, _BEST) + _BONUS - _FAINTER * missing - _CUT * cuts
    digits = [replace(digit, score=own) for digit, own in zip(digits, scores.tolist(), strict=True)]
    skips = [_SKIP * min(1.0, ink_map.boxes[i].height / height) ** 2 for i in slices]
    best: list[tuple[float, list[Candidate]]] = [(0.0, [])]  # up to each slice, and with which
    for end in range(1, len(slices) + 1):
        total, path = best[end - 1]
        choices = [(total - skips[end - 1], path)]
        for (start, stop), digit in zip(groups, digits, strict=True):
            if stop == end:
                total, path = best[start]
                choices.append((total + digit.score, [*path, digit]))
        best.append(max(choices, key=lambda choice: choice[0]))
    return _mark_gaps(best[-1][1], slices, height)


def _mark_gaps(path: list[Candidate], slices: list[int], height: float) -> list[Candidate]:
    """Mark the digits of a line before which something was left out, or much space is."""
    places = {i: place for place, i in enumerate(slices)}
    marked = path[:1]
    for before, digit in pairwise(path):
        left_out = places[digit.components[0]] - places[before.components[-1]] - 1
        apart = before.box.measure_gap(digit.box) > _SPACE * height
        marked.append(replace(digit, after_gap=left_out > 0 or apart))
    return marked


def _count_cut(owners: list[int], start: int, stop: int) -> int:
    """Count the components of which only a part is among the slices from one up to another."""
    own = owners[start:stop]
    return sum(own.count(i) < owners.count(i) for i in set(own))


def _group(ink_map: InkMap, slices: list[int], height: float) -> Iterator[tuple[int, int]]:
    """Yield from which slice up to which may be one digit."""
    for start in range(len(slices)):
        box = ink_map.boxes[slices[start]]
        for stop in range(start + 1, min(start + _MOST_PARTS, len(slices)) + 1):
            if stop > start + 1:
                other = ink_map.boxes[slices[stop - 1]]
                if other.measure_gap(box) > _APART * height:
                    break
                box = enclose([box, other])
            if box.width > _WIDEST * height or box.height > _HUGE * height:
                break
            if box.long_side >= 0.4 * height:
                yield start, stop


def _slice_wide(
    ink_map: InkMap, components: list[int], height: float
) -> tuple[InkMap, list[int], list[int]]:
    """Cut wide components into slices along paths of the least ink; a narrow one is one slice.

    Returns the map, the slices from left to right, which are components of it, and of which
    component each was.
    """
    labels, boxes = ink_map.labels, list(ink_map.boxes)
    if any(boxes[i].width > _WIDE * height for i in components):
        labels = labels.astype(np.int32)  # a copy for each line of a page of grain
    owners: dict[int, int] = {}
    for i in components:
        box = boxes[i]
        own = box.cut_from(ink_map.labels) == i + 1
        seams = find_seams(own, height) if box.width > _WIDE * height else []
        if not seams:
            owners[i] = i
            continue
        passed = np.sum([np.arange(box.width) >= seam[:, None] for seam in seams], axis=0)
        for number in np.unique(passed[own]).tolist():
            part = own & (passed == number)
            boxes.append(find_box(part).move(box.left, box.top))
            owners[len(boxes) - 1] = i
            box.cut_from(labels)[part] = len(boxes)
    slices = sorted(owners, key=lambda i: boxes[i].left + boxes[i].right)
    return replace(ink_map, labels=labels, boxes=boxes), slices, [owners[i] for i in slices]
