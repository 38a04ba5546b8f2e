"""What a batch size costs: time and memory."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from mnist_cli.checks import require_at_least
from mnist_cli.evaluation.run import Run
from mnist_cli.evaluation.timing import Timing, TimingPlan, in_batches, measure

ALL_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, None)

_FLOAT_BYTES = 4


@dataclass(frozen=True)
class SweepRow:
    """What one batch size costs: its time, and the memory of a batch's activations in bytes."""

    batch_size: int
    timing: Timing
    activation_bytes: int


@dataclass(frozen=True)
class SweepView:
    """Time several batch sizes, with the runs of `plan`.

    None among the `sizes` is the whole set, or as much of it as is in memory at a time.
    """

    name: ClassVar[str] = "sweep"

    sizes: Sequence[int | None] = ALL_SIZES
    plan: TimingPlan = field(default_factory=TimingPlan)

    def compute(self, run: Run) -> tuple[SweepRow, ...]:
        """Time the sizes in order, each once, none larger than the set.

        Raises
        ------
        MnistError
            For a file that fails while it is read.
        ValueError
            For a size below 1.
        """
        data, network = run.data, run.network
        sizes = sorted(
            {
                min(data.at_once if size is None else require_at_least("size", size), data.samples)
                for size in self.sizes
            }
        )
        methods = {str(size): in_batches(network, size, run.threads) for size in sizes}
        timings, _ = measure(methods, data, max(sizes), self.plan, run.progress)
        values = sum(network.layer_sizes)  # the pixels, the hidden neurons and the scores
        return tuple(
            SweepRow(size, timings[str(size)], size * values * _FLOAT_BYTES) for size in sizes
        )
