"""Picture files -> predictions, many of them on all cores."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from mnist_cli.errors import MnistError, NoDigitError
from mnist_cli.files.reading import read_up_to
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network
from mnist_cli.pictures.formats import MAX_FILE_BYTES
from mnist_cli.pictures.picture import attempt
from mnist_cli.prediction import prediction, sources
from mnist_cli.prediction.prediction import Result
from mnist_cli.prediction.sources import STANDARD_INPUT, Pictures
from mnist_cli.prediction.workers import spread
from mnist_cli.spec import Progress, ignore

if TYPE_CHECKING:
    from mnist_cli.handwriting.digit import Digit

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
    threads: int = 1,  # processes: with more, a script needs `if __name__ == "__main__"`
    standard_input: BinaryIO | None = None,
    progress: Progress = ignore,
) -> Iterator[Result]:
    """Yield what the net says of each picture, in order; of a file at fault why it is `Unread`."""

    def find(path: str) -> Any:
        if path == STANDARD_INPUT:  # read here: any process can be sent its bytes, or the error
            return attempt(_read_input, standard_input)
        member = pictures.members.get(path)
        return partial(sources.open_member, path, member) if member else path

    pending = [find(path) for path in pictures.paths]
    with spread(threads if len(pending) >= _WORTH_PROCESSES else 1) as map_sources:
        found = map_sources(partial(attempt, partial(_read, reading)), pending)
        for done, (path, read) in enumerate(zip(pictures.paths, found, strict=True), start=1):
            progress(done, len(pictures.paths))
            named: dict[str, Any] = {"name": pictures.name(path)}
            if reading.labels_from_names and reading.split:
                lines = read[-1].line if isinstance(read, tuple) else 1
                named["label"] = sources.number_in_name(path, lines)
            elif reading.labels_from_names:
                named["label"] = pictures.label(path)
            yield _conclude(network, read, reading, path, named)
    for error in pictures.unlisted:
        yield prediction.Unread(str(error.source), str(error))


def _read_input(file: BinaryIO | None) -> bytes:
    if file is None:
        raise MnistError("standard input is closed", source=STANDARD_INPUT, hint="Name a file.")
    return read_up_to(file, MAX_FILE_BYTES + 1, STANDARD_INPUT)


def _read(reading: Reading, source: Any) -> "tuple[Digit, ...]":
    """Read one picture: a path, bytes, or what opens a member of an archive."""
    from mnist_cli.handwriting.reader import read_digit, read_digits

    if isinstance(source, MnistError):
        raise source
    source = source() if callable(source) else source
    digits: tuple[Digit, ...]
    try:
        with one_thread():  # on busy cores the threads of several processes wait for one another
            if reading.split:
                digits = read_digits(source, invert=reading.invert)
            else:
                one = read_digit(source, preprocess=reading.preprocess, invert=reading.invert)
                digits = (one,)
    except NoDigitError as error:
        error.steps = error.steps if reading.keep_steps else ()
        raise
    return digits if reading.keep_steps else tuple(replace(digit, steps=()) for digit in digits)


def _conclude(
    network: Network, read: Any, reading: Reading, path: str, named: dict[str, Any]
) -> Result:
    """What the net says of the digits that were read, or why there are none."""
    if isinstance(read, NoDigitError):
        if reading.split:
            return prediction.SplitPicture(path, (), read.steps, read.problem, **named)
        return prediction.NoDigit(path, (read.problem,), read.steps, **named)
    if isinstance(read, MnistError):
        read.source = read.source or path  # bytes have no name
        return prediction.Unread(path, str(read))
    if reading.split:
        return replace(prediction.predict_digits(network, read, source=path), **named)
    found = prediction.predict_digit(network, read[0], source=path)
    is_plain = not reading.preprocess and reading.invert is None
    if is_plain and np.median(found.image) > _BRIGHT:
        named["warnings"] = (_DARK, *found.warnings)
    return replace(found, **named)
