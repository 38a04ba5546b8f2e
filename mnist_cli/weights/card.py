"""The card beside a weights file: how the weights came to be, as JSON.

``weights.pkl`` has that of its training in ``weights.json``, a short one, of its activation alone,
in ``weights.pkl.json``; it counts only where it names the SHA-256 of these weights.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from mnist_cli.errors import MnistError
from mnist_cli.files.reading import AnyPath, read_bytes
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import require_activation

ACCURACIES = ("train_accuracy", "validation_accuracy", "test_accuracy")

_LARGEST = 1 << 20  # bytes; a card of a thousand epochs has some 30,000


@dataclass(frozen=True)
class Card:
    """A training run and what came of it; accuracies are 0 to 1, of undistorted images."""

    recipe: str  # its name
    hyperparameters: dict[str, int | float]  # all of them, as they were used
    seed: int
    training_images: int  # how many the net learnt from
    validation_images: int  # and how many of the training set were held out
    versions: dict[str, str]  # of this package, Python, NumPy and the matrix library
    seconds: float  # training, without reading files
    train_accuracy: float
    validation_accuracy: float | None
    test_accuracy: float | None
    weights_sha256: str  # of the weights file, in hexadecimal digits
    loss_by_epoch: tuple[float, ...]  # mean cross-entropy of distorted images while it ran
    validation_accuracy_by_epoch: tuple[float, ...]  # after it; empty without held-out images
    # What came later has a default, so that older cards can still be read.
    activation: Activation = "sigmoid"  # after each hidden layer
    teacher_accuracy: float | None = None  # on the images that were held out; None without one
    start_sha256: str = ""  # of the weights file that the run went on from, "" for none
    mnist_images: int = 0  # how many of MNIST's were mixed in, so that it does not forget them
    drawn_images: int = 0  # how many of the training images the program drew

    json_fields: ClassVar = ("recipe", "epochs", "seed", "seconds", *ACCURACIES)

    @property
    def accuracies(self) -> dict[str, float | None]:
        """The accuracies by what they were measured on: training, validation, test."""
        names = ("training", "validation", "test")
        return dict(zip(names, (getattr(self, name) for name in ACCURACIES), strict=True))

    @property
    def epochs(self) -> int:
        """For how many epochs the net learnt."""
        return len(self.loss_by_epoch)


class FoundCard(NamedTuple):
    """A card that counts and where it lies; `training` is None for a short one."""

    path: Path
    activation: Activation
    training: Card | None
    normalization: str = ""  # "mean 0.1307, std 0.3081", which are part of the net


def card_path(weights: AnyPath) -> Path:
    """Where the card of a training is: ``w.json`` for ``w.pkl``."""
    return Path(weights).with_suffix(".json")


def short_card_path(weights: AnyPath) -> Path:
    """Where a short card is: ``w.npz.json`` for ``w.npz``."""
    return Path(f"{os.fspath(weights)}.json")


def encode_card(sha256: str, activation: Activation, said: Mapping[str, Any] = {}) -> bytes:
    """The content of a card: what is said of these weights, their activation, and whose it is."""
    document = {**said, "activation": activation, "weights_sha256": sha256}
    return json.dumps(document, indent=1).encode() + b"\n"


def find_card(weights: AnyPath, sha256: str) -> FoundCard | None:
    """The card beside a weights file that names this SHA-256, if there is one."""
    for path in (card_path(weights), short_card_path(weights)) if Path(weights).name else ():
        document = _read_document(path)
        if document.get("weights_sha256") != sha256:
            continue
        if "activation" in document:
            document["activation"] = require_activation(document["activation"], path)
        training = _make_card(document)
        activation = document.get("activation") or (training and training.activation)
        folded = str(document.get("normalization", ""))[:80]
        if activation:
            return FoundCard(path, activation, training, folded)
    return None


def _read_document(path: Path) -> dict[str, Any]:
    """The JSON object in a file, an empty one where there is none."""
    try:
        if not path.is_file():  # which is not worth a message
            return {}
        document = json.loads(read_bytes(path, _LARGEST))
    except (MnistError, OSError, ValueError, RecursionError):
        return {}
    return document if type(document) is dict else {}


def _make_card(document: dict[str, Any]) -> Card | None:
    """The card of a training in a document, if it is one; unknown fields are ignored."""
    values = {each.name: document[each.name] for each in fields(Card) if each.name in document}
    try:
        for name in ("loss_by_epoch", "validation_accuracy_by_epoch"):
            values[name] = tuple(values[name])
        card = Card(**values)
    except (LookupError, TypeError):
        return None
    # What is shown has to be what it should be; nobody looks at the other fields.
    accuracies = (each for each in card.accuracies.values() if each is not None)
    numbers = [card.seed, card.seconds, *accuracies]
    # NaN is not below anything, and what is larger than this cannot be shown.
    are_sound = all(type(each) in (int, float) and abs(each) < 1 << 64 for each in numbers)
    return card if are_sound and type(card.seed) is int and type(card.recipe) is str else None
