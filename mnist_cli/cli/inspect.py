"""`mnist inspect`."""

from typing import Any

import click

from mnist_cli.cli.common import (
    activation_option,
    data_dir_option,
    examples,
    export_option,
    force_option,
    json_option,
    note_activation,
    present,
)
from mnist_cli.weights.formats import KINDS


@click.command(
    help=f"""Show the shapes and parameters of a weights FILE ({KINDS}).

    Without FILE: the embedded weights. With two: how far apart they are, and on how many test
    images they disagree. A file is read as data; nothing in it is executed.
    """,
    epilog=examples(
        "mnist inspect",
        "mnist inspect weights.pkl",
        "mnist inspect --json weights.pkl",
        "mnist inspect --stats --neuron 7",
        "mnist inspect weights.pkl sample_weight.pkl",
    ),
)
@click.argument("files", metavar="[FILE [FILE]]", nargs=-1)
@click.option("--stats", is_flag=True, help="Describe each array's values: range, mean, histogram.")
@click.option(
    "--neuron", type=int, metavar="N", help="What neuron N of the first layer looks for, from 0."
)
@click.option("--neurons", is_flag=True, help="The same for all neurons, on one sheet.")
@activation_option
@data_dir_option
@export_option
@force_option
@json_option
def inspect(
    files: tuple[str, ...],
    stats: bool,
    neuron: int | None,
    neurons: bool,
    activation: Any,
    data_dir: str | None,
    **output: Any,
) -> None:
    """Show one weights file, or compare two."""
    if len(files) > 1:
        if len(files) > 2:
            raise click.UsageError("Name at most two files.")
        if stats or neurons or neuron is not None:
            raise click.UsageError("Two files are compared; name one for anything else.")
        _compare(files[0], files[1], activation, data_dir, output)
        return
    if neurons and neuron is not None:
        raise click.UsageError("--neuron N and --neurons exclude each other.")
    from mnist_cli.render.views import inspect as render
    from mnist_cli.weights.summary import summarize
    from mnist_cli.weights.weights_file import read_weights

    file = read_weights(files[0] if files else None, data_dir)
    try:
        summary = summarize(file, activation, stats=stats, all_neurons=neurons, neuron=neuron)
    except IndexError as error:
        raise click.BadParameter(str(error), param_hint="'--neuron'") from None
    present(lambda: render.as_json(summary), lambda: render.lines(summary), **output)
    note_activation(activation or file.activation)
    if not file.finite:
        render.warn_not_finite()


def _compare(
    first: str, second: str, activation: Any, data_dir: str | None, output: dict[str, Any]
) -> None:
    from mnist_cli.evaluation.compared import compare
    from mnist_cli.render.views import compared as render

    result = compare(first, second, activation=activation, data_dir=data_dir)
    present(
        lambda: render.comparison_as_json(result),
        lambda: render.comparison_lines(result),
        **output,
    )
    note_activation(activation or (result.first.file.activation and result.second.file.activation))
