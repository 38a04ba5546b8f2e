"""`mnist train`."""

from typing import Any

import click

from mnist_cli.cli.common import blamed, output_or, pick, present
from mnist_cli.cli.options import NATURAL, command
from mnist_cli.spec import ACTIVATIONS
from mnist_cli.training.recipes import HYPERPARAMETERS, NET, RECIPES
from mnist_cli.weights.formats import SUFFIXES

_SHORTCUTS = ("epochs", "batch_size", "learning_rate")


def _parse_hyperparameters(_context: Any, _option: Any, pairs: tuple[str, ...]) -> dict[str, float]:
    """``("elastic=0", "held-out=10")`` -> {"elastic": 0.0, "held_out": 10.0}."""
    values = {}
    for pair in pairs:
        name, _, value = pair.partition("=")
        try:
            values[name.strip().replace("-", "_")] = float(value)
        except ValueError:
            raise click.BadParameter(f"{pair!r} is not NAME=NUMBER.") from None
    return values


def _parse_hidden(_context: Any, _option: Any, text: str | None) -> tuple[int, ...] | None:
    """``"50,100"`` -> (50, 100), ``"none"`` -> ()."""
    if text is None or text.strip().lower() == "none":
        return None if text is None else ()
    try:
        return tuple(int(size) for size in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is neither 'none' nor a list such as 50,100.") from None


_ABOUT = "\n".join(f"{each.name:<9} {each.about}" for each in RECIPES.values())


@command(
    f"""
Train the net 784-50-100-10, or another, in NumPy and write its weights.

\b
{_ABOUT}

A part of the training images is held out, and validation is on those. The test set is read
once, at the end. Ctrl-C keeps the best weights so far as OUTPUT.partial.

How to train:
  -r --recipe {"|".join(RECIPES)}  What to train by; see above.  [default: quick, or
                       tune with --start]
  --start FILE         Go on from these weights, not from random numbers.
  --hidden N,N         {NET["hidden"]}  [default: 50,100]
  --activation {"|".join(ACTIVATIONS)}  {NET["activation"]}  [default: sigmoid]
  --epochs N           {HYPERPARAMETERS["epochs"].about}
  -b --batch-size N    {HYPERPARAMETERS["batch_size"].about}
  --learning-rate X    {HYPERPARAMETERS["learning_rate"].about}
  --set NAME=X         Any other hyperparameter; may be given more than once.
  --recipes            List the hyperparameters, what they mean and their values; train nothing.
  --seed N             The same seed on the same machine gives the same bytes.
Images:
  --limit
  --images FILE        IDX images, or the name of a pair.  [default: MNIST's in the data directory]
  --labels
  --test-images FILE   IDX images to test on.  [default: the embedded test set, for
                       MNIST and --start]
  --test-labels FILE   IDX labels of these images.
  --data-dir
Output:
  -o --output FILE{"|".join(SUFFIXES)}  Weights to write, and their card (.json).  [default:
                       mnist-weights.pkl]
  --snapshots FILE.npz  Also write nets on the way, for 'mnist draw --snapshots'.
  --export --light --force --quiet --json
Rules:
  --hidden excludes --start: the net has its layers
  --snapshots excludes --start: they begin with random numbers
  --labels needs --images
  --test-labels needs --test-images
Examples:
  mnist train
  mnist train --recipe best --seed 0 --output weights.pkl
  mnist train --epochs 2 --limit 5000 --json
  mnist train -r standard --set elastic=0 --set shear=0
  mnist train --hidden 100 --activation relu
  mnist train --images class --start weights.pkl
  mnist train --recipes
""",
    hidden={"callback": _parse_hidden},
    set={"multiple": True, "callback": _parse_hyperparameters},
    seed={"type": NATURAL, "default": 0, "show_default": True},
)
def train(**given: Any) -> None:
    """Train, or list the recipes, and show the result."""
    if given["recipes"]:
        from mnist_cli.render.views import recipes

        present(given, recipes)
        return
    from mnist_cli.render.text import note
    from mnist_cli.render.views import train as view
    from mnist_cli.training.files import TrainingFiles, train_file
    from mnist_cli.weights.weights_file import read_weights

    start = None
    if given["start"]:
        start = read_weights(given["start"], given["data_dir"], given["activation"])
    files = TrainingFiles(
        (given["images"], given["labels"]) if given["images"] else None,
        (given["test_images"], given["test_labels"]) if given["test_images"] else None,
        given["data_dir"],
        given["limit"],
        start,
    )
    shortcuts = {name: given[name] for name in _SHORTCUTS if given[name] is not None}
    recipe = RECIPES[given["recipe"] or ("tune" if start else "quick")]
    with blamed(ValueError):
        recipe = recipe.change(given["set"] | shortcuts, given["hidden"], given["activation"])
        if start is not None:
            recipe = recipe.from_net(start.layer_sizes, start.activation)
    for each in start.notes if start and not given["quiet"] else ():
        note(each)
    with output_or("mnist-weights.pkl", given) as path, view.watch(given["quiet"]) as report:
        named = pick(given, "seed", "snapshots") | {"overwrite": given["force"]}
        card = train_file(path, recipe, files, report=report, note=note, **named)
    present(given, view, recipe, card, path, given["snapshots"])
