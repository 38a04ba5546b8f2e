"""What `mnist eval` shows."""

from typing import Any

from mnist_cli.evaluate import Evaluation
from mnist_cli.render.inspect import file_name
from mnist_cli.render.text import BAD, GOOD, QUIET, TITLE, Cell, Line, bar, line, table
from mnist_cli.timing import Timing

_BAR_WIDTH = 40


def as_json(result: Evaluation) -> dict[str, Any]:
    """The document of ``--json``; what was not run is null."""
    document = {
        "weights": str(result.weights.path),
        "images": str(result.images.path),
        "samples": result.samples,
        "correct": result.best.correct,
        "accuracy": result.best.accuracy,
        "batch_size": result.batch_size,
        "per_sample": _timing_json(result.per_sample),
        "batched": _timing_json(result.batched),
        "speedup": result.speedup,
        "predictions_identical": None if result.different is None else result.different == 0,
        "threads": result.threads,
        "runs": result.runs,
        "warmup": result.warmup,
    }
    if result.textbook is not None:
        document["textbook"] = _timing_json(result.textbook)
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


def lines(result: Evaluation) -> list[Line]:
    """A row for each way, bars of the times, one sentence, and how it was measured."""
    ways = {
        "textbook": result.textbook,
        "one by one": result.per_sample,
        f"batches of {result.batch_size}": result.batched,
    }
    run = {name: timing for name, timing in ways.items() if timing is not None}
    return [
        *_table(run),
        [],
        *_bars(run),
        [],
        *_sentence(result),
        *_small_print(result),
    ]


def _table(ways: dict[str, Timing]) -> list[Line]:
    head = ["", "accuracy", "right", "median", "min", "max", "us/image", "images/s"]
    rows: list[list[Cell]] = [
        [
            (name, TITLE),
            (f"{timing.accuracy:.4f}", TITLE),
            f"{timing.correct}/{timing.samples}",
            _seconds(timing.median_seconds),
            _seconds(min(timing.seconds)),
            _seconds(max(timing.seconds)),
            f"{1e6 / timing.images_per_second:.2f}",
            f"{timing.images_per_second:,.0f}",
        ]
        for name, timing in ways.items()
    ]
    return table(head, rows, "<>>>>>>>")


def _bars(ways: dict[str, Timing]) -> list[Line]:
    longest = max(timing.median_seconds for timing in ways.values())
    width = max(len(name) for name in ways)
    return [
        [
            (f"{name:<{width}}  ", TITLE),
            *bar(timing.median_seconds / longest, _BAR_WIDTH),
            (f" {_seconds(timing.median_seconds)}", ""),
        ]
        for name, timing in ways.items()
    ]


def _sentence(result: Evaluation) -> list[Line]:
    if result.speedup is None:
        return []
    ratio = result.speedup
    compared = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
    if result.different == 0:
        agreement = ("every prediction is the same", GOOD)
    else:
        count = f"{result.different:,} of {result.samples:,}"
        agreement = (f"{count} predictions differ", BAD)
    return [
        line((f"batches of {result.batch_size} are {compared}", TITLE), ", and ", agreement),
        [],
    ]


def _small_print(result: Evaluation) -> list[Line]:
    plural = "s" if result.runs > 1 else ""
    threads = "one thread" if result.threads == 1 else f"{result.threads} threads for the batches"
    return [
        line((f"NumPy {result.numpy}, {result.blas}, {threads}", QUIET)),
        line(
            (
                f"{result.runs} timed run{plural} after {result.warmup} to warm up; "
                "start-up and reading are not in the times",
                QUIET,
            )
        ),
        line((f"weights {file_name(str(result.weights.path), result.weights.origin)}", QUIET)),
        line((f"images  {file_name(str(result.images.path), result.images.origin)}", QUIET)),
    ]


def _seconds(seconds: float) -> str:
    if seconds >= 1:
        return f"{seconds:.2f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"
