"""The ink of a part of a picture, its connected components, and which of them may be a digit."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.handwriting.box import Box, enclose
from mnist_cli.handwriting.mnist_format import FINE, RIM, draw
from mnist_cli.handwriting.morphology import Bits, label
from mnist_cli.handwriting.steps import ReadingStep
from mnist_cli.net.engine import Floats

LOW_CUT = 0.5  # of the level at which ink is cut otherwise: it keeps faint strokes


@dataclass(frozen=True)
class InkMap:
    """Ink of one tone, (H, W), the level it is cut at, and its connected components.

    `frame` is the part of the picture that it was extracted from. `labels` (H, W) is 1 on the first
    component, 0 on the background; each has its box, its area in pixels, and the sum of its ink.
    `channels` says in which of the picture's it was seen where that is another reading than the
    likeliest; `steps` led to it, where they are to be told.
    """

    ink: Floats
    level: float
    frame: Box
    dark: bool
    channels: str
    labels: NDArray[np.integer[Any]]
    boxes: list[Box]
    areas: NDArray[np.intp]
    sums: NDArray[np.float64]
    steps: tuple[ReadingStep, ...] = ()

    @property
    def spread(self) -> float:
        """How many components hold most of the ink: 1 beside specks, many in textures."""
        squares = float((self.areas.astype(float) ** 2).sum())
        return float(self.areas.sum()) ** 2 / max(squares, 1.0)

    def touches_border(self, component: int) -> bool:
        """Tell whether a component lies on the border of the map."""
        return self.boxes[component].count_sides_at_border(self.ink.shape) > 0

    def locate(self, box: Box) -> Box:
        """Return where on the picture a box of the map is."""
        scale = self.frame.long_side / max(self.ink.shape)
        on_frame = box.scale(scale, (self.frame.height, self.frame.width))
        return on_frame.move(self.frame.left, self.frame.top)


@dataclass(frozen=True)
class Candidate:
    """Components of an ink map, by their indices, that may be a digit, with the judge's odds."""

    ink_map: InkMap
    components: tuple[int, ...]
    score: float = 0.0

    @property
    def box(self) -> Box:
        """Where it is on the map."""
        return enclose([self.ink_map.boxes[i] for i in self.components])

    @property
    def box_on_picture(self) -> Box:
        """Where it is on the picture."""
        return self.ink_map.locate(self.box)

    @property
    def mask(self) -> Bits:
        """Its pixels on the map."""
        return self._find_in(self.ink_map.labels)

    def draw(self, side: int = FINE) -> Bits:
        """Draw it large and in two tones, about `side` pixels long."""
        around = self.box.grow(RIM).scale(1, self.ink_map.ink.shape)
        own = self._find_in(around.cut_from(self.ink_map.labels))
        box = self.box.move(-around.left, -around.top)
        return draw(around.cut_from(self.ink_map.ink), own, self.ink_map.level, box, side)

    def _find_in(self, labels: NDArray[np.integer[Any]]) -> Bits:
        return np.isin(labels, np.array(self.components) + 1)


def cut_ink(
    ink: Floats, level: float, frame: Box, dark: bool, channels: str = "any channel"
) -> InkMap:
    """Cut ink at a level into connected components."""
    labels, count = label(ink > level)
    boxes = _measure_boxes(labels, count)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    sums = np.asarray(np.bincount(labels.ravel(), ink.ravel(), minlength=count + 1)[1:], float)
    return InkMap(ink, level, frame, dark, channels, labels, boxes, areas, sums)


def _measure_boxes(labels: NDArray[np.intp], count: int) -> list[Box]:
    rows, columns = np.nonzero(labels)
    component = labels[rows, columns] - 1
    lowest = np.full((2, count), max(labels.shape))
    highest = np.zeros((2, count), np.intp)
    for axis, positions in enumerate((columns, rows)):
        np.minimum.at(lowest[axis], component, positions)
        np.maximum.at(highest[axis], component, positions + 1)
    return [Box(*map(int, edges)) for edges in zip(*lowest, *highest, strict=True)]
