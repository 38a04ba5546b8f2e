"""The 784-50-100-10 net of *Deep Learning from Scratch*, chapter 3, in NumPy.

Everything a notebook needs, loaded on first use so that ``import mnist_cli`` costs nothing::

    import mnist_cli

    network = mnist_cli.load_network()
    images, labels = mnist_cli.load_images(), mnist_cli.load_labels()
    accuracy = (network.predict(images, batch_size=100) == labels).mean()
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mnist_cli.datasets.arrays import load_images, load_labels
    from mnist_cli.errors import MnistError
    from mnist_cli.handwriting.reader import Digit, read_digit
    from mnist_cli.net.network import Network
    from mnist_cli.weights.weights_file import load_network, save_network

__version__ = "0.1.0"

_HOMES = {
    "Digit": "handwriting.reader",
    "MnistError": "errors",
    "Network": "net.network",
    "load_images": "datasets.arrays",
    "load_labels": "datasets.arrays",
    "load_network": "weights.weights_file",
    "read_digit": "handwriting.reader",
    "save_network": "weights.weights_file",
}

__all__ = [
    "Digit",
    "MnistError",
    "Network",
    "__version__",
    "load_images",
    "load_labels",
    "load_network",
    "read_digit",
    "save_network",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module the first time somebody asks for it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
