"""The connected components of ink: which make up a digit, which another one, which are dirt."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.morphology import Bits, Floats, label

_T = TypeVar("_T", bound=np.generic)

_SPECK = 0.02  # of the area of the main component
_MOST = 200  # components are compared in pairs; a page of grain has thousands
_APART = 0.12  # of the size of a digit: strokes of one digit are nearer, other digits further


@dataclass(frozen=True)
class Box:
    """A rectangle of pixels; `right` and `bottom` are the first beyond it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels from top to bottom."""
        return self.bottom - self.top

    @property
    def long_side(self) -> int:
        """The larger of the two."""
        return max(self.width, self.height)

    def measure_gap(self, other: "Box") -> int:
        """Count how many pixels lie between the two, in the direction in which it is more."""
        across = max(self.left - other.right, other.left - self.right)
        along = max(self.top - other.bottom, other.top - self.bottom)
        return max(across, along, 0)

    def touches_border(self, shape: tuple[int, ...]) -> bool:
        """Tell whether it reaches a side of a picture of `shape`."""
        return min(self.left, self.top) == 0 or self.bottom == shape[0] or self.right == shape[1]

    def is_beside(self, other: "Box") -> bool:
        """Tell whether the two share at least half of the height of the lower one."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared >= 0.5 * min(self.height, other.height)

    def join(self, other: "Box") -> "Box":
        """Return the smallest box that holds both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grow(self, width: float, height: float) -> "Box":
        """Return this box with `width` more pixels left and right, `height` above and below."""
        return Box(
            int(self.left - width),
            int(self.top - height),
            int(self.right + width),
            int(self.bottom + height),
        )

    def move(self, right: int, down: int) -> "Box":
        """Return this box, so many pixels further to the right and down."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def cut_from(self, picture: NDArray[_T]) -> NDArray[_T]:
        """Return the part of a picture in this box."""
        return picture[self.top : self.bottom, self.left : self.right]

    def scale(self, factor: float, shape: tuple[int, ...]) -> "Box":
        """Return this box times `factor`, cut to a picture of `shape`."""
        return Box(
            max(int(self.left * factor), 0),
            max(int(self.top * factor), 0),
            min(int(np.ceil(self.right * factor)), shape[1]),
            min(int(np.ceil(self.bottom * factor)), shape[0]),
        )


@dataclass(frozen=True)
class Group:
    """Components that make one digit: their place, their ink, (H, W) bool, and how many."""

    box: Box
    mask: Bits
    count: int


@dataclass(frozen=True)
class Components:
    """What a threshold leaves of the ink.

    `mask` is all of them and `at_border` those that touch the border, (H, W) bool. `groups` are the
    digits from left to right, `main` is the index of the one to read, and `count` is the number of
    all components, specks and edges among them, `spread` that of those that most of the ink is in.
    """

    mask: Bits
    at_border: Bits
    groups: tuple[Group, ...]
    main: int
    count: int
    spread: float

    @property
    def touches_border(self) -> bool:
        """Whether the main digit does."""
        return bool((self.groups[self.main].mask & self.at_border).any())


def find_components(mask: Bits, weight: Floats | None = None) -> Components | None:
    """Sort the connected components of `mask` into digits; None where there are none.

    The main component has the most area (or `weight`), near the middle, not touching the border.
    Components nearly as tall and apart are digits of their own; smaller ones belong to the nearest
    digit or, if they are specks, far away or touch the border when the main one does not, to none.
    """
    labels, count = label(mask)
    if count == 0:
        return None
    boxes = measure_boxes(labels, count)
    height, width = mask.shape
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    weights = (
        areas
        if weight is None
        else np.bincount(labels.ravel(), weight.ravel(), minlength=count + 1)[1:]
    )
    touches = np.array([box.touches_border(mask.shape) for box in boxes])
    middles = np.array([(b.left + b.right, b.top + b.bottom) for b in boxes]) / 2
    away = np.hypot(*(middles / (width, height) - 0.5).T)  # 0.5 at the middle of an edge
    main = int(np.argmax(weights * np.exp(-((2 * away) ** 2)) * np.where(touches, 0.1, 1)))
    usable = [
        i
        for i in np.argsort(-areas)
        if areas[i] >= _SPECK * areas[main] and (touches[main] or not touches[i])
    ][:_MOST]
    groups = _group(boxes, areas, usable, main)
    return Components(
        mask=mask,
        at_border=np.append(False, touches)[labels],
        groups=tuple(
            Group(
                enclose([boxes[i] for i in group]),
                np.isin(labels, np.array(group) + 1),
                len(group),
            )
            for group in groups
        ),
        main=next(n for n, group in enumerate(groups) if main in group),
        count=count,
        spread=measure_spread(areas),
    )


def measure_spread(areas: NDArray[np.intp]) -> float:
    """Count components by their share of the ink, as the inverse of its concentration.

    One large one with specks is 1, `n` equal ones are `n`; textures have many. Without any it is 0.
    """
    return float(areas.sum()) ** 2 / max(float((areas.astype(float) ** 2).sum()), 1.0)


def _group(
    boxes: list[Box], areas: NDArray[np.intp], usable: list[int], main: int
) -> list[list[int]]:
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
    return sorted(groups, key=lambda group: boxes[group[0]].left)


def enclose(boxes: list[Box]) -> Box:
    """Return the smallest box that holds them all."""
    whole = boxes[0]
    for box in boxes[1:]:
        whole = whole.join(box)
    return whole


def measure_boxes(labels: NDArray[np.intp], count: int) -> list[Box]:
    """Return the box of each component."""
    rows, columns = np.nonzero(labels)
    component = labels[rows, columns] - 1
    far = max(labels.shape)
    lowest = np.full((2, count), far)
    highest = np.zeros((2, count), np.intp)
    for axis, places in enumerate((columns, rows)):
        np.minimum.at(lowest[axis], component, places)
        np.maximum.at(highest[axis], component, places + 1)
    return [Box(*map(int, edges)) for edges in zip(*lowest, *highest, strict=True)]
