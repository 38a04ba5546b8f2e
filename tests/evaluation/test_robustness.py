"""How accuracy falls as the images get worse, against corrupting and reading them by hand."""

import numpy as np

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation import robustness
from mnist_cli.evaluation.run import Run


def test_robustness_is_the_accuracy_at_each_strength(book_weights):
    network = load_network(book_weights)
    with open_labelled(limit=300, corruption=Corruption(invert=True)) as data:
        rows = robustness.compute(Run([network, network], data))
    images, labels = load_images()[:300], load_labels()[:300]
    strengths = {"shift": lambda x: {"shift": (int(x), 0)}}
    for row in rows:
        corruption = Corruption(
            **strengths.get(row.corruption, lambda x, row=row: {row.corruption: x})(row.strength)
        )
        correct = network.predict(corruption.apply(images, np.random.default_rng(0))) == labels
        assert row.accuracy == (correct.mean(), correct.mean())
    assert [row.strength for row in rows if row.corruption == "shift"] == [0, 1, 2, 3, 4]
