"""Writing files: each appears whole under its final name, or not at all."""

import contextlib
import os
import shutil
import stat
from collections.abc import Collection, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from mnist_cli.checks import one_of
from mnist_cli.errors import FileError, TakenError
from mnist_cli.files.reading import AnyPath, cannot, refuse_irregular

_NAME_KEPT = 50  # characters of a name in that of its temporary file, at most 255 bytes in all


def require_suffix(path: AnyPath, suffixes: Collection[str]) -> str:
    """Return the suffix of a name, in small letters. Raises `ValueError` for another."""
    suffix = Path(path).suffix.lower()
    if suffix not in suffixes:
        raise ValueError(f"the name must end in {one_of(suffixes)}, found {suffix!r}")
    return suffix


def require_writable(path: AnyPath, *, overwrite: bool = False) -> None:
    """Check, before the work that a file is for, that `atomic_writer` can write it."""
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

    When it raises, Ctrl-C included, what stood under the name still stands there. A symbolic link
    is replaced, not followed; an overwritten file keeps its permissions. Raises `FileError`.
    """
    target = Path(path)
    with _blaming(target), _temporary_file(target, overwrite) as file:
        yield file
        _sync(file)
        _give_name(Path(file.name), target, overwrite)


def write_bytes(path: AnyPath, content: bytes, *, overwrite: bool = False) -> None:
    """Write `content` as `atomic_writer` does."""
    write_together({Path(path): content}, overwrite=overwrite)


def write_together(contents: Mapping[Path, bytes], *, overwrite: bool = False) -> None:
    """Write several files: all get their names, or all are as before; raises as `atomic_writer`."""
    with contextlib.ExitStack() as stack:
        files = {}
        for target, content in contents.items():
            with _blaming(target):
                files[target] = stack.enter_context(_temporary_file(target, overwrite))
                files[target].write(content)
                _sync(files[target])
        for target, file in files.items():
            with _blaming(target):
                stack.enter_context(_put_back_on_failure(target, Path(file.name)))
                _give_name(Path(file.name), target, overwrite)


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


@contextlib.contextmanager
def _temporary_file(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A new file beside `target`, with its permissions; it is gone in the end, if not renamed."""
    permissions = _permissions_to_keep(target, overwrite)
    # What few may read in the end nobody else may open meanwhile.
    opener = None if permissions is None else partial(os.open, mode=0o600)
    temporary = _name_beside(target)
    try:
        with open(temporary, "xb", opener=opener) as file:
            if permissions is not None:
                temporary.chmod(permissions)
            yield file
    finally:
        temporary.unlink(missing_ok=True)


def _sync(file: BinaryIO) -> None:
    """Have all of a file on the disk, and close it."""
    file.flush()
    os.fsync(file.fileno())
    file.close()


@contextlib.contextmanager
def _put_back_on_failure(target: Path, new: Path) -> Iterator[None]:
    """Where the block fails after `new` got the name of `target`, put back what stood there."""
    before = _name_beside(target)
    given = new.stat()
    try:
        if os.path.lexists(target):
            try:
                os.link(target, before, follow_symlinks=False)
            except (OSError, NotImplementedError):  # on a system without links
                shutil.copy2(target, before, follow_symlinks=False)
        yield
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(target.lstat(), given):
                before.replace(target) if os.path.lexists(before) else target.unlink()
        raise
    finally:
        before.unlink(missing_ok=True)


def _permissions_to_keep(target: Path, overwrite: bool) -> int | None:
    """Those of the file that is to be replaced; None for none, or a link, which is not followed."""
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise cannot("write", target, error) from None
    if not overwrite:
        hint = "Replace it with overwrite=True."
        raise TakenError("the file exists already", source=target, hint=hint)
    if stat.S_ISLNK(mode):
        return None
    refuse_irregular(target, mode)  # a system whose /dev/null was replaced is broken
    return mode & 0o777  # not set-user-ID: the new file may be another user's


def _name_beside(target: Path) -> Path:
    """That of a temporary file for `target`, which no other writer has."""
    return target.parent / f".{target.name[:_NAME_KEPT]}.{os.urandom(8).hex()}.tmp"


def _try_to_write_beside(target: Path) -> None:
    temporary = _name_beside(target)
    try:
        temporary.touch(exist_ok=False)
    finally:  # also on Ctrl-C
        temporary.unlink(missing_ok=True)


def _give_name(temporary: Path, target: Path, overwrite: bool) -> None:
    if not overwrite:
        with contextlib.suppress(OSError, AttributeError):  # on a system without links
            os.link(temporary, target)  # fails, unlike a rename, when the name is taken meanwhile
            return
        _permissions_to_keep(target, overwrite)
    temporary.replace(target)
