"""How accuracy falls as the images get worse, against corrupting and reading them by hand."""

import numpy as np

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.robustness import RobustnessView
from mnist_cli.evaluation.run import Run


def test_robustness_is_the_accuracy_at_each_strength(book_weights):
    network = load_network(book_weights)
    with open_labelled(limit=300, corruption=Corruption(invert=True)) as data:
        rows = RobustnessView().compute(Run([network, network], data))
    images, labels = load_images()[:300], load_labels()[:300]
    for row in rows:
        correct = network.predict(row.corruption.apply(images, np.random.default_rng(0))) == labels
        assert row.correct == (correct.sum(), correct.sum())
        assert row.accuracy[0] == correct.mean()
    shifts = [row.strength for row in rows if row.kind == "shift"]
    assert shifts == [0, 1, 2, 3, 4]
    assert rows[0].corruption == UNCORRUPTED
