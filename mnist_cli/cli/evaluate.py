"""`mnist eval`."""

import math
from typing import Any

import click

from mnist_cli.cli.common import (
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

ALL_SIZES = "1,2,5,10,20,50,100,200,500,1000,2000,5000,all"


def _batch_sizes(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int | None, ...] | None:
    """``1,10,all`` -> (1, 10, None)."""
    if value is None:
        return None
    words = value.split(",")
    if not all(word == "all" or (word.isdecimal() and int(word) > 0) for word in words):
        raise click.BadParameter("expected batch sizes such as 1,10,100,all.")
    return tuple(None if word == "all" else int(word) for word in words)


def _pixels(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> tuple[int, int]:
    """``2,-1`` -> (2, -1)."""
    if value is None:
        return 0, 0
    try:
        right, down = map(int, value.split(","))
    except ValueError:
        raise click.BadParameter("expected two whole numbers, such as 2,-1.") from None
    return right, down


def _finite(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    """Refuse "nan", which is neither inside nor outside a range."""
    if value is not None and math.isnan(value):
        raise click.BadParameter("expected a number.")
    return value


@click.command(
    "eval",
    epilog=examples(
        "mnist eval --batch-size 100",
        "mnist eval --confusion --wrong 4 --min-confidence 0.9",
        "mnist eval --sweep",
        "mnist eval --shift 2,0 --mode batched --runs 1 --json",
        "mnist eval --limit 1000 --output answers.csv",
    ),
)
@click.option(
    "-b",
    "--batch-size",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Images a batch.",
)
@click.option(
    "--runs",
    type=click.IntRange(min=1),
    default=5,
    show_default=True,
    metavar="N",
    help="Timed runs of each way; the median counts.",
)
@click.option(
    "--warmup",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="Runs before them that are not counted.",
)
@limit_option
@click.option(
    "--mode",
    type=click.Choice(["both", "per-sample", "batched", "textbook"]),
    default="both",
    show_default=True,
    help="Which ways to run; textbook adds the lecture's own formulas to both.",
)
@threads_option
@click.option(
    "--confusion", is_flag=True, help="Which digits are taken for which; precision, recall, F1."
)
@click.option(
    "--wrong",
    type=click.IntRange(min=0),
    is_flag=False,
    flag_value=0,
    metavar="[N]",
    help="The N most confident mistakes, with pictures.  [default: 6; all in JSON]",
)
@click.option(
    "--show-label", type=click.IntRange(0, 9), metavar="DIGIT", help="Only mistakes on this digit."
)
@click.option(
    "--show-prediction",
    type=click.IntRange(0, 9),
    metavar="DIGIT",
    help="Only images wrongly read as this digit.",
)
@click.option(
    "--min-confidence",
    type=click.FloatRange(0, 1),
    callback=_finite,
    metavar="X",
    help='Let the net say "I don\'t know" below X: what it still answers, and how well.',
)
@click.option(
    "--sweep",
    is_flag=False,
    flag_value=ALL_SIZES,
    callback=_batch_sizes,
    metavar="[SIZES]",
    help=f"Time these batch sizes.  [default: {ALL_SIZES}]",
)
@click.option(
    "--shift",
    callback=_pixels,
    metavar="DX,DY",
    help="Corrupt the images first: move them right and down by pixels.",
)
@click.option(
    "--rotate",
    type=click.FloatRange(-360, 360),
    callback=_finite,
    default=0,
    metavar="DEG",
    help="Turn them counter-clockwise.",
)
@click.option(
    "--noise",
    type=click.FloatRange(0, 10),
    callback=_finite,
    default=0,
    metavar="S",
    help="Add Gaussian noise of this standard deviation; ink is 0..1.",
)
@click.option("--invert", is_flag=True, help="Make them black on white.")
@click.option("--no-normalize", is_flag=True, help="Leave out the division by 255.")
@click.option(
    "--robustness", is_flag=True, help="Accuracy against more and more shift, rotation and noise."
)
@click.option(
    "-w",
    "--weights",
    "weights_files",
    multiple=True,
    metavar="FILE",
    help="Weights, .pkl or .npz; more than one to compare.  [default: the embedded weights.pkl]",
)
@activation_option
@images_option
@labels_option
@data_dir_option
@new_file_option(
    "-o",
    "--output",
    suffixes=(".csv", ".jsonl"),
    about="Write a row for each image: label, prediction, confidence, probabilities.",
)
@export_option
@force_option
@json_option
def evaluate(
    images: str | None,
    labels: str | None,
    weights_files: tuple[str, ...],
    activation: Any,
    threads: int | None,
    shift: tuple[int, int],
    rotate: float,
    noise: float,
    invert: bool,
    no_normalize: bool,
    confusion: bool,
    wrong: int | None,
    show_label: int | None,
    show_prediction: int | None,
    min_confidence: float | None,
    sweep: tuple[int | None, ...] | None,
    robustness: bool,
    output: str | None,
    export: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Accuracy and speed on the test set: one image at a time against batches.

    The images are read once and both ways are warmed up, then timed in turn, run by run. Only the
    forward pass is timed, on one thread unless --threads gives the batches more.
    """
    from mnist_cli.datasets.corruptions import Corruption
    from mnist_cli.evaluation.evaluation import Views, evaluate
    from mnist_cli.render.progress import counted
    from mnist_cli.render.views import evaluate as render

    together(images, labels)
    weights, *rivals = weights_files or (None,)
    with counted("images") as progress:
        result = evaluate(
            weights,
            images,
            labels,
            rivals=rivals,
            activation=activation or "sigmoid",
            threads=threads or 1,
            corruption=Corruption(
                rotate=rotate,
                shift=shift,
                invert=invert,
                noise=noise,
                normalize=not no_normalize,
            ),
            views=Views(
                confusion=confusion,
                mistakes=any(one is not None for one in (wrong, show_label, show_prediction)),
                pictures=wrong or None,  # 0 stands for --wrong without a number
                show_label=show_label,
                show_prediction=show_prediction,
                min_confidence=min_confidence,
                sweep=sweep,
                robustness=robustness,
                output=output,
                overwrite=force,
            ),
            progress=progress,
            **options,
        )
    present(
        lambda: render.as_json(result),
        lambda: render.lines(result),
        as_json=as_json,
        export=export,
        force=force,
    )
    note_activation(result.layer_sizes, activation)
