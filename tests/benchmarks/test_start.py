"""From the first keystroke to the answer: whole processes against the imports they cannot avoid."""

import sys
from importlib.util import find_spec

import pytest
from benchmarks.sidebyside import MNIST, command_seconds

ROUNDS = 21


@pytest.mark.parametrize(
    ("command", "module", "target"),  # what its time may be of the import's
    [
        ("--version", "click", "1.6"),
        ("--help", "click", "1.6"),
        ("inspect", "numpy", "2"),
        ("predict --index 42", "numpy", "2"),
        ("eval --batch-size 100 --runs 1", "numpy", "5"),
        ("eval --batch-size 100 --runs 1", "torch", "0.4"),
    ],
)
def test_a_command_against_an_import(table, command, module, target):
    if not find_spec(module):
        pytest.skip(f"needs {module}")
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(command_seconds(MNIST, *command.split()))
        theirs.append(command_seconds(sys.executable, "-c", f"import {module}"))
    table.compare(f"`mnist {command}` against `import {module}`", ours, theirs, target)
