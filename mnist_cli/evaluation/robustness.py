"""How accuracy falls as the images get worse."""

from dataclasses import dataclass, replace

from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.evaluation.run import Run
from mnist_cli.spec import ignore_progress


@dataclass(frozen=True)
class RobustnessRow:
    """One strength of one corruption, in its unit, and the accuracy (0..1) of each net."""

    corruption: str
    strength: float
    accuracy: tuple[float, ...]


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


def compute(run: Run) -> tuple[RobustnessRow, ...]:
    """Corrupt the set again and again; a corruption it has already is skipped.

    Raises `MnistError` for a file that fails while it is read.
    """
    samples = run.data.samples
    rows = []
    for kind, strength, corruption in _STRENGTHS:
        corrupted = replace(run, data=run.data.corrupted(corruption), progress=ignore_progress)
        correct = [corrupted.predictions(number).correct for number in range(len(run.networks))]
        rows.append(RobustnessRow(kind, strength, tuple(each / samples for each in correct)))
        run.progress(len(rows) * samples, len(_STRENGTHS) * samples)
    return tuple(rows)
