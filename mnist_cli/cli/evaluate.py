"""`mnist eval`."""

import re
from pathlib import Path
from typing import Any

import click

from mnist_cli.cli.common import OptionValues, note_written, pick, present
from mnist_cli.cli.options import POSITIVE, USUAL, command
from mnist_cli.cli.rules import is_given
from mnist_cli.errors import MnistError
from mnist_cli.weights.formats import KINDS

WORTH_TIMING = 1000  # images: of fewer, times say little
_OF_TIMING = ("--batch-size", "--runs", "--mode", "--threads")
_OF_VIEWS = {  # options with the name of their view, each with the setting it gives
    "confusion": "",
    "wrong": "count",
    "min_confidence": "min_confidence",
    "sweep": "sizes",
    "robustness": "",
    "output": "path",
}


class _Count(click.IntRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Let `USUAL` stand."""
        return value if value == USUAL else super().convert(value, param, ctx)


def _batch_sizes(_context: Any, _option: Any, value: str | None) -> Any:
    """``1,10,all`` -> (1, 10, None)."""
    if value in (None, USUAL):
        return value
    words = value.split(",")
    if not all(re.fullmatch("all|[1-9][0-9]{0,9}", word) for word in words):
        raise click.BadParameter("expected batch sizes such as 1,10,100,all.")
    return tuple(None if word == "all" else int(word) for word in words)


def _pixels(_context: Any, _option: Any, value: str | None) -> tuple[int, int]:
    """``2,-1`` -> (2, -1)."""
    found = re.fullmatch("(-?[0-9]{1,2}),(-?[0-9]{1,2})", value or "0,0")
    if found is None:
        raise click.BadParameter("expected two whole numbers of pixels, such as 2,-1.")
    return int(found[1]), int(found[2])


@command(
    f"""
Accuracy and speed on the test set: per sample against batched.

The images are read once and both are warmed up, then timed in turn, run by run. Only the
forward pass is timed, on one thread unless --threads gives the batches more.

Views, several --weights and fewer than {WORTH_TIMING:,} images come without timing, unless an
option of timing asks for it.

Timing:
  -b --batch-size N        Images a batch.
  --runs N                 Timed runs of each; the median counts.
  --mode both|per-sample|batched|textbook  What to time; textbook adds the lecture's own formulas
                           to both.
  --threads N              Batches worked on side by side.
Views:
  --confusion              Which digits are taken for which; precision, recall, F1.
  --wrong [N]              The N most confident mistakes, with pictures.  [default: 6; all in JSON]
  --min-confidence X       Let the net say "I don't know" below X: what it still predicts, and how
                           well.
  --sweep [SIZES]          Time batch sizes, such as 1,10,100,all.  [default: thirteen from 1
                           to all]
  --robustness             Accuracy against more and more shift, rotation and noise.
  -o --output FILE.csv|.jsonl|-  Write a row for each image: label, prediction, probabilities; `-`
                           prints only the table.
Corrupted images:
  --shift DX,DY            Move them right and down by pixels.
  --rotate DEG             Turn them counter-clockwise.
  --noise S                Add Gaussian noise of this deviation; ink is 0..1.
  --invert                 Make them black on white.
  --no-normalize           Leave out the division by 255.
Net and images:
  -w --weights FILE        Weights, {KINDS}; more than one to compare.  [default: the embedded
                           weights.pkl]
  --images --labels --limit --activation --data-dir
Output:
  --export --light --force --json
  --fail-under X           Exit with 1 where the accuracy is below X, for continuous integration.
  --quiet
Rules:
  --labels needs --images
  --output - excludes --json: both print
Examples:
  mnist eval --batch-size 100
  mnist eval --confusion --wrong 4 --min-confidence 0.9
  mnist eval --sweep
  mnist eval --shift 2,0 --mode batched --runs 1 --json
  mnist eval --limit 1000 --output predictions.csv
  mnist eval --confusion --fail-under 0.99
""",
    batch_size={"type": POSITIVE, "default": 100},
    runs={"type": click.IntRange(1, 10_000), "default": 5},
    mode={"default": "both"},
    threads={"type": POSITIVE, "default": 1},
    wrong={"type": _Count(min=0)},
    min_confidence={"type": click.FloatRange(0, 1)},
    sweep={"callback": _batch_sizes},
    shift={"callback": _pixels},
    rotate={"type": click.FloatRange(-360, 360), "default": 0},
    noise={"type": click.FloatRange(0, 10), "default": 0},
    weights={"multiple": True},
    fail_under={"type": click.FloatRange(0, 1)},
)
def evaluate(**given: Any) -> None:
    """Evaluate weights files, in the views that were asked for."""
    from mnist_cli.datasets.corruptions import Corruption
    from mnist_cli.evaluation.evaluation import Files, evaluate_files
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as view

    views = _views(given)
    corrupted = pick(given, "rotate", "shift", "invert", "noise")
    corruption = Corruption(**corrupted, normalize=not given["no_normalize"])
    named = pick(given, "weights", "images", "labels", "limit", "data_dir", "activation")
    files, sizes = Files(**named, corruption=corruption), pick(given, "batch_size", "threads")
    with counted("images", quiet=given["quiet"]) as progress:
        result = evaluate_files(files, views=views, progress=progress, **sizes)
    note_written(given, "output")
    notes = result.source.notes if result.source else ()
    present(given, view, result, notes=notes, quiet=given["output"] == "-")
    compared = result.views.get("compared")
    for one in compared.compared if compared else (result,):
        _require_accuracy(one.accuracy, given["fail_under"] or 0, getattr(one, "weights", None))


def _require_accuracy(accuracy: float, least: float, weights: Path | None) -> None:
    """Refuse a lower accuracy, in as many decimals as tell the two apart."""
    if accuracy < least:
        decimals = range(4, 18)
        found = next(f"{accuracy:.{n}f}" for n in decimals if round(accuracy, n) < round(least, n))
        raise MnistError(f"the accuracy is {found}, expected {least} or more", source=weights)


def _views(given: OptionValues) -> dict[str, dict[str, Any]]:
    views: dict[str, dict[str, Any]] = {"compared": {}} if len(given["weights"]) > 1 else {}
    for name, setting in _OF_VIEWS.items():
        value = given[name]
        if value is not None and value is not False:
            views[name] = {setting: value} if setting and value != USUAL else {}
    context = click.get_current_context()
    is_asked = any(is_given(option, context) for option in _OF_TIMING)
    if not views or is_asked:
        least = 0 if is_asked else WORTH_TIMING
        views["timing"] = {"mode": given["mode"], "runs": given["runs"], "least": least}
    if "sweep" in views:
        views["sweep"]["runs"] = given["runs"]
    if "output" in views:
        views["output"]["overwrite"] = given["force"]
    return views
