"""Child processes that are killed when they take too much, or tell how much memory they took."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import conftest, {module}
from support import limited
limited.limit_this_process({megabytes}, {seconds})
{module}.{function}()
"""


MEASURED = """
import resource, sys

resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def peak_megabytes():
    # Not getrusage: its maximum includes the parent's memory, from before exec.
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
"""


def run_measured(code: str, *arguments: object) -> str:
    """Run `code`, which may ask for `peak_megabytes()`; return what it prints."""
    return _run(MEASURED + code, map(str, arguments))


def run_limited(
    function: str, cwd: Path, *arguments: str, megabytes: int = 250, seconds: int = 120
) -> None:
    """Run ``module:function`` with a bound on the memory it may add and on processor seconds.

    The bounds are set after the module is imported; `arguments` are the child's ``sys.argv[1:]``.
    """
    module, name = function.split(":")
    program = PROGRAM.format(
        tests=str(TESTS), module=module, function=name, megabytes=megabytes, seconds=seconds
    )
    _run(program, arguments, cwd)


def _run(program: str, arguments: Iterable[str], cwd: Path | None = None) -> str:
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc and resource limits that hold, so Linux")
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        cwd=cwd,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, ""), result.stdout + result.stderr
    return result.stdout


def limit_this_process(megabytes: int, seconds: int) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
