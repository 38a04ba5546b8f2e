"""The forward pass on the 10,000 test images against the engines that people would reach for."""

from importlib.util import find_spec

import pytest
from benchmarks.sidebyside import engine_seconds

ROUNDS = 5

NAMES = {"onnxruntime": "ONNX Runtime", "torch": "PyTorch", "textbook": "the textbook code"}


@pytest.mark.parametrize(
    ("batch_size", "threads", "targets"),  # what our time may be of the others'
    [
        (100, 2, {"onnxruntime": "0.9", "torch": "0.55", "textbook": "0.6"}),
        (1000, 2, {"onnxruntime": "0.9", "torch": "0.55", "textbook": "0.65"}),
        (100, 1, {"onnxruntime": "0.85", "torch": "0.6"}),
        (1, 2, {"onnxruntime": "0.88", "torch": "0.4", "textbook": "0.52"}),
    ],
)
def test_against_other_engines(table, batch_size, threads, targets):
    others = [name for name in targets if name == "textbook" or find_spec(name)]
    seconds = {name: [] for name in ("ours", *others)}
    for _ in range(ROUNDS):
        for name, passes in seconds.items():
            passes.append(engine_seconds(name, batch_size, threads))
    what = f"batches of {batch_size}" if batch_size > 1 else "one by one, 2,000 calls"
    for name in others:
        row = f"{what}, threads: {threads}, against {NAMES[name]}"
        table.compare(row, seconds["ours"], seconds[name], targets[name])
