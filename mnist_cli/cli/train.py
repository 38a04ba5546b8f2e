"""`mnist train`."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_cli.cli.common import (
    Command,
    Sections,
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
from mnist_cli.training.recipes import ACTIVATIONS, HYPERPARAMETERS, NET, RECIPES
from mnist_cli.weights.formats import SUFFIXES

if TYPE_CHECKING:
    from mnist_cli.training.recipes import Recipe
    from mnist_cli.weights.card import Card

_SHORTCUTS = {"epochs": (), "batch_size": ("-b",), "learning_rate": ()}

_HELP = """Train the net 784-50-100-10, or another, in NumPy and write its weights.

\b
{recipes}

A part of the training images is held out, and validation is on those. The test set is read
once, at the end. Ctrl-C keeps the best weights so far as OUTPUT.partial.
""".format(recipes="\n".join(f"{each.name:<9} {each.about}" for each in RECIPES.values()))


def _parse_hyperparameters(
    _context: click.Context, _option: click.Parameter, pairs: tuple[str, ...]
) -> dict[str, float]:
    """``("elastic=0", "held-out=10")`` -> {"elastic": 0.0, "held_out": 10.0}."""
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            values[name.strip().replace("-", "_")] = float(value)
        except ValueError:
            raise click.BadParameter(f"{pair!r} is not NAME=NUMBER.") from None
    return values


def _parse_hidden(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> tuple[int, ...] | None:
    """``"50,100"`` -> (50, 100), ``"none"`` -> ()."""
    if text is None or text.strip().lower() == "none":
        return None if text is None else ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither 'none' nor a list such as 50,100.") from None


def _shortcut_options(command: Command) -> Command:
    """Options of their own for the hyperparameters that are changed most."""
    for name, short in reversed(_SHORTCUTS.items()):
        each = HYPERPARAMETERS[name]
        command = click.option(
            *short,
            f"--{name.replace('_', '-')}",
            type=int if each.whole else float,
            metavar="N" if each.whole else "X",
            help=each.about,
        )(command)
    return command


@click.command(
    cls=Sections,
    sections={
        "How to train": "recipe epochs batch-size learning-rate set recipes seed *",
        "Images": "images labels limit test-images test-labels data-dir",
        "Output": "output export force json quiet help",
    },
    help=_HELP,
    epilog=examples(
        "mnist train",
        "mnist train --recipe best --seed 0 --output weights.pkl",
        "mnist train --epochs 2 --limit 5000 --json",
        "mnist train -r standard --set elastic=0 --set shear=0",
        "mnist train --hidden 100 --activation relu",
        "mnist train --recipes",
    ),
)
@click.option(
    "-r",
    "--recipe",
    type=click.Choice(list(RECIPES)),
    default="quick",
    show_default=True,
    help="What to train by; see above.",
)
@click.option(
    "--hidden",
    callback=_parse_hidden,
    metavar="N,N",
    help=f"{NET['hidden']}  [default: 50,100]",
)
@click.option(
    "--activation",
    type=click.Choice(ACTIVATIONS),
    help=f"{NET['activation']}  [default: sigmoid]",
)
@_shortcut_options
@click.option(
    "--set",
    "hyperparameters",
    multiple=True,
    metavar="NAME=X",
    callback=_parse_hyperparameters,
    help="Any other hyperparameter; may be given more than once.",
)
@click.option(
    "--recipes",
    "listing",
    is_flag=True,
    help="List the hyperparameters, what they mean and their values; train nothing.",
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
    suffixes=tuple(SUFFIXES),
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
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def train(
    listing: bool, export: str | None, force: bool, as_json: bool, quiet: bool, **options: Any
) -> None:
    """Train, or list the recipes, and show the result."""
    if listing:
        from mnist_cli.render.views import recipes

        document, view = recipes.as_json, recipes.lines
    else:
        from mnist_cli.render.views import train as training

        result = _train(overwrite=force, quiet=quiet, **options)
        document, view = partial(training.as_json, *result), partial(training.lines, *result)
    present(document, view, as_json=as_json, export=export, force=force, quiet=quiet)


def _train(
    *, recipe: str, output: str | None, overwrite: bool, quiet: bool, **options: Any
) -> tuple["Recipe", "Card", Path]:
    from mnist_cli.render.views import train as training
    from mnist_cli.training.files import TrainingFiles, train_file

    files = TrainingFiles(
        together(options["images"], options["labels"]),
        together(options["test_images"], options["test_labels"], "--test-images and --test-labels"),
        options["data_dir"],
        options["limit"],
    )
    shortcuts = {name: options[name] for name in _SHORTCUTS if options[name] is not None}
    try:
        chosen = RECIPES[recipe].change(
            options["hyperparameters"] | shortcuts, options["hidden"], options["activation"]
        )
    except ValueError as error:
        raise click.UsageError(f"{error}.") from None
    path = Path(output or "mnist-weights.pkl")
    with training.watch(quiet) as report:
        card = train_file(
            path,
            chosen,
            files,
            seed=options["seed"],
            overwrite=overwrite,
            report=report,
            on_kept=partial(training.say_what_is_kept, chosen),
        )
    return chosen, card, path
