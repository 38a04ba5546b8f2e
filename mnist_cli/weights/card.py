"""The card beside a weights file: how the weights came to be, as JSON.

``weights.pkl`` has its card in ``weights.json``. Nobody vouches for a card: it is read as data, and
believed only where it names the SHA-256 of the very weights it lies beside.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar

from mnist_cli.errors import MnistError
from mnist_cli.files import AnyPath, read_bytes, write_bytes
from mnist_cli.net.network import ACTIVATIONS, Activation

ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")

_LARGEST = 1 << 20  # bytes; a card of a thousand epochs has some 30,000


@dataclass(frozen=True)
class Card:
    """What a training run was and what came of it.

    A new field needs a default, so that older cards can still be read.

    Attributes
    ----------
    recipe, hyperparameters, seed:
        The name of the recipe, all its hyperparameters as they were used, and the seed.
    training_images, validation_images:
        How many images the net learnt from, and how many of the training set were held out.
    versions, seconds:
        Of this package, Python, NumPy and the matrix library; training without reading files.
    train_accuracy, validation_accuracy, test_accuracy:
        Of the finished weights on undistorted images, 0 to 1; None where there were no such images.
    teacher_accuracy:
        Of the teacher on the images that were held out; None without one.
    weights_sha256, activation:
        Of the weights file, in hexadecimal digits; the net's function after each hidden layer.
    loss_by_epoch, validation_accuracy_by_epoch:
        Mean cross-entropy of the distorted training images while the epoch ran; the accuracy after
        it, empty without held-out images.
    """

    recipe: str
    hyperparameters: dict[str, int | float]
    seed: int
    training_images: int
    validation_images: int
    versions: dict[str, str]
    seconds: float
    train_accuracy: float
    validation_accuracy: float | None
    test_accuracy: float | None
    weights_sha256: str
    loss_by_epoch: tuple[float, ...]
    validation_accuracy_by_epoch: tuple[float, ...]
    activation: Activation = "sigmoid"
    teacher_accuracy: float | None = None

    json_fields: ClassVar = ("recipe", "epochs", "seed", "seconds", *ACCURACIES)

    @property
    def epochs(self) -> int:
        """For how many epochs the net learnt."""
        return len(self.loss_by_epoch)


def card_path(weights: AnyPath) -> Path:
    """Where the card of a weights file is: the same name with the suffix ``.json``."""
    return Path(weights).with_suffix(".json")


def write_card(card: Card, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write a card. Raises `FileError` as `write_bytes` does."""
    write_bytes(path, json.dumps(asdict(card), indent=1).encode() + b"\n", overwrite=overwrite)


def read_card(path: AnyPath) -> Card | None:
    """Read a card; None, and no error, for whatever is none. Unknown fields are ignored."""
    try:
        document = json.loads(read_bytes(path, _LARGEST))
        values = {each.name: document[each.name] for each in fields(Card) if each.name in document}
        for name in ("loss_by_epoch", "validation_accuracy_by_epoch"):
            values[name] = tuple(values[name])
        card = Card(**values)
    except (MnistError, ValueError, RecursionError, LookupError, TypeError):
        return None
    return card if _is_sound(card) else None


def find_card(weights: AnyPath, sha256: str) -> Card | None:
    """Return the card beside a weights file; None without one that names this SHA-256."""
    there = Path(weights).name and card_path(weights).is_file()  # else not worth a message
    card = read_card(card_path(weights)) if there else None
    return card if card is not None and card.weights_sha256 == sha256 else None


def _is_sound(card: Card) -> bool:
    """Whether the fields that are shown are what they should be; nobody looks at the others."""
    accuracies = (card.train_accuracy, card.validation_accuracy, card.test_accuracy)
    numbers = [card.seed, card.seconds, *(value for value in accuracies if value is not None)]
    return (
        type(card.recipe) is str
        and card.activation in ACTIVATIONS
        and type(card.seed) is int
        # NaN is not below anything, and what is larger than this cannot be shown.
        and all(type(number) in (int, float) and abs(number) < 1 << 64 for number in numbers)
    )
