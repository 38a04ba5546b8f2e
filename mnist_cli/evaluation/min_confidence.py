"""What the net's confidence is worth."""

from dataclasses import dataclass

import numpy as np

from mnist_cli.checks import require_between
from mnist_cli.evaluation.setup import Predictions, Setup

THRESHOLDS = (0.5, 0.8, 0.9, 0.95, 0.99)
_BINS = 15  # as in Guo et al. (2017), *On calibration of modern neural networks*


@dataclass(frozen=True)
class Coverage:
    """What is left where the net may say "I don't know" below `min_confidence`."""

    min_confidence: float
    coverage: float  # the share of images with a prediction that counts
    accuracy_covered: float | None  # the share of these that is correct; None where there are none
    covered: int
    correct_covered: int


@dataclass(frozen=True)
class Reliability(Coverage):
    """Confidence against accuracy: the coverage at the threshold asked for, and at `THRESHOLDS`."""

    coverage_table: tuple[Coverage, ...]
    mean_confidence: float  # the accuracy of a net that is neither too sure nor too modest
    calibration_error: float  # the expected one of Guo et al. (2017)


def compute(setup: Setup, min_confidence: float = 0.9) -> Reliability:
    """Compare confidences (0..1) with labels."""
    require_between("min_confidence", min_confidence, 0, 1)
    found = setup.predictions()
    confidences = found.confidences.astype(np.float64)
    # Images fall in bins of equal width by confidence. The error is how far a bin's accuracy is
    # from its mean confidence, as the mean over the images.
    bins = np.minimum((confidences * _BINS).astype(int), _BINS - 1)
    gaps = np.bincount(bins, confidences) - np.bincount(bins, found.are_correct)
    return Reliability(
        **vars(cover(found, min_confidence)),
        coverage_table=tuple(cover(found, threshold) for threshold in THRESHOLDS),
        mean_confidence=float(confidences.mean()),
        calibration_error=float(np.abs(gaps).sum() / confidences.size),
    )


def cover(found: Predictions, min_confidence: float) -> Coverage:
    """What is left of the predictions with at least `min_confidence`."""
    kept = found.confidences >= min_confidence
    covered = int(np.count_nonzero(kept))
    correct = int(np.count_nonzero(kept & found.are_correct))
    share = correct / covered if covered else None
    return Coverage(min_confidence, covered / kept.size, share, covered, correct)
