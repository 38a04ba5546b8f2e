"""Reading and writing files that nobody vouches for.

Reading: a file is opened once without blocking, checked on its descriptor, and never read beyond a
cap. Writing: a file appears whole under its final name or not at all.
"""

import contextlib
import os
import re
import stat
from collections.abc import Iterator, Mapping
from functools import partial
from io import FileIO
from pathlib import Path
from typing import BinaryIO

from mnist_cli.errors import FileError, TakenError, nearest, printable

AnyPath = str | os.PathLike[str]

# A pipe that nobody writes to must not hang us; Windows would change line ends.
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_ADDRESS = re.compile("(https?|ftp|file):/", re.IGNORECASE)
_MOST_COMPARED = 1000  # names of a folder
_NAME_KEPT = 50  # characters of a name in that of its temporary file, at most 255 bytes in all


def open_regular(path: AnyPath) -> FileIO:
    """Open a regular file (or a symbolic link to one) for reading, unbuffered.

    Raises `FileError` for a missing or unreadable file, a folder, pipe, socket or device.
    """
    try:
        descriptor = os.open(path, _OPEN_FLAGS)
    except (OSError, ValueError) as error:
        with contextlib.suppress(OSError, ValueError):  # sockets, and Windows' folders, do not open
            _refuse_irregular(path, os.stat(path).st_mode)  # noqa: PTH116 - Path("") is "."
        raise cannot("open", path, error) from None
    try:
        _refuse_irregular(path, os.fstat(descriptor).st_mode)
    except FileError:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb", buffering=0)


def read_bytes(path: AnyPath, limit: int) -> bytes:
    """Read a whole regular file of at most `limit` bytes.

    Raises `FileError` as `open_regular`, and for a larger file, of which no more than ``limit + 1``
    bytes are read even if it grows meanwhile.
    """
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


def require_writable(path: AnyPath, *, overwrite: bool = False) -> None:
    """Check, before the work that a file is for, that `atomic_writer` can write it.

    Raises as `atomic_writer` does.
    """
    target = Path(path)
    with _blaming(target):
        _permissions_to_keep(target, overwrite)
        _try_to_write_beside(target)


def require_writable_folder(path: AnyPath) -> None:
    """The same for a folder to write files into, which is made, with those above it, if need be."""
    folder = Path(path)
    there = next(each for each in (folder, *folder.parents) if os.path.lexists(each))
    with _blaming(folder):
        _try_to_write_beside(there / "file")


@contextlib.contextmanager
def atomic_writer(path: AnyPath, *, overwrite: bool = False) -> Iterator[BinaryIO]:
    """Yield a file to write to; when the block ends well it gets its final name in one step.

    When the block raises, Ctrl-C included, the temporary file is removed and whatever stood under
    the name before still stands there. A symbolic link under the name is replaced, not followed.
    An overwritten file keeps its permissions; a new one gets those of the umask.

    Raises `FileError` where the folder cannot be written, or the name is taken and `overwrite` is
    false, or taken by something that is not a file.
    """
    target = Path(path)
    with _blaming(target):
        permissions = _permissions_to_keep(target, overwrite)
        # What few may read in the end nobody else may open meanwhile.
        opener = None if permissions is None else partial(os.open, mode=0o600)
        temporary = _name_beside(target)
        try:
            with open(temporary, "xb", opener=opener) as file:
                if permissions is not None:
                    temporary.chmod(permissions)
                yield file
                file.flush()
                os.fsync(file.fileno())
            _give_name(temporary, target, overwrite)
        finally:
            temporary.unlink(missing_ok=True)


def write_bytes(path: AnyPath, content: bytes, *, overwrite: bool = False) -> None:
    """Write `content` as `atomic_writer` does; raises as it does."""
    write_together({Path(path): content}, overwrite=overwrite)


def write_together(contents: Mapping[Path, bytes], *, overwrite: bool = False) -> None:
    """Write several files; none gets its name before all are written, and the first gets it last.

    Raises as `atomic_writer` does.
    """
    with contextlib.ExitStack() as files:
        for path, content in contents.items():
            file = files.enter_context(atomic_writer(path, overwrite=overwrite))
            file.write(content)
            file.flush()


@contextlib.contextmanager
def _blaming(path: Path) -> Iterator[None]:
    """Make a `FileError` about `path` of what the system says of writing it."""
    try:
        yield
    except FileNotFoundError:
        missing, hint = path if path.is_symlink() else path.parent, "Create it, or name another."
        raise FileError("there is no such folder", source=missing, hint=hint) from None
    except OSError as error:
        raise cannot("write", path, error) from None


def _permissions_to_keep(target: Path, overwrite: bool) -> int | None:
    """Those of the file that is to be replaced; None for none, or a link, which is not followed."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise cannot("write", target, error) from None
    if not overwrite:
        hint = "Use --force to replace it."
        raise TakenError("the file exists already", source=target, hint=hint)
    if stat.S_ISLNK(mode):
        return None
    _refuse_irregular(target, mode)  # a system whose /dev/null was replaced is broken
    return mode & 0o777  # not set-user-ID: the new file may be another user's


def _name_beside(target: Path) -> Path:
    """That of a temporary file for `target`, which no other writer has."""
    return target.parent / f".{target.name[:_NAME_KEPT]}.{os.urandom(8).hex()}.tmp"


def _try_to_write_beside(target: Path) -> None:
    temporary = _name_beside(target)
    temporary.touch(exist_ok=False)
    temporary.unlink()


def _give_name(temporary: Path, target: Path, overwrite: bool) -> None:
    if not overwrite:
        with contextlib.suppress(OSError, AttributeError):  # on a system without links
            os.link(temporary, target)  # fails, unlike a rename, when the name is taken meanwhile
            return
        _permissions_to_keep(target, overwrite)
    temporary.replace(target)


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


def _refuse_irregular(path: AnyPath, mode: int) -> None:
    if not stat.S_ISREG(mode):
        kind = _KINDS.get(stat.S_IFMT(mode), "something else")
        raise FileError(f"found {kind}, expected a file", source=path, hint="Name a file.")


_KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
_KINDS |= {stat.S_IFCHR: "a device", stat.S_IFBLK: "a device"}
