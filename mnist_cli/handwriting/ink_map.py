"""The ink of a part of a picture, and its connected components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_cli.dtypes import Array, Bits, Floats, Indices
from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.morphology import label


@dataclass(frozen=True)
class InkMap:
    """Ink of one tone, and its connected components."""

    ink: Floats  # (H, W)
    level: float  # that it is cut at
    frame: Box  # the part of the picture that it was extracted from
    dark: bool
    channels: str  # of the picture's, in which it was seen
    labels: Array  # (H, W), 1 on the first component, 0 on the background
    boxes: list[Box]  # of each component
    areas: Indices  # of each in pixels

    @property
    def spread(self) -> float:
        """How many components hold most of the ink: 1 beside specks, many in textures."""
        squares = float((self.areas.astype(float) ** 2).sum())
        return float(self.areas.sum()) ** 2 / max(squares, 1.0)

    def find(self, components: Sequence[int]) -> Bits:
        """Return the pixels of some components, (H, W)."""
        return np.isin(self.labels, np.array(components) + 1)

    def locate(self, box: Box) -> Box:
        """Return where on the picture a box of the map is."""
        scale = self.frame.long_side / max(self.ink.shape)
        on_frame = box.scale(scale, (self.frame.height, self.frame.width))
        return on_frame.move(self.frame.left, self.frame.top)


def cut_ink(
    ink: Floats, level: float, frame: Box, dark: bool, channels: str = "any channel"
) -> InkMap:
    """Cut ink at a level into connected components."""
    labels, count = label(ink > level)
    boxes = _measure_boxes(labels, count)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return InkMap(ink, level, frame, dark, channels, labels, boxes, areas)


def _measure_boxes(labels: Indices, count: int) -> list[Box]:
    rows, columns = np.nonzero(labels)
    component = labels[rows, columns] - 1
    lowest = np.full((2, count), max(labels.shape))
    highest = np.zeros((2, count), np.intp)
    for axis, positions in enumerate((columns, rows)):
        np.minimum.at(lowest[axis], component, positions)
        np.maximum.at(highest[axis], component, positions + 1)
    return [Box(*map(int, edges)) for edges in zip(*lowest, *highest, strict=True)]
