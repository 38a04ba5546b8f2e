"""The 784-50-100-10 net of *Deep Learning from Scratch*, chapter 3, in NumPy.

Everything a notebook needs, loaded on first use so that ``import mnist_cli`` costs nothing::

    import mnist_cli

    network = mnist_cli.load_network()
    images, labels = mnist_cli.load_mnist("test")
    accuracy = (network.predict(images, batch_size=100) == labels).mean()
"""

TYPE_CHECKING = False  # true for type checkers; `typing` itself would double the start-up time

# "as" tells type checkers that a name is offered here: they cannot read `__all__` from a table.
if TYPE_CHECKING:
    from mnist_cli.datasets.arrays import load_images as load_images
    from mnist_cli.datasets.arrays import load_labels as load_labels
    from mnist_cli.datasets.arrays import load_mnist as load_mnist
    from mnist_cli.errors import FileError as FileError
    from mnist_cli.errors import FormatError as FormatError
    from mnist_cli.errors import MnistError as MnistError
    from mnist_cli.errors import NoDigitError as NoDigitError
    from mnist_cli.evaluation.evaluation import Evaluation as Evaluation
    from mnist_cli.evaluation.evaluation import evaluate as evaluate
    from mnist_cli.handwriting.digit import Digit as Digit
    from mnist_cli.handwriting.digit import NumberDigit as NumberDigit
    from mnist_cli.handwriting.reader import read_digit as read_digit
    from mnist_cli.handwriting.reader import read_digits as read_digits
    from mnist_cli.handwriting.reader import read_pictures as read_pictures
    from mnist_cli.net.activations import sigmoid as sigmoid
    from mnist_cli.net.network import Network as Network
    from mnist_cli.net.network import softmax as softmax
    from mnist_cli.prediction.explanation import Explanation as Explanation
    from mnist_cli.prediction.explanation import explain as explain
    from mnist_cli.prediction.prediction import Prediction as Prediction
    from mnist_cli.spec import __version__ as __version__
    from mnist_cli.training.arrays import Trained as Trained
    from mnist_cli.training.arrays import train as train
    from mnist_cli.weights.weights_file import load_network as load_network
    from mnist_cli.weights.weights_file import save_network as save_network

_OFFERED = {
    "datasets.arrays": ("load_images", "load_labels", "load_mnist"),
    "errors": ("FileError", "FormatError", "MnistError", "NoDigitError"),
    "evaluation.evaluation": ("Evaluation", "evaluate"),
    "handwriting.digit": ("Digit", "NumberDigit"),
    "handwriting.reader": ("read_digit", "read_digits", "read_pictures"),
    "net.activations": ("sigmoid",),
    "net.network": ("Network", "softmax"),
    "prediction.explanation": ("Explanation", "explain"),
    "prediction.prediction": ("Prediction",),
    "spec": ("__version__",),
    "training.arrays": ("Trained", "train"),
    "weights.weights_file": ("load_network", "save_network"),
}
_HOMES = {name: module for module, names in _OFFERED.items() for name in names}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    """Import a public name from its module the first time somebody asks for it (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
