"""The table of ratios and targets that is printed at the end of a run."""

import os
import platform
from importlib.metadata import version
from importlib.util import find_spec

import pytest
from benchmarks.sidebyside import Table

TABLE = pytest.StashKey[Table]()


@pytest.fixture(scope="session")
def table(request):
    return request.config.stash.setdefault(TABLE, Table())


def pytest_terminal_summary(terminalreporter, config):
    if TABLE in config.stash:
        packages = filter(find_spec, ("numpy", "onnxruntime", "torch", "click"))
        versions = ", ".join(f"{name} {version(name)}" for name in packages)
        python = f"Python {platform.python_version()}"
        terminalreporter.section("targets")
        terminalreporter.write_line(f"{os.cpu_count()} cores; {python}, {versions}\n")
        for row in config.stash[TABLE].rows:
            terminalreporter.write_line(row)
