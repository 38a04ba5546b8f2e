"""How accuracy falls as the images get worse."""

from dataclasses import dataclass, replace

from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.evaluation.setup import Setup
from mnist_cli.spec import ignore


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


def compute(setup: Setup) -> tuple[RobustnessRow, ...]:
    """Corrupt the set again and again, each time instead of the corruption that it has."""
    samples = setup.data.samples
    for network in setup.networks:
        setup.reserve_time(network, [setup.batch_size] * len(_STRENGTHS))
    rows = []
    for name, strength, corruption in _STRENGTHS:
        data = setup.data.corrupted(corruption)
        found = replace(setup, data=data, progress=ignore).all_predictions()
        rows.append(RobustnessRow(name, strength, tuple(each.correct / samples for each in found)))
        setup.progress(len(rows) * samples, len(_STRENGTHS) * samples)
    return tuple(rows)
