"""Which connected components of ink make up a digit, which another one, and which are dirt."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.ink_map import Candidate, InkMap
from mnist_cli.handwriting.morphology import Bits

_SPECK = 0.02  # of the area of the main component
_MOST = 200  # components are compared in pairs; a page of grain has thousands
_APART = 0.12  # of the size of a digit: strokes of one digit are nearer, other digits further


@dataclass(frozen=True)
class Grouping:
    """The digits of an ink map from left to right, and the `main` one of them, which is to be read.

    `at_border` (H, W) bool is where components touch the border.
    """

    digits: tuple[Candidate, ...]
    main: Candidate
    at_border: Bits

    @property
    def touches_border(self) -> bool:
        """Whether the main digit does."""
        return bool((self.main.mask & self.at_border).any())


def group_components(ink_map: InkMap, *, by_ink: bool = False) -> Grouping | None:
    """Group the components of an ink map into digits; None where there are none.

    The main component has the most area (or ink), near the middle, not touching the border.
    Components nearly as tall and apart are digits of their own; smaller ones belong to the nearest
    digit or, if they are specks, far away or touch the border when the main one does not, to none.
    """
    boxes, areas = ink_map.boxes, ink_map.areas
    if not boxes:
        return None
    height, width = ink_map.ink.shape
    touches = np.array([box.count_sides_at_border((height, width)) > 0 for box in boxes])
    middles = np.array([(b.left + b.right, b.top + b.bottom) for b in boxes]) / 2
    away = np.hypot(*(middles / (width, height) - 0.5).T)  # 0.5 at the middle of an edge
    weights = ink_map.sums if by_ink else areas
    main = int(np.argmax(weights * np.exp(-((2 * away) ** 2)) * np.where(touches, 0.1, 1)))
    usable = [
        int(i)
        for i in np.argsort(-areas)
        if areas[i] >= _SPECK * areas[main] and (touches[main] or not touches[i])
    ]
    groups = _group(boxes, areas, usable[:_MOST], main)
    return Grouping(
        digits=tuple(
            Candidate(ink_map, tuple(group))
            for group in sorted(groups, key=lambda group: boxes[group[0]].left)
        ),
        main=Candidate(ink_map, tuple(groups[0])),
        at_border=np.append(False, touches)[ink_map.labels],
    )


def _group(
    boxes: list[Box], areas: NDArray[np.intp], usable: list[int], main: int
) -> list[list[int]]:
    """Return the components of each digit, of the main one first."""
    size = boxes[main].long_side
    groups = [[main]]
    rest = []
    for i in usable:
        if i == main:
            continue
        apart = min(boxes[i].measure_gap(boxes[group[0]]) for group in groups) > _APART * size
        tall = boxes[i].height >= 0.6 * boxes[main].height
        if tall and apart and boxes[i].is_beside(boxes[main]):
            groups.append([i])
        else:
            rest.append(i)
    for i in rest:
        gaps = [boxes[i].measure_gap(boxes[group[0]]) for group in groups]
        gap, nearest = min(zip(gaps, range(len(groups)), strict=True))
        if gap <= 0.06 * size or (gap <= 0.25 * size and areas[i] > 2 * _SPECK * areas[main]):
            groups[nearest].append(i)
    return groups
