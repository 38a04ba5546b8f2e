"""Commands, declared as their help shows them.

First what a command does; then its options below headings, one a line with two blanks or more
before what it does; which of them go together (see `rules`); and examples that run as they are.

An option without a value is a flag; one with words between bars takes one of these, N a whole
number, X and S any number, and all else a text that is not empty, unless settings say otherwise; a
value in brackets may be left out, which is `USUAL`. ``FILE.csv|.jsonl|-`` is a file to write, which
must not be there without ``--force``, or ``-``; with ``|DIR`` it may be a folder for files. What
several commands share is only named, on one line. A line that begins with no dash goes on with the
text before.
"""

import os
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from mnist_cli.checks import one_of
from mnist_cli.cli.rules import check_rules
from mnist_cli.spec import ACTIVATIONS
from mnist_cli.weights.formats import KINDS

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Settings = Mapping[str, Mapping[str, Any]]
"""By the name of an option, ``batch_size``, what `click.Option` takes besides."""

USUAL = "usual"
_NUMBERS = {"N": int, "X": float, "S": float}
POSITIVE, NATURAL, DIGIT = click.IntRange(min=1), click.IntRange(min=0), click.IntRange(0, 9)

_SHARED = f"""
  -w --weights FILE          Weights, {KINDS}.  [default: the embedded weights.pkl]
  --invert/--no-invert       Say that the ink is darker / brighter than the background.  [default:
                             detected]
  --threads N                Cores to use.  [default: all]
  --activation {"|".join(ACTIVATIONS)}  Function after each hidden layer.
                             [default: what the file or its card says, or sigmoid]
  --images FILE              IDX images, or the name of a pair: class for class-images-idx3-ubyte
                             and class-labels-idx1-ubyte.  [default: the embedded MNIST test set]
  --labels FILE              IDX labels of these images.
  --limit N                  Take only the first N images.
  --data-dir DIR             Where downloaded files lie.  [default: MNIST_DATA_DIR or the user's
                             data folder]
  --export FILE.svg|.html    Also write what is shown to a picture or a page.
  --light                    On white, for print and slides.
  --force                    Replace files that exist already.
  --json                     Print one JSON document.
  -q --quiet                 No progress and no notes.
"""
_SHARED_RULE = "--light needs --export\n"
_LINE = re.compile(r"((?:-\w )?--\S+)(?: (\S+))?  +(\S.*)")


class _Text(click.types.StringParamType):
    """A text that is not empty: an empty name would mean the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse the empty text."""
        if value == "":
            self.fail("it is empty.", param, ctx)
        return super().convert(value, param, ctx)

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        param: click.Parameter,
        incomplete: str,
    ) -> "list[CompletionItem]":
        """Let the shell complete files, or folders, where these are asked for."""
        from click.shell_completion import CompletionItem

        value = param.metavar or ""
        is_file = value.startswith("FILE") or isinstance(param, click.Argument)
        kind = "dir" if value == "DIR" else "file" if is_file and param.name != "names" else ""
        return [CompletionItem(incomplete, type=kind)] if kind else []


class _Command(click.Command):
    """A command whose help shows its options below headings, and whose options obey rules."""

    headings: Mapping[str, Sequence[click.Option]]
    rules: str

    def make_parser(self, ctx: click.Context) -> Any:
        """Make a parser that refuses what is given twice, of which click's takes the last."""
        parser = super().make_parser(ctx)
        parse = parser.parse_args

        def parse_once(args: list[str]) -> Any:
            values, rest, order = parse(args)
            for each, times in Counter([] if ctx.resilient_parsing else order).items():
                once = isinstance(each, click.Option) and not each.multiple and each.expose_value
                if times > 1 and once:
                    raise click.UsageError(f"{each.opts[-1]} is given {times} times, not once", ctx)
            return values, rest, order

        parser.parse_args = parse_once  # type: ignore[method-assign]
        return parser

    def invoke(self, ctx: click.Context) -> Any:
        """Check what no type refuses, and the rules, then run the command."""
        for each in self.params:
            if (value := ctx.params.get(each.name or "")) != value:
                raise click.BadParameter("expected a number.", ctx, each)  # not NaN
        check_rules(self.rules, ctx)
        return super().invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the headings with their options; that for this help comes last."""
        helping = self.get_help_option(ctx)
        *_, last = self.headings
        for heading, options in self.headings.items():
            shown = [*options, helping] if helping and heading == last else options
            with formatter.section(heading):
                records = (each.get_help_record(ctx) for each in shown)
                formatter.write_dl([record for record in records if record])


def command(
    declared: str, *arguments: click.Argument, **settings: Mapping[str, Any]
) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a command of a function by what it is `declared` to be, and `Settings`."""
    about, *parts = re.split(r"^(\w.*):$", declared, flags=re.MULTILINE)
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    rules, examples = sections.pop("Rules", ""), sections.pop("Examples").rstrip()
    headings = {heading: _parse(text, settings) for heading, text in sections.items()}
    options = {option.name: option for some in headings.values() for option in some}
    if unknown := settings.keys() - options.keys():
        raise ValueError(f"settings without an option: {', '.join(sorted(unknown))}")

    def make(function: Callable[..., Any]) -> click.Command:
        made = _Command(
            function.__name__,
            callback=function,
            params=[*arguments, *options.values()],
            help=about,
            epilog=f"\b\nExamples:{examples}",
        )
        made.headings = headings
        made.rules = rules + _SHARED_RULE if "light" in options else rules
        return made

    return make


def argument(name: str, **settings: Any) -> click.Argument:
    """What a command takes without an option: a text that is not empty."""
    return click.Argument([name], type=_Text(), **settings)


def new_file(
    context: click.Context,
    parameter: click.Parameter,
    path: str | None,
    *,
    forms: Collection[str] = (),
) -> str | None:
    """Refuse before the work begins what could not be written after it."""
    # Suffixes, "DIR" and "-", by default those of the option's "FILE.csv|.jsonl|-".
    forms = forms or (parameter.metavar or "").removeprefix("FILE").split("|")
    if path is None or (path == "-" and "-" in forms):
        return path
    from pathlib import Path

    from mnist_cli.files.writing import require_writable, require_writable_folder

    suffix = Path(path).suffix.lower()
    if suffix in forms:
        require_writable(path, overwrite=context.params["force"])
    elif "DIR" in forms and (not suffix or Path(path).is_dir()):
        require_writable_folder(path)
    else:
        suffixes = one_of(form for form in forms if form.startswith("."))
        folder = ", or be that of a folder" if "DIR" in forms else ""
        raise click.BadParameter(f"the name must end in {suffixes}{folder}.")
    return path


def _data_directory(context: click.Context, _option: click.Parameter, path: str | None) -> Any:
    """Refuse a folder that is not there, unless it is ``mnist download`` that is to make it."""
    from mnist_cli.errors import FileError
    from mnist_cli.paths import data_directory

    is_there = path is None or os.path.isdir(data_directory(path))  # noqa: PTH112 - Path's fails for a name that is too long
    if not is_there and context.command.name != "download":
        hint = "'mnist download' makes it, with the same --data-dir."
        raise FileError("there is no such folder", source=path, hint=hint)
    return path


def _parse(text: str, settings: Settings) -> list[click.Option]:
    options = []
    for line in re.sub(r"\n +(?=[^\s-])", " ", text).strip().splitlines():
        words = line.split()
        if found := _LINE.fullmatch(line.strip()):
            options.append(_declare(found[1].split(), found[2], found[3], settings))
        elif set(words) <= _SHARED_OPTIONS.keys():
            options += [_SHARED_OPTIONS[name] for name in words]
        else:
            raise ValueError(f"{line!r} declares no option")
    return options


def _declare(names: list[str], value: str | None, about: str, settings: Settings) -> click.Option:
    name = names[-1].split("/")[0].lstrip("-").replace("-", "_")
    given: dict[str, Any] = {"help": about}
    if value is None:
        given["is_flag"] = True
    elif value.islower() and "|" in value:
        given["type"] = click.Choice(value.split("|"))
    else:
        given |= {"type": _NUMBERS.get(value) or _Text(), "metavar": value}
        if value.startswith("FILE."):
            given["callback"] = new_file
        if value.startswith("["):
            given |= {"is_flag": False, "flag_value": USUAL}
    given |= settings.get(name, {})
    shown = {"show_default": bool(given.get("default"))}
    return click.Option(names, **shown | given)


_SHARED_SETTINGS: Settings = {
    "limit": {"type": POSITIVE},
    "threads": {"type": POSITIVE},
    "invert": {"default": None},
    "data_dir": {"callback": _data_directory},
    "force": {"is_eager": True},
}
_SHARED_OPTIONS = {each.opts[-1]: each for each in _parse(_SHARED, _SHARED_SETTINGS)}
