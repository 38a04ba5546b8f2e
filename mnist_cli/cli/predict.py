"""`mnist predict`."""

import os
import re
import sys
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import click

from mnist_cli.cli.common import note_activation, present, refuse
from mnist_cli.cli.options import DIGIT, NATURAL, POSITIVE, argument, command, new_file

if TYPE_CHECKING:
    from mnist_cli.net.network import Network
    from mnist_cli.prediction.request import Results

_MOST_INDICES = 100_000  # of one range: each prediction is kept until all are there
_MOST_SHOWN = 50  # on a terminal, of images that nobody has counted before

_INDICES = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?|random(?::([0-9]{1,15}))?", re.ASCII)


def _parse_indices(_context: Any, _option: Any, values: tuple[str, ...]) -> list[int | None]:
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


_OPTIONS = """
What to read:
  -i --index N             Image N of the test set, from 0; also 1,2,3, 0-9, random and random:20.
  --seed N                 Draw the same random images again.
  --label DIGIT            Take only images with this label; alone, all of them.
  --split                  Read all digits of a picture, from left to right.
  --invert/--no-invert     Say that the ink is darker / brighter than the background.  [default:
                           detected]
  --no-preprocess          Only resize pictures to 28x28.
  --threads N              Cores to use.  [default: all]
What to show:
  --sheet                  Show many as small pictures in rows.
  --show-steps             Show what was done to a picture.
  --labels-from-names      Compare with the label that names begin with: 7_12.png, 7/12.png.
  --only wrong|unsure      Show only what is predicted incorrectly, or what the net is not sure of.
  --explain                Take the prediction apart, step by step, in the book's symbols.
Net and test images:
  --weights
  --activation
  --images
  --labels
  --data-dir
Output:
  -o --output FILE.csv|.jsonl|-  Also write all predictions to a table; `-` prints only the
                                 table.
  --save-digit FILE.png|DIR    Also write what the net sees; of several digits, into a folder.
  --save-steps DIR             Also write the picture after each step.
  --export
  --force
  -q --quiet                   No progress and no notes.
  --json
"""

_RULES = """
--split excludes --no-preprocess: one finds digits, the other does not
--split excludes --explain, --labels-from-names, --sheet: it reads several digits, this takes one
--sheet excludes --explain, --show-steps: many small pictures, or one in full
--output - excludes --json: both print
--split, --invert, --no-preprocess, --show-steps, --labels-from-names, --threads needs PICTURES
--save-steps needs PICTURES
--label with PICTURES needs --labels-from-names
--only wrong with PICTURES needs --labels-from-names, --index
--images, --labels with PICTURES needs --index
--label with --images needs --labels
"""

# Options that go into a request as they are.
_OF_A_REQUEST = (
    *("seed", "images", "labels", "data_dir", "invert", "split", "explain", "labels_from_names"),
)


@command(
    "predict",
    argument("pictures", nargs=-1, metavar="[PICTURES]..."),
    options=_OPTIONS,
    rules=_RULES,
    settings={
        "index": {"multiple": True, "callback": _parse_indices},
        "seed": {"type": NATURAL},
        "label": {"type": DIGIT, "multiple": True},
        "invert": {"default": None},
        "threads": {"type": POSITIVE},
        "save_steps": {"callback": partial(new_file, forms=("DIR",))},
    },
    examples=(
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
def predict(**options: Any) -> int:
    """Say which digit an image shows.

    PICTURES are photos, scans or drawings of one digit each, folders of them, or - for standard
    input.
    """
    given = SimpleNamespace(**options)
    _refuse_pointless(given)
    from mnist_cli.weights.weights_file import read_weights

    weights = read_weights(given.weights, given.data_dir)
    results = _predict(weights.network(given.activation), given)
    if results.predictions or given.json:  # else there is nothing to show or write
        _write_and_show(results, given)
        if not given.quiet:
            note_activation(given.activation or weights.activation)
    for failed in results.unread:
        click.echo(f"Error: {failed.error}", err=True)
    return 1 if results.unread else 0


def _refuse_pointless(given: SimpleNamespace) -> None:
    """Refuse what no rule can say."""
    pictures, indices = given.pictures, given.index
    nothing = not (pictures or indices or given.label)
    refuse(nothing, "Nothing to read: name an image file or give --index N.")
    refuse(given.seed is not None and None not in indices, "--seed is for --index random.")
    refuse(pictures.count("-") > 1, "Standard input (-) can be read only once.")
    for name in pictures:
        if _INDICES.fullmatch(name) and not os.path.lexists(name):
            refuse(True, f"There is no file {name!r}. For images of the set: --index {name}")


def _predict(network: "Network", given: SimpleNamespace) -> "Results":
    from contextlib import nullcontext

    from mnist_cli.errors import plural
    from mnist_cli.net.blas import available_cores
    from mnist_cli.prediction.request import Request, predict
    from mnist_cli.render.progress import counted
    from mnist_cli.render.text import note

    request = Request(
        **{name: getattr(given, name) for name in _OF_A_REQUEST},
        indices=given.index,
        take=given.label,
        files=given.pictures,
        preprocess=not given.no_preprocess,
        keep_steps=any((given.show_steps, given.save_steps, given.export)),
        threads=given.threads or available_cores(),
    )
    stdin = getattr(sys.stdin, "buffer", None)
    with nullcontext() if given.quiet else counted("pictures") as progress:
        try:
            results = predict(network, request, standard_input=stdin, progress=progress)
        except IndexError as error:
            raise click.BadParameter(str(error), param_hint="'--index'") from None
    if results.skipped and not given.quiet:
        note(f"skipped {plural(results.skipped, 'file')} not named as pictures are")
    return results


def _write_and_show(results: "Results", given: SimpleNamespace) -> None:
    from mnist_cli.render.views import predict as view
    from mnist_cli.render.views import steps

    force, only, sheet = given.force, given.only, given.sheet
    if given.output is not None:
        view.write_table(given.output, results, overwrite=force)
    if given.save_steps is not None:
        steps.write_steps(given.save_steps, results.predictions, overwrite=force)
    if given.save_digit is not None:
        steps.write_digits(given.save_digit, results.predictions, overwrite=force)
    few = len(results.everything) <= view.PICTURED
    alone = len(results.everything) == 1 or (not given.pictures and only is None and few)
    uncounted = sys.stdout.isatty() and not (given.pictures or given.index or only)
    how = view.How(
        only=only,
        sheet=sheet,
        in_full=not sheet and (alone or given.show_steps or given.explain),
        show_steps=given.show_steps or (given.split and given.export is not None),
        most=_MOST_SHOWN if uncounted else None,
    )
    present(vars(given), view, results, how, quiet=given.output == "-")
