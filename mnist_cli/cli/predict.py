"""`mnist predict`."""

from typing import Any

import click

from mnist_cli.cli.common import (
    activation_option,
    data_dir_option,
    examples,
    images_option,
    json_option,
    labels_option,
    weights_option,
)


@click.command(
    epilog=examples(
        "mnist predict --index 42",
        "mnist predict --index 8 --explain",
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
@json_option
def predict(
    indices: tuple[int, ...],
    explain: bool,
    weights: str | None,
    activation: Any,
    images: str | None,
    labels: str | None,
    data_dir: str | None,
    as_json: bool,
) -> None:
    """Say which digit an image shows."""
    if not indices:
        raise click.UsageError("Nothing to read: name an image file or give --index N.")
    from mnist_cli.cli.common import note_activation
    from mnist_cli.predict import explained, predict_indices
    from mnist_cli.render import predict as render
    from mnist_cli.render.text import show, show_json
    from mnist_cli.weights import load_network

    network = load_network(weights, activation=activation or "sigmoid", data_dir=data_dir)
    try:
        predictions = predict_indices(network, indices, images, labels, data_dir=data_dir)
    except IndexError as error:
        raise click.BadParameter(str(error), param_hint="'--index'") from None
    if explain:
        predictions = explained(network, predictions)
    if as_json:
        show_json([render.as_json(prediction) for prediction in predictions])
    else:
        show(render.lines(predictions))
    note_activation(network.layer_sizes, activation)
