"""`mnist predict`."""

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
    note_activation,
    present,
    weights_option,
)


@click.command(
    epilog=examples(
        "mnist predict --index 42",
        "mnist predict --index 8 --explain",
        "mnist predict --index 42 --export digit.svg",
        "mnist predict --index 0 --index 8 --json",
    )
)
@click.option(
    "-i",
    "--index",
    "indices",
    type=int,
    multiple=True,
    metavar="N",
    help="Image N of the test set, from 0; may be given more than once.",
)
@click.option(
    "--explain", is_flag=True, help="Take the answer apart, step by step, in the book's symbols."
)
@weights_option
@activation_option
@images_option
@labels_option
@data_dir_option
@export_option
@force_option
@json_option
def predict(
    indices: tuple[int, ...],
    explain: bool,
    weights: str | None,
    activation: Any,
    images: str | None,
    labels: str | None,
    data_dir: str | None,
    export: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Say which digit an image shows."""
    if not indices:
        raise click.UsageError("Nothing to read: name an image file or give --index N.")
    from mnist_cli.predict import explained, predict_indices
    from mnist_cli.render import predict as render
    from mnist_cli.weights import load_network

    network = load_network(weights, activation=activation or "sigmoid", data_dir=data_dir)
    try:
        predictions = predict_indices(network, indices, images, labels, data_dir=data_dir)
    except IndexError as error:
        raise click.BadParameter(str(error), param_hint="'--index'") from None
    if explain:
        predictions = explained(network, predictions)
    present(
        lambda: [render.as_json(prediction) for prediction in predictions],
        lambda: render.lines(predictions),
        as_json=as_json,
        export=export,
        force=force,
    )
    note_activation(network.layer_sizes, activation)
