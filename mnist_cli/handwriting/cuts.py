"""Cuts through ink that several digits share: paths from top to bottom that cross the least of it.

Such a path finds a way between digits that lean over one another, and the neck where they touch
(seam carving, Avidan and Shamir 2007). Loops count as filled: each belongs to one digit.
"""

import numpy as np

from mnist_cli.dtypes import Bits, Floats, Indices
from mnist_cli.handwriting.morphology import label

_ROWS = 28  # of a digit, on which paths are looked for: a thin stroke is two
_ASIDE = np.float32(0.05)  # rows of ink that a step aside costs: through paper paths are straight
_MOST_PATHS = 12  # paths through one component: few numbers that are one stroke are longer
# In heights of a digit:
_MOST_INK = 0.6  # that a path crosses: a little more than the wall that two rings have in common
_PATHS_APART = 0.2  # from one path to the next, half-way down: all but 1s are wider
_LEAST_HEIGHT = 0.35  # what is between two paths: the zeros of amounts are often low


def find_seams(own: Bits, height: float) -> list[Indices]:
    """Return paths through ink, from left to right: for each row the first column beyond it."""
    if len(own) < _LEAST_HEIGHT * height:
        return []
    outside, _ = label(~np.pad(own, 1))
    filled = outside[1:-1, 1:-1] != outside[0, 0]
    step = max(1, round(height / _ROWS))
    ink = filled[step // 2 :: step, step // 2 :: step].astype(np.float32)
    middle = len(ink) // 2
    above, from_above = _descend(ink[: middle + 1])
    below, from_below = _descend(ink[middle:][::-1])
    paths = np.concatenate([from_above[:-1], from_below[::-1]])
    chosen = _choose(paths.T, above + below, ink, height / step)
    rows = np.minimum(np.arange(len(own)) // step, len(ink) - 1)
    return [path[rows] * step + step // 2 for path in chosen]


def _descend(ink: Floats) -> tuple[Floats, Indices]:
    """Return the ink on the best way down to each column of the last row, and the way, (H, W)."""
    columns = np.arange(ink.shape[1])
    beside = np.full(len(columns) + 2, np.float32(np.inf))
    cost = ink[0]
    steps = np.zeros(ink.shape, np.intp)
    for row in range(1, len(ink)):
        np.add(cost, _ASIDE, out=beside[1:-1])
        left, right = beside[:-2], beside[2:]
        aside = np.minimum(left, right)
        steps[row] = np.where(cost <= aside, 0, np.where(left <= right, -1, 1))
        cost = np.minimum(cost, aside) + ink[row]
    ways = np.empty(ink.shape, np.intp)
    ways[-1] = columns
    for row in range(len(ink) - 1, 0, -1):
        ways[row - 1] = ways[row] + steps[row, ways[row]]
    return cost, ways


def _choose(paths: Indices, crossed: Floats, ink: Floats, height: float) -> list[Indices]:
    """Choose the paths with the least ink that part what may be digits: wide and tall enough."""
    rows, columns = np.arange(len(ink)), ink.shape[1]
    middle = len(ink) // 2
    upto = np.pad(ink.cumsum(axis=1), ((0, 0), (1, 0)))  # the ink before a column

    def is_part(left: Indices, right: Indices) -> bool:
        if right[middle] - left[middle] < _PATHS_APART * height:
            return False
        inked = np.flatnonzero(upto[rows, right] > upto[rows, left])
        return len(inked) > 0 and bool(inked[-1] - inked[0] + 1 >= _LEAST_HEIGHT * height)

    edges = [np.zeros(len(ink), np.intp), np.full(len(ink), columns)]
    for index in np.argsort(crossed, kind="stable").tolist():
        if crossed[index] > _MOST_INK * height or len(edges) > _MOST_PATHS + 1:
            break
        path = paths[index]
        place = sum(bool(edge[middle] <= path[middle]) for edge in edges[:-1])
        if is_part(edges[place - 1], path) and is_part(path, edges[place]):
            edges.insert(place, path)
    return edges[1:-1]
