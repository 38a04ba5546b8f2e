"""What reading a picture gives: a digit in the MNIST format, alone or in a number."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from mnist_cli.dtypes import Bits, Bytes, Floats
from mnist_cli.handwriting.box import Box
from mnist_cli.shown import drawn_by

DOUBT = "this may not be a digit"

DOUBTFUL = -2.2  # below these odds, as logarithms, something is perhaps no digit,
SPREAD = 4.0  # components: what the ink is spread over more than that lowers the odds
SURE_OF_DOUBTFUL = 0.7  # or below 0, where the net's confidence is not at least this


@dataclass(frozen=True)
class ReadingStep:
    """A step: its name, what it did, the uint8 picture after it, and boxes of digits there."""

    name: str
    done: str
    picture: Bytes = field(repr=False)
    boxes: Sequence[Box] = ()


@dataclass(frozen=True)
class Digit:
    """A digit in the MNIST format.

    `image` is the (28, 28) uint8 picture that the net is to see, and `way` how it came to be:
    ``"converted"``, ``"untouched"`` where the picture was in that format already, or ``"resized"``.
    `steps` led to it. `score` is the logarithm of the odds that it is one digit at all, None where
    nobody asked. `box` is where it is on the upright picture, where it was found on one. `digits`
    are all digits of the picture, as of `read_digits`, where it seems to hold several. As an array
    a digit is its image: ``network.predict(digit)``.

    Examples
    --------
    >>> from mnist_cli import load_images, read_digit
    >>> read_digit(load_images()[42])
    Digit(way='untouched', digits=())
    """

    image: Bytes = field(repr=False)
    way: Literal["converted", "untouched", "resized"]
    steps: tuple[ReadingStep, ...] = field(repr=False)
    score: float | None = field(default=None, repr=False)
    box: Box | None = field(default=None, repr=False)
    digits: tuple["NumberDigit", ...] = ()

    _repr_html_ = drawn_by("predict.digit_lines")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = np.asarray(self.image, dtype)  # NumPy 1 gives no `copy`, nor takes None
        return array.copy() if copy else array

    def __len__(self) -> int:  # NumPy 1 makes an array of a list only if it holds sequences
        return len(self.image)

    def __getitem__(self, row: int) -> Any:
        return self.image[row]

    @property
    def count(self) -> int:
        """How many digits the picture seems to hold."""
        return max(len(self.digits), 1)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a person should know of it, sentences without a full stop."""
        several = (f"this looks like {self.count} digits",) if self.digits else ()
        return (*several, DOUBT) if self.is_doubted() else several

    def is_doubted(self, confidence: float = 1.0) -> bool:
        """Whether this may be no digit, where a net has this confidence in what it says of it."""
        least = 0 if confidence < SURE_OF_DOUBTFUL else DOUBTFUL
        return self.score is not None and self.score < least


@dataclass(frozen=True, repr=False)
class NumberDigit(Digit):
    """A digit of a number: in which line it stands, from 1, and how.

    `after_gap` says that a sign or much space is between it and the digit before; `in_line` (10,)
    how likely each digit is by how it stands in its line, None where it stands alone. `left_out` is
    how many parts of its line, at least 0.4 as tall as digits, were not read.
    """

    line: int = 1
    after_gap: bool = False
    in_line: Floats | None = None
    left_out: int = 0


def show(picture: Floats | Bits) -> Bytes:
    """Stretch numbers from 0 up to at most 1 into the range of a gray or colour picture."""
    values = np.asarray(picture, np.float32)
    peak = 1.0 if values.ndim == 3 else max(float(values.max()), 1e-6)
    values = values / peak
    np.clip(values, 0, 1, out=values)
    values *= 255
    return np.rint(values, out=values).astype(np.uint8)
