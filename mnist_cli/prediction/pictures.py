"""Picture files -> predictions, many of them on all cores."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mnist_cli.errors import MnistError
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network
from mnist_cli.prediction.prediction import Result, Unread, predict_digit, predict_digits
from mnist_cli.prediction.sources import (
    STANDARD_INPUT,
    Pictures,
    label_in_name,
    number_in_name,
    open_member,
)
from mnist_cli.prediction.workers import spread
from mnist_cli.spec import Progress, ignore

if TYPE_CHECKING:
    from zipfile import ZipInfo

    from mnist_cli.handwriting.reader import Digit

# Below so many files the other processes would not have started before this one has finished.
_WORTH_PROCESSES = 24
_BRIGHT = 127  # a pixel above it is not black
_DARK = "the ink is darker than the background, the net knows bright ink: try --invert"


@dataclass(frozen=True)
class Reading:
    """How to read pictures; `preprocess` and `invert` are as in `read_digit`."""

    preprocess: bool = True
    invert: bool | None = None
    split: bool = False  # all digits of a picture, as `read_digits`
    keep_steps: bool = False
    labels_from_names: bool = False  # the true digit is in the name, as in 7_12.png


def predict_files(
    network: Network,
    pictures: Pictures,
    reading: Reading = Reading(),
    *,
    threads: int = 1,
    standard_input: BinaryIO | None = None,
    progress: Progress = ignore,
) -> Iterator[Result]:
    """Yield what the net says of each picture, in order; a file at fault becomes an `Unread`,
    at the end also a folder that cannot be listed.

    Memory stays flat: a picture is forgotten before the next one of its process. `threads` are
    processes, for Python runs one thread at a time: with more than one, a script needs ``if
    __name__ == "__main__"``.

    Raises `MnistError` where a process was killed.
    """
    read = partial(_read, reading)
    # Standard input cannot be handed to a process: it is read here, in its turn.
    paths = [path for path in pictures.paths if path != STANDARD_INPUT]
    files = [(path, pictures.members.get(path)) for path in paths]
    with spread(threads if len(files) >= _WORTH_PROCESSES else 1) as map_files:
        results = map_files(read, files)
        for done, path in enumerate(pictures.paths, start=1):
            digits = next(results) if path != STANDARD_INPUT else read((path, None), standard_input)
            progress(done, len(pictures.paths))
            if isinstance(digits, str):
                yield Unread(path, digits)
                continue
            named: dict[str, Any] = {"name": pictures.name(path)}
            if reading.labels_from_names:
                named["label"] = (number_in_name if reading.split else label_in_name)(path)
            if reading.split:
                yield replace(predict_digits(network, digits, source=path), **named)
            else:
                yield replace(predict_digit(network, digits[0], source=path), **named)
    for error in pictures.unlisted:
        yield Unread(str(error.source), str(error))


def _read(
    reading: Reading, file: "tuple[str, ZipInfo | None]", standard_input: BinaryIO | None = None
) -> "tuple[Digit, ...] | str":
    """Read one file; an error comes back as its text, which any process can be sent."""
    from mnist_cli.handwriting.reader import read_digit, read_digits

    (path, entry), invert = file, reading.invert
    if path == STANDARD_INPUT and standard_input is None:
        return f"{path}: standard input is closed. Name a file."
    try:
        source = open_member(path, entry) if entry else standard_input or path
        with one_thread():  # on busy cores the threads of several processes wait for one another
            if reading.split:
                digits = read_digits(source, invert=invert)
            else:
                digit = read_digit(source, preprocess=reading.preprocess, invert=invert)
                is_plain = not reading.preprocess and invert is None
                if is_plain and np.median(digit.image) > _BRIGHT:
                    digit = replace(digit, warnings=(*digit.warnings, _DARK))
                digits = (digit,)
    except MnistError as error:
        return str(error)
    return digits if reading.keep_steps else tuple(replace(digit, steps=()) for digit in digits)
