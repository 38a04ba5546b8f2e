"""The steps from a picture to the MNIST format, as they are told and shown."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_cli.handwriting.box import Box
from mnist_cli.handwriting.mnist_format import Gray
from mnist_cli.handwriting.morphology import Bits
from mnist_cli.net.engine import Floats


@dataclass(frozen=True)
class ReadingStep:
    """A step: its name, what it did, the uint8 picture after it, and boxes of digits there."""

    name: str
    done: str
    picture: Gray = field(repr=False)
    boxes: Sequence[Box] = ()


def show(picture: Floats | Bits) -> Gray:
    """Stretch numbers from 0 up to at most 1 into the range of a gray or colour picture."""
    values = np.asarray(picture, np.float32)
    peak = 1.0 if values.ndim == 3 else max(float(values.max()), 1e-6)
    values = values / peak
    np.clip(values, 0, 1, out=values)
    values *= 255
    shown: Gray = np.rint(values, out=values).astype(np.uint8)
    return shown
