"""`mnist predict`."""

import os
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mnist_cli.checks import one_of
from mnist_cli.cli import common
from mnist_cli.cli.options import DIGIT, NATURAL, argument, command
from mnist_cli.errors import MnistError

if TYPE_CHECKING:
    from mnist_cli.net.network import Network
    from mnist_cli.prediction.prediction import Prediction, Result

Indices: TypeAlias = list[int | None]  # None for an image that is drawn at random

_MOST_INDICES = 100_000  # of one range: each prediction is kept until all are there
_INDICES = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?|random(?::([0-9]{1,15}))?", re.ASCII)


def _parse_indices(_context: Any, _option: Any, values: tuple[str, ...]) -> Indices:
    """``42``, ``1,2,3``, ``0-4,8``, ``random:2`` -> the indices in order."""
    indices: Indices = []
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
        if first is None:
            indices += [None] * count
        else:
            indices += range(int(first), int(first) + count)
    return indices


def _check_names(_context: Any, _argument: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse standard input twice, and an index that stands where a file is named."""
    if names.count("-") > 1:
        raise click.UsageError("Standard input (-) can be read only once.")
    for name in names:
        if _INDICES.fullmatch(name) and not os.path.lexists(name):
            hint = f"For images of the set: --index {name}"
            raise click.UsageError(f"There is no file {name!r}. {hint}")
    return names


@command(
    """
Say which digit an image shows.

PICTURES are photos, scans or drawings of one digit each, folders of them, or - for standard
input.

What to read:
  -i --index N             Image N of the test set, from 0; also 1,2,3, 0-9, random and random:20.
  --seed N                 Draw the same random images again.
  --label DIGIT            Take only images with this label; alone, all of them.
  --split                  Read all digits of a picture, from left to right.
  --invert
  --no-preprocess          Only resize pictures to 28x28.
  --threads
What to show:
  --sheet                  Show many as small pictures in rows.
  --show-steps             Show what was done to a picture.
  --labels-from-names      Compare with the label that names begin with: 7_12.png, 7/12.png, or
                           with --split the number, or lines: 1984.png, 01_95.png.
  --only wrong|unsure      Show only what is predicted incorrectly, or what the net is not sure of;
                           alone, of all images.
  --explain                Take the prediction apart, step by step, in the book's symbols.
Net and test images:
  --weights --activation --images --labels --data-dir
Output:
  -o --output FILE.csv|.jsonl|-  Also write all predictions to a table; `-` prints only the
                                 table.
  --save-digit FILE.png|DIR    Also write what the net sees; of several digits, into a folder.
  --export --light --force --quiet --json
Rules:
  --split excludes --no-preprocess: one finds digits, the other does not
  --split excludes --explain, --label, --sheet: it reads several digits, this takes one
  --sheet excludes --explain, --show-steps: many small pictures, or one in full
  --output - excludes --json: both print
  --split, --invert, --no-preprocess, --show-steps, --labels-from-names, --threads needs PICTURES
  --label with PICTURES needs --labels-from-names
  --only wrong with PICTURES needs --labels-from-names, --index
  --images, --labels with PICTURES needs --index
Examples:
  mnist predict --index 42
  mnist predict photo.jpg --show-steps
  mnist predict digits/ --labels-from-names -o read.csv
  mnist predict --split page.png
  mnist predict --index 8 --explain
  mnist predict --label 4 --only wrong
  mnist predict -i random:20 --seed 1 --sheet
  mnist predict -i 0-4,8 --json
""",
    argument("pictures", nargs=-1, metavar="[PICTURES]...", callback=_check_names),
    index={"type": str, "multiple": True, "callback": _parse_indices},
    seed={"type": NATURAL},
    label={"type": DIGIT, "multiple": True},
)
def predict(pictures: tuple[str, ...], index: Indices, label: tuple[int, ...], **given: Any) -> int:
    """Read images of the set, and pictures; show what they are, and write what was asked for."""
    if not (pictures or index or label or given["only"]):
        raise click.UsageError("Nothing to read: name an image file or give --index N.")
    if given["seed"] is not None and all(isinstance(one, int) for one in index):
        raise click.UsageError("--seed is for --index random.")
    from mnist_cli.prediction.results import Results, write_digits, write_table
    from mnist_cli.render.views import predict as view
    from mnist_cli.weights.weights_file import read_weights

    weights = read_weights(given["weights"], given["data_dir"], given["activation"])
    network = weights.network()
    everything: list[Result] = []
    if index or not pictures:
        everything += _predict_images(network, index, label, given)
    if pictures:
        from mnist_cli.prediction.pictures import Reading

        named = common.pick(given, "invert", "split", "labels_from_names")
        keep_steps = given["show_steps"]
        reading = Reading(preprocess=not given["no_preprocess"], keep_steps=keep_steps, **named)
        everything += common.predict_pictures(network, pictures, reading, given, label)
    if not everything:
        raise MnistError(f"no image here has the label {one_of(label)}")
    results = Results(tuple(everything), given["only"], network if given["explain"] else None)
    if results.predictions or given["json"]:  # else there is nothing to show or write
        if given["output"] is not None:
            write_table(given["output"], results, overwrite=given["force"])
        if given["save_digit"] is not None:
            write_digits(given["save_digit"], results.predictions, overwrite=given["force"])
        common.note_written(given, "output", "save_digit")
        quiet = given["output"] == "-"
        common.present(given, view, results, given["sheet"], notes=weights.notes, quiet=quiet)
    return common.report_unread(results)


def _predict_images(
    network: "Network", index: Indices, label: tuple[int, ...], given: common.OptionValues
) -> "list[Prediction]":
    from mnist_cli.paths import name_pair
    from mnist_cli.prediction.indices import predict_indices

    images, labels = name_pair(given["images"], given["labels"], given["data_dir"])
    needing = "--label" if label else "--only wrong" if given["only"] == "wrong" else ""
    if needing and images and not labels:
        raise click.UsageError(f"{needing} with --images needs --labels.")
    named = {"images": images, "labels": labels} | common.pick(given, "data_dir", "seed")
    with common.blamed(IndexError, "--index"):
        return list(predict_indices(network, index or None, of_labels=label, **named))
