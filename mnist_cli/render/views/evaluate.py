"""What `mnist eval` shows."""

import shlex
from typing import Any

from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.evaluation.evaluation import Evaluation
from mnist_cli.evaluation.timing import Timing
from mnist_cli.render.text import Cell, Line, bar, line, seconds, table
from mnist_cli.render.theme import BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views import confusion, mistakes, reliability, rivals, robustness, sweep
from mnist_cli.render.views.inspect import file_name

_BAR_WIDTH = 20


def as_json(result: Evaluation) -> dict[str, Any]:
    """The document of ``--json``; what was not run is null, what was not asked for is not there."""
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
    if result.corruption != UNCORRUPTED:
        document["corruption"] = corruption_json(result.corruption)
    if result.confusion is not None:
        document |= confusion.as_json(result.confusion)
    if result.mistakes is not None:
        document |= mistakes.as_json(result.mistakes)
    if result.reliability is not None:
        document |= reliability.as_json(result.reliability)
    if result.sweep is not None:
        document |= sweep.as_json(result.sweep)
    if result.contenders:
        document |= rivals.as_json(result.contenders, result.duels)
    if result.robustness is not None:
        document |= robustness.as_json(result.robustness)
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
    """A row for each way, bars of the times, one sentence, how it was measured; then the views."""
    ways = {
        "textbook": result.textbook,
        "one by one": result.per_sample,
        f"batches of {result.batch_size}": result.batched,
    }
    run = {name: timing for name, timing in ways.items() if timing is not None}
    blocks = [
        _corruption(result.corruption),
        _table(run),
        _bars(run),
        _sentence(result),
        _small_print(result),
    ]
    if result.confusion is not None:
        blocks.append(confusion.lines(result.confusion))
    if result.mistakes is not None:
        blocks.append(mistakes.lines(result.mistakes, _closer(result)))
    if result.reliability is not None:
        blocks.append(reliability.lines(result.reliability))
    if result.sweep is not None:
        blocks.append(sweep.lines(result.sweep))
    if result.contenders:
        blocks.append(rivals.lines(result.contenders, result.duels))
    if result.robustness is not None:
        blocks.append(robustness.lines(result.robustness))
    return [spans for block in blocks if block for spans in ([], *block)][1:]


def _closer(result: Evaluation) -> str | None:
    """The command that takes the first mistake apart; there is none for a corrupted image."""
    if result.mistakes is None or not result.mistakes.ranked or result.corruption != UNCORRUPTED:
        return None
    words = ["mnist", "predict", "--index", str(result.mistakes.ranked[0].index), "--explain"]
    for option, file in (("--weights", result.weights), ("--images", result.images)):
        if file.origin != "embedded":
            words += [option, str(file.path)]
    if result.activation != "sigmoid":
        words += ["--activation", result.activation]
    return shlex.join(words)


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


def corruption_json(corruption: Corruption) -> dict[str, Any]:
    """What was done to the images."""
    return {
        "rotate": corruption.rotate,
        "shift": list(corruption.shift),
        "invert": corruption.invert,
        "noise": corruption.noise,
        "normalize": corruption.normalize,
    }


def _table(ways: dict[str, Timing]) -> list[Line]:
    head = ["", "accuracy", "right", "median", "us/image", "images/s"]
    rows: list[list[Cell]] = [
        [
            (name, TITLE),
            (f"{timing.accuracy:.4f}", TITLE),
            f"{timing.correct}/{timing.samples}",
            seconds(timing.median_seconds),
            f"{1e6 / timing.images_per_second:.2f}",
            f"{timing.images_per_second:,.0f}",
        ]
        for name, timing in ways.items()
    ]
    return table(head, rows, "<>>>>>")


def _bars(ways: dict[str, Timing]) -> list[Line]:
    longest = max(timing.median_seconds for timing in ways.values())
    width = max(len(name) for name in ways)
    return [
        [
            (f"{name:<{width}}  ", TITLE),
            *bar(timing.median_seconds / longest, _BAR_WIDTH),
            (f"  {seconds(timing.median_seconds):>8}", ""),
            (f"  {_range(timing)}", QUIET),
        ]
        for name, timing in ways.items()
    ]


def _range(timing: Timing) -> str:
    shortest, longest = seconds(min(timing.seconds)), seconds(max(timing.seconds))
    return "" if len(timing.seconds) == 1 else f"min {shortest:>8}  max {longest:>8}"


def _sentence(result: Evaluation) -> list[Line]:
    if result.speedup is None:
        return []
    ratio = result.speedup
    compared = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
    if result.different == 0:
        agreement = ("every prediction is the same", GOOD)
    else:
        plural = "prediction differs" if result.different == 1 else "predictions differ"
        agreement = (f"{result.different} {plural}", BAD)
    return [line((f"batches of {result.batch_size} are {compared}", TITLE), ", and ", agreement)]


def _small_print(result: Evaluation) -> list[Line]:
    plural = "s" if result.runs > 1 else ""
    several = result.threads > 1 and result.batched is not None
    threads = f"{result.threads} threads for the batches" if several else "one thread"
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
