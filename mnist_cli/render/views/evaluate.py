"""What `mnist eval` shows."""

from importlib import import_module
from typing import Any

from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.errors import plural
from mnist_cli.evaluation.evaluation import Evaluation
from mnist_cli.evaluation.run import Source
from mnist_cli.evaluation.timing import Timing, TimingComparison
from mnist_cli.render.text import Cell, Line, bar, line, seconds, table
from mnist_cli.render.theme import BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views.inspect import file_name

_BAR_WIDTH = 20


def _module(view: str) -> Any:
    """What shows a view: the module of its name, with `lines` and `as_json`."""
    return import_module(f"mnist_cli.render.views.{view}")


def as_json(result: Evaluation) -> dict[str, Any]:
    """The document of ``--json``; what was not run is null, a view not asked for is not there."""
    timing, source = result.timing, result.source
    document: dict[str, Any] = {
        "weights": str(source.weights[0].path) if source else None,
        "images": str(source.images.path) if source else None,
        "samples": result.samples,
        "correct": result.correct,
        "accuracy": result.accuracy,
        "batch_size": result.batch_size,
        "per_sample": _timing_json(timing.per_sample if timing else None),
        "batched": _timing_json(timing.batched if timing else None),
        "speedup": timing.speedup if timing else None,
        "predictions_identical": (
            None if timing is None or timing.different is None else timing.different == 0
        ),
        "threads": result.threads,
        "runs": timing.plan.runs if timing else None,
        "warmup": timing.plan.warmup if timing else None,
    }
    if timing is not None and timing.textbook is not None:
        document["textbook"] = _timing_json(timing.textbook)
    if source is not None and source.corruption != UNCORRUPTED:
        document["corruption"] = _corruption_json(source.corruption)
    for view, found in result.views.items():
        document |= _module(view).as_json(found)
    return document


def _timing_json(timing: Timing | None) -> dict[str, Any] | None:
    if timing is None:
        return None
    return {
        "seconds": list(timing.seconds),
        "median_seconds": timing.median_seconds,
        "images_per_second": timing.images_per_second,
        "correct": timing.correct,
    }


def _corruption_json(corruption: Corruption) -> dict[str, Any]:
    return {
        "rotate": corruption.rotate,
        "shift": list(corruption.shift),
        "invert": corruption.invert,
        "noise": corruption.noise,
        "normalize": corruption.normalize,
    }


def lines(result: Evaluation) -> list[Line]:
    """The timing, or the accuracy alone; which files; then the views."""
    blocks = [_corruption(result.source.corruption)] if result.source else []
    if result.timing is not None:
        blocks += _timing(result.timing, result)
    else:
        count = f"{result.correct} of {result.samples} correct"
        accuracy = line(("accuracy ", QUIET), (f"{result.accuracy:.4f}", TITLE), f"  {count}")
        blocks.append([accuracy, *_files(result.source, len("accuracy"))])
    blocks += [_module(view).lines(found) for view, found in result.views.items()]
    return [spans for block in blocks if block for spans in ([], *block)][1:]


def _corruption(corruption: Corruption) -> list[Line]:
    if corruption == UNCORRUPTED:
        return []
    words = ", ".join(
        text
        for wanted, text in (
            (corruption.rotate, f"turned by {corruption.rotate:g} degrees"),
            (corruption.shift != (0, 0), "shifted by {} right, {} down".format(*corruption.shift)),
            (corruption.invert, "inverted"),
            (corruption.noise, f"noise of {corruption.noise:g} added"),
            (not corruption.normalize, "not normalised (0..255)"),
        )
        if wanted
    )
    return [line((f"corrupted images: {words}", BAD))]


def _files(source: Source | None, width: int) -> list[Line]:
    if source is None:
        return []
    return [
        line((f"{name:<{width}} {file_name(str(file.path), file.origin)}", QUIET))
        for name, file in (("weights", source.weights[0]), ("images", source.images))
    ]


def _timing(timing: TimingComparison, result: Evaluation) -> list[list[Line]]:
    """A row for each method, bars of the times, one sentence, how it was measured."""
    methods = {
        "textbook": timing.textbook,
        "per sample": timing.per_sample,
        f"batched ({result.batch_size})": timing.batched,
    }
    timings = {name: method for name, method in methods.items() if method is not None}
    small_print = [*_how(timing, result.threads), *_files(result.source, len("weights"))]
    return [_table(timings), _bars(timings), _sentence(timing), small_print]


def _table(timings: dict[str, Timing]) -> list[Line]:
    rows: list[list[Cell]] = [
        [
            (name, TITLE),
            (f"{timing.accuracy:.4f}", TITLE),
            f"{timing.correct}/{timing.samples}",
            seconds(timing.median_seconds),
            f"{1e6 / timing.images_per_second:.2f}",
            f"{timing.images_per_second:,.0f}",
        ]
        for name, timing in timings.items()
    ]
    return table(["", "accuracy", "correct", "median", "us/image", "images/s"], rows, "<>>>>>")


def _bars(timings: dict[str, Timing]) -> list[Line]:
    longest = max(timing.median_seconds for timing in timings.values())
    width = max(map(len, timings))
    return [
        [
            (f"{name:<{width}}  ", TITLE),
            *bar(timing.median_seconds / longest, _BAR_WIDTH),
            (f"  {seconds(timing.median_seconds):>8}", ""),
            (f"  {_range(timing)}", QUIET),
        ]
        for name, timing in timings.items()
    ]


def _range(timing: Timing) -> str:
    shortest, longest = seconds(min(timing.seconds)), seconds(max(timing.seconds))
    return "" if len(timing.seconds) == 1 else f"min {shortest:>8}  max {longest:>8}"


def _sentence(timing: TimingComparison) -> list[Line]:
    ratio = timing.speedup
    if ratio is None:
        return []
    compared = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
    if timing.different == 0:
        agreement = ("every prediction is the same", GOOD)
    else:
        verb = "differs" if timing.different == 1 else "differ"
        agreement = (f"{plural(timing.different or 0, 'prediction')} {verb}", BAD)
    return [line((f"batched is {compared} than per sample", TITLE), ", and ", agreement)]


def _how(timing: TimingComparison, threads: int) -> list[Line]:
    several = threads > 1 and timing.batched is not None
    cores = f"{threads} threads for the batches" if several else "one thread"
    runs = plural(timing.plan.runs, "timed run")
    return [
        line((f"NumPy {timing.numpy}, {timing.blas}, {cores}", QUIET)),
        line(
            (
                f"{runs} after {timing.plan.warmup} to warm up; "
                "start-up and reading are not in the times",
                QUIET,
            )
        ),
    ]
