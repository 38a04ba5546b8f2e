"""What a batch size costs: time and memory."""

from collections.abc import Sequence
from dataclasses import dataclass

from mnist_cli.checks import require_at_least
from mnist_cli.evaluation.setup import Setup
from mnist_cli.evaluation.timing import batched, measure
from mnist_cli.net.bounds import largest_batch

ALL_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, None)

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class SweepRow:
    """What one batch size costs: its time, and the memory of a batch's activations in bytes."""

    batch_size: int
    median_seconds: float
    images_per_second: float
    activation_bytes: int


def compute(
    setup: Setup, sizes: Sequence[int | None] = ALL_SIZES, runs: int = 5
) -> tuple[SweepRow, ...]:
    """Time the sizes in order, each once, none larger than the set or what the net allows."""
    # None is the whole set, or as much of it as is in memory at a time.
    numbers = {setup.data.at_once if n is None else require_at_least("size", n) for n in sizes}
    most = min(setup.data.samples, largest_batch(setup.networks[0].layer_sizes, setup.threads))
    once = sorted({min(number, most) for number in numbers})
    methods = {str(size): batched(setup, size) for size in once}
    timings, _ = measure(setup, methods, once, runs)
    values = sum(setup.network().layer_sizes)  # the pixels, the hidden neurons and the scores
    return tuple(
        SweepRow(size, each.median_seconds, each.images_per_second, size * values * _FLOAT_BYTES)
        for size, each in zip(once, timings.values(), strict=True)
    )
