"""Child processes with a limited time, that can tell how much memory they took."""

import subprocess
import sys

import pytest

PRELUDE = """
import resource, sys

resource.setrlimit(resource.RLIMIT_CPU, (60, 60))


def peak_megabytes():
    # Not getrusage: its maximum includes the parent's memory, from before exec.
    with open("/proc/self/status") as status:
        (line,) = (line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) // 1024
"""


def run_limited(code: str, *arguments: object) -> str:
    """Run `code` in a child process, which has a minute; return what it prints."""
    if sys.platform != "linux":
        pytest.skip("measures memory as Linux shows it")
    command = [sys.executable, "-c", PRELUDE + code, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stderr == ""
    return result.stdout
