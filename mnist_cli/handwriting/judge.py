"""How much a picture in the MNIST format looks like one digit at all.

The net's own confidence does not say it: of ten digits it must choose one, and it is sure of
letters and halves of digits, too. The judge is a small net of its own, made of MNIST's training
images by `docs/make_judge.py`; its card is beside it. What may be a digit in a line has its own
judge, which has seen numbers cut wrongly; `docs/make_line_judge.py` makes it.
"""

from collections.abc import Mapping
from functools import cache

import numpy as np

from mnist_cli.handwriting.mnist_format import Gray
from mnist_cli.handwriting.morphology import Floats
from mnist_cli.net.network import Network
from mnist_cli.net.patches import take_patches
from mnist_cli.paths import embedded_directory
from mnist_cli.spec import SIDE
from mnist_cli.weights.weights_file import load_network

JUDGE, LINE_JUDGE = "judge.npz", "line_judge.npz"
_AT_A_TIME = 64  # pieces: what comes between stays in the processor's cache
DOUBTFUL = -2.2  # below these odds it is perhaps no digit,
SURE_OF_DOUBTFUL = 0.7  # or below 0, where the net's confidence is not at least this
NONE = 10  # the last output of the judge of lines, beside those of the ten digits


def judge(images: Gray) -> Floats:
    """Return for each of (N, 28, 28) uint8 the logarithm of the odds that it is one digit."""
    logits = load_judge().logits(images)
    odds: Floats = logits[:, 0] - logits[:, 1]
    return odds


@cache
def load_judge() -> Network:
    """Return the judge's net, of whose outputs the first two count."""
    return load_network(embedded_directory() / JUDGE, activation="relu")


def judge_spans(drawn: Gray) -> Floats:
    """Return for each of (N, 1183), see `line.draw_spans`, eleven logits: ten digits, and none."""
    parts = (drawn[start : start + _AT_A_TIME] for start in range(0, len(drawn), _AT_A_TIME))
    return np.concatenate([run_forward(_load_line_judge(), part)[-1] for part in parts])


def run_forward(weights: Mapping[str, Floats], drawn: Gray) -> tuple[Floats, ...]:
    """Return what goes into each layer of the judge of lines, what the first gives, the logits.

    Two convolutions over the digit, 8x13x13 and 24x5x5, and what is around make 128 neurons.
    """
    W1, b1, W2, b2, W3, b3, W4, b4 = weights.values()
    x = drawn.T / np.float32(255)
    count = x.shape[1]
    images = np.zeros((1, SIDE + 1, SIDE + 1, count), np.float32)
    images[0, :SIDE, :SIDE] = x[: SIDE**2].reshape(SIDE, SIDE, count)
    patches1 = take_patches(images)
    z1 = np.maximum(W1.T @ patches1 + b1[:, None], 0).reshape(len(b1), 13, 13, count)
    patches2 = take_patches(z1)
    z2 = np.maximum(W2.T @ patches2 + b2[:, None], 0).reshape(-1, count)
    z2 = np.concatenate([z2, x[SIDE**2 :]])
    z3 = np.maximum(W3.T @ z2 + b3[:, None], 0)
    return patches1, z1, patches2, z2, z3, (W4.T @ z3).T + b4


@cache
def _load_line_judge() -> Mapping[str, Floats]:
    with np.load(embedded_directory() / LINE_JUDGE) as file:  # it has half the precision
        return {name: array.astype(np.float32) for name, array in file.items()}
