"""Files that nobody vouches for: opened once without blocking, and never read beyond a cap."""

import contextlib
import os
import re
import stat
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from mnist_cli.errors import FileError, nearest, printable

AnyPath = str | os.PathLike[str]

# A pipe that nobody writes to must not hang us; Windows would change line ends.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ADDRESS = re.compile("(https?|ftp|file):/", re.IGNORECASE)
_MOST_COMPARED = 1000  # names of a folder


def open_regular(path: AnyPath) -> FileIO:
    """Open a regular file, or a link to one, unbuffered. Raises `FileError` for others."""
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):  # sockets, and Windows' folders, do not open
            refuse_irregular(path, os.stat(path).st_mode)  # noqa: PTH116 - Path("") is "."
        raise cannot("open", path, error) from None
    try:
        refuse_irregular(path, os.fstat(descriptor).st_mode)
    except FileError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb", buffering=0)


def read_bytes(path: AnyPath, limit: int) -> bytes:
    """Read a regular file of at most `limit` bytes; of a larger one at most a byte more."""
    with open_regular(path) as file:
        content = read_up_to(file, limit + 1, path)
        size = max(os.fstat(file.fileno()).st_size, len(content))
    if size > limit:
        raise too_large(path, size, limit)
    return content


def read_up_to(file: BinaryIO, count: int, path: AnyPath) -> bytes:
    """Read until `count` bytes are there or the file ends; `path` is for the `FileError`."""
    content = bytearray()
    try:
        while len(content) < count and (part := file.read(min(count - len(content), 1 << 20))):
            content += part
    except OSError as error:
        raise cannot("read", path, error) from None
    return bytes(content)


def too_large(path: AnyPath | None, size: int, limit: int) -> FileError:
    """The error for a file of which no more than `limit` bytes are read."""
    problem = f"the file is too large: {size:,} bytes, at most {limit:,} are read"
    return FileError(problem, source=path, hint="Check that it is the right file.")


def cannot(verb: str, path: AnyPath, error: Exception) -> FileError:
    """The error for a file that the system does not let us `verb`."""
    reasons = {
        FileNotFoundError: ("there is no such file or folder", "Check the path."),
        PermissionError: (f"no permission to {verb} it", "Check its permissions."),
        IsADirectoryError: ("found a folder, expected a file", "Name a file."),
        NotADirectoryError: ("part of its path is not a folder", "Check the path."),
        ValueError: ("this is not a possible file name", "Check the path."),
        OSError: (f"cannot {verb} it: {system_words(error)}", "Name another file."),
    }
    reason, hint = next(words for kind, words in reasons.items() if isinstance(error, kind))
    if isinstance(error, FileNotFoundError):
        hint = did_you_mean(path) or hint
    return FileError(reason, source=path, hint=hint)


def did_you_mean(path: AnyPath) -> str:
    """``Did you mean 'photo.jpg'?`` where a file of nearly that name lies there, else ``""``."""
    if _ADDRESS.match(os.fspath(path)):
        return "Addresses are not read: save what is there, and name the file."
    from itertools import islice

    name, folder = Path(path).name, Path(path).parent
    names: list[str] = []
    with contextlib.suppress(OSError, ValueError), os.scandir(folder) as entries:
        names = [entry.name for entry in islice(entries, _MOST_COMPARED)]
    names = [each for each in names if each != name]  # a link to nothing is there
    near = nearest(name, names, alike=0.8)
    return f"Did you mean '{printable(str(folder / near[0]))}'?" if near else ""


def system_words(error: Exception) -> str:
    """What the system says of an error, in small letters."""
    return (getattr(error, "strerror", None) or type(error).__name__).lower()


def refuse_irregular(path: AnyPath, mode: int) -> None:
    """Raise `FileError` for anything but a regular file, by its `mode`."""
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise FileError(f"found {kind}, expected a file", source=path, hint="Name a file.")


_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
_KINDS |= {stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
