"""What libtiff says while it decodes, which it says to nobody but the process's standard error.

It is the only sign of some damage: a fax line that cannot be read is left white and decoding goes
on. And a user is to see one line for a damaged file, not libtiff's.
"""

import contextlib
import os
import re
import threading
from collections.abc import Iterator

_STDERR = 2
_LOCK = threading.Lock()  # there is one standard error, and all threads share it
_COMPLAINT = re.compile(rb"^[A-Za-z_][\w.]*: [^\x1b\r\n]*\.\n", re.MULTILINE)  # "Who: what."


@contextlib.contextmanager
def complaints() -> Iterator[list[str]]:
    """Within the block libtiff is not heard; the yielded list then holds what it has said.

    What other threads write to standard error meanwhile, such as a progress bar, appears after the
    block. Windows has no such descriptor for all libraries, nor has a process that closed it: there
    libtiff speaks as ever, and the list stays empty.
    """
    heard: list[str] = []
    with _LOCK, contextlib.ExitStack() as undo:
        usual = _duplicate_of_stderr()
        if usual is None:
            yield heard
            return
        undo.callback(os.close, usual)
        ear, mouth = os.pipe()
        undo.callback(os.close, ear)
        undo.callback(os.close, mouth)
        os.set_blocking(ear, False)
        os.set_blocking(mouth, False)  # what a full pipe does not hold is lost, and nobody waits
        os.dup2(mouth, _STDERR)
        try:
            yield heard
        finally:
            os.dup2(usual, _STDERR)
            said = _available(ear)
            heard += [line.decode("ascii", "replace") for line in _COMPLAINT.findall(said)]
            with contextlib.suppress(OSError):
                os.write(usual, _COMPLAINT.sub(b"", said))


def _duplicate_of_stderr() -> int | None:
    try:
        return os.dup(_STDERR) if os.name != "nt" else None
    except OSError:  # it was closed
        return None


def _available(ear: int) -> bytes:
    try:
        return os.read(ear, 1 << 16)
    except BlockingIOError:  # silence
        return b""
