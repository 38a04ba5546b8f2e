"""What the net's confidence is worth."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mnist_cli.evaluation.predictions import Predictions
from mnist_cli.evaluation.run import Run

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
_BINS = 15  # as in Guo et al. (2017)


@dataclass(frozen=True)
class Coverage:
    """What is left where the net may say "I don't know" below `min_confidence`."""

    min_confidence: float
    samples: int
    covered: int
    correct: int

    @property
    def coverage(self) -> float:
        """The share of images with a prediction that counts."""
        return self.covered / self.samples

    @property
    def accuracy_covered(self) -> float | None:
        """The share of these that is correct; None where there are none."""
        return self.correct / self.covered if self.covered else None


@dataclass(frozen=True)
class Reliability:
    """Confidence against accuracy.

    Attributes
    ----------
    chosen, table:
        The coverage at the threshold asked for, and at `THRESHOLDS`.
    mean_confidence, accuracy:
        Equal for a net that is neither too sure nor too modest.
    calibration_error:
        The expected calibration error of Guo et al. (2017), *On calibration of modern neural
        networks*: images fall in 15 bins of equal width by confidence; how far a bin's accuracy is
        from its mean confidence, as the mean over the images.
    """

    chosen: Coverage
    table: tuple[Coverage, ...]
    mean_confidence: float
    accuracy: float
    calibration_error: float


@dataclass(frozen=True)
class ReliabilityView:
    """What is left when predictions below `min_confidence` (0..1) do not count, and calibration."""

    name: ClassVar[str] = "reliability"

    min_confidence: float = 0.9

    def compute(self, run: Run) -> Reliability:
        """Compare the confidences with the labels. Raises `MnistError`."""
        found = run.predictions()
        confidences = found.confidences.astype(np.float64)
        correct = found.are_correct
        bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
        gaps = np.bincount(bins, confidences) - np.bincount(bins, correct)
        return Reliability(
            chosen=cover(found, self.min_confidence),
            table=tuple(cover(found, threshold) for threshold in THRESHOLDS),
            mean_confidence=float(confidences.mean()),
            accuracy=float(correct.mean()),
            calibration_error=float(np.abs(gaps).sum() / correct.size),
        )


def cover(found: Predictions, min_confidence: float) -> Coverage:
    """Keep the predictions of at least `min_confidence`."""
    kept = found.confidences >= min_confidence
    return Coverage(
        min_confidence,
        found.labels.size,
        int(np.count_nonzero(kept)),
        int(np.count_nonzero(kept & found.are_correct)),
    )
