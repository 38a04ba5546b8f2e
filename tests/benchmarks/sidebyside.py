"""Running what is compared in processes of its own, in turn, so that ratios can be trusted.

A ratio is the median of the ratios of several rounds: when the machine is busy for a while, both
sides of a round are slowed.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).parent
MNIST = str(Path(sys.executable).parent / "mnist")


@dataclass(frozen=True)
class Cost:
    """What a command cost: seconds from start to end, peak resident memory in MiB."""

    seconds: float
    mebibytes: float


@dataclass
class Table:
    """The rows of the table in README.md, in the order in which they were measured."""

    rows: list[str] = field(default_factory=list)

    def add(self, what: str, measured: str, value: float, target: str) -> None:
        """A row; `target` is a bound such as ``"<= 0.9"``."""
        sign, bound = target.split()
        met = value <= float(bound) if sign == "<=" else value >= float(bound)
        self.rows.append(
            f"| {what} | {measured} | {value:.2f} | {target} | {'met' if met else 'missed'} |"
        )


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return median(a / b for a, b in zip(ours, theirs, strict=True))


def engine_seconds(engine: str, batch_size: int, threads: int) -> float:
    """The median time of an engine's pass over the test images."""
    passes = _json_of(str(HERE / "engines.py"), engine, str(batch_size), str(threads))
    return median(passes)


def cost(*command: str) -> Cost:
    """Run a command to its end, its standard output thrown away."""
    return Cost(*_json_of(str(HERE / "cost.py"), *command))


def json_output(*command: str) -> Any:
    """What a command prints, as JSON."""
    done = subprocess.run(
        command, env=_environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout)


def _json_of(*program: str) -> Any:
    return json_output(sys.executable, *program)


# What this shell says about threads; and an installed command has its bytecode beside it.
_DROPPED = ("OPENBLAS_", "OMP_", "MKL_", "PYTHONDONTWRITEBYTECODE")


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(_DROPPED)}
