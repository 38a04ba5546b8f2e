"""Standard streams that may be closed, full, or read by nobody any more; and signals.

A message that cannot be written never stops the work. A result that cannot be written is an error,
unless its reader has seen enough, as in ``mnist inspect | head -1``.
"""

import contextlib
import errno
import io
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TextIO

from mnist_cli.errors import FileError


@contextlib.contextmanager
def guarded_streams() -> Iterator[None]:
    """Guard standard output and standard error until the context ends; show no warnings."""
    before = sys.stdout, sys.stderr
    _occupy_closed_descriptors()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # rather '\\u2588' than a crash
    sys.stdout = _Stream(sys.stdout, must_arrive=True)
    sys.stderr = _Stream(sys.stderr, must_arrive=False)
    with warnings.catch_warnings():
        warnings.showwarning = lambda *_, **__: None  # what libraries warn of is for programmers
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


def _occupy_closed_descriptors() -> None:
    """Put the null device where a standard stream is closed: the next file would get its number."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


@contextlib.contextmanager
def ended_by_signals() -> Iterator[list[int]]:
    """Treat SIGTERM and SIGHUP as Ctrl-C until the context ends; yield which of the three came."""
    came: list[int] = []

    def interrupt(number: int, _frame: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    usual = (signal.SIG_DFL, signal.default_int_handler)  # not ignored, as under nohup
    before = {}
    if threading.current_thread() is threading.main_thread():  # no other can set handlers
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) in usual:
                before[number] = signal.signal(number, interrupt)
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Stream:
    """A text stream that behaves as the one it stands for, which may be missing, but in failing."""

    def __init__(self, stream: TextIO | None, *, must_arrive: bool) -> None:
        self._stream = stream or io.StringIO()
        self._must_arrive = must_arrive
        self._failure = None if stream else OSError(errno.EBADF, "it is closed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # click tries which of the two a stream takes
            raise TypeError(f"found {type(text).__name__}, expected str")
        if text:
            self._attempt(self._stream.write, text)
        return len(text)

    def flush(self) -> None:
        if self._failure is None:
            self._attempt(self._stream.flush)  # a full disk is noticed here, not at the very end

    def _attempt(self, action: Callable[..., object], *arguments: str) -> None:
        if self._failure is None:
            try:
                action(*arguments)
                return
            except OSError as error:
                self._failure = error
            with contextlib.suppress(OSError):  # a stream without a descriptor
                null = os.open(os.devnull, os.O_WRONLY)  # takes what is buffered
                os.dup2(null, self._stream.fileno())
        if self._must_arrive and not isinstance(self._failure, BrokenPipeError):
            from mnist_cli.files.reading import system_words

            problem = f"cannot write: {system_words(self._failure)}"
            raise FileError(problem, source="standard output")
