"""Images -> which digit they show, and how sure the net is."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_cli.net.network import Network

if TYPE_CHECKING:
    from mnist_cli.handwriting.reader import Digit
    from mnist_cli.handwriting.steps import Step
    from mnist_cli.prediction.explanation import Explanation

# Below these a prediction is called unsure: the confidence, and what it is above the second best.
_SURE = 0.6
_CLEAR = 0.3
_SURE_OF_DOUBTFUL = 0.7  # the confidence in what the judge rather calls no digit


@dataclass(frozen=True)
class Prediction:
    """What the net says of one image."""

    source: str  # the file, "-" for standard input, or "index 42"
    image: NDArray[np.uint8]  # (28, 28), what the net saw
    prediction: int | None = None  # 0 to 9; None where there is no digit, and `empty` says why
    confidence: float | None = None  # the probability of `prediction`
    probabilities: tuple[float, ...] | None = None  # of all ten digits
    second_best: tuple[int, float] | None = None  # the next digit in line and its probability
    unsure: bool = False  # the second best comes close, or no digit is likely
    preprocessed: bool = False  # the picture was changed to become `image`,
    way: str = ""  # in a few words,
    steps: "tuple[Step, ...]" = ()  # and in pictures
    warnings: tuple[str, ...] = ()  # sentences without a full stop
    empty: str = ""
    label: int | None = None  # the true digit, where it is known
    # Where a picture was split, the number of the digit in it, of its line and in that, from 1,
    part: int | None = None
    line: int | None = None
    position: int | None = None
    box: tuple[int, int, int, int] | None = None  # and its left, top, width, height in pixels
    name: str = ""  # `source` for a list: without the folder that was named
    explanation: "Explanation | None" = None

    @property
    def correct(self) -> bool | None:
        """Whether the prediction is the label; None where there is none."""
        return None if self.label is None else self.prediction == self.label


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and the error in one line."""

    source: str
    error: str


def predict_picture(
    network: Network, picture: NDArray[np.uint8], *, source: str, label: int | None = None
) -> Prediction:
    """Read one (28, 28) uint8 picture in MNIST format."""
    probabilities = network.predict_proba(picture).tolist()
    best, second = sorted(range(len(probabilities)), key=lambda digit: -probabilities[digit])[:2]
    confidence, next_one = probabilities[best], probabilities[second]
    unsure = confidence < _SURE or confidence - next_one < _CLEAR
    return Prediction(
        source=source,
        image=picture,
        prediction=best,
        confidence=confidence,
        probabilities=tuple(probabilities),
        second_best=(second, next_one),
        unsure=unsure,
        warnings=(f"not sure: {best} or {second}",) if unsure else (),
        label=label,
    )


def predict_digit(network: Network, digit: "Digit", *, source: str) -> Prediction:
    """Read a digit that `read_digit` brought to MNIST format; an empty one gives no prediction."""
    if digit.empty:
        read = Prediction(source, digit.image, empty=digit.empty)
        warnings = (digit.empty, *digit.warnings)
    else:
        read = predict_picture(network, digit.image, source=source)
        doubt = _doubt(digit, read)
        warnings = (*digit.warnings, *doubt, *read.warnings)
        if digit.digits:
            predictions = network.predict(np.stack([one.image for one in digit.digits])).tolist()
            lines = [one.line for one in digit.digits]
            number = join_lines(zip(lines, predictions, strict=True)).replace("\n", " / ")
            warnings = (f"{warnings[0]}; --split reads them all: {number}", *warnings[1:])
    preprocessed, way, steps = digit.preprocessed, digit.way, digit.steps
    return replace(read, warnings=warnings, preprocessed=preprocessed, way=way, steps=steps)


def _doubt(digit: "Digit", read: Prediction) -> tuple[str, ...]:
    """Warn, as the reader may have done, where judge and net both are not sure of a digit."""
    from mnist_cli.handwriting.reader import DOUBT

    doubted = -np.inf < digit.score < 0 and (read.confidence or 0) < _SURE_OF_DOUBTFUL
    return (DOUBT,) if doubted and DOUBT not in digit.warnings else ()


def join_lines(digits: Iterable[tuple[int | None, int | None]]) -> str:
    """Join digits, each after the number of its line, to a text of lines."""
    lines = groupby(digits, key=lambda pair: pair[0])
    return "\n".join("".join(str(digit) for _, digit in line) for _, line in lines)
