"""The card beside a weights file: how the weights came to be, as JSON.

``weights.pkl`` has its card in ``weights.json``. Nobody vouches for a card: it is read as data, and
believed only where it names the SHA-256 of the very weights it lies beside.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mnist_cli.errors import FormatError, MnistError
from mnist_cli.files import AnyPath, read_bytes, write_bytes

_LARGEST = 1 << 20  # bytes; a card of a thousand epochs has some 30,000


@dataclass(frozen=True)
class Card:
    """What a training run was and what came of it.

    Attributes
    ----------
    recipe, hyperparameters, seed:
        The name of the recipe, all its hyperparameters as they were used, and the seed.
    training_images, validation_images:
        How many images the net learnt from, and how many of the training set were held out.
    versions:
        Of this package, Python, NumPy and the matrix library behind it.
    seconds:
        From the first step to the last, preparation included, reading files not.
    train_accuracy, validation_accuracy, test_accuracy:
        Of the finished weights on undistorted images, 0 to 1; None where there were no such images.
    weights_sha256:
        Of the weights file, in hexadecimal digits.
    loss_by_epoch:
        Mean cross-entropy of the distorted training images while the epoch ran.
    validation_accuracy_by_epoch:
        After each epoch; empty without held-out images.
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


def card_path(weights: AnyPath) -> Path:
    """Where the card of a weights file is: the same name with the suffix ``.json``."""
    return Path(weights).with_suffix(".json")


def write_card(card: Card, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write a card. Raises `FileError`."""
    text = json.dumps(asdict(card), indent=1)
    write_bytes(path, text.encode("ascii") + b"\n", overwrite=overwrite)


def read_card(path: AnyPath) -> Card:
    """Read a card. Raises `FileError` and `FormatError`."""
    try:
        content = json.loads(read_bytes(path, _LARGEST))
    except (ValueError, RecursionError):
        raise _not_a_card(path, "it is not JSON") from None
    if type(content) is not dict or set(content) != {each.name for each in fields(Card)}:
        raise _not_a_card(path, "its fields are not those of a card")
    for name, fits in _CHECKS.items():
        if not fits(content[name]):
            raise _not_a_card(path, f"its field {name} holds something else")
    for name in ("loss_by_epoch", "validation_accuracy_by_epoch"):
        content[name] = tuple(content[name])
    return Card(**content)


def card_of(weights: AnyPath, sha256: str) -> Card | None:
    """The card beside a weights file; None without one that is whole and names this SHA-256."""
    try:
        card = read_card(card_path(weights))
    except MnistError:
        return None
    return card if card.weights_sha256 == sha256 else None


def _not_a_card(path: AnyPath, why: str) -> FormatError:
    return FormatError(f"this is not the card of a training run: {why}", source=path)


def _is_count(value: Any) -> bool:
    return type(value) is int and value >= 0


def _is_number(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value)


def _is_accuracy(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_text(value: Any) -> bool:
    return type(value) is str


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "recipe": _is_text,
    "hyperparameters": lambda value: type(value) is dict and all(map(_is_number, value.values())),
    "seed": _is_count,
    "training_images": _is_count,
    "validation_images": _is_count,
    "versions": lambda value: type(value) is dict and all(map(_is_text, value.values())),
    "seconds": lambda value: _is_number(value) and value >= 0,
    "train_accuracy": _is_accuracy,
    "validation_accuracy": lambda value: value is None or _is_accuracy(value),
    "test_accuracy": lambda value: value is None or _is_accuracy(value),
    "weights_sha256": _is_text,
    "loss_by_epoch": lambda value: type(value) is list and all(map(_is_number, value)),
    "validation_accuracy_by_epoch": lambda value: (
        type(value) is list and all(map(_is_accuracy, value))
    ),
}
