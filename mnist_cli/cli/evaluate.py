"""`mnist eval`."""

from typing import Any

import click

from mnist_cli.cli.common import (
    activation_option,
    data_dir_option,
    examples,
    images_option,
    json_option,
    labels_option,
    threads_option,
    together,
    weights_option,
)


@click.command(
    "eval",
    epilog=examples(
        "mnist eval --batch-size 100",
        "mnist eval --batch-size 100 --runs 3 --limit 1000 --json",
        "mnist eval --weights weights.pkl --mode batched --threads 2",
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
@click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Take only the first N images."
)
@click.option(
    "--mode",
    type=click.Choice(["both", "per-sample", "batched", "textbook"]),
    default="both",
    show_default=True,
    help="Which ways to run; textbook adds the lecture's own formulas to both.",
)
@threads_option
@weights_option
@activation_option
@images_option
@labels_option
@data_dir_option
@json_option
def evaluate(
    images: str | None,
    labels: str | None,
    activation: Any,
    threads: int | None,
    as_json: bool,
    **options: Any,
) -> None:
    """Accuracy and speed on the test set: one image at a time against batches.

    The images are read once and both ways are warmed up, then timed in turn, run by run. Only the
    forward pass is timed, on one thread unless --threads gives the batches more.
    """
    from mnist_cli.cli.common import note_activation
    from mnist_cli.evaluate import evaluate
    from mnist_cli.render import evaluate as render
    from mnist_cli.render.progress import counted
    from mnist_cli.render.text import show, show_json

    together(images, labels)
    with counted("images") as progress:
        result = evaluate(
            images=images,
            labels=labels,
            activation=activation or "sigmoid",
            threads=threads or 1,
            progress=progress,
            **options,
        )
    if as_json:
        show_json(render.as_json(result))
    else:
        show(render.lines(result))
    note_activation(result.layer_sizes, activation)
