"""What many tests of handwriting read: training digits to draw, and the net to read them."""

import pytest

from mnist_cli import load_network
from mnist_cli.datasets.arrays import load_labelled


@pytest.fixture(scope="session")
def training(shared_data):
    """The training images and labels."""
    return load_labelled(
        shared_data / "train-images-idx3-ubyte.gz", shared_data / "train-labels-idx1-ubyte.gz"
    )


@pytest.fixture(scope="session")
def network():
    return load_network()
