"""What a command loads: start-up time is import time, so nothing is imported that it does not use.

The modules are those of a child process with its output piped, as a script would run it.
"""

import subprocess
import sys

import pytest
from conftest import ROOT

SLOW = {"numpy", "rich", "requests", "PIL", "scipy", "platformdirs", "threadpoolctl", "zipfile"}
SLOW |= {"safetensors", "onnx", "multiprocessing", "tempfile", "difflib"}
SLOW |= {"mnist_cli.handwriting.reader", "mnist_cli.training.recipes"}

HELP = ["--version", "--help"]
HELP += [f"{name} --help" for name in ("inspect", "predict", "eval", "draw", "download", "convert")]
COMMANDS = [  # those of one process, and the slow modules that are loaded after all of them
    (HELP, set()),
    (["train --help"], {"mnist_cli.training.recipes"}),
    (["inspect", "inspect --json"], {"numpy"}),
    (["predict --index 42", "predict --index 42 --json"], {"numpy"}),
    (["eval --runs 1 --limit 100", "eval --limit 100 --json"], {"numpy", "threadpoolctl"}),
]

RUN_AND_TELL = """
import sys
from mnist_cli.cli import run
codes = [run(command.split()) for command in sys.argv[1:]]
print("loaded:", *sys.modules)
sys.exit(any(codes))
"""


def modules_after(code: str, *arguments: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True
    )
    return set(done.stdout.rpartition("loaded: ")[2].split())


@pytest.mark.parametrize(("commands", "expected"), COMMANDS)
def test_a_command_loads_only_the_slow_modules_that_it_uses(commands, expected):
    assert modules_after(RUN_AND_TELL, *commands) & SLOW == expected


def test_next_to_nothing_is_loaded_before_ctrl_c_can_be_caught():
    code = "import sys; before = set(sys.modules); import mnist_cli.__main__; "
    code += "print(*sorted(set(sys.modules) - before))"
    # Without what other packages load into every Python, which would hide what we load.
    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, capture_output=True)
    assert done.stdout.split() == [b"mnist_cli", b"mnist_cli.__main__"]


def test_the_library_does_without_the_command_line():
    loaded = modules_after(
        "import sys, mnist_cli\n"
        "for name in mnist_cli.__all__: getattr(mnist_cli, name)\n"
        "mnist_cli.load_network().predict(mnist_cli.load_images())\n"
        "print('loaded:', *sys.modules)"
    )
    assert not loaded & {"click", "rich", "mnist_cli.cli", "mnist_cli.render"}
