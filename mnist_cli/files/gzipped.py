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
    """Yield a file as what it holds, decompressed by content; `DamagedGzipError` for damage."""
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
