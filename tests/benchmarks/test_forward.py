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


# Batch size, threads, and what our time may be of the others'.
RACES = [
    (100, 2, {"onnxruntime": "<= 0.9", "torch": "<= 0.55"}),
    (1000, 2, {"onnxruntime": "<= 0.9", "torch": "<= 0.55"}),
    (100, 2, {"products": "<= 1.0", "textbook": "<= 0.6"}),
    (1000, 2, {"products": "<= 1.25", "textbook": "<= 0.65"}),
    (100, 1, {"onnxruntime": "<= 0.85", "torch": "<= 0.6"}),
    (1, 2, {"textbook": "<= 0.52", "onnxruntime": "<= 0.88", "torch": "<= 0.4"}),
]


@pytest.mark.parametrize(("batch_size", "threads", "targets"), RACES)
def test_against_other_engines(benchmark, table, batch_size, threads, targets):
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
