"""How accuracy falls as the images get worse."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import LabelledImages
from mnist_cli.evaluation.timing import Progress
from mnist_cli.net.network import Network


@dataclass(frozen=True)
class RobustnessRow:
    """One strength of one corruption, in its `unit`: how many each net still reads right."""

    kind: str
    strength: float
    corruption: Corruption
    samples: int
    correct: tuple[int, ...]

    @property
    def accuracy(self) -> tuple[float, ...]:
        """The share of images that each net reads right."""
        return tuple(correct / self.samples for correct in self.correct)


UNITS = {
    "shift": "pixels to the right",
    "rotate": "degrees counter-clockwise",
    "noise": "standard deviation, ink being 0..1",
}

_STRENGTHS = (
    *(("shift", pixels, Corruption(shift=(pixels, 0))) for pixels in range(5)),
    *(("rotate", degrees, Corruption(rotate=degrees)) for degrees in (0, 15, 30, 45, 60)),
    *(("noise", share, Corruption(noise=share)) for share in (0, 0.1, 0.2, 0.3, 0.4, 0.5)),
)


def robustness(
    networks: Sequence[Network],
    images: LabelledImages,
    batch_size: int,
    threads: int = 1,
    progress: Progress = lambda _done, _total: None,
) -> tuple[RobustnessRow, ...]:
    """Corrupt the set more and more, in three ways, and let each net read it. Raises `MnistError`.

    Whatever corruption the set has already is left out.
    """
    rows, done = [], 0
    for kind, strength, corruption in _STRENGTHS:
        correct = [0] * len(networks)
        corrupted = images.corrupted(corruption)
        for pixels, labels in corrupted.chunks(batch_size):
            for number, network in enumerate(networks):
                digits = network.predict(pixels, batch_size=batch_size, threads=threads)
                correct[number] += int(np.count_nonzero(digits == labels))
            done += labels.size
            progress(done, images.samples * len(_STRENGTHS))
        rows.append(RobustnessRow(kind, strength, corruption, images.samples, tuple(correct)))
    return tuple(rows)
