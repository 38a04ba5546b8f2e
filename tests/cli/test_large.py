"""What is done with a legal net stays within bounds, however many neurons it has."""

import json
import signal
import sys

import pytest
from support import large
from support.commands import mnist

from mnist_cli.net.bounds import largest_batch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and wait4 as Linux")


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    large.make_nets(folder)
    return folder


# Each net and each command, the dearest.
@pytest.mark.parametrize(
    ("net", "command", "code"),
    [
        ("many", "predict -i 0-9999 --json -w NET", 1),
        ("many", "eval --sweep -w NET", 1),
        ("many", "convert NET copy.safetensors --force", 0),
        pytest.param("many", "inspect NET OTHER", 0, marks=pytest.mark.matrix),
        ("wide", "eval --mode textbook -w NET", 1),
        ("wide", "inspect NET --neurons --export neurons.svg --force", 0),
        ("wide", "draw --no-open --force -w NET", 1),
        ("deep", "predict -i 0-99 --explain --json -w NET", 0),
    ],
)
def test_a_command_takes_little_or_refuses_in_a_line(nets, net, command, code):
    found = large.cost(nets, command, net)
    assert (found.code, found.is_kept) == (code, True), found


@pytest.mark.parametrize(
    ("command", "number"),
    [
        ("eval --mode batched --runs 1 --limit 2000 --threads 2 -w NET", signal.SIGINT),
        ("predict -i 0-3 --explain --json -w NET", signal.SIGTERM),
    ],
)
def test_a_signal_ends_it_within_a_second(nets, command, number):
    code, seconds = large.seconds_to_stop(nets, command, "many", number)
    assert code == 128 + number
    assert seconds <= 1


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
    sizes = [json.loads(each.stdout)["batch_size"] for each in done]
    assert sizes == [largest_batch(large.SIZES["many"]), 150] == [139, 150]


def test_of_many_neurons_the_first_are_shown(nets):
    done = mnist("inspect", nets / "wide.pkl", "--neurons", "--json")
    assert [neuron["index"] for neuron in json.loads(done.stdout)["neurons"]] == list(range(200))


def test_explanations_are_written_one_by_one(nets):
    found = large.cost(nets, "predict -i 0-499 --explain --json", "none")
    assert found.code == 0
    assert found.megabytes <= 90  # all together take 160
