"""What one file holds once it is decompressed, and whether it is the right one."""

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import BinaryIO

from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.files.gzipped import DamagedGzipError, decompressed
from mnist_cli.files.reading import system_words
from mnist_cli.spec import ignore

_CHUNK = 64 << 10
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8


@dataclass(eq=False)
class SourceError(Exception):
    """Why one server or one file did not deliver."""

    reason: str  # already escaped
    dead: bool = False  # it let us wait for nothing: it is not asked again
    again: float | None = None  # seconds after which it may deliver


def store(
    raw: io.RawIOBase,
    file: RemoteFile,
    target: BinaryIO | None = None,
    advance: Callable[[int], None] = ignore,
) -> None:
    """Write what `raw` holds, gzipped or not; `SourceError` as soon as it cannot be `file`."""
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
    found = checksum.hexdigest()
    if found != file.sha256:
        raise SourceError(f"wrong content: its SHA-256 is {found}, expected {file.sha256}")


def _decompress(raw: io.RawIOBase, most: int) -> Iterator[bytes]:
    """Yield at most so many bytes of content, in parts."""
    try:
        with decompressed(raw) as content:
            while part := content.read(min(_CHUNK, most)):
                most -= len(part)
                yield part
    except DamagedGzipError as error:
        raise SourceError(str(error)) from None
    except OSError as error:
        raise SourceError(f"it cannot be read: {system_words(error)}") from None
