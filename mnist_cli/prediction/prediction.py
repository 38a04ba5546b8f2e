"""Images -> which digit they show, and how sure the net is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.arrays import load_items
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Network

if TYPE_CHECKING:
    from mnist_cli.handwriting.reader import Digit
    from mnist_cli.handwriting.steps import Step
    from mnist_cli.prediction.explanation import Explanation

# Below these a prediction is called unsure: the confidence, and what it is above the second best.
_SURE = 0.6
_CLEAR = 0.3


@dataclass(frozen=True)
class Prediction:
    """What the net says of one image.

    Attributes
    ----------
    source:
        The file, ``-`` for standard input, or ``index 42``.
    image:
        (28, 28) uint8, the picture that the net saw.
    prediction, confidence, probabilities:
        The digit 0 to 9, its probability, and all ten of them. None where the picture holds no
        digit, and `empty` says why.
    second_best, unsure:
        The next digit in line and its probability; whether it comes close, or none is likely.
    preprocessed, way, steps:
        How a picture file became `image`: whether it was changed, in a few words, in pictures.
    warnings:
        Sentences without a full stop.
    label:
        The true digit, None where it is not known.
    part, line, position, box:
        Where a picture was split, the number of the digit in it, that of its line and that in the
        line, each from 1, and where it is: left, top, width, height in pixels of the picture.
    name:
        `source` as a reader of a list needs it: without the folder that was named.
    """

    source: str
    image: NDArray[np.uint8]
    prediction: int | None = None
    confidence: float | None = None
    probabilities: tuple[float, ...] | None = None
    second_best: tuple[int, float] | None = None
    unsure: bool = False
    preprocessed: bool = False
    warnings: tuple[str, ...] = ()
    label: int | None = None
    explanation: "Explanation | None" = None
    empty: str = ""
    part: int | None = None
    line: int | None = None
    position: int | None = None
    box: tuple[int, int, int, int] | None = None
    way: str = ""
    steps: "tuple[Step, ...]" = ()
    name: str = ""

    @property
    def correct(self) -> bool | None:
        """Whether the prediction is the label; None where there is none."""
        return None if self.label is None else self.prediction == self.label


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and the error in one line."""

    source: str
    error: str


def predict_indices(
    network: Network,
    indices: Sequence[int],
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    *,
    data_dir: AnyPath | None = None,
) -> list[Prediction]:
    """Read images of a set (the embedded test set by default) by their index, from 0.

    The labels are those of the embedded set, or of `labels`; without them the truth is not known.

    Raises
    ------
    IndexError
        For an index outside the set; it names the range.
    MnistError
        For files at fault.
    """
    pictures, labels_found = load_items(indices, images, labels, data_dir=data_dir)
    truth = [None] * len(indices) if labels_found is None else labels_found.tolist()
    return [
        predict_picture(network, picture, source=f"index {index}", label=label)
        for index, picture, label in zip(indices, pictures, truth, strict=True)
    ]


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
        read = Prediction(source, digit.image, warnings=(digit.empty,), empty=digit.empty)
        warnings = (*read.warnings, *digit.warnings)
    else:
        read = predict_picture(network, digit.image, source=source)
        warnings = (*digit.warnings, *read.warnings)
        if digit.digits:
            predictions = network.predict(np.stack([one.image for one in digit.digits])).tolist()
            lines = [one.line for one in digit.digits]
            number = join_lines(zip(lines, predictions, strict=True)).replace("\n", " / ")
            warnings = (f"{warnings[0]}; --split reads them all: {number}", *warnings[1:])
    return replace(
        read,
        preprocessed=digit.preprocessed,
        warnings=warnings,
        way=digit.way,
        steps=digit.steps,
    )


def join_lines(digits: Iterable[tuple[int | None, int | None]]) -> str:
    """Join digits, each after the number of its line, to a text of lines."""
    lines = groupby(digits, key=lambda pair: pair[0])
    return "\n".join("".join(str(digit) for _, digit in line) for _, line in lines)
