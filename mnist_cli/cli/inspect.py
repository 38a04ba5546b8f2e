"""`mnist inspect`."""

from typing import Any

import click

from mnist_cli.cli.common import activation_option, data_dir_option, examples, json_option


@click.command(
    epilog=examples(
        "mnist inspect",
        "mnist inspect weights.pkl",
        "mnist inspect --json weights.pkl",
    )
)
@click.argument("file", required=False)
@activation_option
@data_dir_option
@json_option
def inspect(file: str | None, activation: Any, data_dir: str | None, as_json: bool) -> None:
    """Show the shapes and parameters of a weights FILE (.pkl or .npz).

    Without FILE: the embedded weights. The file is read as data; nothing in it is executed.
    """
    from mnist_cli.cli.common import note_activation
    from mnist_cli.render import inspect as render
    from mnist_cli.render.text import show, show_json
    from mnist_cli.summary import summarize

    summary = summarize(file, activation=activation or "sigmoid", data_dir=data_dir)
    if as_json:
        show_json(render.as_json(summary))
    else:
        show(render.lines(summary))
    note_activation(summary.layer_sizes, activation)
    if not summary.finite:
        render.warn_not_finite()
