"""From the first keystroke to the answer: whole processes against the imports they cannot avoid."""

import sys
from importlib.util import find_spec
from statistics import median

import pytest
from benchmarks.sidebyside import MNIST, cost, ratio

ROUNDS = 21


# Commands, and what their time may be of the imports'.
TARGETS = {
    "--version": {"click": "<= 1.6"},
    "--help": {"click": "<= 1.6"},
    "inspect": {"numpy": "<= 2.0"},
    "predict --index 42": {"numpy": "<= 2.0"},
    "eval --batch-size 100 --runs 1": {"numpy": "<= 5", "torch": "<= 0.4"},
}


@pytest.mark.parametrize("command", TARGETS)
def test_a_command_against_imports(benchmark, table, command):
    targets = {name: target for name, target in TARGETS[command].items() if find_spec(name)}
    costs = {name: [] for name in ("ours", *targets)}

    def imports():
        for module in targets:
            costs[module].append(cost(sys.executable, "-c", f"import {module}"))

    benchmark.pedantic(
        lambda: costs["ours"].append(cost(MNIST, *command.split())), setup=imports, rounds=ROUNDS
    )
    seconds = {name: [one.seconds for one in some] for name, some in costs.items()}
    ours = median(seconds["ours"]) * 1e3
    for module, target in targets.items():
        benchmark.extra_info[module] = value = ratio(seconds["ours"], seconds[module])
        table.add(
            f"`mnist {command}` against `import {module}`",
            f"{ours:.0f} against {median(seconds[module]) * 1e3:.0f} ms",
            value,
            target,
        )
    if command.startswith("eval"):
        ours, numpy = (median(one.mebibytes for one in costs[name]) for name in ("ours", "numpy"))
        table.add(
            f"`mnist {command}`, MiB of memory over `import numpy`",
            f"{ours:.0f} against {numpy:.0f} MiB",
            ours - numpy,
            "<= 70",
        )
