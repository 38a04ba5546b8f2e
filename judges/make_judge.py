"""Make the judge, the small net that tells digits from what is none, with mnist-cli installed:

    python3 judges/make_judge.py TRAIN_IMAGES JUDGE.npz

Of its ten classes it uses two: 0 is one digit in the MNIST format, 1 is what a reader takes for one
by mistake, of nine kinds. All are drawn from MNIST's training images and simple shapes, and go
through the same last steps as what people send. No picture of a stranger is in it.
"""

import sys

import numpy as np
from judge_drawings import KINDS, Rng, Source, smooth_noise

from mnist_cli.datasets.arrays import load_images
from mnist_cli.dtypes import Bits, Bytes, Floats
from mnist_cli.handwriting.box import find_box
from mnist_cli.handwriting.mnist_format import FINE, bring_to_format, draw
from mnist_cli.handwriting.morphology import blur, label
from mnist_cli.training.arrays import train
from mnist_cli.training.recipes import Recipe
from mnist_cli.weights.weights_file import write_arrays

_DIGITS, _EACH = 60_000, 10_000  # pictures of digits, and of each kind of what is none
_AT_ONCE = 50
_COARSE = 40  # pixels of the long side on which some are drawn
RECIPE = Recipe(
    "judge",
    "adamw",
    hidden=(96,),
    activation="relu",
    epochs=24,
    learning_rate=3e-3,
    weight_decay=0.2,
    held_out=10_000,
    rotation=6,
    log_scale=0.03,
    shear=0.08,
    shift=0.3,
    elastic=0.6,
)


def _prepare(rng: Rng, ink: Floats, whole: bool) -> Bits | None:
    """Draw as the reader does what was photographed, more or less sharp; None for nothing.

    Of what is no digit often only the largest component is taken, as the reader would.
    """
    ink = blur(ink, rng.uniform(0.3, 2.0)) + smooth_noise(rng, 1.5) * rng.uniform(0, 0.15)
    level = rng.uniform(0.3, 0.6)
    mask = ink > level
    labels, count = label(mask)
    if count == 0:
        return None
    areas = np.bincount(labels.ravel())[1:]
    kept = areas >= (0.03 if whole else 1) * areas.max()
    mask = np.append(False, kept)[labels]
    box = find_box(mask)
    if box.long_side < 12:
        return None
    return draw(ink, mask, level, box, int(rng.choice([_COARSE, FINE])))


def make_pictures(kind: int, count: int, images: Source, seed: int = 0) -> Bytes:
    """Make `count` pictures of a kind, (count, 28, 28) uint8."""
    rng = np.random.default_rng([seed, kind])
    made: list[Bytes] = []
    while len(made) * _AT_ONCE < count:
        drawn: list[Bits] = []
        while len(drawn) < _AT_ONCE:
            whole = kind in (0, 2, 3) or rng.random() < 0.5
            bits = _prepare(rng, KINDS[kind](rng, images), whole)
            if bits is not None:
                drawn.append(bits)
        made.append(bring_to_format(drawn).images)
    return np.concatenate(made)[:count]


def main(source: str, target: str) -> None:
    """Draw all kinds, train on them, and write the net and its card."""
    images = load_images(source)
    made = [make_pictures(kind, _EACH if kind else _DIGITS, images) for kind in range(len(KINDS))]
    labels = np.repeat([0, *[1] * (len(KINDS) - 1)], [len(part) for part in made])
    network, card = train(np.concatenate(made), labels, RECIPE)
    write_arrays(target, network.arrays, network.activation, training=card)


if __name__ == "__main__":
    main(*sys.argv[1:])
