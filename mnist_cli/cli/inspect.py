"""`mnist inspect`."""

from typing import Any

import click

from mnist_cli.cli.common import blamed, present
from mnist_cli.cli.options import argument, command
from mnist_cli.weights.formats import KINDS


@command(
    f"""
Show the shapes and parameters of a weights FILE ({KINDS}).

Without FILE: the embedded weights. With two: how far apart they are, and on how many test
images they disagree. A file is read as data; nothing in it is executed.

Options:
  --stats     Describe each array's values: range, mean, histogram.
  --neuron N  What neuron N of the first layer looks for, from 0.
  --neurons   The same for all neurons, on one sheet.
  --activation --data-dir --export --light --force --json
Rules:
  --neurons excludes --neuron
Examples:
  mnist inspect
  mnist inspect weights.pkl
  mnist inspect --json weights.pkl
  mnist inspect --stats --neuron 7
  mnist inspect weights.pkl sample_weight.pkl
""",
    argument("files", metavar="[FILE [FILE]]", nargs=-1),
)
def inspect(files: tuple[str, ...], **given: Any) -> None:
    """Show one weights file, or compare two."""
    activation, data_dir = given["activation"], given["data_dir"]
    stats, neuron, neurons = given["stats"], given["neuron"], given["neurons"]
    if len(files) > 2:
        raise click.UsageError("Name at most two files.")
    if len(files) == 2:
        if stats or neurons or neuron is not None:
            raise click.UsageError("Two files are compared; name one for anything else.")
        from mnist_cli.evaluation.compared import compare_files
        from mnist_cli.render.views import compared

        both = compare_files(files, activation, data_dir)
        notes = (note for each in both.files for note in each.file.notes)
        present(given, compared, both, notes=notes)
        return
    from mnist_cli.evaluation.summary import summarize
    from mnist_cli.render.text import note
    from mnist_cli.render.views import inspect as view
    from mnist_cli.weights.weights_file import read_weights

    file = read_weights(files[0] if files else None, data_dir, activation)
    with blamed(IndexError, "--neuron"):
        summary = summarize(file, stats=stats, all_neurons=neurons, neuron=neuron)
    present(given, view, summary, notes=file.notes)
    if not file.finite:
        note("the weights hold NaN or infinity: predict and eval refuse this file", "Warning")
