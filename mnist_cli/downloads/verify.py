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
from mnist_cli.gzipped import DamagedGzipError, decompressed

_CHUNK = 64 << 10
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8


class SourceError(Exception):
    """Why one server or one file did not deliver, escaped.

    `dead` if it let us wait for nothing; `again` are the seconds after which it may be better.
    """

    def __init__(self, reason: str, *, dead: bool = False, again: float | None = None) -> None:
        super().__init__(reason)
        self.dead = dead
        self.again = again


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

    Raises `SourceError` when it cannot be read, or is not the content of `file`.
    """
    try:
        raw = open_regular(path)
    except FileError as error:
        raise SourceError(error.problem) from None
    with raw:
        store(raw, file, target, advance)


def store(
    raw: io.RawIOBase, file: RemoteFile, target: BinaryIO | None, advance: Callable[[int], None]
) -> None:
    """Write the decompressed content of `raw` to `target`; it is not verified before the end.

    No more than the right size is decompressed, and one byte. `advance` is called with the number
    of bytes written so far. Raises `SourceError` as soon as this cannot be the content of `file`,
    at the latest after the last byte.
    """
    checksum, count = sha256(), 0
    for part in _decompress(raw, file.bytes + 1):
        if count == 0 and part.lstrip(_BLANK).startswith(b"<"):
            raise SourceError("this is a web page (a login page, perhaps), not the file")
        count += len(part)
        if count > file.bytes:
            raise SourceError(f"too long: more than {file.bytes:,} bytes of content")
        checksum.update(part)
        if target is not None:
            target.write(part)
        advance(count)
    if count < file.bytes:
        raise SourceError(f"cut short: {count:,} of {file.bytes:,} bytes of content")
    if checksum.hexdigest() != file.sha256:
        raise SourceError(
            f"wrong content: its SHA-256 is {checksum.hexdigest()}, expected {file.sha256}"
        )


def _decompress(raw: io.RawIOBase, most: int) -> Iterator[bytes]:
    try:
        with decompressed(raw) as content:
            while part := content.read(min(_CHUNK, most)):
                most -= len(part)
                yield part
    except DamagedGzipError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {system_words(error)}") from None
