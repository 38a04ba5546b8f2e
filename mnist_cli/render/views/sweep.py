"""What `mnist eval --sweep` adds."""

from collections.abc import Sequence

from mnist_cli.evaluation.sweep import SweepRow
from mnist_cli.render.text import Line, line, table
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.render.views import with_bars

_CACHE = 1 << 20  # bytes: about as much as a core has for itself


def lines(sweep: Sequence[SweepRow]) -> list[Line]:
    """Time an image by batch size, the best one marked, and what the lecture says of it."""
    best = max(sweep, key=lambda row: row.images_per_second)
    slowest = max(map(_microseconds, sweep))
    rows = (
        (
            (str(row.batch_size), TITLE if row is best else ""),
            f"{_microseconds(row):.2f}",
            f"{row.images_per_second:,.0f}",
            f"{row.activation_bytes / 1000:,.0f} kB",
            ("best" if row is best else "", TITLE),
        )
        for row in sweep
    )
    block = table([">batch size", ">us/image", ">images/s", ">activations", ""], rows)
    styles = [ACCENT if row is best else QUIET for row in sweep]
    result = [
        line(("sweep: time an image by batch size, medians of all runs", TITLE)),
        [],
        *with_bars(block, [_microseconds(row) / slowest for row in sweep], styles),
        [],
    ]
    first, last = sweep[0], sweep[-1]
    if first.batch_size == 1 and first is not best:
        costs = f"{_microseconds(first):.2f} us"
        result.append(line(f"per sample pays the overhead of every call: {costs}"))
    if last.activation_bytes > _CACHE and last is not best:
        costs = f"{last.activation_bytes / 1000:,.0f} kB, {_microseconds(last):.2f} us"
        result.append(line(f"large batches pay in memory and caches: {costs}"))
    words = f"best here: batches of {best.batch_size}, {_microseconds(best):.2f} us an image"
    return [*result, line((words, TITLE))]


def _microseconds(row: SweepRow) -> float:
    return 1e6 / row.images_per_second
