"""One line of digits: what of its ink may be a digit, and which of that reads best.

The judge of lines says of each span of slices how much it looks like each digit, and of each slice
how much like none. The line is read along the path for which the sum is highest (LeCun et al. 1998,
Gradient-based learning applied to document recognition, section V).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mnist_cli.dtypes import Bits, Bytes, Floats
from mnist_cli.handwriting.box import Box, enclose, find_box
from mnist_cli.handwriting.cuts import find_seams
from mnist_cli.handwriting.ink_map import InkMap
from mnist_cli.handwriting.judge import NONE, judge_spans
from mnist_cli.handwriting.mnist_format import RIM, draw, reduce_and_centre
from mnist_cli.handwriting.morphology import find_median
from mnist_cli.spec import SIDE

WIDTH = SIDE**2 + 2 * (SIDE // 2) ** 2 + 7  # numbers that the judge sees of a span
_HEIGHT_IN_LINE = 16  # pixels that a digit is high where the judge sees it in its line
_LENGTH_ALONE = 20  # pixels that it is long where the judge sees it alone

_LEAST_LOG = -20.0  # of a logarithm: no digit is out of the question
_CUT = 2.0  # of gain less for a part of a component: most digits are whole
_BONUS = 3.0  # of gain for each digit: its likelihood is shared by the ways to cut it

# In heights of a digit:
HUGE = 2.5
_WIDE = 0.65  # what is wider may be several digits that touch
_WIDEST = 1.5  # a digit is not wider
TALL = 0.5  # what is lower is a dash, a dot or a part
_LEFT_OUT = 0.4  # what is lower may be left out without a word; low digits are 0.45 high
_PARTS_APART = 0.35  # parts of a digit are nearer
_LEAST_LONG = 0.35  # a digit of several parts is not smaller
_SPACE = 1.5  # what is further apart may have a sign between that was not looked at
MOST_PARTS = 5
_MOST_SLICES = 120  # of a line; a digit that is cut has up to five


@dataclass(frozen=True)
class Line:
    """A line of an ink map, in slices from left to right, and what of it may be a digit."""

    ink_map: InkMap
    height: float  # of a digit
    slices: list[int]  # its components, or parts of them, by their indices
    owners: list[int]  # the component of each slice
    spans: list[tuple[int, int]]  # from which slice up to which, in order, each alone among them


@dataclass(frozen=True)
class LineDigit:
    """Components of an ink map that are a digit of a line."""

    ink_map: InkMap
    components: tuple[int, ...]  # by their indices
    gain: float  # log P(digit) - log P(none)
    in_line: Floats  # (10,), P(each digit)
    after_gap: bool = False
    left_out: int = 0  # components of its line with a tall part that is in no digit

    @property
    def box(self) -> Box:
        """Where it is on the map."""
        return enclose([self.ink_map.boxes[i] for i in self.components])

    @property
    def box_on_picture(self) -> Box:
        """Where it is on the picture."""
        return self.ink_map.locate(self.box)

    def draw(self) -> Bits:
        """Draw it large and in two tones."""
        around = self.box.grow(RIM).scale(1, self.ink_map.ink.shape)
        labels = around.cut_from(self.ink_map.labels)
        own = np.isin(labels, np.array(self.components) + 1)
        box = self.box.move(-around.left, -around.top)
        return draw(around.cut_from(self.ink_map.ink), own, self.ink_map.level, box)


def propose(ink_map: InkMap, components: list[int], height: float) -> Line:
    """Cut the components of a line where digits may touch, and find spans; a texture has none."""
    ink_map, slices, owners = _slice_wide(ink_map, components, height)
    if len(slices) > _MOST_SLICES:
        slices, owners = [], []
    return Line(ink_map, height, slices, owners, list(_group(ink_map, slices, height)))


def read_line(line: Line) -> tuple[list[LineDigit], float]:
    """Find the digits of a line, the path of highest gain, and the odds of all that is on it."""
    if not line.spans:
        return [], 0.0
    as_digits, gains, as_none = _judge(line)
    cut = np.array([any(_is_cut(line.owners, a, b)) for a, b in line.spans])
    scores = (gains + _BONUS - _CUT * cut).tolist()
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]  # up to each slice, and which spans
    choices: list[list[tuple[float, tuple[int, ...]]]] = [[] for _ in line.slices]
    for number, (start, stop) in enumerate(line.spans):
        if start == len(best):
            best.append(max(choices[start - 1]))
        total, path = best[start]
        if stop == start + 1:
            choices[start].append((total, path))
        choices[stop - 1].append((total + scores[number], (*path, number)))
    gain, path = max(choices[-1])
    heights = [line.ink_map.boxes[i].height for i in line.slices]
    tall = {i for i, height in enumerate(heights) if height >= _LEFT_OUT * line.height}
    left_out = tall.difference(*(range(*line.spans[number]) for number in path))
    digits: list[LineDigit] = []
    end = 0
    for number in path:
        start, stop = line.spans[number]
        digit = _take(line, number, scores[number], as_digits[number])
        apart = digits and digits[-1].box.measure_gap(digit.box) > _SPACE * line.height
        after_gap = bool(digits) and bool(start > end or apart)
        owners = {line.owners[i] for i in left_out}
        digits.append(replace(digit, after_gap=after_gap, left_out=len(owners)))
        end = stop
    return digits, gain + as_none  # of what is left out as none, too: to compare ink maps


def find_best(line: Line) -> LineDigit | None:
    """Return what of a line looks most like a digit, however little it does."""
    if not line.spans:
        return None
    as_digits, gains, _ = _judge(line)
    number = int(gains.argmax())
    return _take(line, number, float(gains[number]), as_digits[number])


def _take(line: Line, number: int, gain: float, as_digits: Floats) -> LineDigit:
    components = tuple(line.slices[slice(*line.spans[number])])
    likely = np.exp(np.maximum(as_digits, _LEAST_LOG))
    return LineDigit(line.ink_map, components, gain, likely)


def _judge(line: Line) -> tuple[Floats, Floats, float]:
    """Return of spans log P(each digit | a digit), (N, 10), gains (N,), and the odds of none."""
    logits = judge_spans(draw_spans(line))
    as_any = np.logaddexp.reduce(logits[:, :NONE], axis=1)
    alone = [number for number, (start, stop) in enumerate(line.spans) if stop == start + 1]
    nothing = np.append(0, logits[alone, NONE].cumsum())  # up to each slice
    starts, stops = np.transpose(line.spans)
    gains = as_any - nothing[stops] + nothing[starts]
    return logits[:, :NONE] - as_any[:, np.newaxis], gains, float(nothing[-1])


def draw_spans(line: Line) -> Bytes:
    """Draw each span as the judge sees it, (N, 1183) uint8.

    28x28 pixels show it as it would be in the MNIST format, 14x14 as it stands in the line, and
    14x14 all other ink there. The last seven say whether it was cut on the left, and on the right;
    how many sides of the picture it touches; and how high and wide it is, and how far its top and
    its bottom are below those of the line, in quarters of a height, 0 for two heights less.
    """
    own, others = _draw_layers(line)
    boxes = [enclose([line.ink_map.boxes[i] for i in line.slices[a:b]]) for a, b in line.spans]
    edges = np.array([(box.left, box.top, box.right, box.bottom) for box in boxes]) / line.height
    left, top, right, bottom = edges.T
    sizes = np.column_stack([bottom - top, right - left])
    tall = sizes[:, 0] > TALL
    usual = find_median(edges[tall if tall.any() else ...])
    placed = np.column_stack([sizes, top - usual[1], bottom - usual[3]])
    cut = [_is_cut(line.owners, start, stop) for start, stop in line.spans]
    touched = [box.count_sides_at_border(line.ink_map.ink.shape) / 4 for box in boxes]
    reduced = (sizes.max(axis=1) * (_HEIGHT_IN_LINE / _LENGTH_ALONE)).astype(np.float32)
    alone = reduce_and_centre(np.moveaxis(own, 0, 2), reduced)
    coarse = np.stack([own, others], axis=1).reshape(-1, 2, SIDE // 2, 2, SIDE // 2, 2)
    around = coarse.mean(axis=(3, 5)).reshape(len(own), -1)
    numbers = np.column_stack([around, cut, touched, placed / 4 + 0.5]).clip(0, 1)
    numbers = np.rint(255 * numbers).astype(np.uint8)
    return np.column_stack([alone.reshape(len(own), -1), numbers])


def _is_cut(owners: list[int], start: int, stop: int) -> tuple[bool, bool]:
    """Whether slices are cut off on the left, and on the right, from more of their component."""
    own = owners[start:stop]
    return start > 0 and owners[start - 1] in own, stop < len(owners) and owners[stop] in own


def _draw_layers(line: Line) -> tuple[Floats, Floats]:
    """Draw the ink of each span where it stands, and all other ink: (N, 28, 28) each, in 0..1."""
    ink_map, half = line.ink_map, SIDE // 2
    scale = _HEIGHT_IN_LINE / line.height
    boxes = [ink_map.boxes[i] for i in line.slices]
    part = enclose(boxes).grow(half / scale).scale(1, ink_map.ink.shape)
    ink = np.clip(part.cut_from(ink_map.ink) / (2 * ink_map.level), 0, 1)
    rows, columns = (((np.arange(length) + 0.5) * scale).astype(int) for length in ink.shape)
    shape = len(line.slices) + 1, int(rows[-1]) + 1, int(columns[-1]) + 1
    number = np.zeros(len(ink_map.boxes) + 1, np.intp)
    number[np.array(line.slices) + 1] = np.arange(1, len(line.slices) + 1)
    layer = number[part.cut_from(ink_map.labels)]
    cell = (layer * shape[1] + rows[:, None]) * shape[2] + columns
    sums = np.bincount(cell.ravel(), ink.ravel(), minlength=int(np.prod(shape))).reshape(shape)
    cells = (np.bincount(rows)[:, None] * np.bincount(columns)).astype(np.float32)
    layers = np.pad((sums / np.maximum(cells, 1)).astype(np.float32), ((0, 0), *[(half, half)] * 2))
    all_ink = layers.sum(axis=0)
    layers[0] = 0
    upto = layers.cumsum(axis=0)
    own = np.empty((len(line.spans), SIDE, SIDE), np.float32)
    others = np.empty_like(own)
    for index, (start, stop) in enumerate(line.spans):
        box = enclose(boxes[start:stop])
        top = int(((box.top + box.bottom) / 2 - part.top) * scale)
        left = int(((box.left + box.right) / 2 - part.left) * scale)
        window = np.s_[top : top + SIDE, left : left + SIDE]
        np.subtract(upto[stop][window], upto[start][window], out=own[index])
        np.subtract(all_ink[window], own[index], out=others[index])
    return own, others


def _group(ink_map: InkMap, slices: list[int], height: float) -> Iterator[tuple[int, int]]:
    """Yield from which slice up to which may be one digit."""
    for start in range(len(slices)):
        box = ink_map.boxes[slices[start]]
        yield start, start + 1
        for stop in range(start + 2, min(start + MOST_PARTS, len(slices)) + 1):
            other = ink_map.boxes[slices[stop - 1]]
            if other.measure_gap(box) > _PARTS_APART * height:
                break
            box = enclose([box, other])
            if box.width > _WIDEST * height or box.height > HUGE * height:
                break
            if box.long_side >= _LEAST_LONG * height:
                yield start, stop


def _slice_wide(
    ink_map: InkMap, components: list[int], height: float
) -> tuple[InkMap, list[int], list[int]]:
    """Cut wide components along paths of least ink: the new map, slices, and their components."""
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
        for number in np.flatnonzero(np.bincount(passed[own])).tolist():
            part = own & (passed == number)
            boxes.append(find_box(part).move(box.left, box.top))
            owners[len(boxes) - 1] = i
            box.cut_from(labels)[part] = len(boxes)
    slices = sorted(owners, key=lambda i: boxes[i].left + boxes[i].right)
    return replace(ink_map, labels=labels, boxes=boxes), slices, [owners[i] for i in slices]
