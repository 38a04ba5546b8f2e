"""Images -> which digit they show, and how sure the net is."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, TypeVar

import numpy as np

from mnist_cli.dtypes import Bytes
from mnist_cli.errors import plural
from mnist_cli.net.network import Network
from mnist_cli.spec import CLASSES, SIDE

if TYPE_CHECKING:
    from mnist_cli.handwriting.digit import Digit, NumberDigit, ReadingStep

# Below these a prediction is called unsure: the confidence, and what it is above the second best.
_SURE = 0.6
_CLEAR = 0.3
_IN_LINE = 0.7  # of its logarithms: how much the judge of lines says in which digit it is

_P = TypeVar("_P", bound="Prediction")


@dataclass(frozen=True)
class _Result:
    """What came of an image or a picture, and its label where that is known."""

    source: str  # the file, "-" for standard input, or "index 42"
    _: KW_ONLY
    name: str = ""  # `source` for a list: without the folder that was named
    label: Any = None  # the true digit or, as text, number, where it is known
    people: str | None = None  # what people read there, where they do not agree with the label

    fields: ClassVar[tuple[str, ...]] = (
        *("source", "prediction", "confidence", "probabilities", "preprocessed", "warnings"),
    )

    @property
    def prediction(self) -> Any:
        """What the net says, None for nothing."""
        return None

    @property
    def correct(self) -> bool | None:
        """Whether the prediction is the label; None where there is none."""
        return None if self.label is None else self.prediction == self.label

    @property
    def json_fields(self) -> tuple[str, ...]:
        """The label, and what people read, only where they are known."""
        labelled = self.fields if self.label is None else (*self.fields, "label", "correct")
        return labelled if self.people is None else (*labelled, "people")


@dataclass(frozen=True)
class Prediction(_Result):
    """What the net says of one image."""

    image: Bytes  # (28, 28), what the net saw
    probabilities: tuple[float, ...]  # of all ten digits
    digit: "Digit | None" = None  # what was read, of a picture
    doubted: bool = False  # it may be no digit
    warnings: tuple[str, ...] = ()  # sentences without a full stop

    @property
    def prediction(self) -> int:
        """The digit with the highest probability."""
        return max(range(CLASSES), key=self.probabilities.__getitem__)

    @property
    def confidence(self) -> float:
        """The probability of the prediction."""
        return max(self.probabilities)

    @property
    def second_best(self) -> tuple[int, float]:
        """The next digit in line and its probability."""
        ranked = sorted(range(CLASSES), key=lambda digit: -self.probabilities[digit])
        return ranked[1], self.probabilities[ranked[1]]

    @property
    def unsure(self) -> bool:
        """Whether the second best comes close, or no digit is likely."""
        return self.confidence < _SURE or self.confidence - self.second_best[1] < _CLEAR

    @property
    def preprocessed(self) -> bool:
        """Whether a picture was changed to become the image."""
        return self.digit is not None and self.digit.way == "converted"


@dataclass(frozen=True)
class NumberPrediction(Prediction):
    """What the net says of a digit of a number: the how manieth it is there, and in its line."""

    digit: "NumberDigit" = field(kw_only=True)
    part: int = 1
    position: int = 1

    json_fields = ("prediction", "confidence", "doubted", "box")

    @property
    def line(self) -> int:
        """The line that it is in, from 1."""
        return self.digit.line

    @property
    def box(self) -> tuple[int, int, int, int] | None:
        """Its left, top, width and height in pixels; None for a picture in the MNIST format."""
        box = self.digit.box
        return (box.left, box.top, box.width, box.height) if box else None


@dataclass(frozen=True)
class NoDigit(_Result):
    """A picture that shows no digit, and why."""

    warnings: tuple[str, ...]  # why, sentences without a full stop
    steps: "tuple[ReadingStep, ...]" = ()

    confidence: ClassVar[None] = None
    probabilities: ClassVar[None] = None
    preprocessed: ClassVar[bool] = True
    unsure: ClassVar[bool] = False
    image: ClassVar[Bytes] = np.zeros((SIDE, SIDE), np.uint8)


@dataclass(frozen=True)
class SplitPicture(_Result):
    """The number that one picture shows, digit by digit, or the `reason` why it has none."""

    digits: tuple[NumberPrediction, ...]
    steps: "tuple[ReadingStep, ...]" = ()
    reason: str = ""

    fields = ("source", "text", "text_with_gaps", "lines", "warnings")

    @property
    def lines(self) -> list[list[NumberPrediction]]:
        """The digits line by line, each from left to right."""
        return [list(line) for _, line in groupby(self.digits, key=lambda one: one.line)]

    @property
    def text(self) -> str:
        """What is written there, "" for nothing."""
        return "\n".join("".join(str(one.prediction) for one in line) for line in self.lines)

    @property
    def text_with_gaps(self) -> str:
        """The same with a space where a sign or much space is between digits."""
        return "\n".join(
            "".join(f"{' ' * one.digit.after_gap}{one.prediction}" for one in line)
            for line in self.lines
        )

    @property
    def prediction(self) -> str | None:
        """The text in one line, None for nothing."""
        return self.text.replace("\n", " / ") or None

    @property
    def left_out(self) -> list[str]:
        """A sentence for each line of which not everything was read."""
        counts = [(first.digit.left_out, first.line) for first, *_ in self.lines]
        return [
            f"{plural(count, 'part')} of line {line} {'was' if count == 1 else 'were'} not read"
            for count, line in counts
            if count
        ]

    @property
    def warnings(self) -> list[str]:
        """Those of each line, and of each digit, with its number where there are several."""
        if self.reason:
            return [self.reason]
        several = len(self.digits) > 1
        return self.left_out + [
            f"digit {one.part}: {words}" if several else words
            for one in self.digits
            for words in one.warnings
        ]

    @property
    def unsure(self) -> bool:
        """Whether the net is not sure of one of them, one may be none, or a part was not read."""
        return any(one.unsure or one.doubted or one.digit.left_out for one in self.digits)


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and the error in one line."""

    source: str
    error: str


Result: TypeAlias = Prediction | NoDigit | SplitPicture | Unread


def predict_picture(network: Network, picture: Bytes, *, source: str, **known: Any) -> Prediction:
    """Read one (28, 28) uint8 picture in MNIST format; what else is `known` of it goes along."""
    probabilities = tuple(network.predict_proba(picture).tolist())
    return _warn(Prediction(source, picture, probabilities, **known))


def predict_digit(network: Network, digit: "Digit", *, source: str) -> Prediction:
    """Read a digit that `read_digit` brought to MNIST format."""
    read = predict_picture(network, digit.image, source=source, digit=digit)
    if not digit.digits:
        return read
    number = predict_digits(network, digit.digits, source=source)
    first, *others = read.warnings
    all_ = f"{first}; --split reads them all: {number.prediction}"
    return replace(read, warnings=(all_, *number.left_out, *others))


def predict_digits(
    network: Network, digits: "Sequence[NumberDigit]", *, source: str
) -> SplitPicture:
    """Read all digits of a picture, those that `read_digits` found."""
    predictions: list[NumberPrediction] = []
    for _, neighbours in groupby(digits, key=lambda digit: digit.line):
        for position, digit in enumerate(neighbours, start=1):
            likely = np.asarray(network.predict_proba(digit.image), float)
            if digit.in_line is not None:
                likely *= digit.in_line**_IN_LINE
                likely /= likely.sum()
            one = NumberPrediction(
                source,
                digit.image,
                tuple(likely.tolist()),
                digit=digit,
                part=len(predictions) + 1,
                position=position,
            )
            predictions.append(_warn(one))
    return SplitPicture(source, tuple(predictions), digits[0].steps)


def _warn(read: _P) -> _P:
    """Add what a person should know: of the digit that was read, and of what the net says of it."""
    digit, warnings, doubted = read.digit, read.warnings, False
    if digit is not None:
        warnings, doubted = digit.warnings, digit.is_doubted(read.confidence)
        if doubted and not digit.is_doubted():
            from mnist_cli.handwriting.digit import DOUBT

            warnings = (*warnings, DOUBT)
    if read.unsure:
        warnings = (*warnings, f"not sure: {read.prediction} or {read.second_best[0]}")
    return replace(read, doubted=doubted, warnings=warnings)
