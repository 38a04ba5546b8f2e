"""Processes that work side by side, leave Ctrl-C to their parent and end when it does."""

import os
import signal
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mnist_cli.errors import MnistError

_MOST_PROCESSES = 16
_CHUNK = 2  # tasks a process takes at a time; Ctrl-C waits for them


@contextmanager
def spread(processes: int) -> Iterator[Callable[..., Iterator[Any]]]:
    """Yield a `map` that works on so many processes; nothing of them is left in the end."""
    if processes < 2:
        yield map
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    # A process that is started anew holds none of our locks, threads or open files, and is the same
    # on every system.
    pool = ProcessPoolExecutor(min(processes, _MOST_PROCESSES), get_context("spawn"), _begin)

    def map_on_pool(function: Callable[[Any], Any], tasks: Sequence[Any]) -> Iterator[Any]:
        # The processes start here, and keep what is blocked: one that starts could only print a
        # traceback on Ctrl-C. Windows cannot block; there only `_begin` is left.
        can_block = hasattr(signal, "pthread_sigmask")
        if can_block:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return pool.map(function, tasks, chunksize=_CHUNK)
        finally:
            if can_block:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        yield map_on_pool
    except BrokenProcessPool:
        raise MnistError(
            "a process that read pictures was killed", hint="Try again with --threads 1."
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _begin() -> None:
    warnings.showwarning = lambda *_, **__: None  # as in the process that started it
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End with the parent, however that ends: at its task pipe a worker would wait for ever."""
    from multiprocessing import connection, parent_process

    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
