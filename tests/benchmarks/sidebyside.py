"""Running what is compared in processes of its own, in turn, so that ratios can be trusted.

A ratio is the median of the ratios of several rounds: when the machine is busy for a while, both
sides of a round are slowed.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ENGINES = Path(__file__).with_name("engines.py")
MNIST = str(Path(sys.executable).with_name("mnist"))

# What this shell says about threads; and an installed command has its bytecode beside it.
_DROPPED = ("OPENBLAS_", "OMP_", "MKL_", "PYTHONDONTWRITEBYTECODE")


class Table:
    """The rows of the table in README.md, in the order in which they were measured."""

    def __init__(self) -> None:
        self.rows = ["| what | measured | value | target | |", "| --- | --- | ---: | --- | --- |"]

    def add(self, what: str, measured: str, value: float, target: str) -> None:
        """A row; `target` is the most that `value` may be."""
        met = "met" if value <= float(target) else "missed"
        self.rows.append(f"| {what} | {measured} | {value:.2f} | <= {target} | {met} |")

    def compare(self, what: str, ours: Sequence[float], theirs: Sequence[float], target: str):
        """A row of our seconds against others', round by round."""
        measured = f"{median(ours) * 1e3:.1f} against {median(theirs) * 1e3:.1f} ms"
        value = median(a / b for a, b in zip(ours, theirs, strict=True))
        self.add(what, measured, value, target)


def engine_seconds(engine: str, batch_size: int, threads: int) -> float:
    """The median time of an engine's pass over the test images."""
    return median(json.loads(_run(sys.executable, ENGINES, engine, batch_size, threads)))


def command_seconds(*command: object) -> float:
    """The time from a command's start to its end."""
    start = time.perf_counter()
    _run(*command)
    return time.perf_counter() - start


def _run(*command: object) -> bytes:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
    return subprocess.run([*map(str, command)], env=kept, stdout=subprocess.PIPE, check=True).stdout
