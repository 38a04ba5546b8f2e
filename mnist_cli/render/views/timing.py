"""What `mnist eval` adds where it times: accuracy and speed of each method."""

from mnist_cli.errors import plural
from mnist_cli.evaluation.timing import TimingComparison
from mnist_cli.render.figures import duration
from mnist_cli.render.layout import Cell, stacked, table, with_bars
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
    runs = plural(found.runs, "run")
    if found.batched and found.threads > 1:
        runs += f", {found.threads} threads"
    measured: list[list[Cell]] = []
    spread: list[list[Cell]] = []
    for name, timing in timings.items():
        correct = f"{timing.correct}/{found.samples}"
        accuracy = (f"{timing.correct / found.samples:.4f}", TITLE)
        speed = f"{1e6 / timing.images_per_second:.2f}", f"{timing.images_per_second:,.0f}"
        measured.append([name, accuracy, correct, *speed])
        ends = [(duration(end(timing.seconds)), QUIET) for end in (min, max)]
        spread.append([name, duration(timing.median_seconds), *ends])
    head = ["", ">accuracy", ">correct", ">us/image", ">images/s"]
    medians = [timing.median_seconds for timing in timings.values()]
    bars = with_bars(
        table([runs, ">median", ">min", ">max"], spread), [each / max(medians) for each in medians]
    )
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
