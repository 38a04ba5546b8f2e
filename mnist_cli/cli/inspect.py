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
@export_option
@force_option
@json_option
def inspect(
    file: str | None,
    activation: Any,
    data_dir: str | None,
    as_json: bool,
    export: str | None,
    force: bool,
) -> None:
    """Show the shapes and parameters of a weights FILE (.pkl or .npz).

    Without FILE: the embedded weights. The file is read as data; nothing in it is executed.
    """
    from mnist_cli.render import inspect as render
    from mnist_cli.summary import summarize

    summary = summarize(file, activation=activation or "sigmoid", data_dir=data_dir)
    present(
        lambda: render.as_json(summary),
        lambda: render.lines(summary),
        as_json=as_json,
        export=export,
        force=force,
    )
    note_activation(summary.layer_sizes, activation)
    if not summary.finite:
        render.warn_not_finite()
