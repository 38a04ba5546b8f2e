"""What `mnist eval --sweep` adds."""

from collections.abc import Sequence

from mnist_cli.evaluation.sweep import SweepRow
from mnist_cli.render.layout import stacked, table, with_bars
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import ACCENT, QUIET, TITLE

_CACHE = 1 << 20  # bytes: about as much as a core has for itself


def lines(sweep: Sequence[SweepRow]) -> list[Line]:
    """Time an image by batch size, the best one marked, and what the lecture says of it."""
    best = max(sweep, key=lambda row: row.images_per_second)
    times = [1e6 / row.images_per_second for row in sweep]  # us
    rows = []
    for row, time in zip(sweep, times, strict=True):
        style, mark = (TITLE, "best") if row is best else ("", "")
        speed, memory = f"{row.images_per_second:,.0f}", f"{row.activation_bytes / 1000:,.0f} kB"
        rows.append(((str(row.batch_size), style), f"{time:.2f}", speed, memory, (mark, style)))
    block = table([">batch size", ">us/image", ">images/s", ">activations", ""], rows)
    styles = [ACCENT if row is best else QUIET for row in sweep]
    told = []
    first, last = sweep[0], sweep[-1]
    if first.batch_size == 1 and first is not best:
        told.append(line(f"per sample pays the overhead of every call: {times[0]:.2f} us"))
    if last.activation_bytes > _CACHE and last is not best:
        costs = f"{last.activation_bytes / 1000:,.0f} kB, {times[-1]:.2f} us"
        told.append(line(f"large batches pay in memory and caches: {costs}"))
    words = f"best here: batches of {best.batch_size}, {min(times):.2f} us an image"
    return stacked(
        [line(("sweep: time an image by batch size, medians of all runs", TITLE))],
        with_bars(block, [time / max(times) for time in times], styles),
        [*told, line((words, TITLE))],
    )
