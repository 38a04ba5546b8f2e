"""Rectangles of pixels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_cli.dtypes import Array, Bits


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

    def count_sides_at_border(self, shape: tuple[int, ...]) -> int:
        """Count how many of its four sides lie on the border of a picture of `shape`."""
        height, width = shape[:2]
        return sum((self.left == 0, self.top == 0, self.right == width, self.bottom == height))

    def is_beside(self, other: "Box") -> bool:
        """Tell whether the two share at least half of the height of the lower one."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared >= 0.5 * min(self.height, other.height)

    def grow(self, pixels: float) -> "Box":
        """Return this box with so many more pixels on each side."""
        return Box(
            int(self.left - pixels),
            int(self.top - pixels),
            int(self.right + pixels),
            int(self.bottom + pixels),
        )

    def move(self, right: int, down: int) -> "Box":
        """Return this box, so many pixels further to the right and down."""
        return Box(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def scale(self, factor: float, shape: tuple[int, ...]) -> "Box":
        """Return this box times `factor`, cut to a picture of `shape`."""
        return Box(
            max(int(self.left * factor), 0),
            max(int(self.top * factor), 0),
            min(int(np.ceil(self.right * factor)), shape[1]),
            min(int(np.ceil(self.bottom * factor)), shape[0]),
        )

    def cut_from(self, picture: Array) -> Array:
        """Return the part of a picture in this box."""
        return picture[self.top : self.bottom, self.left : self.right]


def enclose(boxes: Sequence[Box]) -> Box:
    """Return the smallest box that holds them all."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def find_box(mask: Bits) -> Box:
    """Return the smallest box that holds all that is true; there is something."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
