"""Wrong usage in one line, with what was probably meant."""

import re
from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

import click

from mnist_cli.errors import nearest, printable

# What something is called here, and what people type who know other tools.
_OTHER_NAMES = {
    "--learning-rate": "--alpha",
    "--epochs": "--iterations",
    "--quiet": "--silent",
    "--weights": "--model",
    "--output": "--out --csv",
    "--wrong": "--top",
    "--json": "--format",
    "--label": "--digit",
    "--limit": "-n --n --count --number --samples",
    "--index": "-n --n --count --number --samples --random",
    "--help": "help",
    "--version": "version",
    "eval": "accuracy benchmark evaluate test time",
    "inspect": "info show",
    "predict": "classify read recognize run show",
    "download": "fetch",
    "train": "fit learn",
}


def suggest(name: str, known: Iterable[str]) -> str:
    """``Did you mean '--batch-size'?`` for a name near to a known one, else ``""``."""
    known, name = list(known), name.lower()
    meant = [each for each, others in _OTHER_NAMES.items() if name in others.split()]
    meant = [each for each in meant if each in known] or nearest(name, known, most=2)
    return f"Did you mean {' or '.join(map(repr, meant))}?" if meant else ""


def put_in_one_line(error: click.UsageError) -> str:
    """What is wrong with the usage, in one line without control characters."""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption):
        parameters = error.ctx.command.get_params(error.ctx) if error.ctx else []
        names = (name for each in parameters for name in (*each.opts, *each.secondary_opts))
        name, known = error.option_name, [each for each in names if each.startswith("--")]
        hint = _PICTURES if "--split" in known and name in _FOR_A_PICTURE else suggest(name, known)
        message = f"No such option {name!r}. {hint}"
    elif error.ctx is not None and message.startswith("Got unexpected extra argument"):
        message = f"{message.rstrip('.')}. {_EXTRA.get(error.ctx.info_name or '', '')}"
    elif isinstance(error, click.BadParameter) and isinstance(
        choice := getattr(error.param, "type", None), click.Choice
    ):
        found = re.search(r": '(.*)' is not one of", message)
        hint = suggest(found[1], choice.choices) if found else ""
        if error.param and error.param.name == "activation":  # to compute a near one would be false
            hint = "No other is computed."
        message = f"{message} {hint}"
    return printable(" ".join(message.split()), limit=400)


_FOR_A_PICTURE = {"--file", "--image", "--img", "--input", "--photo", "--picture"}
_PICTURES = "Pictures are named without an option: mnist predict FILE."

# What an argument of a command that takes none was probably meant for.
_EXTRA = {"eval": "Did you mean '-w FILE'?", "train": "Did you mean '-o FILE'?"}


class Commands(click.Group):
    """Commands that are loaded when they are wanted; an unknown one gets a suggestion."""

    def __init__(self, *args: Any, modules: Mapping[str, tuple[str, str]], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._modules = modules  # by the name of a command its module here, and a sentence on it

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names in the order of the table."""
        return list(self._modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name in self._modules and cmd_name not in self.commands:
            module, _ = self._modules[cmd_name]
            command = getattr(import_module(f"mnist_cli.cli.{module}"), module)
            self.add_command(command, cmd_name)
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table; no command is loaded for that."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in self._modules.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Look the command up as click does; click 8.1 and 8.5 say differently what is near."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            hint = suggest(name, [*self.list_commands(ctx), "--help", "--version"])
            raise click.UsageError(f"No such command {name!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)
