"""Many picture files -> predictions, on as many cores as there are, in flat memory."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from typing import BinaryIO

from mnist_cli.errors import MnistError
from mnist_cli.handwriting.reader import Digit, read_digit, read_digits
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network
from mnist_cli.prediction.prediction import Prediction, predict_digit
from mnist_cli.prediction.sources import STANDARD_INPUT, label_in_name

# Below so many files the other processes would not have started before this one has finished.
_WORTH_PROCESSES = 24
_MOST_PROCESSES = 16
_CHUNK = 2  # files a process takes at a time; Ctrl-C waits for them


@dataclass(frozen=True)
class Unread:
    """A file that could not be read, and the error in one line."""

    source: str
    error: str


@dataclass(frozen=True)
class Reading:
    """How to read a picture: as `read_digit` and, with `split`, as `read_digits`."""

    preprocess: bool = True
    invert: bool | None = None
    split: bool = False
    keep_steps: bool = False


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def predict_files(
    network: Network,
    paths: Sequence[str],
    reading: Reading | None = None,
    *,
    labels_from_names: bool = False,
    threads: int = 1,
    standard_input: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Iterator[Prediction | Unread]:
    """Yield what the net says of each file, in order; of several digits of a picture, each.

    A picture is decoded, brought to MNIST's form and forgotten before the next one of its thread.
    With `threads` above 1 and many files the threads are processes, because Python runs one thread
    at a time; a script that asks for them needs ``if __name__ == "__main__"``. ``-`` is read from
    `standard_input`. Raises nothing for a file at fault: it becomes an `Unread`.
    """
    reading = reading or Reading()
    workers = min(threads, len(paths) // _CHUNK, _MOST_PROCESSES)
    parallel = workers > 1 and len(paths) >= _WORTH_PROCESSES
    with _pool(workers) if parallel else nullcontext() as pool:
        read = partial(_read, reading=reading)
        # Standard input cannot be handed to a process: it is read here, in its turn.
        files = [path for path in paths if path != STANDARD_INPUT]
        results: Iterator[tuple[Digit, ...] | str]
        if pool is None:
            results = map(read, files)
        else:
            with _ctrl_c_blocked():  # the processes start here, and keep what is blocked
                results = pool.map(read, files, chunksize=_CHUNK)
        for done, path in enumerate(paths, start=1):
            result = read(path, standard_input) if path == STANDARD_INPUT else next(results)
            if progress is not None:
                progress(done, len(paths))
            if isinstance(result, str):
                yield Unread(path, result)
                continue
            label = label_in_name(path) if labels_from_names else None
            for number, digit in enumerate(result, start=1):
                part = number if reading.split else None
                yield predict_digit(network, digit, source=path, label=label, part=part)


def _read(path: str, file: BinaryIO | None = None, *, reading: Reading) -> tuple[Digit, ...] | str:
    """Read one file; an error comes back as its text, which any process can be sent."""
    source = path if file is None else file
    try:
        with one_thread():  # on busy cores the threads of several processes wait for one another
            if reading.split:
                digits = read_digits(source, invert=reading.invert)
            else:
                digits = (read_digit(source, preprocess=reading.preprocess, invert=reading.invert),)
    except MnistError as error:
        return str(error)
    return digits if reading.keep_steps else tuple(replace(digit, steps=()) for digit in digits)


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    # A process that is started anew holds none of our locks, threads or open files, and is the same
    # on every system.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _ignore_ctrl_c)
    try:
        yield pool
    except BrokenProcessPool:
        raise MnistError(
            "a process that read pictures was killed", hint="Try again with --threads 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _ctrl_c_blocked() -> Iterator[None]:
    """Leave Ctrl-C to the parent, also while a process starts and could only print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: only `_ignore_ctrl_c` is left
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ignore_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
