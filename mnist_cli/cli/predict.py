"""`mnist predict`."""

from typing import TYPE_CHECKING, Any

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
    new_file_option,
    note_activation,
    present,
    weights_option,
)

if TYPE_CHECKING:
    from mnist_cli.net.network import Network
    from mnist_cli.prediction.batch import Reading, Unread
    from mnist_cli.prediction.prediction import Prediction


@click.command(
    epilog=examples(
        "mnist predict --index 42",
        "mnist predict photo.jpg --show-steps",
        "mnist predict digits/ --labels-from-names --output digits.csv",
        "mnist predict --split page.png",
        "mnist predict --index 8 --explain",
        "mnist predict --index 42 --export digit.svg",
        "mnist predict --index 0 --index 8 --json",
    )
)
@click.argument("pictures", nargs=-1, metavar="[IMAGES]...")
@click.option(
    "-i",
    "--index",
    "indices",
    type=int,
    multiple=True,
    metavar="N",
    help="Image N of the test set, from 0; may be given more than once.",
)
@click.option("--split", is_flag=True, help="Read all digits of a picture, from left to right.")
@click.option(
    "--invert/--no-invert",
    default=None,
    help="Say that the ink is darker / brighter than the ground.  [default: found out]",
)
@click.option("--no-preprocess", is_flag=True, help="Only resize pictures to 28x28.")
@click.option("--show-steps", is_flag=True, help="Show what was done to a picture.")
@click.option(
    "--labels-from-names",
    is_flag=True,
    help="Compare with the label that names begin with: 7_12.png, 7/12.png.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="Cores to use.  [default: all]"
)
@click.option(
    "--explain", is_flag=True, help="Take the answer apart, step by step, in the book's symbols."
)
@new_file_option(
    "-o", "--output", suffixes=(".csv", ".jsonl"), about="Also write the answers to a table."
)
@new_file_option("--save-digit", suffixes=(".png",), about="Also write what the net sees.")
@click.option("--save-steps", metavar="DIR", help="Also write the picture after each step.")
@weights_option
@activation_option
@images_option
@labels_option
@data_dir_option
@export_option
@force_option
@json_option
def predict(
    pictures: tuple[str, ...],
    indices: tuple[int, ...],
    split: bool,
    invert: bool | None,
    no_preprocess: bool,
    show_steps: bool,
    labels_from_names: bool,
    threads: int | None,
    explain: bool,
    output: str | None,
    save_digit: str | None,
    save_steps: str | None,
    weights: str | None,
    activation: Any,
    images: str | None,
    labels: str | None,
    data_dir: str | None,
    export: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Say which digit an image shows.

    IMAGES are photos, scans or drawings of one digit each, folders of them, or - for standard
    input.
    """
    if not pictures and not indices:
        raise click.UsageError("Nothing to read: name an image file or give --index N.")
    if split and no_preprocess:
        raise click.UsageError("--split finds digits, --no-preprocess does not: give one of them.")
    on_pictures = {
        "--split": split,
        "--invert": invert is not None,
        "--no-preprocess": no_preprocess,
        "--show-steps": show_steps,
        "--save-steps": save_steps is not None,
        "--labels-from-names": labels_from_names,
        "--threads": threads is not None,
    }
    for name, given in on_pictures.items():
        if given and not pictures:
            raise click.UsageError(f"{name} needs an image file.")
    if not indices and (images is not None or labels is not None):
        raise click.UsageError("--images and --labels are for --index.")
    if pictures.count("-") > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    from mnist_cli.errors import MnistError
    from mnist_cli.prediction.prediction import Prediction, explained, predict_indices
    from mnist_cli.render.views import predict as render
    from mnist_cli.weights.weights_file import load_network

    network = load_network(weights, activation=activation or "sigmoid", data_dir=data_dir)
    results: list[Prediction | Unread] = []
    if indices:
        try:
            results += predict_indices(network, indices, images, labels, data_dir=data_dir)
        except IndexError as error:
            raise click.BadParameter(str(error), param_hint="'--index'") from None
    if pictures:
        from mnist_cli.prediction.batch import Reading

        keep_steps = show_steps or save_steps is not None
        reading = Reading(not no_preprocess, invert, split, keep_steps)
        results += _read(network, pictures, reading, labels_from_names, threads)
    if explain:
        results = [
            explained(network, result) if isinstance(result, Prediction) else result
            for result in results
        ]
    predictions = [result for result in results if isinstance(result, Prediction)]
    unread = [result for result in results if not isinstance(result, Prediction)]
    if not predictions and not as_json:  # without any result nothing is shown or written
        for failed in unread:
            click.echo(f"Error: {failed.error}", err=True)
        return 1
    if save_digit is not None:
        if len(predictions) != 1:
            raise click.UsageError(f"--save-digit takes one digit, found {len(predictions)}.")
        if predictions[0].empty:
            raise MnistError(f"there is no digit to save: {predictions[0].empty}")
    if output is not None:
        from mnist_cli.render.records import write_records

        write_records(output, results, overwrite=force)
    if save_digit is not None or save_steps is not None:
        from mnist_cli.render.views.steps import write_digit, write_steps

        if save_digit is not None:
            write_digit(save_digit, predictions[0].image, overwrite=force)
        if save_steps is not None:
            write_steps(save_steps, predictions, overwrite=force)
    whole = show_steps or explain or not pictures or len(results) == 1
    present(
        lambda: [render.as_json(result) for result in results],
        lambda: (
            render.lines(predictions, steps=show_steps)
            if whole
            else render.overview(predictions, len(unread))
        ),
        as_json=as_json,
        export=export,
        force=force,
    )
    note_activation(network.layer_sizes, activation)
    for failed in unread:
        click.echo(f"Error: {failed.error}", err=True)
    return 1 if unread else 0


def _read(
    network: "Network",
    pictures: tuple[str, ...],
    reading: "Reading",
    labels_from_names: bool,
    threads: int | None,
) -> "list[Prediction | Unread]":
    """Read files and folders, with a progress bar where it takes a while."""
    import sys

    from mnist_cli.prediction.batch import available_cores, predict_files
    from mnist_cli.prediction.sources import find_pictures
    from mnist_cli.render.progress import counted
    from mnist_cli.render.text import note

    found = find_pictures(pictures)
    if found.skipped:
        files = "1 file" if found.skipped == 1 else f"{found.skipped} files"
        note(f"left out {files} not named as pictures are")
    with counted("pictures") as progress:
        return list(
            predict_files(
                network,
                found.paths,
                reading,
                labels_from_names=labels_from_names,
                threads=threads or available_cores(),
                standard_input=sys.stdin.buffer,
                progress=progress,
            )
        )
