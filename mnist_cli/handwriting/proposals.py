"""Several readings of one picture, and which of them looks most like a digit.

The chain of `look` decides once what is ink and what belongs together. Where the judge does not
like what came of it, this is the second opinion: dark ink and bright, in all channels and in each
alone, and every connected component, with its neighbours or without, brought to the MNIST format
in a cheap way. No sheet, frame or box is looked for: they are components that are no digit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.components import Box, enclose, measure_boxes
from mnist_cli.handwriting.ink import WORK_SIDE, extract_ink, find_threshold, resize
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.mnist_format import COARSE, FINE, bring_to_format, draw
from mnist_cli.handwriting.morphology import Bits, Floats, blur, label, measure_distance

CLEAR = 1.5  # odds (logarithms) of the judge: from here on no other reading is looked for

_COLOURED = 0.1  # between the channels of a pixel; where it is less in all of them they are one
LEAST_PEAK = 0.05  # of ink
_LOW = 0.5  # of the level at which ink is cut otherwise
_LEAST_SIDE = 0.08  # of the picture's long side
_MOST = 8  # components of an ink map
_MOST_JUDGED = 40
_NEAR = 0.25  # of its size: how far a component may be from those that belong to it
_OTHER_TONE = 1.5  # taken off where the ink is not of the tone that was detected
_BACKGROUND = 4.0  # taken off where it has the colour of what is further out

# What of the ink in (H, W, 3) channels is looked at; "every" shows what is ink in all of them.
_CHANNELS: dict[str, Callable[[Floats], Floats]] = {
    "any channel": lambda ink: ink.max(axis=2),
    "every channel": lambda ink: ink.min(axis=2),
    "the red channel": lambda ink: ink[..., 0],
    "the green channel": lambda ink: ink[..., 1],
    "the blue channel": lambda ink: ink[..., 2],
}


@dataclass(frozen=True)
class InkMap:
    """Ink of one tone in some channels, (H, W), the level it is cut at, and its components.

    `inks` is the mean ink of each component, `areas` are their pixels.
    `frame` is the part of the picture that it was drawn from.
    """

    frame: Box
    dark: bool
    channels: str
    ink: Floats
    level: float
    labels: NDArray[np.integer[Any]]
    boxes: list[Box]
    areas: NDArray[np.intp]
    inks: NDArray[np.float64]

    def place(self, box: Box) -> Box:
        """Return where on the picture a box on the map is."""
        frame = self.frame
        scale = frame.long_side / max(self.ink.shape)
        return box.scale(scale, (frame.height, frame.width)).move(frame.left, frame.top)


@dataclass(frozen=True)
class Proposal:
    """Components of an ink map that may be a digit; `score` is the judge's, less what speaks
    against it.
    """

    source: InkMap
    components: tuple[int, ...]
    score: float = 0.0

    @property
    def box(self) -> Box:
        """Where it is on the map."""
        return enclose([self.source.boxes[i] for i in self.components])

    @property
    def area(self) -> int:
        """How many pixels of the map it has."""
        return int(self.source.areas[list(self.components)].sum())

    @property
    def mask(self) -> Bits:
        """Its pixels on the map."""
        return np.isin(self.source.labels, np.array(self.components) + 1)

    @property
    def place(self) -> Box:
        """Where it is on the picture."""
        return self.source.place(self.box)

    def draw(self, side: int = FINE) -> Bits:
        """Draw it large and in two tones, about `side` pixels long."""
        near = self.box.grow(4, 4).scale(1, self.source.ink.shape)
        mask = np.isin(near.cut_from(self.source.labels), np.array(self.components) + 1)
        box = self.box.move(-near.left, -near.top)
        return draw(near.cut_from(self.source.ink), mask, self.source.level, box, side)


def cut_ink(
    ink: Floats, frame: Box, dark: bool, channels: str = "any channel", factor: float = 1.0
) -> InkMap:
    """Cut ink into components, at its level times a factor: half of it keeps faint strokes."""
    level = factor * find_threshold(ink, peak=0.25 * float(ink.max()))
    labels, count = label(ink > level)
    boxes = measure_boxes(labels, count)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    inks = np.bincount(labels.ravel(), ink.ravel(), minlength=count + 1)[1:] / areas
    return InkMap(frame, dark, channels, ink, level, labels, boxes, areas, inks)


def propose(pixels: Floats, tones: Sequence[bool], detected: bool) -> Proposal | None:
    """Return what most likely is the digit of a picture, (H, W, 3); None where there is nothing.

    `tones` are those that ink may have, `detected` the one that it seems to have. Of a picture in
    colours the channels are looked at one by one where all together show nothing clear.
    """
    page = blur(resize(pixels, WORK_SIDE), 0.7)
    frame = Box(0, 0, *pixels.shape[1::-1])
    inks = {dark: extract_ink(page, dark=dark) for dark in tones}

    def find(kinds: Sequence[tuple[str, float]]) -> Proposal | None:
        maps = []
        for dark, (channels, factor) in product(tones, kinds):
            ink = _CHANNELS[channels](inks[dark])
            if ink.max() >= LEAST_PEAK:
                maps.append(cut_ink(blur(ink, 1.0), frame, dark, channels, factor))
        return _find_best(page, maps, detected)

    first, *others = _CHANNELS
    best = find([(first, 1.0), (first, _LOW)])
    if np.ptp(page, axis=2).max() > _COLOURED and (best is None or best.score < CLEAR):
        found = [one for one in (best, find([(name, 1.0) for name in others])) if one]
        best = max(found, key=lambda one: one.score, default=None)
    return best


def _find_best(page: Floats, maps: Sequence[InkMap], detected: bool) -> Proposal | None:
    proposals = _drop_doubles([one for source in maps for one in _choose(source)])[:_MOST_JUDGED]
    if not proposals:
        return None
    odds_of_each = judge(bring_to_format([one.draw(COARSE) for one in proposals]).images)
    scored = [
        replace(
            one,
            score=float(odds)
            - _OTHER_TONE * (one.source.dark != detected)
            - _BACKGROUND * measure_likeness(page, one.mask, one.box),
        )
        for one, odds in zip(proposals, odds_of_each, strict=True)
    ]
    return max(scored, key=lambda one: one.score)


def _choose(source: InkMap) -> Iterator[Proposal]:
    """Yield each large component of a map, alone and with what is near it."""
    shape = source.labels.shape
    least = _LEAST_SIDE * max(shape)
    order = np.argsort(-source.areas)
    usable = [i for i in order[: 5 * _MOST] if source.areas[i] >= 4]
    for i in order[:_MOST]:
        box = source.boxes[i]
        sides = (box.left == 0, box.top == 0, box.right == shape[1], box.bottom == shape[0])
        if box.long_side < least or sum(sides) > 2:  # a strip along a side, or a frame
            continue
        yield Proposal(source, (int(i),))
        near = [
            int(j)
            for j in usable
            if source.boxes[j].measure_gap(box) <= _NEAR * box.long_side
            and source.boxes[j].long_side <= 1.2 * box.long_side
        ]
        if len(near) > 1:
            yield Proposal(source, tuple(near))


def _drop_doubles(proposals: list[Proposal]) -> list[Proposal]:
    """Keep of those of one tone, place and area the first; the largest come first."""
    kept: dict[tuple[object, ...], Proposal] = {}
    for one in proposals:
        box, area = one.box, one.area
        key = (
            one.source.dark,
            *(round(v / 2) for v in vars(box).values()),
            round(10 * np.log(area)),
        )
        kept.setdefault(key, one)
    return sorted(kept.values(), key=lambda one: -one.box.long_side)


def measure_likeness(page: Floats, mask: Bits, box: Box) -> float:
    """Tell how much ink has the colour of what is further out, 0 to 1: holes and halos have it."""
    size = box.long_side
    reach = max(int(0.4 * size), 8)
    place = box.grow(reach, reach).scale(1, mask.shape)
    away = measure_distance(place.cut_from(mask), reach)
    colours = place.cut_from(page)
    filled = box.move(-place.left, -place.top)
    outside = np.ones(away.shape, bool)
    outside[filled.top : filled.bottom, filled.left : filled.right] = False
    far = (away > 0.5 * reach) & outside
    near = (away >= 2) & (away <= 4)
    if far.sum() < 10 or not near.any():
        return 0.0
    own = np.median(colours[away == 0], axis=0)
    to_far = np.abs(own - np.median(colours[far], axis=0)).max()
    to_near = np.abs(own - np.median(colours[near], axis=0)).max()
    return float(np.clip(1 - to_far / max(float(to_near), 0.05), 0, 1))
