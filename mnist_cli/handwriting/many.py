"""Many pictures -> digits, and how far it is."""

import os
from collections.abc import Iterable

import numpy as np

from mnist_cli.errors import MnistError
from mnist_cli.handwriting.reader import Digit, read_digit
from mnist_cli.pictures.picture import Source
from mnist_cli.shown import reporter
from mnist_cli.spec import SIDE, Progress


def read_pictures(
    sources: Iterable[Source],
    *,
    preprocess: bool = True,
    invert: bool | None = None,
    progress: bool | Progress = False,
) -> list[Digit]:
    """Read many pictures, each as `read_digit` does; return a digit for each, in order.

    One that cannot be read costs nothing of the others: the digit in its place is `empty`, which
    says why. `progress` is as for `evaluate`.

    Raises
    ------
    ValueError
        For anything but a list of what `read_digit` takes.

    Examples
    --------
    >>> from mnist_cli import load_images, load_network, read_pictures
    >>> digits = read_pictures([*load_images()[:2], "seven.png"], progress=True)
    >>> digits[2].empty
    'seven.png: there is no such file or folder. Check the path.'
    >>> load_network().predict([digit for digit in digits if not digit.empty])
    array([7, 2])
    """
    if isinstance(sources, str | bytes | os.PathLike):
        raise ValueError(f"found a {type(sources).__name__}, expected a list of pictures")
    nothing, pending = np.zeros((SIDE, SIDE), np.uint8), list(sources)
    digits: list[Digit] = []
    with reporter(progress, "progress.counted", "pictures") as report:
        for source in pending:
            try:
                digits.append(read_digit(source, preprocess=preprocess, invert=invert))
            except MnistError as error:
                digits.append(Digit(nothing, False, (), empty=str(error), count=0))
            report(len(digits), len(pending))
    return digits
