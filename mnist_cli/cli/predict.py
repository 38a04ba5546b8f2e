"""`mnist predict`."""

import os
import re
import sys
from typing import TYPE_CHECKING, Any

import click

from mnist_cli.cli.common import (
    Sections,
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
    from mnist_cli.prediction.request import Results

_MOST_INDICES = 100_000  # of one range: each prediction is kept until all are there
_MOST_SHOWN = 50  # on a terminal, of images that nobody has counted before

_INDICES = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?|random(?::([0-9]{1,15}))?", re.ASCII)


def _parse_indices(
    _context: click.Context, _option: click.Parameter, values: tuple[str, ...]
) -> list[int | None]:
    """``42``, ``1,2,3``, ``0-4,8``, ``random:2`` -> the indices in order, None for a random one."""
    indices: list[int | None] = []
    for part in (part.strip() for value in values for part in value.split(",")):
        found = _INDICES.fullmatch(part)
        first, last, drawn = found.groups() if found else ("1", "0", None)
        count = int(drawn or 1) if first is None else int(last or first) - int(first) + 1
        if count < 1:
            raise click.BadParameter(
                f"{part!r}: expected N, N-M, random, random:N or a list such as 0-4,8."
            )
        if count > _MOST_INDICES:
            raise click.BadParameter(f"{part!r}: at most {_MOST_INDICES:,} images at once.")
        indices += [None] * count if first is None else range(int(first), int(first) + count)
    return indices


def _check_place(context: click.Context, option: click.Parameter, path: str | None) -> str | None:
    """Refuse before the work begins a place for pictures that could not be written after it."""
    if path is not None:
        from pathlib import Path

        from mnist_cli.files import require_writable, require_writable_folder

        suffix = Path(path).suffix.lower() if option.name == "save_digit" else ""
        if suffix == ".png":
            require_writable(path, overwrite=context.params["force"])
        elif suffix and not Path(path).is_dir():
            raise click.BadParameter("the name must end in .png, or be that of a folder.")
        else:
            require_writable_folder(path)
    return path


# Options that do nothing without a picture file, and those that go into a request as they are.
_FOR_PICTURES = (
    *("split", "invert", "no_preprocess", "show_steps", "save_steps", "labels_from_names"),
    "threads",
)
_OF_A_REQUEST = (
    *("indices", "seed", "take", "images", "labels", "data_dir", "invert", "split", "explain"),
    "labels_from_names",
)


@click.command(
    cls=Sections,
    sections={
        "What to read": "index seed label split invert no-preprocess threads",
        "What to show": "sheet explain show-steps labels-from-names only *",
        "Net and test images": "weights activation images labels data-dir",
        "Output": "output save-digit save-steps export force json quiet help",
    },
    epilog=examples(
        "mnist predict --index 42",
        "mnist predict photo.jpg --show-steps",
        "mnist predict digits/ --labels-from-names -o read.csv",
        "mnist predict --split page.png",
        "mnist predict --index 8 --explain",
        "mnist predict --label 4 --only wrong",
        "mnist predict -i random:20 --seed 1 --sheet",
        "mnist predict -i 0-4,8 --json",
    ),
)
@click.argument("pictures", nargs=-1, metavar="[IMAGES]...")
@click.option(
    "-i",
    "--index",
    "indices",
    multiple=True,
    callback=_parse_indices,
    metavar="N",
    help="Image N of the test set, from 0; also 1,2,3, 0-9, random and random:20.",
)
@click.option(
    "--seed", type=click.IntRange(min=0), metavar="N", help="Draw the same random images again."
)
@click.option(
    "--label",
    "take",
    type=click.IntRange(0, 9),
    multiple=True,
    metavar="DIGIT",
    help="Take only images with this label; alone, all of them.",
)
@click.option("--sheet", is_flag=True, help="Show many as small pictures in rows.")
@click.option("--split", is_flag=True, help="Read all digits of a picture, from left to right.")
@click.option(
    "--invert/--no-invert",
    default=None,
    help="Say that the ink is darker / brighter than the background.  [default: detected]",
)
@click.option("--no-preprocess", is_flag=True, help="Only resize pictures to 28x28.")
@click.option("--show-steps", is_flag=True, help="Show what was done to a picture.")
@click.option(
    "--labels-from-names",
    is_flag=True,
    help="Compare with the label that names begin with: 7_12.png, 7/12.png.",
)
@click.option(
    "--only",
    type=click.Choice(["wrong", "unsure"]),
    help="Show only what is predicted incorrectly, or what the net is not sure of.",
)
@click.option(
    "--threads", type=click.IntRange(min=1), metavar="N", help="Cores to use.  [default: all]"
)
@click.option(
    "--explain",
    is_flag=True,
    help="Take the prediction apart, step by step, in the book's symbols.",
)
@new_file_option(
    "-o",
    "--output",
    suffixes=(".csv", ".jsonl"),
    about="Also write all predictions to a table; - prints it instead of all else.",
    standard_output=True,
)
@click.option(
    "--save-digit",
    metavar="FILE.png|DIR",
    callback=_check_place,
    help="Also write what the net sees; of several digits, into a folder.",
)
@click.option(
    "--save-steps",
    metavar="DIR",
    callback=_check_place,
    help="Also write the picture after each step.",
)
@weights_option
@activation_option
@images_option
@labels_option
@data_dir_option
@export_option
@force_option
@click.option("-q", "--quiet", is_flag=True, help="No progress and no notes.")
@json_option
def predict(**options: Any) -> int:
    """Say which digit an image shows.

    IMAGES are photos, scans or drawings of one digit each, folders of them, or - for standard
    input.
    """
    _refuse_pointless(options)
    from mnist_cli.weights.weights_file import read_weights

    weights = read_weights(options["weights"], options["data_dir"])
    network = weights.network(options["activation"])
    results = _predict(network, options)
    if results.predictions or options["as_json"]:  # else there is nothing to show or write
        _write_and_show(results, options)
        if not options["quiet"]:
            note_activation(options["activation"] or weights.activation)
    for failed in results.unread:
        click.echo(f"Error: {failed.error}", err=True)
    return 1 if results.unread else 0


def _refuse_pointless(options: dict[str, Any]) -> None:
    """Refuse options that exclude each other or would do nothing."""
    pictures, indices, take = (options[name] for name in ("pictures", "indices", "take"))
    of_a_set = (options["images"], options["labels"])
    from_set = indices or (take and not pictures)
    labelled = from_set or options["labels_from_names"]
    refused = {
        "Nothing to read: name an image file or give --index N.": not (pictures or from_set),
        "--split finds digits, --no-preprocess does not: give one of them.": (
            options["split"] and options["no_preprocess"]
        ),
        "--sheet shows many small pictures, --explain and --show-steps one in full.": (
            options["sheet"] and (options["explain"] or options["show_steps"])
        ),
        "--split reads several digits; this takes one: --explain, --labels-from-names, --sheet.": (
            options["split"]
            and (options["explain"] or options["labels_from_names"] or options["sheet"])
        ),
        "--images and --labels are for --index.": not from_set and of_a_set != (None, None),
        "--only wrong needs --labels-from-names.": options["only"] == "wrong" and not labelled,
        "--label needs --labels-from-names for pictures.": (
            take and pictures and not options["labels_from_names"]
        ),
        "--label needs the labels of these images: --labels FILE.": (
            take and from_set and options["images"] and not options["labels"]
        ),
        "--seed is for --index random.": options["seed"] is not None and None not in indices,
        "--json and --output - both print; give one of them.": (
            options["as_json"] and options["output"] == "-"
        ),
        "Standard input (-) can be read only once.": pictures.count("-") > 1,
    }
    for name in pictures:
        if _INDICES.fullmatch(name) and not os.path.lexists(name):
            refused[f"There is no file {name!r}. For images of the set: --index {name}"] = True
    for name in _FOR_PICTURES:
        given = options[name] not in (None, False)
        refused[f"--{name.replace('_', '-')} needs an image file."] = given and not pictures
    for why, is_so in refused.items():
        if is_so:
            raise click.UsageError(why)


def _predict(network: "Network", options: dict[str, Any]) -> "Results":
    from contextlib import nullcontext

    from mnist_cli.errors import plural
    from mnist_cli.net.blas import available_cores
    from mnist_cli.prediction.request import Request, predict
    from mnist_cli.render.progress import counted
    from mnist_cli.render.text import note

    request = Request(
        **{name: options[name] for name in _OF_A_REQUEST},
        files=options["pictures"],
        preprocess=not options["no_preprocess"],
        keep_steps=any(options[name] for name in ("show_steps", "save_steps", "export")),
        threads=options["threads"] or available_cores(),
    )
    quiet, stdin = options["quiet"], getattr(sys.stdin, "buffer", None)
    with nullcontext() if quiet else counted("pictures") as progress:
        try:
            results = predict(network, request, standard_input=stdin, progress=progress)
        except IndexError as error:
            raise click.BadParameter(str(error), param_hint="'--index'") from None
    if results.skipped and not quiet:
        note(f"skipped {plural(results.skipped, 'file')} not named as pictures are")
    return results


def _write_and_show(results: "Results", options: dict[str, Any]) -> None:
    from mnist_cli.render.views import predict as view
    from mnist_cli.render.views import steps

    names = ("force", "only", "sheet", "show_steps")
    force, only, sheet, show_steps = (options[name] for name in names)
    if options["output"] is not None:
        view.write_table(options["output"], results, overwrite=force)
    if options["save_steps"] is not None:
        steps.write_steps(options["save_steps"], results.predictions, overwrite=force)
    if options["save_digit"] is not None:
        steps.write_digits(options["save_digit"], results.predictions, overwrite=force)
    boxes = options["split"] and options["export"] is not None
    few = len(results.everything) <= view.PICTURED
    alone = len(results.everything) == 1 or (not options["pictures"] and only is None and few)
    uncounted = sys.stdout.isatty() and not (options["pictures"] or options["indices"] or only)
    present(
        lambda: view.documents(results.only(only), sheet=sheet),
        lambda: view.lines(
            results,
            only=only,
            in_full=not sheet and (alone or show_steps or options["explain"]),
            show_steps=show_steps or boxes,
            sheet=sheet,
            most=_MOST_SHOWN if uncounted else None,
        ),
        as_json=options["as_json"],
        export=options["export"],
        force=force,
        quiet=options["output"] == "-",
    )
