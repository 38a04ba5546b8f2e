"""Run a function of the tests in a child process that is killed when it takes too much."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

PROGRAM = """
import sys
sys.path.insert(0, {tests!r})
import conftest, limited, {module}
limited.limit_this_process({megabytes}, {seconds})
{module}.{function}()
"""


def run_limited(
    function: str, cwd: Path, *arguments: str, megabytes: int = 250, seconds: int = 120
) -> None:
    """Run ``module:function`` with a bound on the memory it may add and on processor seconds.

    The bounds are set after the module is imported; `arguments` are the child's ``sys.argv[1:]``.
    """
    if not Path("/proc/self/statm").exists():
        pytest.skip("needs /proc and resource limits that hold, so Linux")
    module, name = function.split(":")
    program = PROGRAM.format(
        tests=str(TESTS), module=module, function=name, megabytes=megabytes, seconds=seconds
    )
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        cwd=cwd,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def limit_this_process(megabytes: int, seconds: int) -> None:
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    limit = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
