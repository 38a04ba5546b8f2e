"""Other readings of a picture than the first, and which of them looks most like a digit.

The first reading decides once what is ink and what belongs together. Where the judge does not like
what came of it, this is the second opinion: dark ink and bright, in all channels and in each
alone, and every connected component, with its neighbours or without, brought to the MNIST format
in a cheap way. No sheet, frame or box is looked for: they are components that are no digit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.ink import LEAST_PEAK, WORK_SIDE, extract_ink, find_threshold, resize
from mnist_cli.handwriting.ink_map import Candidate, InkMap, cut_ink
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.mnist_format import COARSE, bring_to_format
from mnist_cli.handwriting.morphology import Bits, Floats, blur, measure_distance

CLEAR = 1.5  # odds (logarithms) of the judge: from here on no other reading is looked for

_COLOURED = 0.1  # between the channels of a pixel; where it is less in all of them they are one
_LOW = 0.5  # of the level at which ink is cut otherwise: it keeps faint strokes
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


def find_best_reading(pixels: Floats, tones: Sequence[bool], detected: bool) -> Candidate | None:
    """Return what most likely is the digit of a picture, (H, W, 3); None where there is nothing.

    `tones` are those that ink may have, `detected` the one that it seems to have. Of a picture in
    colours the channels are looked at one by one where all together show nothing clear.
    """
    page = blur(resize(pixels, WORK_SIDE), 0.7)
    frame = Box(0, 0, *pixels.shape[1::-1])
    inks = {dark: extract_ink(page, dark=dark) for dark in tones}

    def find_best(channels_and_levels: Sequence[tuple[str, float]]) -> Candidate | None:
        maps = []
        for dark, (channels, share) in product(tones, channels_and_levels):
            ink = _CHANNELS[channels](inks[dark])
            if ink.max() >= LEAST_PEAK:
                ink = blur(ink, 1.0)
                maps.append(cut_ink(ink, share * find_threshold(ink), frame, dark, channels))
        return _choose_best(page, maps, detected)

    together, *apart = _CHANNELS
    best = find_best([(together, 1.0), (together, _LOW)])
    if np.ptp(page, axis=2).max() > _COLOURED and (best is None or best.score < CLEAR):
        in_one_channel = find_best([(channels, 1.0) for channels in apart])
        found = [candidate for candidate in (best, in_one_channel) if candidate]
        best = max(found, key=lambda candidate: candidate.score, default=None)
    return best


def _choose_best(page: Floats, maps: Sequence[InkMap], detected: bool) -> Candidate | None:
    """Return the candidate of the highest score, on a page of which there are several ink maps."""
    found = [candidate for ink_map in maps for candidate in _find_candidates(ink_map)]
    candidates = _drop_doubles(found)[:_MOST_JUDGED]
    if not candidates:
        return None
    odds = judge(bring_to_format([one.draw(COARSE) for one in candidates]).images)
    scored = [
        replace(
            candidate,
            score=float(own)
            - _OTHER_TONE * (candidate.ink_map.dark != detected)
            - _BACKGROUND * measure_likeness(page, candidate.mask, candidate.box),
        )
        for candidate, own in zip(candidates, odds, strict=True)
    ]
    return max(scored, key=lambda candidate: candidate.score)


def _find_candidates(ink_map: InkMap) -> Iterator[Candidate]:
    """Yield each large component of a map, alone and with what is near it."""
    boxes, shape = ink_map.boxes, ink_map.ink.shape
    order = np.argsort(-ink_map.areas).tolist()
    usable = [i for i in order[: 5 * _MOST] if ink_map.areas[i] >= 4]
    for i in order[:_MOST]:
        box = boxes[i]
        is_frame = box.count_sides_at_border(shape) > 2  # or a strip along a side
        if is_frame or box.long_side < _LEAST_SIDE * max(shape):
            continue
        yield Candidate(ink_map, (i,))
        near = [
            j
            for j in usable
            if boxes[j].measure_gap(box) <= _NEAR * box.long_side
            and boxes[j].long_side <= 1.2 * box.long_side
        ]
        if len(near) > 1:
            yield Candidate(ink_map, tuple(near))


def _drop_doubles(candidates: list[Candidate]) -> list[Candidate]:
    """Keep one of those that have the same tone, position and area; return the largest first."""
    kept: dict[tuple[object, ...], Candidate] = {}
    for candidate in candidates:
        edges = (round(edge / 2) for edge in vars(candidate.box).values())
        key = (candidate.ink_map.dark, *edges, round(10 * np.log(candidate.area)))
        kept.setdefault(key, candidate)
    return sorted(kept.values(), key=lambda candidate: -candidate.box.long_side)


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
