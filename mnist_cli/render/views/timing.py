"""What `mnist eval` adds where it times: accuracy and speed of each method."""

from mnist_cli.errors import plural
from mnist_cli.evaluation.timing import TimingComparison
from mnist_cli.render.layout import duration, stacked, table, with_bars
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import BAD, GOOD, QUIET, TITLE


def lines(found: TimingComparison) -> list[Line]:
    """Two tables, the second with bars, and a sentence on both."""
    methods = {
        "textbook": found.textbook,
        "per sample": found.per_sample,
        f"batched ({found.batch_size})": found.batched,
    }
    timings = {name: timing for name, timing in methods.items() if timing}
    measured, times = [], []
    for name, timing in timings.items():
        correct, share = timing.correct, (f"{timing.correct / found.samples:.4f}", TITLE)
        speed, images = f"{1e6 / timing.images_per_second:.2f}", f"{timing.images_per_second:,.0f}"
        measured.append((name, share, f"{correct}/{found.samples}", speed, images))
        least, most = ((duration(end(timing.seconds)), QUIET) for end in (min, max))
        times.append((name, duration(timing.median_seconds), least, most))
    medians = [timing.median_seconds for timing in timings.values()]
    head = ["", ">accuracy", ">correct", ">us/image", ">images/s"]
    threads = f", {found.threads} threads" if found.batched and found.threads > 1 else ""
    block = table([plural(found.runs, "run") + threads, ">median", ">min", ">max"], times)
    bars = with_bars(block, [median / max(medians) for median in medians])
    return stacked(table(head, measured, len(head) - 1), bars, _sentence(found))


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
