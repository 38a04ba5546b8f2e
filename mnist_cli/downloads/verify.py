"""Whether bytes, from a server or a folder, are the content of a remote file.

Only the decompressed content counts: anyone may have gzipped it, or not at all.
"""

import io
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from mnist_cli import paths
from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.errors import FileError
from mnist_cli.files import open_regular, system_words
from mnist_cli.gzipped import Content, DamagedGzipError

_CHUNK = 64 << 10
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8


class SourceError(Exception):
    """Why one server or one file did not deliver.

    Attributes
    ----------
    reason:
        The words for the user, already escaped.
    again:
        In how many seconds a second attempt on the same server may go better; None for never.
    dead:
        The server was not reached, or let us wait for nothing.
    """

    def __init__(self, reason: str, *, again: float | None = None, dead: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.dead = dead


def look(file: RemoteFile, folder: Path) -> tuple[Path | None, dict[Path, str]]:
    """Verify what bears the name of `file` in `folder`, in any spelling.

    Returns the first one with the right content, if any, and those with another content, with what
    is wrong with each.
    """
    right: Path | None = None
    damaged: dict[Path, str] = {}
    for path in present(file, folder):
        try:
            copy(path, file)
            right = right or path
        except SourceError as error:
            damaged[path] = error.reason
    return right, damaged


def present(file: RemoteFile, folder: Path) -> list[Path]:
    """What bears the name of `file` in `folder`, in any spelling."""
    candidates = [folder / spelling for spelling in paths.spellings(file.name)]
    return [path for path in candidates if os.path.lexists(path)]


def copy(
    path: Path,
    file: RemoteFile,
    target: BinaryIO | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the verified content of the file at `path` to `target`, or only verify it.

    Raises
    ------
    SourceError
        When it cannot be read, or is not the content of `file`.
    """
    try:
        raw = open_regular(path)
    except FileError as error:
        raise SourceError(error.problem) from None
    with raw:
        done = 0
        advance(done)
        for piece in verified(raw, file):
            if target is not None:
                target.write(piece)
            done += len(piece)
            advance(done)


def verified(raw: io.RawIOBase, file: RemoteFile) -> Iterator[bytes]:
    """Yield the decompressed content of `raw` piece by piece.

    Nothing is to be believed before the iteration has ended. No more than the right size is
    decompressed, and one byte.

    Raises
    ------
    SourceError
        As soon as this cannot be the content of `file`, at the latest after the last piece.
    """
    checksum = sha256()
    count = 0
    try:
        for piece in _content(raw, file.bytes + 1):
            if count == 0 and piece.lstrip(_BLANK).startswith(b"<"):
                raise SourceError("this is a web page (a login page, perhaps), not the file")
            count += len(piece)
            if count > file.bytes:
                raise SourceError(f"too long: more than {file.bytes:,} bytes of content")
            checksum.update(piece)
            yield piece
    except DamagedGzipError as error:
        raise SourceError(error.problem, again=0 if error.cut else None) from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {system_words(error)}") from None
    if count < file.bytes:
        raise SourceError(f"cut short: {count:,} of {file.bytes:,} bytes of content", again=0)
    if checksum.hexdigest() != file.sha256:
        raise SourceError(
            f"wrong content: its SHA-256 is {checksum.hexdigest()}, expected {file.sha256}"
        )


def _content(raw: io.RawIOBase, most: int) -> Iterator[bytes]:
    content = Content(raw)
    try:
        while piece := content.read(min(_CHUNK, most)):
            most -= len(piece)
            yield piece
    finally:
        content.detach()  # `raw` is closed by whoever opened it
