"""`mnist train`."""

from typing import Any

import click

from mnist_cli.cli.common import (
    data_dir_option,
    examples,
    export_option,
    force_option,
    json_option,
    limit_option,
    new_file_option,
    present,
    together,
)

# As in `mnist_cli.training.recipes`, which would bring NumPy with it.
_RECIPES = ("quick", "standard", "best")


def _parse_numbers(
    _context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, float]:
    numbers = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            numbers[name.strip().replace("-", "_")] = float(value)
        except ValueError:
            raise click.BadParameter(f"{pair!r} is not NAME=NUMBER.") from None
    return numbers


@click.command(
    epilog=examples(
        "mnist train",
        "mnist train --recipe best --seed 0 --output weights.pkl",
        "mnist train --epochs 2 --limit 5000 --json",
        "mnist train --recipe standard --set elastic=0 --set weight_decay=0.2",
    )
)
@click.option(
    "-r",
    "--recipe",
    type=click.Choice(_RECIPES),
    default="quick",
    show_default=True,
    help="What to train by; see above.",
)
@click.option(
    "--epochs", type=click.IntRange(min=1), metavar="N", help="How often each image is seen."
)
@click.option("-b", "--batch-size", type=click.IntRange(min=1), metavar="N", help="Images a step.")
@click.option(
    "--learning-rate",
    type=click.FloatRange(min=0, min_open=True),
    metavar="X",
    help="The highest, after an epoch of warm-up.",
)
@click.option(
    "--set",
    "numbers",
    multiple=True,
    metavar="NAME=X",
    callback=_parse_numbers,
    help="Any other number of the recipe; may be given more than once.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    metavar="N",
    help="The same seed on the same machine gives the same bytes.",
)
@limit_option
@new_file_option(
    "-o",
    "--output",
    suffixes=(".pkl", ".npz"),
    about="Weights to write, and their card (.json).  [default: mnist-weights.pkl]",
)
@click.option(
    "--images", metavar="FILE", help="IDX images.  [default: MNIST's in the data directory]"
)
@click.option("--labels", metavar="FILE", help="IDX labels of these images.")
@click.option(
    "--test-images",
    metavar="FILE",
    help="IDX images to test on.  [default: the embedded test set, for MNIST]",
)
@click.option("--test-labels", metavar="FILE", help="IDX labels of these images.")
@data_dir_option
@export_option
@force_option
@json_option
def train(
    recipe: str,
    epochs: int | None,
    batch_size: int | None,
    learning_rate: float | None,
    numbers: dict[str, float],
    output: str | None,
    images: str | None,
    labels: str | None,
    test_images: str | None,
    test_labels: str | None,
    export: str | None,
    force: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Train the net 784-50-100-10 in NumPy and write its weights.

    \b
    quick     no distortions, AdamW: 97.6 % in some ten seconds
    standard  distorted images, AdamW: 99.0 % in some minutes
    best      distorted images, SOAP: 99.2 % in more; made the embedded weights

    A part of the training images is held out, and validation is on those. The test set is read
    once, at the end. Ctrl-C keeps the best weights so far as OUTPUT.partial.
    """
    from mnist_cli.render.views import train as render
    from mnist_cli.training.recipes import RECIPES
    from mnist_cli.training.run import Interrupted, train_file

    together(images, labels)
    together(test_images, test_labels, "--test-images and --test-labels")
    given = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    changes = numbers | {name: value for name, value in given.items() if value is not None}
    try:
        chosen = RECIPES[recipe].with_numbers(changes)
    except ValueError as error:
        raise click.BadParameter(f"{error}.", param_hint="'--set'") from None
    try:
        with render.watching() as report:
            result = train_file(
                output or "mnist-weights.pkl",
                chosen,
                images=images,
                labels=labels,
                test_images=test_images,
                test_labels=test_labels,
                overwrite=force,
                report=report,
                **options,
            )
    except Interrupted as interruption:
        render.say_what_is_left(interruption)
        raise
    present(
        lambda: render.as_json(result),
        lambda: render.lines(result),
        as_json=as_json,
        export=export,
        force=force,
    )
