"""The card beside a weights file: how the weights came to be, as JSON.

``weights.pkl`` has its card in ``weights.json``. Nobody vouches for a card: it is read as data, and
believed only where it names the SHA-256 of the very weights it lies beside.
"""

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mnist_cli.errors import FormatError, MnistError
from mnist_cli.files import AnyPath, read_bytes, write_bytes

_LARGEST = 1 << 20  # bytes; a card of a thousand epochs has some 30,000
_LARGEST_NUMBER = 1 << 64


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


# What a field of each of these types is in JSON. What dictionaries and lists hold is not checked.
_IN_JSON: dict[Any, tuple[type, ...]] = {
    str: (str,),
    int: (int,),
    float: (int, float),
    float | None: (int, float, type(None)),
    dict[str, int | float]: (dict,),
    dict[str, str]: (dict,),
    tuple[float, ...]: (list,),
}


def card_path(weights: AnyPath) -> Path:
    """Where the card of a weights file is: the same name with the suffix ``.json``."""
    return Path(weights).with_suffix(".json")


def write_card(card: Card, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write a card.

    Raises
    ------
    FileError
        Where the file cannot be written, or exists already and `overwrite` is False.
    """
    text = json.dumps(asdict(card), indent=1)
    write_bytes(path, text.encode("ascii") + b"\n", overwrite=overwrite)


def read_card(path: AnyPath) -> Card:
    """Read a card; fields that are not a card's are ignored.

    Raises
    ------
    FileError
        For a file that cannot be read or is larger than 1 MiB.
    FormatError
        For one that is not a card.
    """
    content = read_bytes(path, _LARGEST)
    try:
        document = json.loads(
            content,
            parse_int=_parse_number,
            parse_float=_parse_number,
            parse_constant=_parse_number,
        )
    except (ValueError, RecursionError):
        raise _not_a_card(path, "it is not JSON, or holds NaN or a huge number") from None
    if type(document) is not dict:
        raise _not_a_card(path, "it is not an object of fields")
    values: dict[str, Any] = {}
    for each in fields(Card):
        value = document.get(each.name, each.default)
        if type(value) not in _IN_JSON[each.type]:
            raise _not_a_card(path, f"its field {each.name} is missing or holds something else")
        values[each.name] = tuple(value) if type(value) is list else value
    return Card(**values)


def find_card(weights: AnyPath, sha256: str) -> Card | None:
    """Return the card beside a weights file; None without one that is whole and names this SHA-256.

    Whatever lies there, nothing is raised.
    """
    try:
        card = read_card(card_path(weights))
    except MnistError:
        return None
    return card if card.weights_sha256 == sha256 else None


def _parse_number(text: str) -> int | float:
    """A number of a size that can be shown, from JSON or from Python's NaN and Infinity."""
    value = int(text) if len(text) < 20 and text.lstrip("-").isdigit() else float(text)
    if not -_LARGEST_NUMBER < value < _LARGEST_NUMBER:
        raise ValueError
    return value


def _not_a_card(path: AnyPath, why: str) -> FormatError:
    return FormatError(f"this is not the card of a training run: {why}", source=path)
