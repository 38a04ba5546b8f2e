"""Whether bytes, from a server or a folder, are the content of a remote file.

Only the decompressed content counts: anyone may have gzipped it, or not at all.
"""

import gzip
import io
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mnist_cli import paths
from mnist_cli.downloads.catalogue import RemoteFile
from mnist_cli.errors import FileError
from mnist_cli.files import open_regular

_CHUNK = 64 << 10
_GZIP_START = b"\x1f"  # neither IDX nor a pickle begins with it
_BLANK = b" \t\r\n\xef\xbb\xbf"  # white space and the byte order mark of UTF-8


class SourceError(Exception):
    """Why one server or one file did not deliver.

    Attributes
    ----------
    reason:
        The words for the user, already escaped.
    passing:
        A second attempt on the same server may go better.
    retry_after:
        How many seconds the server asks to wait before it; None when it did not say.
    stalled:
        The server let us wait for nothing.
    offline:
        It was not even reached: no such name, or no way there.
    """

    def __init__(
        self,
        reason: str,
        *,
        passing: bool = False,
        retry_after: float | None = None,
        stalled: bool = False,
        offline: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing
        self.retry_after = retry_after
        self.stalled = stalled
        self.offline = offline


@dataclass(frozen=True)
class Found:
    """The files of a folder that bear a remote file's name, in any spelling.

    Attributes
    ----------
    right:
        The first one with the right content, if any.
    damaged:
        Those with another content, and what is wrong with each.
    """

    right: Path | None
    damaged: dict[Path, str]


def look(file: RemoteFile, folder: Path) -> Found:
    """Find and verify `file` in `folder`."""
    right: Path | None = None
    damaged: dict[Path, str] = {}
    for spelling in paths.spellings(file.name):
        path = folder / spelling
        if not os.path.lexists(path):
            continue
        try:
            with open_regular(path) as raw:
                for _ in verified(raw, file):
                    pass
            right = right or path
        except SourceError as error:
            damaged[path] = error.reason
        except FileError as error:
            damaged[path] = error.problem
    return Found(right, damaged)


def verified(raw: io.RawIOBase, file: RemoteFile) -> Iterator[bytes]:
    """Yield the decompressed content of `raw` piece by piece.

    Raises `SourceError` as soon as it cannot be that of `file`, at the latest after the last piece,
    so nothing is to be believed before the iteration has ended. No more than the right size is
    decompressed, and one byte.
    """
    buffered = io.BufferedReader(raw, _CHUNK)
    checksum = sha256()
    count = 0
    try:
        packed = buffered.peek(1)[:1] == _GZIP_START
        content = gzip.GzipFile(fileobj=buffered) if packed else buffered
        while piece := content.read(min(_CHUNK, file.bytes + 1 - count)):
            if count == 0 and piece.lstrip(_BLANK).startswith(b"<"):
                raise SourceError("this is a web page (a login page, perhaps), not the file")
            count += len(piece)
            if count > file.bytes:
                raise SourceError(f"too long: more than {file.bytes:,} bytes of content")
            checksum.update(piece)
            yield piece
    except EOFError:
        raise SourceError("cut short: the gzip data has no end", passing=True) from None
    except (gzip.BadGzipFile, zlib.error):
        raise SourceError("the gzip data is damaged") from None
    except OSError as error:
        words = (error.strerror or type(error).__name__).lower()
        raise SourceError(f"it cannot be read: {words}") from None
    finally:
        buffered.detach()  # `raw` is closed by whoever opened it
    if count < file.bytes:
        raise SourceError(f"cut short: {count:,} of {file.bytes:,} bytes of content", passing=True)
    if checksum.hexdigest() != file.sha256:
        raise SourceError(
            f"wrong content: its SHA-256 is {checksum.hexdigest()}, expected {file.sha256}"
        )
