"""What holds for every command: streams, exit codes, one-line errors, and no surprises."""

import os
import re
import subprocess

import click
import pytest
from support.commands import COMMANDS, MNIST, mnist, mnist_process, on_a_terminal

from mnist_cli import __version__, cli

needs_posix = pytest.mark.skipif(os.name != "posix", reason="signals and terminals of POSIX")


@pytest.mark.parametrize("command", COMMANDS)
def test_help_of_every_command_shows_two_examples_and_fits_60_columns(command):
    done = mnist(command, "--help", COLUMNS="60")
    assert mnist(command, "-h", COLUMNS="60") == done
    assert done.code == 0
    examples = done.stdout.split("Examples:")[1].split("\n\n")[0]
    assert examples.count(f"mnist {command}") >= 2
    assert max(map(len, done.stdout.splitlines())) <= 60


@pytest.mark.parametrize(
    ("command", "headings"),
    [
        ("eval", ["Timing", "Views", "Corrupted images", "Net and images", "Output"]),
        ("predict", ["What to read", "What to show", "Net and test images", "Output"]),
        ("train", ["How to train", "Images", "Output"]),
    ],
)
def test_help_shows_many_options_below_headings_each_once(command, headings):
    text = mnist(command, "--help").stdout
    assert re.findall(r"(?m)^(\S.*):$", text) == headings
    shown = re.findall(r"(?m)^  (?:-\w, )?--([\w-]+)", text)
    parameters = (each for each in COMMANDS[command].params if isinstance(each, click.Option))
    assert sorted(shown) == sorted(
        [max(each.opts, key=len).lstrip("-") for each in parameters] + ["help"]
    )


def test_help_lists_every_command_and_version_is_one_line():
    done = mnist("--help")
    assert all(command in done.stdout for command in COMMANDS)
    assert mnist_process("--version").stdout == f"mnist-cli {__version__}\n"


@pytest.mark.parametrize(
    "line",
    [
        "nonsense",
        "inspect --nonsense",
        "eval --batch-size 0",
        "eval --labels somewhere",
        "predict",
        "predict --index two",
    ],
)
def test_wrong_usage_exits_with_2_and_a_hint(line):
    done = mnist(*line.split())
    assert (done.code, done.stdout) == (2, "")
    assert "--help' for help" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["a\x1b[31mred\x07", "two\nlines", "[bold]x[/bold]\u202eltr"])
def test_names_are_printed_escaped(name):
    for command in (("inspect", name), ("eval", "-w", name), ("inspect", f"--{name}")):
        done = mnist(*command)
        assert done.code in (1, 2)
        assert done.stderr.splitlines()[-1].startswith("Error: ")
        assert not [char for char in done.stderr if not char.isprintable() and char != "\n"]


@needs_posix
def test_a_name_that_is_not_utf_8_works_as_any_other():
    done = mnist("inspect", os.fsdecode(b"\xff\xfe.pkl"))
    assert (done.code, done.stderr.count("\n")) == (1, 1)
    assert r"\udcff\udcfe.pkl" in done.stderr


@pytest.mark.parametrize("command", [("inspect",), ("predict", "--index", "42")])
def test_a_pipe_gets_no_colour_and_nothing_wrapped(command):
    done = mnist(*command, COLUMNS="20")
    assert done.code == 0
    assert "\x1b" not in done.stdout
    assert "weights.pkl (embedded)" in done.stdout or "prediction 4" in done.stdout


@needs_posix
def test_a_terminal_gets_colour_unless_no_color_is_set():
    coloured = on_a_terminal("predict", "--index", "42")
    assert coloured.code == 0
    assert "\x1b[" in coloured.stdout
    assert "\x1b" not in on_a_terminal("eval", "--runs", "1", "--quiet", NO_COLOR="1").stdout


@pytest.mark.parametrize(
    "command", [("inspect",), ("predict", "--index", "42"), ("eval", "--runs", "1")]
)
def test_an_ascii_terminal_gets_a_plain_form(command):
    done = mnist(*command, encoding="ascii")
    assert done.code == 0
    assert "\\u" not in done.stdout


def test_python_io_encoding_is_honoured():
    done = mnist_process("predict", "--index", "42", PYTHONIOENCODING="ascii")
    assert done.code == 0
    assert done.stdout.isascii()
    assert "prediction 4" in done.stdout


@needs_posix
def test_a_closed_pipe_ends_quietly():
    for buffered in ("1", ""):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as closed:
            done = subprocess.run(
                [*MNIST, "inspect"],
                env=os.environ | {"PYTHONUNBUFFERED": buffered},
                stdout=closed,
                stderr=subprocess.PIPE,
                check=False,
            )
        assert (done.returncode, done.stderr) == (0, b"")


class Boom:
    """Stands in for a command with a bug."""

    def __init__(self, error):
        self.error = error

    def __call__(self, *_, **__):
        raise self.error


def test_an_exception_that_nobody_expected_is_one_line_that_says_bug(monkeypatch, capsys):
    monkeypatch.setattr(cli.cli, "main", Boom(KeyError("\x1b[31m\n")))
    assert cli.run([]) == 1
    captured = capsys.readouterr().err
    assert captured.startswith("Error: a bug in mnist-cli: KeyError")
    assert captured.count("\n") == 1
    assert "\x1b" not in captured
    assert "MNIST_DEBUG=1" in captured


def test_mnist_debug_shows_the_traceback(monkeypatch):
    monkeypatch.setenv("MNIST_DEBUG", "1")
    monkeypatch.setattr(cli.cli, "main", Boom(KeyError("x")))
    with pytest.raises(KeyError):
        cli.run([])


def test_running_out_of_memory_is_an_error_with_advice(monkeypatch, capsys):
    monkeypatch.setattr(cli.cli, "main", Boom(MemoryError()))
    assert cli.run([]) == 1
    assert "not enough memory" in capsys.readouterr().err
