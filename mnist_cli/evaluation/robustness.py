"""How accuracy falls as the images get worse."""

from dataclasses import dataclass
from typing import ClassVar

from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import count_correct
from mnist_cli.evaluation.run import Run


@dataclass(frozen=True)
class RobustnessRow:
    """One strength of one corruption, in its unit: how many predictions of each net are correct."""

    kind: str
    strength: float
    corruption: Corruption
    samples: int
    correct: tuple[int, ...]

    @property
    def accuracy(self) -> tuple[float, ...]:
        """The share of correct predictions of each net."""
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


@dataclass(frozen=True)
class RobustnessView:
    """Accuracy of every net of the run against more and more shift, rotation and noise."""

    name: ClassVar[str] = "robustness"

    def compute(self, run: Run) -> tuple[RobustnessRow, ...]:
        """Corrupt the set again and again; a corruption it has already is left out.

        Raises
        ------
        MnistError
            For a file that fails while it is read.
        """
        rows, done = [], 0
        for kind, strength, corruption in _STRENGTHS:
            correct = [0] * len(run.networks)
            for images, labels in run.data.corrupted(corruption).chunks(run.batch_size):
                for number, network in enumerate(run.networks):
                    predictions = network.predict(images, run.batch_size, run.threads)
                    correct[number] += count_correct(predictions, labels)
                done += labels.size
                run.progress(done, run.data.samples * len(_STRENGTHS))
            rows.append(RobustnessRow(kind, strength, corruption, run.data.samples, tuple(correct)))
        return tuple(rows)
