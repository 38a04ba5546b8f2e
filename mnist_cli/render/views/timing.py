"""What `mnist eval` adds where it times: accuracy and speed of each method."""

from mnist_cli.errors import plural
from mnist_cli.evaluation.timing import Timing, TimingComparison
from mnist_cli.render.text import Line, duration, line, stacked, table
from mnist_cli.render.theme import BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views import with_bars


def lines(found: TimingComparison) -> list[Line]:
    """Two tables, the second with bars, and a sentence on both."""
    methods = {
        "textbook": found.textbook,
        "per sample": found.per_sample,
        f"batched ({found.batch_size})": found.batched,
    }
    timings = {name: timing for name, timing in methods.items() if timing}
    runs = plural(found.runs, "run")
    if found.batched and found.threads > 1:
        runs += f", {found.threads} threads"
    return stacked(_table(timings, found.samples), _bars(timings, runs), _sentence(found))


def _table(timings: dict[str, Timing], samples: int) -> list[Line]:
    rows = (
        (
            (name, TITLE),
            (f"{timing.correct / samples:.4f}", TITLE),
            f"{timing.correct}/{samples}",
            f"{1e6 / timing.images_per_second:.2f}",
            f"{timing.images_per_second:,.0f}",
        )
        for name, timing in timings.items()
    )
    head = ["", ">accuracy", ">correct", ">us/image", ">images/s"]
    return table(head, rows, len(head) - 1)


def _bars(timings: dict[str, Timing], runs: str) -> list[Line]:
    rows = (
        (
            (name, TITLE),
            duration(timing.median_seconds),
            (duration(min(timing.seconds)), QUIET),
            (duration(max(timing.seconds)), QUIET),
        )
        for name, timing in timings.items()
    )
    medians = [timing.median_seconds for timing in timings.values()]
    block = table([runs, ">median", ">min", ">max"], rows)
    return with_bars(block, [each / max(medians) for each in medians])


def _sentence(timing: TimingComparison) -> list[Line]:
    ratio, different = timing.speedup, timing.predictions_different
    if ratio is None or different is None:
        return []
    compared = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
    agreement = ("every prediction is the same", GOOD)
    if different:
        verb = "differs" if different == 1 else "differ"
        agreement = (f"{plural(different, 'prediction')} {verb}", BAD)
    return [line((f"batched is {compared} than per sample", TITLE), ", and ", agreement)]
