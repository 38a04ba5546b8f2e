"""What is done with a legal net stays within bounds, however many neurons it has."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.commands import MNIST, mnist
from support.limited import run_measured
from support.nets import random_network

from mnist_cli import save_network
from mnist_cli.net.bounds import largest_batch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc as Linux has it")

# Just below 16 MiB, or deep.
SIZES = {"many": (784, 2, 300_000, 10), "wide": (784, 5000, 10), "deep": (784, *[50] * 7, 10)}


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    """A folder with a file of each of these nets."""
    folder = tmp_path_factory.mktemp("large")
    for name, sizes in SIZES.items():
        save_network(random_network(*sizes, scale=0.05), folder / f"{name}.pkl")
    return folder


MEASURED = """
import contextlib, io, json, os, time
from mnist_cli import cli

messages = io.StringIO()
with open(os.devnull, "w") as nobody, contextlib.redirect_stdout(nobody):
    with contextlib.redirect_stderr(messages):
        code = cli.run(sys.argv[1:])
errors = messages.getvalue().count("Error: ")
print(json.dumps([code, errors, time.process_time(), peak_megabytes()]))
"""


def measure(folder, command):
    """The exit code, the errors, the processor seconds and the peak of a command."""
    return json.loads(run_measured(MEASURED, *command.split(), cwd=folder))


# Each net and each command, the dearest.
@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("predict -i 0-9999 --json -w many.pkl", 1),
        ("eval --sweep -w many.pkl", 1),
        ("convert many.pkl copy.safetensors --force", 0),
        pytest.param("inspect many.pkl weights.pkl", 0, marks=pytest.mark.matrix),
        ("eval --mode textbook -w wide.pkl", 1),
        ("inspect wide.pkl --neurons --export neurons.svg --force", 0),
        ("draw --no-open --force -w wide.pkl", 1),
        ("predict -i 0-99 --explain --json -w deep.pkl", 0),
    ],
)
def test_a_command_takes_little_or_refuses_in_a_line(nets, command, expected):
    code, errors, seconds, megabytes = measure(nets, command)
    assert (code, errors) == (expected, expected)
    assert seconds <= 10
    assert megabytes <= 500


def test_explanations_are_written_one_by_one(nets):
    code, _, _, megabytes = measure(nets, "predict -i 0-499 --explain --json")
    assert code == 0
    assert megabytes <= 90  # all together take 160


def processor_seconds(process):
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("eval --mode batched --runs 1 --limit 2000 --threads 2 -w many.pkl", signal.SIGINT),
        ("predict -i 0-3 --explain --json -w many.pkl", signal.SIGTERM),
    ],
)
def test_a_signal_ends_it_within_a_second_of_the_processor(nets, command, number):
    nobody = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*MNIST, *command.split()], cwd=nets, **nobody) as process:
        while processor_seconds(process) < 1.2:  # started, and at work
            assert process.poll() is None
            time.sleep(0.02)
        before = processor_seconds(process)
        process.send_signal(number)
        _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) == 128 + number
    assert usage.ru_utime + usage.ru_stime - before <= 1


def test_the_refusal_names_a_number_that_is_taken(nets, monkeypatch):
    monkeypatch.chdir(nets)
    command = ("eval", "--robustness", "-w", "wide.pkl")
    refused = mnist(*command)
    assert refused.stderr.startswith("Error: 10,000 images through a net of 3,975,010 parameters")
    most = refused.stderr.partition("expected at most ")[2].partition(".")[0]
    assert mnist(*command, "--limit", most.replace(",", "")).code == 0


def test_the_batch_size_is_the_one_that_ran(nets, monkeypatch):
    monkeypatch.chdir(nets)
    asked = ("--mode=batched", "--runs=1", "--limit=150", "--batch-size=150", "--json")
    done = [mnist("eval", "-w", name, *asked) for name in ("many.pkl", "weights.pkl")]
    sizes = [each.document["batch_size"] for each in done]
    assert sizes == [largest_batch(SIZES["many"]), 150] == [139, 150]


def test_of_many_neurons_the_first_are_shown(nets):
    done = mnist("inspect", nets / "wide.pkl", "--neurons", "--json")
    assert [neuron["index"] for neuron in done.document["neurons"]] == list(range(200))
