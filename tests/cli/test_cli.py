"""What holds for every command: streams, exit codes, one-line errors, and no surprises."""

import os
import re
from unittest import mock

import click
import numpy as np
import pytest
from PIL import Image
from support.commands import COMMANDS, mnist, mnist_process
from support.nets import random_arrays

from mnist_cli import __version__, cli, load_images
from mnist_cli.cli.rules import RULE
from mnist_cli.render.text import Surface, drawing_on


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_each_option_once_and_two_examples_and_fits_60_columns(command):
    done = mnist(command, "--help", COLUMNS="60")
    assert mnist(command, "-h", COLUMNS="60") == done
    assert done.code == 0
    examples = done.stdout.split("Examples:")[1].split("\n\n")[0]
    assert examples.count(f"mnist {command}") >= 2
    assert max(map(len, done.stdout.splitlines())) <= 60
    text = mnist(command, "--help").stdout
    shown = re.findall(r"(?m)^  (?:-\w, )?--([\w-]+)", text)
    parameters = (each for each in COMMANDS[command].params if isinstance(each, click.Option))
    assert sorted(shown) == sorted(
        [max(each.opts, key=len).lstrip("-") for each in parameters] + ["help"]
    )


def test_help_lists_every_command_and_version_is_one_line():
    done = mnist("--help")
    assert mnist() == done
    assert all(command in done.stdout for command in COMMANDS)
    assert mnist_process("--version").stdout == f"mnist-cli {__version__}\n"


# What is wrong with the usage, and the words of the last line that say so.
WRONG_USAGE = {
    "nonsense": "No such command",
    "inspect --neuron 50": "0..49",
    "inspect weights.pkl weights.pkl --stats": "name one for anything else",
    "inspect a b c": "at most two files",
    "convert weights.pkl net.h5": "must end in .pkl, .npz, .safetensors or .onnx.",
    "draw -w a -w b -w c": "at most two weights files",
    "eval --labels somewhere": "--labels needs --images.",
    "eval --shift 1": "such as 2,-1",
    "eval --sweep 1,,2": "such as 1,10,100,all",
    "eval --min-confidence nan": "expected a number",
    "eval --output - --json": "--output - excludes --json: both print.",
    "predict": "Nothing to read",
    "predict --split --no-preprocess x.png": "--split excludes --no-preprocess: one finds digits",
    "predict --save-digit x.jpg x.png": "must end in .png, or be that of a folder.",
    "predict page.png --images x --labels y": "--images with PICTURES needs --index.",
    "predict - -": "only once",
    "predict x.png --only wrong": "needs --labels-from-names or --index.",
    "predict -i 3 --seed 1": "for --index random",
    "predict --only wrong --images images": "--only wrong with --images needs --labels.",
    "train --seed -1": "-1 is not in the range",
    "train --hidden 1,x": "'1,x' is neither 'none' nor a list such as 50,100.",
    "train --set elastic=much": "'elastic=much' is not NAME=NUMBER.",
    "download --mirror ftp://me:secret@example.org": "expected an address like https://",
    # what was probably meant, and nothing where nothing is near
    "train --lr 1": "Did you mean '--learning-rate'?",
    "eval --verbose": "No such option '--verbose'.",
    "eval w.pkl": "Did you mean '-w FILE'?",
    "eval -n 100": "Did you mean '--limit'?",
    "predict --photo 4.png": "Pictures are named without an option",
    "predict 42": "--index 42",
    "help": "Did you mean '--help'?",
    "evl": "Did you mean 'eval'?",
    "eval --activation gelu": "'tanh', 'step', 'identity'. No other is computed.",
    "train --activation step": "step cannot be trained: it is flat",
    "draw --lang KO": "Did you mean 'ko'?",
}


def test_wrong_usage_ends_with_2_a_hint_and_a_line_that_says_why(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for line, words in WRONG_USAGE.items():
        done = mnist(*line.split())
        assert (done.code, done.stdout) == (2, ""), line
        *_, hint, empty, error = done.stderr.splitlines()
        assert (hint.endswith("--help' for help."), empty, error[:7]) == (True, "", "Error: "), line
        assert words in error, line
        assert "Did you mean" in words or "Did you mean" not in error, line
        assert "secret" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_rule_is_a_sentence_about_options_of_its_command(command):
    declared = COMMANDS[command]
    names = {name for each in declared.params for name in (*each.opts, each.name.upper())}
    for line in declared.rules.strip().splitlines():
        assert re.fullmatch(RULE, line), line
        assert set(re.findall(r"--[\w-]+|[A-Z]{2,}", line)) <= names, line


@pytest.mark.parametrize("command", COMMANDS)
def test_a_data_directory_that_is_named_is_there_or_download_makes_it(command, tmp_path):
    gone = tmp_path / "gone"
    done = mnist(command, "--data-dir", gone, *(("--list",) if command == "download" else "xy"))
    assert (f"Error: {gone}: there is no such folder. " in done.stderr) == (command != "download")
    assert done.stderr.count("\n") == done.code == (command != "download")
    assert not gone.exists()


def test_names_are_printed_escaped_also_those_that_are_not_utf_8():
    name = "a\x1b[31mred\x07 two\nlines [bold]x[/bold]\u202eltr" + os.fsdecode(b"\xff")
    for command in (("inspect", name), ("eval", "-w", name), ("inspect", f"--{name}")):
        done = mnist(*command)
        assert "Error: " in done.stderr
        assert r"\udcff" in done.stderr or os.name != "posix"
        assert not [char for char in done.stderr if not char.isprintable() and char != "\n"]


@pytest.mark.parametrize("command", ["inspect", "predict --index 42", "eval --runs 1"])
def test_a_pipe_gets_no_colour_and_nothing_wrapped_and_one_of_ascii_a_plain_form(command):
    piped = mnist(*command.split(), COLUMNS="20")
    assert "weights.pkl (embedded)" in piped.stdout or "prediction 4" in piped.stdout
    ascii_only = mnist(*command.split(), encoding="ascii")
    assert (piped.code, ascii_only.code) == (0, 0)
    assert "\x1b" not in piped.stdout
    assert "\\u" not in ascii_only.stdout


def test_a_terminal_gets_colour_unless_no_color_is_set():
    shown = ("inspect", "--neuron", "7")
    assert "\x1b[38;2;" in mnist(*shown, columns=80).stdout
    assert "\x1b" not in mnist(*shown, columns=80, NO_COLOR="1").stdout
    forced = {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    assert "\x1b[38;2;" in mnist(*shown, **forced).stdout  # in a pipe, too
    assert "\x1b" not in mnist(*shown, **forced, NO_COLOR="1").stdout
    of_few_colours = mnist(*shown, columns=80, TERM="screen", COLORTERM="").stdout
    assert ("#" in of_few_colours, "38;2;" in of_few_colours) == (True, False)


# Each view at its widest: large numbers and small ones, many layers, names of files.
WIDE = (
    "inspect deep.npz --stats --neuron 3",
    "inspect small.npz --stats --neurons",
    "inspect deep.npz weights.pkl",
    "eval --limit 500 --mode textbook --runs 2 --sweep 1,all --output a.csv --force --rotate 3",
    "eval --limit 500 --confusion --wrong 6 --min-confidence 0.9 --robustness -w deep.npz "
    "-w weights.pkl -w small.npz -w weights.pkl",
    "predict -w deep.npz -i 0 --explain",
    "predict -i 0-40 --label 7 --sheet",
    "predict --split row.png --show-steps",
    "train --recipes",
    "convert weights.pkl new.npz --mean 0.1307 --std 0.3081 --force",
)


@pytest.mark.parametrize(
    "surface", [Surface(True, True, 60), Surface(False, True, 80), Surface(False, False, 80)]
)
def test_every_view_fits_the_terminal_and_needs_no_more_than_it_has(surface, tmp_path, monkeypatch):
    """On 60 columns what ends in words may be as long as 80: it is wrapped between them."""
    monkeypatch.chdir(tmp_path)
    for name, scale in (("deep.npz", 1e30), ("small.npz", 1e-9)):
        arrays = random_arrays(784, 100, 90, 80, 70, 60, 50, 40, 10, dtype="f8", scale=scale)
        np.savez(name, **arrays)
    digits = 255 - np.pad(np.hstack(load_images()[:3]), 30)
    Image.fromarray(digits).save("row.png")
    for line in WIDE:
        with drawing_on(surface):
            done = mnist(*line.split())
        assert done.code == 0, line
        longer = [row for row in done.lines if len(row) > surface.width]
        assert not longer or (surface.width < 80 and line[:7] != "predict"), line
        assert all(len(row) <= 80 and re.search(r"(^|  )(\S+ )+\S+$", row) for row in longer), line
        assert done.stdout.isascii() or surface.unicode, line


def test_an_exception_is_one_line_with_advice_and_a_bug_can_be_looked_into():
    for error, words in (
        (MemoryError(), "not enough memory"),
        (ImportError("x"), "Install mnist-cli again."),
        (RuntimeError("can't start new thread"), "Try --threads 1"),
        (KeyError("\x1b[31m\n"), "a bug in mnist-cli: KeyError"),
    ):
        with mock.patch.object(cli.cli, "main", side_effect=error):
            done = mnist()
            assert (done.code, done.stderr[:7], done.stderr.count("\n")) == (1, "Error: ", 1)
            assert words in done.stderr
            assert "\x1b" not in done.stderr
            is_bug = "MNIST_DEBUG=1" in done.stderr
            assert is_bug == ("bug" in words)
            if is_bug:
                with pytest.raises(KeyError):
                    mnist(MNIST_DEBUG="1")


@pytest.mark.parametrize("command", COMMANDS)
def test_what_may_be_given_once_is_refused_twice(command):
    for option in COMMANDS[command].params:
        if isinstance(option, click.Option) and not option.multiple and not option.is_eager:
            value = () if option.is_flag else ("1",)
            names = [*option.opts, *option.secondary_opts]
            done = mnist(command, names[0], *value, names[-1], *value)
            assert (done.code, done.stdout) == (2, "")
            assert f"{option.opts[-1]} is given 2 times, not once" in done.stderr
