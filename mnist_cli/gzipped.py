"""Files that may be gzipped: their content is read part by part, and damage has one name."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

_MAGIC = b"\x1f\x8b"
_CHUNK = 64 << 10  # bytes that are read from the file at a time
_PART = 1 << 20  # bytes that are decompressed at a time where much is asked for


class DamagedGzipError(Exception):
    """A gzip stream that is cut (`cut` is true), fails its checksum or is followed by something."""

    def __init__(self, problem: str, *, cut: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cut = cut


class Content:
    """What a file holds, decompressed where it is gzipped, whatever its name says.

    Several gzip members one after another are one content; zeros may follow a member. `raw` is read
    from where it stands; it is not closed here. No more is decompressed than is asked for, but for
    a buffer of some kilobytes.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._buffered = io.BufferedReader(raw, _CHUNK)
        self.gzipped = self._buffered.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC
        self._file = gzip.GzipFile(fileobj=self._buffered) if self.gzipped else self._buffered

    def read(self, count: int) -> bytes:
        """Read `count` bytes, fewer only at the end.

        Raises
        ------
        DamagedGzipError
            For a gzip stream that is damaged before or at what is read.
        OSError
            Where the file cannot be read.
        """
        with _one_name_for_damage():
            return self._file.read(count)

    def read_into(self, target: memoryview) -> int:
        """Fill `target`, a view of bytes, and return how many there were; raises as `read` does."""
        filled = 0
        with _one_name_for_damage():
            while filled < len(target):
                count = self._file.readinto(target[filled : filled + _PART])
                if not count:
                    break
                filled += count
        return filled

    def detach(self) -> None:
        """Let go of the file, which stays open."""
        self._buffered.detach()


@contextmanager
def _one_name_for_damage() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise DamagedGzipError("its gzip stream is cut: it has no end", cut=True) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedGzipError(f"its gzip stream is damaged ({error})") from None
