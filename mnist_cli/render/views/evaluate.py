"""What `mnist eval` shows."""

from importlib import import_module
from typing import Any

import numpy as np

from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.errors import plural
from mnist_cli.evaluation.evaluation import Evaluation
from mnist_cli.evaluation.run import Source
from mnist_cli.evaluation.timing import Timing, TimingComparison
from mnist_cli.net import blas
from mnist_cli.render.text import Line, bar, columns, line, seconds, stacked, table
from mnist_cli.render.theme import BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views import pick
from mnist_cli.render.views.inspect import file_name

_WIDEST_BAR = 20
_TIMES_WIDTH = len("    108.8 ms  min 100.0 ms  max 119.0 ms")  # beside a bar


def as_json(result: Evaluation) -> dict[str, Any]:
    """The document of ``--json``; what was not run is null, a view not asked for is not there."""
    timing, source = result.timing, result.source
    timings = {
        name: pick(each, "seconds", "median_seconds", "images_per_second", "correct")
        for name, each in (timing.methods if timing else {}).items()
    }
    different = timing.different if timing else None
    document: dict[str, Any] = {
        "weights": source and source.weights[0].path,
        "images": source and source.images.path,
        **pick(result, "samples", "correct", "accuracy", "batch_size"),
        "per_sample": timings.get("per-sample"),
        "batched": timings.get("batched"),
        "speedup": timing.speedup if timing else None,
        "predictions_identical": None if different is None else different == 0,
        "threads": result.threads,
        "runs": timing.plan.runs if timing else None,
        "warmup": timing.plan.warmup if timing else None,
    }
    if "textbook" in timings:
        document["textbook"] = timings["textbook"]
    if source is not None and source.corruption != UNCORRUPTED:
        document["corruption"] = source.corruption
    for view, found in result.views.items():
        document |= _module(view).as_json(found)
    return document


def lines(result: Evaluation) -> list[Line]:
    """The timing, or the accuracy alone; which files; then the views."""
    timing, source = result.timing, result.source
    blocks = [_corruption(source.corruption)] if source else []
    if timing is not None:
        names = {"per-sample": "per sample", "batched": f"batched ({result.batch_size})"}
        order = [name for name in ("textbook", *names) if name in timing.methods]
        timings = {names.get(name, name): timing.methods[name] for name in order}
        how = _how(timing, result.threads)
        blocks += [_table(timings), _bars(timings), _sentence(timing), [*how, *_files(source)]]
    else:
        count = f"{result.correct} of {result.samples} correct"
        accuracy = line(("accuracy ", QUIET), (f"{result.accuracy:.4f}", TITLE), f"  {count}")
        blocks.append([accuracy, *_files(source, len("accuracy"))])
    blocks += [_module(view).lines(found) for view, found in result.views.items()]
    return stacked(*blocks)


def _module(view: str) -> Any:
    """What shows a view: the module of its name, with `lines` and `as_json`."""
    return import_module(f"mnist_cli.render.views.{view}")


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


def _files(source: Source | None, width: int = len("weights")) -> list[Line]:
    files = {"weights": source.weights[0], "images": source.images} if source else {}
    return [
        line((f"{name:<{width}} {file_name(file.path, file.origin)}", QUIET))
        for name, file in files.items()
    ]


def _table(timings: dict[str, Timing]) -> list[Line]:
    rows = (
        (
            (name, TITLE),
            (f"{timing.correct / timing.samples:.4f}", TITLE),
            f"{timing.correct}/{timing.samples}",
            seconds(timing.median_seconds),
            f"{1e6 / timing.images_per_second:.2f}",
            f"{timing.images_per_second:,.0f}",
        )
        for name, timing in timings.items()
    )
    head = ["", ">accuracy", ">correct", ">median", ">us/image", ">images/s"]
    return table(head, rows, columns(), len(head) - 1)


def _bars(timings: dict[str, Timing]) -> list[Line]:
    longest = max(timing.median_seconds for timing in timings.values())
    width = max(map(len, timings))
    bar_width = max(min(columns() - width - _TIMES_WIDTH, _WIDEST_BAR), 1)
    rows = []
    for name, timing in timings.items():
        ends = f"  min {seconds(min(timing.seconds)):>8}  max {seconds(max(timing.seconds)):>8}"
        times = (f"  {seconds(timing.median_seconds):>8}", "")
        spread = (ends if len(timing.seconds) > 1 else "", QUIET)
        filled = bar(timing.median_seconds / longest, bar_width)
        rows.append([(f"{name:<{width}}  ", TITLE), *filled, times, spread])
    return rows


def _sentence(timing: TimingComparison) -> list[Line]:
    ratio, different = timing.speedup, timing.different
    if ratio is None or different is None:
        return []
    compared = f"{ratio:.1f}x faster" if ratio >= 1 else f"{1 / ratio:.1f}x slower"
    agreement = ("every prediction is the same", GOOD)
    if different:
        verb = "differs" if different == 1 else "differ"
        agreement = (f"{plural(different, 'prediction')} {verb}", BAD)
    return [line((f"batched is {compared} than per sample", TITLE), ", and ", agreement)]


def _how(timing: TimingComparison, threads: int) -> list[Line]:
    several = threads > 1 and "batched" in timing.methods
    cores = f"{threads} threads for the batches" if several else "one thread"
    runs = plural(timing.plan.runs, "timed run")
    warmup = f"{timing.plan.warmup} to warm up"
    return [
        line((f"NumPy {np.__version__}, {blas.describe()}, {cores}", QUIET)),
        line((f"{runs} after {warmup}; start-up and reading are not in the times", QUIET)),
    ]
