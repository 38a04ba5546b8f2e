"""The forward pass on the 10,000 test images against the engines that people would reach for.

pytest-benchmark times our pass in this process; the ratios come from processes of their own.
"""

from importlib.util import find_spec
from statistics import median

import pytest
from benchmarks.sidebyside import engine_seconds, ratio

from mnist_cli import load_images, load_network

ROUNDS = 5

NAMES = {
    "onnxruntime": "ONNX Runtime",
    "torch": "PyTorch",
    "products": "the three products alone",
    "textbook": "the textbook code",
}
NUMPY_ONLY = {"products", "textbook"}


@pytest.fixture
def race(benchmark, table):
    def run(batch_size, threads, targets):
        network, images = load_network(), load_images()
        if batch_size == 1:
            benchmark(lambda: [network.predict(x) for x in images[:2000]])
            what = "one by one, 2,000 calls"
        else:
            benchmark(network.predict, images, batch_size, threads)
            what = f"batches of {batch_size}, threads: {threads}"

        others = [name for name in targets if name in NUMPY_ONLY or find_spec(name)]
        seconds = {name: [] for name in ("ours", *others)}
        for _ in range(ROUNDS):
            for name, passes in seconds.items():
                passes.append(engine_seconds(name, batch_size, threads))
        ours = seconds["ours"]
        for name in others:
            benchmark.extra_info[name] = value = ratio(ours, seconds[name])
            table.add(
                f"{what}, against {NAMES[name]}",
                f"{median(ours) * 1e3:.1f} against {median(seconds[name]) * 1e3:.1f} ms",
                value,
                targets[name],
            )

    return run


@pytest.mark.parametrize("batch_size", [100, 1000])
def test_two_threads_against_engines(race, batch_size):
    race(batch_size, 2, {"onnxruntime": "<= 0.9", "torch": "<= 0.55"})


@pytest.mark.parametrize(("batch_size", "target"), [(100, "<= 1.0"), (1000, "<= 1.25")])
def test_two_threads_against_the_products_alone(race, batch_size, target):
    race(batch_size, 2, {"products": target})


@pytest.mark.parametrize(("batch_size", "target"), [(100, "<= 0.6"), (1000, "<= 0.65")])
def test_two_threads_against_the_textbook(race, batch_size, target):
    race(batch_size, 2, {"textbook": target})


def test_one_thread_against_engines(race):
    race(100, 1, {"onnxruntime": "<= 0.85", "torch": "<= 0.6"})


def test_one_by_one(race):
    race(1, 2, {"textbook": "<= 0.52", "onnxruntime": "<= 0.88", "torch": "<= 0.4"})
