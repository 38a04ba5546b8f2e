"""`mnist eval`."""

import math
import re
from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mnist_cli.cli import common
from mnist_cli.cli.common import Decorator
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from mnist_cli.evaluation.evaluation import Evaluation
    from mnist_cli.evaluation.timing import TimingPlan

Given = Mapping[str, Any]
"""The values of all options by their names; one of a view is named ``view__setting``."""

_USUAL = "usual"  # the value of an option that brings its view with the usual settings
_DIGIT, _POSITIVE = click.IntRange(0, 9), click.IntRange(min=1)
_MOST_RUNS = 10_000
_OF_TIMING = ("batch_size", "runs", "warmup", "mode", "threads")


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


def _pixels(_context: Any, _option: Any, value: str) -> tuple[int, int]:
    """``2,-1`` -> (2, -1)."""
    found = re.fullmatch("(-?[0-9]{1,2}),(-?[0-9]{1,2})", value)
    if found is None:
        raise click.BadParameter("expected two whole numbers of pixels, such as 2,-1.")
    return int(found[1]), int(found[2])


def _number(
    names: str,
    kind: click.IntRange | click.FloatRange,
    metavar: str,
    about: str,
    default: float | None = None,
) -> Decorator[Any]:
    """An option for a number; a default of 0 is left unsaid."""
    return click.option(
        *names.split(),
        type=kind,
        metavar=metavar,
        default=default,
        show_default=bool(default),
        help=about,
    )


@click.command(
    "eval",
    cls=common.Sections,
    sections={
        "Timing": "batch-size runs warmup mode threads",
        "Views": "*",
        "Corrupted images": "shift rotate noise invert no-normalize",
        "Net and images": "weights images labels limit activation data-dir",
        "Output": "export force json quiet help",
    },
    epilog=common.examples(
        "mnist eval --batch-size 100",
        "mnist eval --confusion --wrong 4 --min-confidence 0.9",
        "mnist eval --sweep",
        "mnist eval --shift 2,0 --mode batched --runs 1 --json",
        "mnist eval --limit 1000 --output predictions.csv",
    ),
)
@click.option(
    "-w",
    "--weights",
    multiple=True,
    metavar="FILE",
    help=f"Weights, {KINDS}; more than one to compare.  [default: the embedded weights.pkl]",
)
@common.images_option
@common.labels_option
@common.limit_option
@common.activation_option
@common.data_dir_option
@click.option(
    "--confusion",
    "confusion__",
    is_flag=True,
    help="Which digits are taken for which; precision, recall, F1.",
)
@click.option(
    "--wrong",
    "mistakes__count",
    type=_Count(min=0),
    is_flag=False,
    flag_value=_USUAL,
    metavar="[N]",
    help="The N most confident mistakes, with pictures.  [default: 6; all in JSON]",
)
@_number("--show-label mistakes__label", _DIGIT, "DIGIT", "Only mistakes on this digit.")
@_number(
    "--show-prediction mistakes__prediction",
    _DIGIT,
    "DIGIT",
    "Only mistakes with this prediction.",
)
@_number(
    "--min-confidence reliability__min_confidence",
    _Real(0, 1),
    "X",
    'Let the net say "I don\'t know" below X: what it still predicts, and how well.',
)
@click.option(
    "--sweep",
    "sweep__sizes",
    is_flag=False,
    flag_value=_USUAL,
    callback=_batch_sizes,
    metavar="[SIZES]",
    help="Time batch sizes, such as 1,10,100,all.  [default: thirteen from 1 to all]",
)
@click.option(
    "--robustness",
    "robustness__",
    is_flag=True,
    help="Accuracy against more and more shift, rotation and noise.",
)
@common.new_file_option(
    "-o",
    "--output",
    "output__path",
    suffixes=(".csv", ".jsonl"),
    about="Write a row for each image: label, prediction, probabilities; - prints them instead.",
    standard_output=True,
)
@_number("-b --batch-size", _POSITIVE, "N", "Images a batch.", 100)
@_number("--runs", click.IntRange(1, _MOST_RUNS), "N", "Timed runs of each; the median counts.", 5)
@_number(
    "--warmup", click.IntRange(0, _MOST_RUNS), "N", "Runs before them that are not counted.", 1
)
@click.option(
    "--mode",
    type=click.Choice(["both", "per-sample", "batched", "textbook"]),
    default="both",
    show_default=True,
    help="What to time; textbook adds the lecture's own formulas to both.",
)
@common.threads_option
@click.option(
    "--shift",
    callback=_pixels,
    default="0,0",
    metavar="DX,DY",
    help="Move them right and down by pixels.",
)
@_number("--rotate", _Real(-360, 360), "DEG", "Turn them counter-clockwise.", 0)
@_number("--noise", _Real(0, 10), "S", "Add Gaussian noise of this deviation; ink is 0..1.", 0)
@click.option("--invert", is_flag=True, help="Make them black on white.")
@click.option("--no-normalize", is_flag=True, help="Leave out the division by 255.")
@common.export_option
@common.force_option
@common.json_option
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@click.pass_context
def evaluate(context: click.Context, /, **given: Any) -> None:
    """Accuracy and speed on the test set: per sample against batched.

    The images are read once and both are warmed up, then timed in turn, run by run. Only the
    forward pass is timed, on one thread unless --threads gives the batches more.

    Views (and several --weights) come without timing, unless an option of timing asks for it.
    """
    from mnist_cli.datasets.corruptions import Corruption
    from mnist_cli.evaluation.evaluation import Files, evaluate_files
    from mnist_cli.evaluation.run import ignore_progress
    from mnist_cli.evaluation.timing import TimingPlan
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as render

    common.together(given["images"], given["labels"])
    to_standard_output = given["output__path"] == "-"
    if to_standard_output and given["as_json"]:
        raise click.UsageError("--json and --output - both print; give one of them.")
    plan = TimingPlan(given["mode"], given["runs"], given["warmup"])
    views = _views(given, plan)
    files = ("weights", "images", "labels", "limit", "data_dir", "activation")
    with nullcontext(ignore_progress) if given["quiet"] else counted("images") as progress:
        result = evaluate_files(
            Files(
                **{name: given[name] for name in files},
                corruption=Corruption(
                    **{name: given[name] for name in ("rotate", "shift", "invert", "noise")},
                    normalize=not given["no_normalize"],
                ),
            ),
            timing=plan if not views or _is_given(context, *_OF_TIMING) else None,
            views=views,
            batch_size=given["batch_size"],
            threads=given["threads"] or 1,
            progress=progress,
        )
    common.present(
        partial(render.as_json, result),
        partial(render.lines, result),
        **{name: given[name] for name in ("as_json", "export", "force")},
        quiet=to_standard_output,
    )
    if not given["quiet"]:
        common.note_activation(result.source and result.source.knows_activation)
        _note_limits(context, result)


def _note_limits(context: click.Context, result: "Evaluation") -> None:
    """Say what was really used, where more was asked for than there is."""
    from mnist_cli.errors import plural
    from mnist_cli.render.text import note

    given = context.params
    if result.batch_size < given["batch_size"] and _is_given(context, "batch_size"):
        note(f"a batch is the whole set, {plural(result.batch_size, 'image')}")
    if result.threads < (given["threads"] or 1):
        note(f"{plural(result.threads, 'thread')} used: there are no more cores or batches")


def _views(given: Given, plan: "TimingPlan") -> dict[str, dict[str, Any]]:
    """The settings of each view that was asked for."""
    views: dict[str, dict[str, Any]] = {"compared": {}} if len(given["weights"]) > 1 else {}
    for name, value in given.items():
        view, is_of_view, setting = name.partition("__")
        if is_of_view and value is not None and value is not False:
            views.setdefault(view, {})
            if setting and value != _USUAL:
                views[view][setting] = value
    if "sweep" in views:
        views["sweep"]["plan"] = plan
    if "output" in views:
        views["output"]["overwrite"] = given["force"]
    return views


def _is_given(context: click.Context, *names: str) -> bool:
    """Whether one of these options stands in the command."""
    return any(context.get_parameter_source(x) is not ParameterSource.DEFAULT for x in names)
