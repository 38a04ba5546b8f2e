"""What came of images and pictures together: what to show, how much is correct, files to keep."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mnist_cli.errors import MnistError
from mnist_cli.files.reading import AnyPath, cannot
from mnist_cli.files.tables import document, table_writer
from mnist_cli.files.writing import atomic_writer
from mnist_cli.net.bounds import require_quick
from mnist_cli.net.network import Network
from mnist_cli.prediction.prediction import (
    NoDigit,
    NumberPrediction,
    Prediction,
    Result,
    SplitPicture,
    Unread,
)
from mnist_cli.prediction.sources import STANDARD_INPUT

if TYPE_CHECKING:
    from mnist_cli.prediction.explanation import Explanation

_COLUMNS = (
    *("source", "line", "position", "prediction", "confidence", "probabilities"),
    *("preprocessed", "warnings", "label", "correct", "error"),
)
_SECONDS_A_NEURON = 4e-6  # about, to explain it and print its numbers
_LONGEST_NAME = 50  # characters of a source in the name of a file, at most 255 bytes


@dataclass(frozen=True)
class Results:
    """All results, in order; `only` says which to show; a `network` takes what is shown apart."""

    everything: tuple[Result, ...]
    only: Literal["wrong", "unsure", "doubted"] | None = None
    network: Network | None = None

    def __post_init__(self) -> None:
        if self.network is not None:
            sizes = self.network.layer_sizes
            seconds = sum(sizes) * _SECONDS_A_NEURON
            require_quick(sizes, len(self.shown), seconds, "or do without --explain")

    @property
    def shown(self) -> list[Result]:
        """Those to show; the unread files are always among them."""
        return [one for one in self.everything if self._is_shown(one)]

    def _is_shown(self, one: Result) -> bool:
        if self.only is None or isinstance(one, Unread):
            return True
        if self.only == "doubted":
            return bool(one.warnings)
        return one.unsure if self.only == "unsure" else one.correct is False

    @property
    def predictions(self) -> list[Prediction | NoDigit]:
        """Those of all images and digits, whether they are shown or not."""
        return [one for one in self.digit_by_digit() if not isinstance(one, Unread)]

    @property
    def unread(self) -> list[Unread]:
        """The files that could not be read."""
        return [one for one in self.everything if isinstance(one, Unread)]

    def digit_by_digit(self) -> Iterator[Prediction | NoDigit | Unread]:
        """Yield all results, of a picture that was split each digit."""
        for one in self.everything:
            if not isinstance(one, SplitPicture):
                yield one
            elif one.digits:
                yield from one.digits
            else:
                yield NoDigit(one.source, (one.reason,), one.steps, name=one.name)

    def explain(self, one: Result) -> "Explanation | None":
        """Take a result apart, where that is wanted and there is a digit; nothing is kept of it."""
        if self.network is None or not isinstance(one, Prediction):
            return None
        from mnist_cli.prediction.explanation import explain

        against = one.label if one.correct is False else None
        return explain(self.network, one.image, one.prediction, against)

    def document(self, one: Result) -> dict[str, Any]:
        """The object of JSON for one result."""
        explanation = self.explain(one)
        return document(one) | ({"explanation": explanation} if explanation else {})


def count_confusions(
    known: Sequence[Prediction | NoDigit | SplitPicture],
) -> list[tuple[tuple[Any, Any], int]]:
    """Each (label, other prediction or None) with how often it came, the most frequent first."""
    pairs = Counter((one.label, one.prediction) for one in known if one.correct is False)
    return sorted(pairs.items(), key=lambda pair: (-pair[1], str(pair[0])))


def write_table(path: AnyPath, results: Results, *, overwrite: bool = False) -> None:
    """Write all results: a row for each digit, or in a ``.jsonl`` file a line for each object."""
    with table_writer(path, _COLUMNS, overwrite=overwrite) as write:
        if os.fspath(path).lower().endswith(".jsonl"):
            write(map(results.document, results.everything))
        else:
            each = results.digit_by_digit()
            write({name: getattr(one, name, None) for name in _COLUMNS} for one in each)


def write_digits(
    path: AnyPath, predictions: Sequence[Prediction | NoDigit], *, overwrite: bool = False
) -> None:
    """Write what the net saw: one digit to a ``.png`` file, any number into a folder."""
    found = [one for one in predictions if isinstance(one, Prediction)]
    if predictions and not found:
        raise MnistError(f"there is no digit to save: {predictions[0].warnings[0]}")
    files = [Path(path)]
    if files[0].suffix.lower() != ".png":
        try:
            files[0].mkdir(parents=True, exist_ok=True)
        except (OSError, ValueError) as error:
            raise cannot("make", path, error) from None
        files = [Path(path, f"{stem}.png") for stem in _stems(found)]
    elif len(found) != 1:
        raise MnistError(
            f"found {len(found)} digits, a .png file takes one",
            hint="Name a folder for them: --save-digit DIR.",
        )
    from PIL import Image

    for file, prediction in zip(files, found, strict=True):
        with atomic_writer(file, overwrite=overwrite) as written:
            Image.fromarray(prediction.image).save(written, "PNG")


def _stems(predictions: Sequence[Prediction]) -> Iterator[str]:
    """Yield for each file a name that says where the digit comes from, and that no other has."""
    taken = set()  # in small letters: some file systems know no others
    for one in predictions:
        stem = Path(one.source).stem.replace(" ", "-")[:_LONGEST_NAME]
        stem = "picture" if one.source == STANDARD_INPUT else stem
        stem = f"{stem}-{one.part}" if isinstance(one, NumberPrediction) else stem
        candidates = chain([stem], (f"{stem}-{again}" for again in count(2)))
        free = next(each for each in candidates if each.lower() not in taken)
        taken.add(free.lower())
        yield free
