"""How much a picture in the MNIST format looks like one digit at all.

The net cannot say so: of ten digits it must choose one, also for a letter. Two small nets of their
own can, the judge of digits and the judge of lines; `judges/` makes both.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from mnist_cli.dtypes import Bytes, Floats
from mnist_cli.net.convolution import AT_A_TIME, run_forward
from mnist_cli.net.network import Network
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import SIDE
from mnist_cli.weights.weights_file import load_network

JUDGE, LINE_JUDGE = "judge.npz", "line_judge.npz"
NONE = 10  # the last output of the judge of lines, beside those of the ten digits


def judge(images: Bytes) -> Floats:
    """Return for each of (N, 28, 28) uint8 the logarithm of the odds that it is one digit."""
    logits = load_judge().logits(images)
    return logits[:, 0] - logits[:, 1]


@cache
def load_judge() -> Network:
    """Return the judge's net, of whose outputs the first two count."""
    return load_network(embedded_directory() / JUDGE, activation="relu")


def judge_spans(drawn: Bytes) -> Floats:
    """Return for each of (N, 1183), see `line.draw_spans`, eleven logits: ten digits, and none."""
    parts = (drawn[start : start + AT_A_TIME] for start in range(0, len(drawn), AT_A_TIME))
    return np.concatenate([run_judge(_load_line_judge(), part)[-1].T for part in parts])


def run_judge(weights: Mapping[str, Floats], drawn: Bytes) -> tuple[Floats, ...]:
    """Run the judge of lines: two convolutions over the digit, then a layer over what is around."""
    x = drawn.T / np.float32(255)
    return run_forward(weights.values(), x[: SIDE**2], x[SIDE**2 :])


@cache
def _load_line_judge() -> Mapping[str, Floats]:
    with np.load(embedded_directory() / LINE_JUDGE) as file:  # it has half the precision
        return {name: array.astype(np.float32) for name, array in file.items()}
