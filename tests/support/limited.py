"""Child processes with a bound on their processor seconds, which tell how much memory they took."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_START = """
import resource, sys

sys.path.insert(0, {tests!r})
resource.setrlimit(resource.RLIMIT_CPU, ({seconds}, {seconds}))


def peak_megabytes():
    # Not getrusage: its maximum includes the parent's memory, from before exec.
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
"""


def run_measured(code: str, *arguments: object, cwd: Path | None = None, seconds: int = 60) -> str:
    """Run `code`, which may ask for `peak_megabytes()`; return what it prints."""
    if not Path("/proc/self/status").exists():
        pytest.skip("needs /proc and resource limits that hold, so Linux")
    start = _START.format(tests=str(Path(__file__).parents[1]), seconds=seconds)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", start + code, *map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    return result.stdout
