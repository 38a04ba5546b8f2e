"""`mnist eval`."""

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mnist_cli.cli.common import (
    Command,
    Decorator,
    activation_option,
    data_dir_option,
    examples,
    export_option,
    force_option,
    images_option,
    json_option,
    labels_option,
    limit_option,
    new_file_option,
    note_activation,
    present,
    threads_option,
    together,
)
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from mnist_cli.datasets.corruptions import Corruption
    from mnist_cli.evaluation.timing import TimingPlan

Given = Mapping[str, Any]
"""The values of all options by their names."""

Settings = dict[str, Any] | None
"""What a view is made with; None where it is not wanted."""

MakeSettings = Callable[[Given], Settings]

ALL_SIZES = "1,2,5,10,20,50,100,200,500,1000,2000,5000,all"

_VIEWS: dict[str, MakeSettings] = {}
_VIEW_OPTIONS: list[Decorator[Any]] = []


class _Count(click.IntRange):
    """A whole number, or ``all``."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Let ``all`` stand."""
        return value if value == "all" else super().convert(value, param, ctx)


def _batch_sizes(_context: Any, _option: Any, value: str | None) -> tuple[int | None, ...] | None:
    """``1,10,all`` -> (1, 10, None)."""
    if value is None:
        return None
    words = value.split(",")
    if not all(word == "all" or (word.isdecimal() and int(word) > 0) for word in words):
        raise click.BadParameter("expected batch sizes such as 1,10,100,all.")
    return tuple(None if word == "all" else int(word) for word in words)


def _pixels(_context: Any, _option: Any, value: str | None) -> tuple[int, int]:
    """``2,-1`` -> (2, -1)."""
    if value is None:
        return 0, 0
    try:
        right, down = map(int, value.split(","))
    except ValueError:
        raise click.BadParameter("expected two whole numbers, such as 2,-1.") from None
    return right, down


def _finite(_context: Any, _option: Any, value: float | None) -> float | None:
    """Refuse "nan", which is neither inside nor outside a range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("expected a number.")
    return value


def _whole(*names: str, least: int, default: int, about: str) -> Decorator[Any]:
    """An option for a whole number from `least`."""
    kind = click.IntRange(min=least)
    return click.option(
        *names, type=kind, default=default, show_default=True, metavar="N", help=about
    )


def _real(name: str, low: float, high: float, metavar: str, about: str) -> Decorator[Any]:
    """An option for a number from `low` to `high`."""
    kind = click.FloatRange(low, high)
    return click.option(name, type=kind, callback=_finite, metavar=metavar, help=about)


def _digit(name: str, about: str) -> Decorator[Any]:
    """An option for a digit."""
    return click.option(name, type=click.IntRange(0, 9), metavar="DIGIT", help=about)


def _options(*options: Decorator[Any]) -> Callable[[Command], Command]:
    """Several options as one decorator, in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def _view(name: str, *options: Decorator[Any]) -> Callable[[MakeSettings], MakeSettings]:
    """Enter a view: its options, and the function that makes its settings of their values."""

    def enter(settings: MakeSettings) -> MakeSettings:
        _VIEWS[name] = settings
        _VIEW_OPTIONS.extend(options)
        return settings

    return enter


def _flag_view(name: str, about: str) -> None:
    """Enter a view without settings, whose option is its name."""
    option = click.option(f"--{name}", is_flag=True, help=about)
    _view(name, option)(lambda given: {} if given[name] else None)


_flag_view("confusion", "Which digits are taken for which; precision, recall, F1.")


@_view(
    "mistakes",
    click.option(
        "--wrong",
        type=_Count(min=0),
        is_flag=False,
        flag_value="all",
        metavar="[N]",
        help="The N most confident mistakes, with pictures.  [default: 6; all in JSON]",
    ),
    _digit("--show-label", "Only mistakes on this digit."),
    _digit("--show-prediction", "Only images wrongly read as this digit."),
)
def _mistakes(given: Given) -> Settings:
    count, label, prediction = (given[x] for x in ("wrong", "show_label", "show_prediction"))
    if (count, label, prediction) == (None, None, None):
        return None
    settings = {"label": label, "prediction": prediction}
    return settings if count in (None, "all") else settings | {"count": count, "pictures": count}


@_view(
    "reliability",
    _real(
        "--min-confidence",
        0,
        1,
        "X",
        'Let the net say "I don\'t know" below X: what it still predicts, and how well.',
    ),
)
def _reliability(given: Given) -> Settings:
    least = given["min_confidence"]
    return None if least is None else {"min_confidence": least}


@_view(
    "sweep",
    click.option(
        "--sweep",
        is_flag=False,
        flag_value=ALL_SIZES,
        callback=_batch_sizes,
        metavar="[SIZES]",
        help=f"Time these batch sizes.  [default: {ALL_SIZES}]",
    ),
)
def _sweep(given: Given) -> Settings:
    return None if given["sweep"] is None else {"sizes": given["sweep"], "plan": _plan(given)}


_flag_view("robustness", "Accuracy against more and more shift, rotation and noise.")


@_view(
    "compared",
    click.option(
        "-w",
        "--weights",
        multiple=True,
        metavar="FILE",
        help=f"Weights, {KINDS}; more than one to compare.  [default: the embedded weights.pkl]",
    ),
)
def _compared(given: Given) -> Settings:
    return {} if len(given["weights"]) > 1 else None


@_view(
    "output",
    new_file_option(
        "-o",
        "--output",
        suffixes=(".csv", ".jsonl"),
        about="Write a row for each image: label, prediction, confidence, probabilities.",
    ),
)
def _output(given: Given) -> Settings:
    return {"path": given["output"], "overwrite": given["force"]} if given["output"] else None


_TIMING_OPTIONS = (
    _whole("-b", "--batch-size", least=1, default=100, about="Images a batch."),
    _whole("--runs", least=1, default=5, about="Timed runs of each; the median counts."),
    _whole("--warmup", least=0, default=1, about="Runs before them that are not counted."),
    click.option(
        "--mode",
        type=click.Choice(["both", "per-sample", "batched", "textbook"]),
        default="both",
        show_default=True,
        help="What to time; textbook adds the lecture's own formulas to both.",
    ),
    threads_option,
)

_CORRUPTION_OPTIONS = (
    click.option(
        "--shift",
        callback=_pixels,
        metavar="DX,DY",
        help="Corrupt the images first: move them right and down by pixels.",
    ),
    _real("--rotate", -360, 360, "DEG", "Turn them counter-clockwise."),
    _real("--noise", 0, 10, "S", "Add Gaussian noise of this standard deviation; ink is 0..1."),
    click.option("--invert", is_flag=True, help="Make them black on white."),
    click.option("--no-normalize", is_flag=True, help="Leave out the division by 255."),
)


@click.command(
    "eval",
    epilog=examples(
        "mnist eval --batch-size 100",
        "mnist eval --confusion --wrong 4 --min-confidence 0.9",
        "mnist eval --sweep",
        "mnist eval --shift 2,0 --mode batched --runs 1 --json",
        "mnist eval --limit 1000 --output predictions.csv",
    ),
)
@_options(*_TIMING_OPTIONS, limit_option, *_VIEW_OPTIONS, *_CORRUPTION_OPTIONS)
@_options(activation_option, images_option, labels_option, data_dir_option)
@_options(export_option, force_option, json_option)
@click.pass_context
def evaluate(context: click.Context, /, **given: Any) -> None:
    """Accuracy and speed on the test set: per sample against batched.

    The images are read once and both are warmed up, then timed in turn, run by run. Only the
    forward pass is timed, on one thread unless --threads gives the batches more.

    Views (--confusion, --wrong, --min-confidence, --sweep, --robustness, several --weights,
    --output) come without timing, unless --batch-size, --runs, --warmup, --mode or --threads asks
    for it.
    """
    from mnist_cli.evaluation.evaluation import Files, evaluate_files
    from mnist_cli.evaluation.views import VIEWS, make_view
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as render

    together(given["images"], given["labels"])
    settings = {name: _VIEWS[name](given) for name in VIEWS}
    views = [make_view(name, **each) for name, each in settings.items() if each is not None]
    files = ("weights", "images", "labels", "limit", "data_dir")
    with counted("images") as progress:
        result = evaluate_files(
            Files(
                **{name: given[name] for name in files},
                activation=given["activation"],
                corruption=_corruption(given),
            ),
            timing=_plan(given) if not views or _wants_timing(context) else None,
            views=views,
            batch_size=given["batch_size"],
            threads=given["threads"] or 1,
            progress=progress,
        )
    present(
        lambda: render.as_json(result),
        lambda: render.lines(result),
        as_json=given["as_json"],
        export=given["export"],
        force=given["force"],
    )
    note_activation(result.source and result.source.knows_activation)


def _wants_timing(context: click.Context) -> bool:
    """Whether an option that is about timing stands in the command."""
    names = ("batch_size", "runs", "warmup", "mode", "threads")
    return any(context.get_parameter_source(x) is not ParameterSource.DEFAULT for x in names)


def _plan(given: Given) -> "TimingPlan":
    from mnist_cli.evaluation.timing import TimingPlan

    return TimingPlan(given["mode"], given["runs"], given["warmup"])


def _corruption(given: Given) -> "Corruption":
    from mnist_cli.datasets.corruptions import Corruption

    return Corruption(
        rotate=given["rotate"] or 0,
        shift=given["shift"],
        invert=given["invert"],
        noise=given["noise"] or 0,
        normalize=not given["no_normalize"],
    )
