"""The constants: sizes of MNIST and of the book's net, names of files, this version; `Progress`."""

from collections.abc import Callable

__version__ = "0.3.0"

SIDE = 28  # pixels of an image's side
PIXELS = SIDE * SIDE  # inputs of every net: 784
CLASSES = 10  # outputs of every net, the digits 0 to 9
LAYER_SIZES = (PIXELS, 50, 100, CLASSES)  # of the book's net
MAX_LAYERS = 8
ACTIVATIONS = ("sigmoid", "relu", "tanh", "step", "identity")
Activation = str
"""One of these for all hidden layers, or one for each: ``"relu, tanh"``."""

TEST_IMAGES = "t10k-images-idx3-ubyte"
TEST_LABELS = "t10k-labels-idx1-ubyte"
TRAIN_IMAGES = "train-images-idx3-ubyte"
TRAIN_LABELS = "train-labels-idx1-ubyte"
PAIR = "{}-images-idx3-ubyte.gz", "{}-labels-idx1-ubyte.gz"  # of a set with a name of its own
WEIGHTS = "weights.pkl"  # the embedded ones
SNAPSHOTS = "snapshots.npz"  # of the embedded net
BOOK_WEIGHTS = "sample_weight.pkl"
BOOK_WEIGHTS_SHA256 = "b7f55a27988ba34c3777b0f1bbd464817c8a4db855723e6ff26f703501917a13"

Progress = Callable[[int, int], None]
"""Called with how many are done and how many there are: images, pictures, epochs, bytes."""


def ignore(*_: object) -> None:
    """Tell nobody, of progress or whatever else is reported."""
