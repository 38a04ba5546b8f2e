"""Images -> which digit they show, and how sure the net is."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_cli.net.network import Network

if TYPE_CHECKING:
    from mnist_cli.handwriting.reader import Digit
    from mnist_cli.handwriting.steps import ReadingStep

# Below these a prediction is called unsure: the confidence, and what it is above the second best.
_SURE = 0.6
_CLEAR = 0.3
_IN_LINE = 0.7  # of its logarithms: how much the judge of lines says in which digit it is


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
    steps: "tuple[ReadingStep, ...]" = ()  # and in pictures
    warnings: tuple[str, ...] = ()  # sentences without a full stop
    empty: str = ""
    label: int | None = None  # the true digit, where it is known
    people: str | None = None  # what people read there, where they do not agree with the label
    # Where a picture was split, the number of the digit in it, of its line and in that, from 1,
    part: int | None = None
    line: int | None = None
    position: int | None = None
    box: tuple[int, int, int, int] | None = None  # and its left, top, width, height in pixels
    after_gap: bool = False  # a sign or much space is between it and the digit before
    name: str = ""  # `source` for a list: without the folder that was named

    @property
    def doubted(self) -> bool:
        """Whether this may not be a digit."""
        from mnist_cli.handwriting.reader import DOUBT

        return DOUBT in self.warnings

    @property
    def correct(self) -> bool | None:
        """Whether the prediction is the label; None where there is none."""
        return None if self.label is None else self.prediction == self.label

    @property
    def json_fields(self) -> tuple[str, ...]:
        """Of a digit among others only what sets it apart; the label only where it is known."""
        if self.part is not None:
            return "prediction", "confidence", "doubted", "box"
        always = ("source", "prediction", "confidence", "probabilities", "preprocessed", "warnings")
        labelled = always if self.label is None else (*always, "label", "correct")
        return labelled if self.people is None else (*labelled, "people")


@dataclass(frozen=True)
class SplitPicture:
    """All digits of one picture, each with its place in it; only an empty one where there is none.

    `steps` led from the picture to all of them; `label` is the true number, where it is known.
    """

    source: str
    digits: tuple[Prediction, ...]
    steps: "tuple[ReadingStep, ...]" = ()
    name: str = ""
    label: str | None = None

    @property
    def json_fields(self) -> tuple[str, ...]:
        """The label only where it is known."""
        always = ("source", "text", "text_with_gaps", "lines", "warnings")
        return always if self.label is None else (*always, "label", "correct")

    @property
    def correct(self) -> bool | None:
        """Whether the number is the label; None where there is none."""
        return None if self.label is None else self.text == self.label

    @property
    def lines(self) -> list[list[Prediction]]:
        """The digits line by line, each from left to right."""
        read = (one for one in self.digits if one.prediction is not None)
        return [list(line) for _, line in groupby(read, key=lambda one: one.line)]

    @property
    def text(self) -> str:
        """What is written there, "" for nothing."""
        return "\n".join("".join(str(one.prediction) for one in line) for line in self.lines)

    @property
    def text_with_gaps(self) -> str:
        """The same with a space where a sign or much space is between digits."""
        return "\n".join(
            "".join(f"{' ' * one.after_gap}{one.prediction}" for one in line) for line in self.lines
        )

    @property
    def prediction(self) -> str | None:
        """The text in one line, None for nothing."""
        return self.text.replace("\n", " / ") or None

    @property
    def warnings(self) -> list[str]:
        """Those of each digit, with its number where there are several."""
        several = len(self.digits) > 1
        return [
            f"digit {one.part}: {words}" if several else words
            for one in self.digits
            for words in one.warnings
        ]

    @property
    def unsure(self) -> bool:
        """Whether the net is not sure of one of them, or one may be no digit."""
        return any(one.unsure or one.doubted for one in self.digits)


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and the error in one line."""

    source: str
    error: str


Result: TypeAlias = Prediction | SplitPicture | Unread


def predict_picture(
    network: Network,
    picture: NDArray[np.uint8],
    *,
    source: str,
    label: int | None = None,
    in_line: NDArray[np.float64] | None = None,
) -> Prediction:
    """Read one (28, 28) uint8 picture in MNIST format; `in_line` (10,) is of a `Digit`."""
    likely = np.asarray(network.predict_proba(picture), float)
    if in_line is not None:
        likely *= in_line**_IN_LINE
        likely /= likely.sum()
    probabilities = likely.tolist()
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
        read = predict_picture(network, digit.image, source=source, in_line=digit.in_line)
        warnings = (*digit.warnings, *_doubt(digit, read), *read.warnings)
        if digit.digits:
            number = predict_digits(network, digit.digits, source=source).prediction
            warnings = (f"{warnings[0]}; --split reads them all: {number}", *warnings[1:])
    preprocessed, way, steps = digit.preprocessed, digit.way, digit.steps
    return replace(read, warnings=warnings, preprocessed=preprocessed, way=way, steps=steps)


def predict_digits(network: Network, digits: "Sequence[Digit]", *, source: str) -> SplitPicture:
    """Read all digits of a picture, those that `read_digits` found."""
    predictions: list[Prediction] = []
    for line, neighbours in groupby(digits, key=lambda digit: digit.line):
        for position, digit in enumerate(neighbours, start=1):
            box = digit.box
            found = replace(
                predict_digit(network, digit, source=source),
                part=len(predictions) + 1,
                line=line,
                position=position,
                box=(box.left, box.top, box.width, box.height) if box else None,
                after_gap=digit.after_gap,
            )
            predictions.append(found)
    return SplitPicture(source, tuple(predictions), steps=digits[0].steps)


def _doubt(digit: "Digit", read: Prediction) -> tuple[str, ...]:
    """Warn, as the reader may have done, where judge and net both are not sure of a digit."""
    from mnist_cli.handwriting.judge import SURE_OF_DOUBTFUL
    from mnist_cli.handwriting.reader import DOUBT

    doubted = -np.inf < digit.score < 0 and (read.confidence or 0) < SURE_OF_DOUBTFUL
    return (DOUBT,) if doubted and DOUBT not in digit.warnings else ()
