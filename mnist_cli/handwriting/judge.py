"""How much a picture in the MNIST format looks like one digit at all.

The net's own confidence does not say it: of ten digits it must choose one, and it is sure of
letters and halves of digits, too. The judge is a small net of its own, made of MNIST's training
images by `mnist_cli.training.judge`; its card is beside it.
"""

from functools import cache

from mnist_cli.handwriting.mnist_format import Gray
from mnist_cli.handwriting.morphology import Floats
from mnist_cli.net.network import Network
from mnist_cli.paths import embedded_directory
from mnist_cli.weights.weights_file import load_network

JUDGE = "judge.npz"

_CROWD = 8  # components are usual, even where there is a row of digits
_CROWDED, _MOST = 0.4, 5.0  # taken off for each more, and in all


def judge(images: Gray) -> Floats:
    """Return for each of (N, 28, 28) uint8 the logarithm of the odds that it is one digit."""
    logits = _load().logits(images)
    odds: Floats = logits[:, 0] - logits[:, 1]
    return odds


def doubt_in_crowd(crowd: int) -> float:
    """What is taken off the odds of one among so many components: textures have something like
    every digit somewhere.
    """
    return min(_CROWDED * max(crowd - _CROWD, 0), _MOST)


@cache
def _load() -> Network:
    return load_network(embedded_directory() / JUDGE, activation="relu")
