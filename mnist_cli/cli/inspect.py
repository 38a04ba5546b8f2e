"""`mnist inspect`."""

from typing import Any

import click

from mnist_cli.cli.common import note_all, present
from mnist_cli.cli.options import argument, command
from mnist_cli.weights.formats import KINDS

_OPTIONS = """
Options:
  --stats     Describe each array's values: range, mean, histogram.
  --neuron N  What neuron N of the first layer looks for, from 0.
  --neurons   The same for all neurons, on one sheet.
  --activation
  --data-dir
  --export
  --light
  --force
  --json
"""


@command(
    "inspect",
    argument("files", metavar="[FILE [FILE]]", nargs=-1),
    options=_OPTIONS,
    rules="--neurons excludes --neuron\n--light needs --export",
    settings={"neuron": {"type": int}},
    examples=(
        "mnist inspect",
        "mnist inspect weights.pkl",
        "mnist inspect --json weights.pkl",
        "mnist inspect --stats --neuron 7",
        "mnist inspect weights.pkl sample_weight.pkl",
    ),
    about=f"""Show the shapes and parameters of a weights FILE ({KINDS}).

    Without FILE: the embedded weights. With two: how far apart they are, and on how many test
    images they disagree. A file is read as data; nothing in it is executed.
    """,
)
def inspect(files: tuple[str, ...], **given: Any) -> None:
    """Show one weights file, or compare two."""
    stats, neuron, neurons, activation, data_dir = (
        given[name] for name in ("stats", "neuron", "neurons", "activation", "data_dir")
    )
    if len(files) > 1:
        if len(files) > 2:
            raise click.UsageError("Name at most two files.")
        if stats or neurons or neuron is not None:
            raise click.UsageError("Two files are compared; name one for anything else.")
        from mnist_cli.evaluation.compared import compare_files
        from mnist_cli.render.views import compared

        found = compare_files(files[0], files[1], activation=activation, data_dir=data_dir)
        present(given, compared, found)
        for each in found.files:
            note_all(each.file.notes)
        return
    from mnist_cli.render.views import inspect as view
    from mnist_cli.weights.summary import summarize
    from mnist_cli.weights.weights_file import read_weights

    file = read_weights(files[0] if files else None, data_dir, activation)
    try:
        summary = summarize(file, stats=stats, all_neurons=neurons, neuron=neuron)
    except IndexError as error:
        raise click.BadParameter(str(error), param_hint="'--neuron'") from None
    present(given, view, summary)
    note_all(file.notes)
    if not file.finite:
        view.warn_not_finite()
