"""Legal nets that cost most, just below 16 MiB or deep, and what `mnist` may take for them."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.commands import MNIST
from support.nets import random_network

from mnist_cli.weights.weights_file import save_network

SIZES = {"many": (784, 2, 300_000, 10), "wide": (784, 5000, 10), "deep": (784, *[50] * 7, 10)}
SECONDS, MEGABYTES = 10, 500  # of a processor: what a command may take

# A process of its own, for the system counts the size of the one that starts a command into the
# peak of the command; this one is small.
_LAUNCHER = """
import json, os, sys

process = os.posix_spawn(
    sys.executable, [sys.executable, *sys.argv[1:]], os.environ,
    file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)],
)
_, status, usage = os.wait4(process, 0)
print(json.dumps([
    os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
]))
"""


@dataclass(frozen=True)
class Cost:
    """How a command ended, its seconds of a processor, its peak in MiB, and its messages."""

    code: int
    seconds: float
    megabytes: float
    stderr: str

    @property
    def is_kept(self):
        """Whether the promise is: within the bounds, and done or refused in one line."""
        errors = [line for line in self.stderr.splitlines() if line.startswith("Error: ")]
        ended = (self.code, len(errors)) in ((0, 0), (1, 1))
        return ended and self.seconds <= SECONDS and self.megabytes <= MEGABYTES


def make_nets(folder):
    """Write a file of each of `SIZES`, and the embedded net as ``other.npz``."""
    for name, sizes in SIZES.items():
        save_network(random_network(*sizes, scale=0.05), folder / f"{name}.pkl")
    subprocess.run([*MNIST, "convert", "weights.pkl", "other.npz"], cwd=folder, check=True)


def cost(folder, command, net):
    """Run a command with the net of this name; NET stands for its file, OTHER for ours."""
    if not hasattr(os, "posix_spawn") or sys.platform != "linux":
        pytest.skip("needs wait4 that counts as Linux does")
    words = command.replace("NET", f"{net}.pkl").replace("OTHER", "other.npz").split()
    done = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, *MNIST[1:], *words],
        cwd=folder,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Cost(*json.loads(done.stdout), done.stderr)


def seconds_to_stop(folder, command, net, number=signal.SIGINT):
    """Its exit code, and for how many processor seconds a command goes on after a signal."""
    words = command.replace("NET", f"{net}.pkl").split()
    with subprocess.Popen(
        [*MNIST, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while _processor_seconds(process.pid) < 1.2:  # started, and at work
            assert process.poll() is None, f"{command} ended before the signal"
            time.sleep(0.02)
        before = _processor_seconds(process.pid)
        process.send_signal(number)
        after = before
        while process.poll() is None:
            after = max(after, _processor_seconds(process.pid))
            time.sleep(0.005)
    return process.returncode, after - before


def _processor_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
