"""Many picture files -> predictions, on as many cores as there are, in flat memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import BinaryIO

import numpy as np

from mnist_cli.errors import MnistError
from mnist_cli.handwriting.reader import Digit, read_digit, read_digits
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network
from mnist_cli.prediction.prediction import Prediction, Unread, predict_digit
from mnist_cli.prediction.sources import STANDARD_INPUT
from mnist_cli.prediction.workers import ctrl_c_blocked, worker_pool

# Below so many files the other processes would not have started before this one has finished.
_WORTH_PROCESSES = 24
_MOST_PROCESSES = 16
_CHUNK = 2  # files a process takes at a time; Ctrl-C waits for them
_BRIGHT = 127  # a pixel above it is not black


@dataclass(frozen=True)
class Reading:
    """How to read a picture: as `read_digit` and, with `split`, as `read_digits`."""

    preprocess: bool = True
    invert: bool | None = None
    split: bool = False
    keep_steps: bool = False


def predict_files(
    network: Network,
    paths: Sequence[str],
    reading: Reading | None = None,
    *,
    threads: int = 1,
    standard_input: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Prediction | Unread]:
    """Yield what the net says of each file, in order; of several digits of a picture, each.

    A picture is decoded, brought to MNIST format and forgotten before the next one of its thread.
    With `threads` above 1 and many files the threads are processes, because Python runs one thread
    at a time; a script that asks for them needs ``if __name__ == "__main__"``. ``-`` is read from
    `standard_input`. A file at fault becomes an `Unread`.

    Raises
    ------
    MnistError
        Where one of the processes was killed.
    """
    reading = reading or Reading()
    workers = min(threads, len(paths) // _CHUNK, _MOST_PROCESSES)
    parallel = workers > 1 and len(paths) >= _WORTH_PROCESSES
    with worker_pool(workers) if parallel else nullcontext() as pool:
        read = partial(_read, reading=reading)
        # Standard input cannot be handed to a process: it is read here, in its turn.
        files = [path for path in paths if path != STANDARD_INPUT]
        results: Iterator[tuple[Digit, ...] | str]
        if pool is None:
            results = map(read, files)
        else:
            with ctrl_c_blocked():  # the processes start here, and keep what is blocked
                results = pool.map(read, files, chunksize=_CHUNK)
        for done, path in enumerate(paths, start=1):
            result = read(path, standard_input) if path == STANDARD_INPUT else next(results)
            if progress is not None:
                progress(done, len(paths))
            if isinstance(result, str):
                yield Unread(path, result)
                continue
            for number, digit in enumerate(result, start=1):
                part = number if reading.split else None
                yield predict_digit(network, digit, source=path, part=part)


def _read(path: str, file: BinaryIO | None = None, *, reading: Reading) -> tuple[Digit, ...] | str:
    """Read one file; an error comes back as its text, which any process can be sent."""
    if path == STANDARD_INPUT and file is None:
        return f"{path}: standard input is closed. Name a file."
    source = path if file is None else file
    try:
        with one_thread():  # on busy cores the threads of several processes wait for one another
            if reading.split:
                digits = read_digits(source, invert=reading.invert)
            else:
                digits = (read_digit(source, preprocess=reading.preprocess, invert=reading.invert),)
    except MnistError as error:
        return str(error)
    return tuple(
        replace(
            digit,
            steps=digit.steps if reading.keep_steps else (),
            warnings=(*digit.warnings, *_hints(digit, reading)),
        )
        for digit in digits
    )


def _hints(digit: Digit, reading: Reading) -> Iterator[str]:
    """Yield which option would have read the picture better."""
    if digit.count > 1 and not reading.split:
        yield "--split reads each of them"
    if not reading.preprocess and reading.invert is None and np.median(digit.image) > _BRIGHT:
        yield "the ink is darker than the background, the net knows bright ink: try --invert"
