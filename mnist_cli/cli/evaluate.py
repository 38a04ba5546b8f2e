"""`mnist eval`."""

import math
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mnist_cli.cli import common
from mnist_cli.cli.common import Command, Decorator
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from mnist_cli.evaluation.timing import TimingPlan

Given = Mapping[str, Any]
"""The values of all options by their names."""

MakeSettings = Callable[[Given], dict[str, Any] | None]
"""Makes a view's settings of these; None where the view is not wanted."""

_DIGIT, _POSITIVE, _NOT_NEGATIVE = click.IntRange(0, 9), click.IntRange(1), click.IntRange(0)

_VIEWS: dict[str, MakeSettings] = {}
_VIEW_OPTIONS: list[Decorator[Any]] = []


class _Count(click.IntRange):
    """A whole number, or ``all``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Let ``all`` stand."""
        return value if value == "all" else super().convert(value, param, ctx)


def _batch_sizes(_context: Any, _option: Any, value: str | None) -> tuple[int | None, ...] | None:
    """``1,10,all`` -> (1, 10, None); ``usual`` -> ()."""
    if value in (None, "usual"):
        return None if value is None else ()
    try:
        sizes = tuple(None if word == "all" else int(word) for word in value.split(","))
    except ValueError:  # no number, or one of more digits than Python reads
        sizes = (0,)
    if any(size is not None and size < 1 for size in sizes):
        raise click.BadParameter("expected batch sizes such as 1,10,100,all.")
    return sizes


def _pixels(_context: Any, _option: Any, value: str | None) -> tuple[int, int]:
    """``2,-1`` -> (2, -1)."""
    try:
        right, down = map(int, (value or "0,0").split(","))
    except ValueError:
        raise click.BadParameter("expected two whole numbers, such as 2,-1.") from None
    return right, down


class _Real(click.FloatRange):
    """A number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse "nan", which is neither inside nor outside."""
        number = super().convert(value, param, ctx)
        return self.fail("expected a number.", param, ctx) if math.isnan(number) else number


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


def _view(name: str, settings: MakeSettings, *options: Decorator[Any]) -> None:
    """Enter a view: what makes its settings, and its options."""
    _VIEWS[name] = settings
    _VIEW_OPTIONS.extend(options)


def _flag_view(name: str, about: str) -> None:
    """Enter a view without settings, whose option is its name."""
    option = click.option(f"--{name}", is_flag=True, help=about)
    _view(name, lambda given: {} if given[name] else None, option)


def _mistakes(given: Given) -> dict[str, Any] | None:
    count, label, prediction = (given[x] for x in ("wrong", "show_label", "show_prediction"))
    if (count, label, prediction) == (None, None, None):
        return None
    return {"count": None if count == "all" else count, "label": label, "prediction": prediction}


def _reliability(given: Given) -> dict[str, Any] | None:
    least = given["min_confidence"]
    return None if least is None else {"min_confidence": least}


def _sweep(given: Given) -> dict[str, Any] | None:
    sizes, plan = given["sweep"], {"plan": _plan(given)}
    return None if sizes is None else plan | ({"sizes": sizes} if sizes else {})


def _output(given: Given) -> dict[str, Any] | None:
    return {"path": given["output"], "overwrite": given["force"]} if given["output"] else None


_flag_view("confusion", "Which digits are taken for which; precision, recall, F1.")
_view(
    "mistakes",
    _mistakes,
    click.option(
        "--wrong",
        type=_Count(min=0),
        is_flag=False,
        flag_value="all",
        metavar="[N]",
        help="The N most confident mistakes, with pictures.  [default: 6; all in JSON]",
    ),
    _number("--show-label", _DIGIT, "DIGIT", "Only mistakes on this digit."),
    _number("--show-prediction", _DIGIT, "DIGIT", "Only images wrongly read as this digit."),
)
_view(
    "reliability",
    _reliability,
    _number("--min-confidence", _Real(0, 1), "X", 'Let the net say "I don\'t know" below X.'),
)
_view(
    "sweep",
    _sweep,
    click.option(
        "--sweep",
        is_flag=False,
        flag_value="usual",
        callback=_batch_sizes,
        metavar="[SIZES]",
        help="Time batch sizes, such as 1,10,100,all.  [default: thirteen from 1 to all]",
    ),
)
_flag_view("robustness", "Accuracy against more and more shift, rotation and noise.")
_view("compared", lambda given: {} if len(given["weights"]) > 1 else None)
_view(
    "output",
    _output,
    common.new_file_option(
        "-o",
        "--output",
        suffixes=(".csv", ".jsonl"),
        about="Write a row for each image: label, prediction, confidence, probabilities.",
    ),
)


def _view_options(command: Command) -> Command:
    """The options of all views."""
    for option in reversed(_VIEW_OPTIONS):
        command = option(command)
    return command


@click.command(
    "eval",
    cls=common.Sections,
    sections={
        "Net and images": "weights images labels limit activation data-dir",
        "Views": "*",
        "Timing": "batch-size runs warmup mode threads",
        "Corrupted images": "shift rotate noise invert no-normalize",
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
@_view_options
@_number("-b --batch-size", _POSITIVE, "N", "Images a batch.", 100)
@_number("--runs", _POSITIVE, "N", "Timed runs of each; the median counts.", 5)
@_number("--warmup", _NOT_NEGATIVE, "N", "Runs before them that are not counted.", 1)
@click.option(
    "--mode",
    type=click.Choice(["both", "per-sample", "batched", "textbook"]),
    default="both",
    show_default=True,
    help="What to time; textbook adds the lecture's own formulas to both.",
)
@common.threads_option
@click.option(
    "--shift", callback=_pixels, metavar="DX,DY", help="Move them right and down by pixels."
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
    from mnist_cli.evaluation.evaluation import VIEWS, Files, evaluate_files
    from mnist_cli.evaluation.run import ignore_progress
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as render

    common.together(given["images"], given["labels"])
    settings = {name: _VIEWS[name](given) for name in VIEWS}
    views = {name: each for name, each in settings.items() if each is not None}
    files = ("weights", "images", "labels", "limit", "data_dir")
    with nullcontext(ignore_progress) if given["quiet"] else counted("images") as progress:
        result = evaluate_files(
            Files(
                **{name: given[name] for name in files},
                activation=given["activation"],
                corruption=Corruption(
                    **{name: given[name] for name in ("rotate", "shift", "invert", "noise")},
                    normalize=not given["no_normalize"],
                ),
            ),
            timing=_plan(given) if not views or _wants_timing(context) else None,
            views=views,
            batch_size=given["batch_size"],
            threads=given["threads"] or 1,
            progress=progress,
        )
    common.present(
        partial(render.as_json, result),
        partial(render.lines, result),
        **{name: given[name] for name in ("as_json", "export", "force")},
    )
    if not given["quiet"]:
        common.note_activation(result.source and result.source.knows_activation)


def _wants_timing(context: click.Context) -> bool:
    """Whether an option that is about timing stands in the command."""
    names = ("batch_size", "runs", "warmup", "mode", "threads")
    return any(context.get_parameter_source(x) is not ParameterSource.DEFAULT for x in names)


def _plan(given: Given) -> "TimingPlan":
    from mnist_cli.evaluation.timing import TimingPlan

    return TimingPlan(given["mode"], given["runs"], given["warmup"])
