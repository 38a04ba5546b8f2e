"""What a command loads: start-up time is import time, so nothing is imported that is not used."""

import subprocess
import sys

import pytest
from conftest import ROOT

SLOW = {"numpy", "rich", "requests", "PIL", "scipy", "platformdirs", "threadpoolctl", "zipfile"}
SLOW |= {"safetensors", "onnx", "multiprocessing", "tempfile", "difflib", "numpy.ma"}
SLOW |= {"mnist_cli.handwriting.reader", "mnist_cli.training.recipes", "mnist_cli.weights.pytorch"}
SLOW |= {"mnist_cli.prediction.explanation", "click.shell_completion"}

HELP = ["--version", "--help"]
HELP += [f"{name} --help" for name in ("inspect", "predict", "eval", "draw", "download", "convert")]

RUN = "from mnist_cli.cli import run; codes = [run(command.split()) for command in sys.argv[1:]]"
USE = """import mnist_cli; [getattr(mnist_cli, name) for name in mnist_cli.__all__]
mnist_cli.load_network().predict(mnist_cli.load_images()); codes = []"""


def modules_after(code, *commands, python=("-c",)):
    """What a process in a pipe loads that had not been loaded before."""
    code = f"import sys; before = {{*sys.modules}}\n{code}\n"
    code += "print('loaded:', *{*sys.modules} - before); sys.exit(any(codes))"
    command = [sys.executable, *python, code, *commands]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return {*done.stdout.rpartition("loaded: ")[2].split()}


@pytest.mark.parametrize(
    ("commands", "expected"),
    [  # those of one process, and the slow modules that are loaded after all of them
        (HELP, set()),
        (["train --help"], {"mnist_cli.training.recipes"}),
        (["inspect", "inspect --json"], {"numpy"}),
        (["predict --index 42", "predict --index 42 --json"], {"numpy"}),
        (
            ["predict docs/photo.jpg --json", "predict docs/number.jpg --split --json"],
            {"numpy", "PIL", "mnist_cli.handwriting.reader", "threadpoolctl", "zipfile"},
        ),
        (["eval --runs 1 --limit 100", "eval --limit 100 --json"], {"numpy", "threadpoolctl"}),
    ],
)
def test_a_command_loads_only_the_slow_modules_that_it_uses(commands, expected):
    assert modules_after(RUN, *commands) & SLOW == expected


def test_the_library_does_without_the_command_line():
    assert not modules_after(USE) & {"click", "rich", "mnist_cli.cli", "mnist_cli.render"}


def test_next_to_nothing_is_loaded_before_ctrl_c_can_be_caught():
    # -S: without what other packages load into every Python, which would hide what we load.
    loaded = modules_after("import mnist_cli.__main__; codes = []", python=("-S", "-c"))
    assert loaded == {"mnist_cli", "mnist_cli.__main__"}
