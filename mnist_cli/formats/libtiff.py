"""What libtiff says while it decodes, which it says to nobody but the process's standard error.

It is the only sign of some damage: a fax line that cannot be read is left white and decoding goes
on. And a user is to see one line for a damaged file, not libtiff's.
"""

import contextlib
import os
import threading
from collections.abc import Callable, Iterator

_STDERR = 2
_LOCK = threading.Lock()  # there is one standard error, and all threads share it


@contextlib.contextmanager
def complaints() -> Iterator[Callable[[], bytes]]:
    """Within the block libtiff is not heard; the yielded function returns what it has said.

    Whatever else is written to the descriptor of standard error meanwhile counts as libtiff's.
    Windows has no such descriptor for all libraries, nor has a process that closed it: there
    libtiff speaks as ever, and the function returns nothing.
    """
    with _LOCK, contextlib.ExitStack() as undo:
        if os.name == "nt":
            yield lambda: b""
            return
        try:
            usual = os.dup(_STDERR)
        except OSError:
            yield lambda: b""
            return
        undo.callback(os.close, usual)
        ear, mouth = os.pipe()
        undo.callback(os.close, ear)
        undo.callback(os.close, mouth)
        os.set_blocking(ear, False)
        os.set_blocking(mouth, False)  # what a full pipe does not hold is lost, and nobody waits
        os.dup2(mouth, _STDERR)
        undo.callback(os.dup2, usual, _STDERR)
        yield lambda: _available(ear)


def _available(ear: int) -> bytes:
    try:
        return os.read(ear, 200)
    except BlockingIOError:  # silence
        return b""
