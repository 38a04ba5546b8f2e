"""What may be the digit of a picture, and which of it looks most like one.

First the likeliest: the main ink where something is written, of the tone that was detected. Where
the judge does not like it, all that is on the picture is proposed: dark ink and bright, in all
channels and in each alone, every connected component, with its neighbours or without, brought to
the MNIST format in a cheap way; the best is looked at from nearer. No sheet, frame or box is looked
for: they are components that are no digit. What the judge finds clear ends the search.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np

from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.frame import MARGIN, find_frame
from mnist_cli.handwriting.grouping import gather, rank_components
from mnist_cli.handwriting.ink import (
    LEAST_PEAK,
    WORK_SIDE,
    draw_page,
    extract_ink,
    find_threshold,
    is_dark,
    remove_lines,
    soften,
)
from mnist_cli.handwriting.ink_map import LOW_CUT, Candidate, InkMap, cut_ink
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.mnist_format import COARSE, bring_to_format
from mnist_cli.handwriting.morphology import Bits, measure_distance
from mnist_cli.handwriting.steps import ReadingStep, show
from mnist_cli.net.engine import Floats

CLEAR = 1.5  # odds (logarithms) of the judge: from here on nothing else is looked for

AT_EDGE = "no digit: there is only something at the edge"

_LONGEST_ROW = 5.0  # times as wide as high; digits side by side each keep their resolution
_RULED = 0.1  # of the ink: what is less is not worth a word
_CLOSER_FRAME = 0.85  # of the long side that was seen before: what is less is worth a closer look
_COLOURED = 0.1  # between the channels of a pixel; where it is less in all of them they are one
_LEAST_SHARE = 0.08  # of the picture's long side: what is shorter is not proposed
_MOST_PROPOSED = 8  # components of an ink map that may be the main one of a digit
_MOST_WEIGHED = 12  # candidates, those that the judge likes best
_SAME = 0.5  # of two boxes together: what they share if they hold the same digit

# What is taken off the odds:
_OTHER = 0.4  # from all but the likeliest
_OTHER_TONE = 1.5  # where the ink is not of the tone that was detected
_LIKE_BACKGROUND = 4.0  # where it has the colour of what is further out
_BORDER = 1.8  # for each side of the picture that it touches: strips along it do
SPREAD = 4.0  # for each component more than a digit, a frame and neighbours: of a texture
_HOPELESS = 10.0  # more is taken off than the judge ever gives

# What must be there for a digit: see `explain_empty`.
_LEAST_CONTRAST = 3.0  # mean ink over that of the background around
_LEAST_SIZE = 0.03  # of the long side of the picture
_INK_AT_EDGES = 0.3  # of the pixels along the border
_LEAST_AT_EDGE = 0.5  # of the frame, for a digit that touches its border
_EMPTY, _EMPTY_AT_EDGE = 0.1, -3.2  # the odds that stand for it

# What of the ink in (H, W, 3) channels is looked at; "every" shows what is ink in all of them.
_CHANNELS: dict[str, Callable[[Floats], Floats]] = {
    "any channel": lambda ink: ink.max(axis=2),
    "every channel": lambda ink: ink.min(axis=2),
    "the red channel": lambda ink: ink[..., 0],
    "the green channel": lambda ink: ink[..., 1],
    "the blue channel": lambda ink: ink[..., 2],
}


@dataclass(frozen=True)
class Empty:
    """An ink map without a digit, why there is none, and the odds that stand for that."""

    ink_map: InkMap
    reason: str
    score: float


def find_main(pixels: Floats, invert: bool | None) -> tuple[Candidate | Empty, float]:
    """Find what most likely is the digit of a picture, (H, W, 3), and how cluttered that is."""
    whole = Box(0, 0, *pixels.shape[1::-1])
    frame = find_frame(pixels)
    page = _draw_page(pixels, frame)
    detected = is_dark(page) if invert is None else invert
    best: Candidate | Empty
    best = likeliest = _look_at_main(_cut_map(page, frame, detected), whole)
    clutter = _measure_clutter(best.ink_map)
    if best.score >= CLEAR:
        return best, clutter
    page = draw_page(pixels, WORK_SIDE)
    tones = (detected, not detected) if invert is None else (invert,)
    for ways in _choose_ways(page):
        maps = [_cut_map(page, whole, dark, *how) for dark, how in product(tones, ways)]
        for found in sorted(_score(page, maps, detected), key=_get_score)[-1:]:
            closer = _look_closer(pixels, found, detected)
            if closer.score > best.score + (_OTHER if best is likeliest else 0):
                best = closer
        if best.score >= CLEAR:
            break
    return best, clutter


def _get_score(candidate: Candidate) -> float:
    return candidate.score


def _choose_ways(page: Floats) -> Iterator[list[tuple[str, float]]]:
    """Yield in which channels ink is looked at, and the share of the level at which it is cut."""
    together, *apart = _CHANNELS
    yield [(together, 1.0), (together, LOW_CUT)]
    if np.ptp(page, axis=2).max() > _COLOURED:
        yield [(channels, 1.0) for channels in apart]


def _draw_page(pixels: Floats, frame: Box) -> Floats:
    row = min(max(frame.width / frame.height, 1), _LONGEST_ROW)
    return draw_page(frame.cut_from(pixels), int(WORK_SIDE * row))


def _cut_map(
    page: Floats, frame: Box, dark: bool, channels: str = "", share: float = 1.0
) -> InkMap:
    """Cut an ink map of a page, (H, W, 3); without `channels` as the likeliest reading does."""
    ink = _CHANNELS[channels or "any channel"](extract_ink(page, dark=dark))
    tone = f"the ink is {'darker' if dark else 'brighter'} than the background"
    done = f"another reading: {tone} in {channels}" if channels else f"{tone}, which is taken off"
    steps = [ReadingStep("ink", done, show(ink))]
    bare = ink if channels else remove_lines(ink)
    if (ink - bare).max() > _RULED * ink.max():
        steps.append(ReadingStep("lines", "ruled lines are taken off", show(bare)))
    bare = soften(bare)
    ink_map = cut_ink(bare, share * find_threshold(bare), frame, dark, channels)
    return replace(ink_map, steps=tuple(steps))


def _look_at_main(ink_map: InkMap, whole: Box) -> Candidate | Empty:
    """Return the main digit of an ink map, or say why there is none."""
    ranked = rank_components(ink_map, ink_map.areas)
    main = gather(ink_map, ranked[0]) if ranked else Candidate(ink_map, ())
    if reason := explain_empty(main, whole):
        return Empty(ink_map, reason, _EMPTY_AT_EDGE if reason == AT_EDGE else _EMPTY)
    (score,) = judge(bring_to_format([main.draw()]).images).tolist()
    return replace(main, score=score)


def _measure_clutter(ink_map: InkMap) -> float:
    return max(ink_map.spread - SPREAD, 0)


def explain_empty(digit: Candidate, whole: Box) -> str:
    """Say why what was found is no digit, "" for a digit; real ones keep far from these limits."""
    ink = digit.ink_map.ink
    if not digit.components or ink.max() < LEAST_PEAK:
        return "no ink: the picture is of one tone"
    mask, written = digit.mask, digit.ink_map.labels > 0
    near = (measure_distance(mask, 6) <= 6) & (measure_distance(written, 2) > 2)
    background = np.percentile(ink[near], 90) if near.any() else 0
    if ink[mask].mean() < _LEAST_CONTRAST * background:
        return "no ink: nothing stands out from the background"
    rim = (mask[0], mask[-1], mask[:, 0], mask[:, -1])
    if np.concatenate(rim).mean() > _INK_AT_EDGES:
        return "ink everywhere: it runs over the edges of the picture"
    if digit.box_on_picture.long_side < _LEAST_SIZE * whole.long_side:
        return "no digit: there are only specks"
    filled = digit.box.long_side / max(ink.shape)
    if filled < _LEAST_AT_EDGE and digit.box.count_sides_at_border(ink.shape):
        return AT_EDGE
    return ""


def _score(page: Floats, maps: Sequence[InkMap], detected: bool) -> list[Candidate]:
    """Return what the judge likes best on ink maps of a page, each with its score."""
    candidates = [candidate for ink_map in maps for candidate in _propose(ink_map)]
    if not candidates:
        return []
    odds = judge(bring_to_format([one.draw(COARSE) for one in candidates]).images)
    return [
        _weigh(page, candidates[i], float(odds[i]), detected)
        for i in np.argsort(-odds)[:_MOST_WEIGHED]
    ]


def _weigh(page: Floats, candidate: Candidate, odds: float, detected: bool) -> Candidate:
    ink_map, box = candidate.ink_map, candidate.box
    score = (
        odds
        - _OTHER_TONE * (ink_map.dark != detected)
        - _BORDER * box.count_sides_at_border(page.shape)
        - _measure_clutter(ink_map)
        - _LIKE_BACKGROUND * measure_likeness(page, candidate.mask, box)
    )
    return replace(candidate, score=score)


def _propose(ink_map: InkMap) -> Iterator[Candidate]:
    """Yield each large component of a map, alone and with what belongs to it."""
    shape = ink_map.ink.shape
    if ink_map.ink.max() < LEAST_PEAK or _measure_clutter(ink_map) > _HOPELESS:
        return
    for i in np.argsort(-ink_map.areas)[:_MOST_PROPOSED].tolist():
        box = ink_map.boxes[i]
        is_frame = box.count_sides_at_border(shape) > 2  # or a strip along a side
        if is_frame or box.long_side < _LEAST_SHARE * max(shape):
            continue
        yield Candidate(ink_map, (i,))
        together = gather(ink_map, i)
        if len(together.components) > 1:
            yield together


def _look_closer(pixels: Floats, before: Candidate, detected: bool) -> Candidate:
    """Look for a candidate again from nearer, if the picture has more to see there."""
    box, ink_map = before.box_on_picture, before.ink_map
    frame = box.grow(MARGIN * box.long_side).scale(1, pixels.shape)
    found = [before]
    if frame.long_side < _CLOSER_FRAME * ink_map.frame.long_side:
        page = _draw_page(pixels, frame)
        closer = _score(page, [_cut_map(page, frame, ink_map.dark, ink_map.channels)], detected)
        same = [one for one in closer if one.box_on_picture.measure_overlap(box) > _SAME]
        found += sorted(same, key=_get_score)[-1:]
    odds = judge(bring_to_format([one.draw() for one in found]).images).tolist()
    against = _OTHER_TONE * (ink_map.dark != detected) + _measure_clutter(ink_map)
    finer = [
        replace(one, score=min(one.score, own - against))
        for one, own in zip(found, odds, strict=True)
    ]
    return max(reversed(finer), key=_get_score)


def measure_likeness(page: Floats, mask: Bits, box: Box) -> float:
    """Tell how much ink has the colour of what is further out, 0 to 1: holes and halos have it."""
    reach = max(int(0.4 * box.long_side), 8)
    around = box.grow(reach).scale(1, mask.shape)
    away = measure_distance(around.cut_from(mask), reach)
    colours = around.cut_from(page)
    outside = np.ones(away.shape, bool)
    box.move(-around.left, -around.top).cut_from(outside)[:] = False
    far = (away > 0.5 * reach) & outside
    near = (away >= 2) & (away <= 4)
    if far.sum() < 10 or not near.any():
        return 0.0
    own = np.median(colours[away == 0], axis=0)
    to_far = np.abs(own - np.median(colours[far], axis=0)).max()
    to_near = np.abs(own - np.median(colours[near], axis=0)).max()
    return float(np.clip(1 - to_far / max(float(to_near), 0.05), 0, 1))
