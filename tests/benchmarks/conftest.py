"""The table of ratios and targets that is printed at the end of a run."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from benchmarks.sidebyside import Table

TABLE = pytest.StashKey[Table]()

PACKAGES = ("numpy", "onnxruntime", "torch", "click")


@pytest.fixture(scope="session")
def table(request):
    return request.config.stash.setdefault(TABLE, Table())


def pytest_terminal_summary(terminalreporter, config):
    found = config.stash.get(TABLE, None)
    if found is None:
        return
    terminalreporter.section("targets")
    terminalreporter.write_line(_machine() + "\n")
    terminalreporter.write_line("| what | measured | value | target | |")
    terminalreporter.write_line("| --- | --- | ---: | --- | --- |")
    for row in found.rows:
        terminalreporter.write_line(row)


def _machine() -> str:
    versions = [f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"no {name}")
    return f"{_processor()}, {os.cpu_count()} cores; {', '.join(versions)}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
