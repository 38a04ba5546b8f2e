"""`mnist eval`."""

import math
import re
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mnist_cli.cli.common import Given, note_activation, present, refuse, together
from mnist_cli.cli.options import DIGIT, POSITIVE, command, new_file
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from mnist_cli.evaluation.evaluation import Evaluation
    from mnist_cli.evaluation.timing import TimingPlan

_USUAL = "usual"  # the value of an option that brings its view with the usual settings
_MAYBE = {"is_flag": False, "flag_value": _USUAL}  # an option whose value may be left out
_MOST_RUNS = 10_000
_OF_TIMING = ("batch_size", "runs", "warmup", "mode", "threads")
_OF_VIEWS = {  # options, each with its view and the setting it gives
    "confusion": ("confusion", ""),
    "wrong": ("mistakes", "count"),
    "show_label": ("mistakes", "label"),
    "show_prediction": ("mistakes", "prediction"),
    "min_confidence": ("reliability", "min_confidence"),
    "sweep": ("sweep", "sizes"),
    "robustness": ("robustness", ""),
    "output": ("output", "path"),
}

_OPTIONS = f"""
Timing:
  -b --batch-size N        Images a batch.
  --runs N                 Timed runs of each; the median counts.
  --warmup N               Runs before them that are not counted.
  --mode both|per-sample|batched|textbook  What to time; textbook adds the lecture's own formulas
                           to both.
  --threads N              Batches worked on side by side.  [default: 1]
Views:
  --confusion              Which digits are taken for which; precision, recall, F1.
  --wrong [N]              The N most confident mistakes, with pictures.  [default: 6; all in JSON]
  --show-label DIGIT       Only mistakes on this digit.
  --show-prediction DIGIT  Only mistakes with this prediction.
  --min-confidence X       Let the net say "I don't know" below X: what it still predicts, and how
                           well.
  --sweep [SIZES]          Time batch sizes, such as 1,10,100,all.  [default: thirteen from 1
                           to all]
  --robustness             Accuracy against more and more shift, rotation and noise.
  -o --output FILE.csv|.jsonl  Write a row for each image: label, prediction, probabilities; -
                           prints them instead.
Corrupted images:
  --shift DX,DY            Move them right and down by pixels.
  --rotate DEG             Turn them counter-clockwise.
  --noise S                Add Gaussian noise of this deviation; ink is 0..1.
  --invert                 Make them black on white.
  --no-normalize           Leave out the division by 255.
Net and images:
  -w --weights FILE        Weights, {KINDS}; more than one to compare.  [default: the embedded
                           weights.pkl]
  --images
  --labels
  --limit
  --activation
  --data-dir
Output:
  --export
  --force
  --json
  -q --quiet               No progress and no notes.
"""


class _Count(click.IntRange):
    """A whole number, or none."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Let `_USUAL` stand."""
        return value if value == _USUAL else super().convert(value, param, ctx)


class _Real(click.FloatRange):
    """A number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse "nan", which is neither inside nor outside."""
        number = super().convert(value, param, ctx)
        return self.fail("expected a number.", param, ctx) if math.isnan(number) else number


def _batch_sizes(_context: Any, _option: Any, value: str | None) -> Any:
    """``1,10,all`` -> (1, 10, None)."""
    if value in (None, _USUAL):
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
    "eval",
    options=_OPTIONS,
    settings={
        "batch_size": {"type": POSITIVE, "default": 100},
        "runs": {"type": click.IntRange(1, _MOST_RUNS), "default": 5},
        "warmup": {"type": click.IntRange(0, _MOST_RUNS), "default": 1},
        "mode": {"default": "both"},
        "threads": {"type": POSITIVE},
        "wrong": {"type": _Count(min=0), **_MAYBE},
        "show_label": {"type": DIGIT},
        "show_prediction": {"type": DIGIT},
        "min_confidence": {"type": _Real(0, 1)},
        "sweep": {"callback": _batch_sizes, **_MAYBE},
        "output": {"callback": partial(new_file, standard_output=True)},
        "shift": {"callback": _pixels},
        "rotate": {"type": _Real(-360, 360), "default": 0},
        "noise": {"type": _Real(0, 10), "default": 0},
        "weights": {"multiple": True},
    },
    examples=(
        "mnist eval --batch-size 100",
        "mnist eval --confusion --wrong 4 --min-confidence 0.9",
        "mnist eval --sweep",
        "mnist eval --shift 2,0 --mode batched --runs 1 --json",
        "mnist eval --limit 1000 --output predictions.csv",
    ),
)
def evaluate(**given: Any) -> None:
    """Accuracy and speed on the test set: per sample against batched.

    The images are read once and both are warmed up, then timed in turn, run by run. Only the
    forward pass is timed, on one thread unless --threads gives the batches more.

    Views (and several --weights) come without timing, unless an option of timing asks for it.
    """
    from mnist_cli.datasets.corruptions import Corruption
    from mnist_cli.evaluation.evaluation import Files, evaluate_files
    from mnist_cli.evaluation.timing import TimingPlan
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as view
    from mnist_cli.spec import ignore_progress

    together(given["images"], given["labels"])
    to_standard_output = given["output"] == "-"
    printed_twice = to_standard_output and given["json"]
    refuse(printed_twice, "--json and --output - both print; give one of them.")
    plan = TimingPlan(given["mode"], given["runs"], given["warmup"])
    views = _views(given, plan)
    names = ("weights", "images", "labels", "limit", "data_dir", "activation")
    corruption = Corruption(
        **{name: given[name] for name in ("rotate", "shift", "invert", "noise")},
        normalize=not given["no_normalize"],
    )
    files = Files(**{name: given[name] for name in names}, corruption=corruption)
    with nullcontext(ignore_progress) if given["quiet"] else counted("images") as progress:
        result = evaluate_files(
            files,
            timing=plan if not views or _is_given(*_OF_TIMING) else None,
            views=views,
            batch_size=given["batch_size"],
            threads=given["threads"] or 1,
            progress=progress,
        )
    present(given, view, result, quiet=to_standard_output)
    if not given["quiet"]:
        note_activation(result.source and result.source.knows_activation)
        _note_limits(result, given)


def _note_limits(result: "Evaluation", given: Given) -> None:
    """Say what was really used, where more was asked for than there is."""
    from mnist_cli.errors import plural
    from mnist_cli.render.text import note

    if result.batch_size < given["batch_size"] and _is_given("batch_size"):
        note(f"a batch is the whole set, {plural(result.batch_size, 'image')}")
    if result.threads < (given["threads"] or 1):
        note(f"{plural(result.threads, 'thread')} used: there are no more cores or batches")


def _views(given: Given, plan: "TimingPlan") -> dict[str, dict[str, Any]]:
    """The settings of each view that was asked for."""
    views: dict[str, dict[str, Any]] = {"compared": {}} if len(given["weights"]) > 1 else {}
    for name, (view, setting) in _OF_VIEWS.items():
        if given[name] is not None and given[name] is not False:
            views.setdefault(view, {})
            if setting and given[name] != _USUAL:
                views[view][setting] = given[name]
    if "sweep" in views:
        views["sweep"]["plan"] = plan
    if "output" in views:
        views["output"]["overwrite"] = given["force"]
    return views


def _is_given(*names: str) -> bool:
    """Whether one of these options stands in the command."""
    context = click.get_current_context()
    return any(context.get_parameter_source(x) is not ParameterSource.DEFAULT for x in names)
