"""What several commands do alike: show a result, say what was assumed."""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mnist_cli.errors import TakenError, plural, printable

if TYPE_CHECKING:
    from mnist_cli.net.network import Network
    from mnist_cli.prediction.pictures import Reading
    from mnist_cli.prediction.prediction import Result
    from mnist_cli.prediction.results import Results

OptionValues = Mapping[str, Any]
"""What was given for a command's options, by their names: ``batch_size``."""


def present(
    given: OptionValues, view: Any, *result: Any, notes: Iterable[str] = (), quiet: bool = False
) -> None:
    """Export and show a result by the `lines` or `as_json` of a view; tell the `notes`."""
    from mnist_cli.files.tables import print_json
    from mnist_cli.render.text import note, show

    if given.get("export") is not None:
        from mnist_cli.render.export import write_export

        drawn = partial(view.lines, *result)
        write_export(given["export"], drawn, light=given["light"], overwrite=given["force"])
        note_written(given, "export")
    if given["json"]:
        # Without `as_json` the first of the result is its document.
        print_json(view.as_json(*result) if hasattr(view, "as_json") else result[0])
    elif not quiet:
        show(view.lines(*result))
    for each in () if given.get("quiet") else notes:
        note(each)


@contextmanager
def output_or(default: str, given: OptionValues) -> Iterator[Path]:
    """Yield the file to write, by default `default`; where that is taken, propose another name."""
    try:
        yield Path(given["output"] or default)
    except TakenError as error:
        if given["output"] is None:
            stem, suffix = default.split(".")
            free = next(n for n in count(2) if not any(Path().glob(f"{stem}-{n}.*")))
            error.hint = f"Use -o {stem}-{free}.{suffix}, or --force to replace it."
        raise


@contextmanager
def blamed(kind: type[Exception], parameter: str = "") -> Iterator[None]:
    """Call an error of the library wrong usage, of a parameter if one is named."""
    try:
        yield
    except kind as error:
        if parameter:
            raise click.BadParameter(error.args[0], param_hint=f"'{parameter}'") from None
        raise click.UsageError(f"{error.args[0]}.") from None


def pick(given: OptionValues, *names: str) -> dict[str, Any]:
    """Those options that a function takes under the same names."""
    return {name: given[name] for name in names}


def note_written(given: OptionValues, *options: str) -> None:
    """Say which of the files were written that these options name, unless ``--quiet``."""
    from mnist_cli.render.text import note

    for path in (given[option] for option in options):
        if path not in (None, "-") and not given.get("quiet"):
            note(f"wrote {printable(path, limit=400)}")


def predict_pictures(
    network: "Network",
    names: Sequence[str],
    reading: "Reading",
    given: OptionValues,
    labels: Collection[int] = (),
) -> "list[Result]":
    """Read all pictures that names mean, or those with such labels, and tell how far it is."""
    from mnist_cli.net.blas import available_cores
    from mnist_cli.prediction.pictures import predict_files
    from mnist_cli.prediction.sources import find_pictures
    from mnist_cli.render.progress import counted
    from mnist_cli.render.text import note

    pictures, threads = find_pictures(names, labels), given["threads"] or available_cores()
    stdin = getattr(sys.stdin, "buffer", None)
    with counted("pictures", quiet=given["quiet"]) as progress:
        found = predict_files(
            network, pictures, reading, threads=threads, standard_input=stdin, progress=progress
        )
        results = list(found)
    if pictures.skipped and not given["quiet"]:
        first, others = printable(Path(pictures.skipped[0]).name), len(pictures.skipped) - 1
        more = f" and {plural(others, 'other file')}: no pictures" if others else ": no picture"
        note(f"skipped {first}{more} by the name")
    return results


def report_unread(results: "Results") -> int:
    """Print an error for each file that could not be read; return the exit code."""
    for unread in results.unread:
        click.echo(f"Error: {unread.error}", err=True)
    return 1 if results.unread else 0
