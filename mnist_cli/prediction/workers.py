"""Processes that work side by side, leave Ctrl-C to their parent and end when it does."""

import os
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import connection, get_context, parent_process

from mnist_cli.errors import MnistError


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def worker_pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    """Yield a pool of processes; nothing of it is left when the block or this process ends.

    Raises
    ------
    MnistError
        Where one of the processes was killed.
    """
    # A process that is started anew holds none of our locks, threads or open files, and is the same
    # on every system.
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin)
    try:
        yield pool
    except BrokenProcessPool:
        raise MnistError(
            "a process that read pictures was killed", hint="Try again with --threads 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def ctrl_c_blocked() -> Iterator[None]:
    """Leave Ctrl-C to the parent, also while a process starts and could only print a traceback."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows: only `_begin` is left
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the end of the parent, however it comes, and end at once.

    A worker waits for its next task at a pipe of which it holds both ends, so it would never learn
    that nobody is left to send one; and it keeps the resource tracker of multiprocessing alive.
    """
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
