"""Options that several commands share, so that they read and behave alike everywhere."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mnist_cli.checks import one_of
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from mnist_cli.render.text import Line

Command = TypeVar("Command", bound=Callable[..., Any])
Decorator = Callable[[Command], Command]

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")

weights_option = click.option(
    "-w",
    "--weights",
    metavar="FILE",
    help=f"Weights, {KINDS}.  [default: the embedded weights.pkl]",
)

activation_option = click.option(
    "--activation",
    type=click.Choice(["sigmoid", "relu"]),
    help="Function after each hidden layer.  [default: what the file or its card says, or sigmoid]",
)

data_dir_option = click.option(
    "--data-dir",
    metavar="DIR",
    help="Where downloaded files lie.  [default: MNIST_DATA_DIR or the user's data folder]",
)

images_option = click.option(
    "--images", metavar="FILE", help="IDX images.  [default: the embedded MNIST test set]"
)

labels_option = click.option("--labels", metavar="FILE", help="IDX labels of these images.")

limit_option = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Take only the first N images."
)

threads_option = click.option(
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Batches worked on side by side.  [default: 1]",
)

force_option = click.option(
    "--force", is_flag=True, is_eager=True, help="Replace files that exist already."
)


def new_file_option(
    *names: str, suffixes: tuple[str, ...], about: str, standard_output: bool = False
) -> Decorator[Any]:
    """An option that names a file to write; a command that has it has `force_option` too.

    With `standard_output` the name may be ``-``.
    """

    def check(context: click.Context, _option: click.Parameter, path: str | None) -> str | None:
        """Refuse before the work begins what could not be written after it."""
        if path is not None and not (standard_output and path == "-"):
            from pathlib import Path

            from mnist_cli.files import require_writable

            if Path(path).suffix.lower() not in suffixes:
                raise click.BadParameter(f"the name must end in {one_of(suffixes)}.")
            require_writable(path, overwrite=context.params["force"])
        return path

    ending = "|".join(suffixes)
    return click.option(*names, metavar=f"FILE{ending}", callback=check, help=about)


export_option = new_file_option(
    "--export",
    suffixes=(".svg", ".html", ".txt"),
    about="Also write what is shown to a picture, a page or a text file.",
)


class Sections(click.Command):
    """A command whose help shows its options below headings.

    `sections` has for each heading the names of its options, ``{"Output": "export force json"}``;
    ``*`` stands for those that no heading names.
    """

    def __init__(self, *args: Any, sections: dict[str, str], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._headings = {
            name: heading for heading, names in sections.items() for name in names.split()
        }

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections, in the order of the headings."""
        rows: dict[str, list[tuple[str, str]]] = {each: [] for each in self._headings.values()}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                name = max(parameter.opts, key=len).lstrip("-")
                heading = self._headings.get(name) or self._headings.get("*", "Other")
                rows.setdefault(heading, []).append(record)
        for heading, records in rows.items():
            with formatter.section(heading):
                formatter.write_dl(records)


def present(
    document: Callable[[], Any],
    view: Callable[[], Iterable["Line"]],
    *,
    as_json: bool,
    export: str | None = None,
    force: bool = False,
    quiet: bool = False,
) -> None:
    """Write the view to a file where one is named; then show it, or with `as_json` the document.

    With `quiet` only what was asked for is written: the file, the document.
    """
    from mnist_cli.render.text import show, show_json

    if export is not None:
        from mnist_cli.render.export import write_export

        write_export(export, view, overwrite=force)
    if as_json:
        show_json(document())
    elif not quiet:
        show(view())


def together(
    images: str | None, labels: str | None, names: str = "--images and --labels"
) -> tuple[str, str] | None:
    """Two files that only make sense as a pair, None for neither; one alone is refused."""
    if (images is None) != (labels is None):
        raise click.UsageError(f"{names} go together: give both or neither.")
    return None if images is None or labels is None else (images, labels)


def examples(*commands: str) -> str:
    """The end of a command's help: examples that run as printed."""
    return "\b\nExamples:\n" + "\n".join(f"  {command}" for command in commands)


def note_activation(known: object) -> None:
    """Say that an activation had to be assumed, where it is not `known` from a file or the user."""
    if not known:
        from mnist_cli.render.text import note

        note("nothing names the net's activation: sigmoid was assumed (--activation relu)")
