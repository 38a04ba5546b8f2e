"""From the first keystroke to the answer: whole processes against the imports they cannot avoid."""

import sys
from importlib.util import find_spec
from statistics import median

import pytest
from benchmarks.sidebyside import MNIST, cost, ratio

ROUNDS = 21


@pytest.fixture
def compare(benchmark, table):
    """Run a command in turn with imports; return the peak memory of each, MiB."""

    def run(command, targets):
        costs = {name: [] for name in ("ours", *targets)}

        def imports():
            for module in targets:
                costs[module].append(cost(sys.executable, "-c", f"import {module}"))

        benchmark.pedantic(
            lambda: costs["ours"].append(cost(MNIST, *command.split())),
            setup=imports,
            rounds=ROUNDS,
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
        return {name: median(one.mebibytes for one in some) for name, some in costs.items()}

    return run


@pytest.mark.parametrize("command", ["--version", "--help"])
def test_version_and_help(compare, command):
    compare(command, {"click": "<= 1.6"})


@pytest.mark.parametrize(
    "command",
    ["inspect", "inspect --json", "predict --index 42", "predict --index 42 --json"],
)
def test_short_answers(compare, command):
    compare(command, {"numpy": "<= 2.0"})


def test_eval(compare, table):
    command = "eval --batch-size 100 --runs 1"
    targets = {"numpy": "<= 5", "torch": "<= 0.4"}
    memory = compare(command, {name: targets[name] for name in targets if find_spec(name)})
    table.add(
        f"`mnist {command}`, MiB of memory over `import numpy`",
        f"{memory['ours']:.0f} against {memory['numpy']:.0f} MiB",
        memory["ours"] - memory["numpy"],
        "<= 70",
    )
