"""How much a picture in the MNIST format looks like one digit at all.

The net's own confidence does not say it: of ten digits it must choose one, and it is sure of
letters and halves of digits, too. The judge is a small net of its own, made of MNIST's training
images by `docs/make_judge.py`; its card is beside it.
"""

from functools import cache

from mnist_cli.handwriting.mnist_format import Gray
from mnist_cli.handwriting.morphology import Floats
from mnist_cli.net.network import Network
from mnist_cli.paths import embedded_directory
from mnist_cli.weights.weights_file import load_network

JUDGE = "judge.npz"


def judge(images: Gray) -> Floats:
    """Return for each of (N, 28, 28) uint8 the logarithm of the odds that it is one digit."""
    logits = load_judge().logits(images)
    odds: Floats = logits[:, 0] - logits[:, 1]
    return odds


@cache
def load_judge() -> Network:
    """Return the judge's net, of whose outputs the first two count."""
    return load_network(embedded_directory() / JUDGE, activation="relu")
