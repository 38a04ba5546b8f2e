"""What many tests of handwriting read: training digits to draw, and the net to read them."""

import pytest

from mnist_cli import load_network
from mnist_cli.datasets.arrays import load_labelled


@pytest.fixture(scope="session")
def training(shared_data):
    """The training images and labels."""
    names = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
    return load_labelled(*names, data_dir=shared_data)


@pytest.fixture(scope="session")
def network():
    return load_network()
