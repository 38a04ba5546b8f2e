"""Files that may be gzipped: their content is read like any file, and damage has one name."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator

_MAGIC = b"\x1f\x8b"
_CHUNK = 64 << 10  # bytes that are read from the file at a time


class DamagedGzipError(Exception):
    """A gzip stream that is cut, fails its checksum or is followed by something."""


@contextlib.contextmanager
def decompressed(raw: io.RawIOBase) -> Iterator[io.BufferedIOBase]:
    """Yield what a file holds, decompressed where it is gzipped, whatever its name says.

    Several gzip members one after another are one content; zeros may follow a member. `raw` is read
    from where it stands and stays open. No more is decompressed than is asked for, but for a buffer
    of some kilobytes. Raises `DamagedGzipError` at the end of a block that met damage.
    """
    buffered = io.BufferedReader(raw, _CHUNK)
    try:
        gzipped = buffered.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC
        yield gzip.GzipFile(fileobj=buffered) if gzipped else buffered
    except EOFError:
        raise DamagedGzipError("its gzip stream is cut: it has no end") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedGzipError(f"its gzip stream is damaged ({error})") from None
    finally:
        with contextlib.suppress(ValueError):  # somebody closed it
            buffered.detach()
