"""Which connected components of ink make up a digit, which others, and which are dirt."""

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.ink_map import Candidate, InkMap

_SPECK_AREA = 0.02  # of the main component: what is smaller is dirt
_MOST_PAIRED = 200  # components are compared in pairs; a page of grain has thousands
_AT_BORDER = 0.1  # of its weight is left to what touches the border
# Of the long side of a digit:
_DIGITS_APART = 0.12  # strokes of one digit are nearer
_SMALL_APART, _LARGE_APART = 0.06, 0.25  # parts of one digit are nearer: dots, and strokes
_AS_TALL = 0.6  # of a digit's height: another digit beside it is that tall


def rank_components(ink_map: InkMap, weights: NDArray[np.number]) -> list[int]:
    """Sort components by what weighs most, near the middle, not touching the border."""
    boxes, shape = ink_map.boxes, ink_map.ink.shape
    touches = np.array([ink_map.touches_border(i) for i in range(len(boxes))], bool)
    middles = np.array([(b.left + b.right, b.top + b.bottom) for b in boxes]).reshape(-1, 2) / 2
    away = np.hypot(*(middles / shape[::-1] - 0.5).T)  # 0.5 at the middle of an edge
    likely = weights * np.exp(-((2 * away) ** 2)) * np.where(touches, _AT_BORDER, 1)
    order: list[int] = np.argsort(-likely).tolist()
    return order


def find_neighbours(ink_map: InkMap, main: int) -> list[int]:
    """Return `main` and what stands beside it, nearly as tall: components of other digits."""
    boxes = ink_map.boxes
    digits = [main]
    for i in _find_usable(ink_map, main):
        gap = min(boxes[i].measure_gap(boxes[digit]) for digit in digits)
        tall = boxes[i].height >= _AS_TALL * boxes[main].height
        if tall and gap > _DIGITS_APART * boxes[main].long_side and boxes[i].is_beside(boxes[main]):
            digits.append(i)
    return digits


def gather(ink_map: InkMap, main: int) -> Candidate:
    """Return the digit that a component is the main one of, with the smaller ones nearest to it."""
    boxes, areas = ink_map.boxes, ink_map.areas
    digits = find_neighbours(ink_map, main)
    size = boxes[main].long_side
    components = [main]
    for i in _find_usable(ink_map, main):
        gap, *further = (boxes[i].measure_gap(boxes[digit]) for digit in digits)
        is_large = areas[i] > 2 * _SPECK_AREA * areas[main]
        is_near = gap <= (_LARGE_APART if is_large else _SMALL_APART) * size
        if i not in digits and is_near and gap <= min(further, default=gap):
            components.append(i)
    return Candidate(ink_map, tuple(components))


def _find_usable(ink_map: InkMap, main: int) -> list[int]:
    areas, touches = ink_map.areas, ink_map.touches_border
    largest = np.argsort(-areas)[:_MOST_PAIRED].tolist()
    large = [i for i in largest if areas[i] >= _SPECK_AREA * areas[main]]
    return [i for i in large if touches(main) or not touches(i)]
