"""Files that may be gzipped: their content is read part by part, and damage has one name."""

import contextlib
import gzip
import io
import zlib
from collections.abc import Iterator

_MAGIC = b"\x1f\x8b"
_CHUNK = 64 << 10  # bytes that are read from the file at a time
_PART = 1 << 20  # bytes that are decompressed at a time where much is asked for


class DamagedGzipError(Exception):
    """A gzip stream that is cut (`cut` is true), fails its checksum or is followed by something."""

    def __init__(self, problem: str, *, cut: bool = False) -> None:
        super().__init__(problem)
        self.problem = problem
        self.cut = cut


class Content(contextlib.AbstractContextManager["Content"]):
    """What a file holds, decompressed where it is gzipped, whatever its name says.

    Several gzip members one after another are one content; zeros may follow a member. `raw` is read
    from where it stands and stays open. No more is decompressed than is asked for, but for a buffer
    of some kilobytes.

    Raises
    ------
    DamagedGzipError
        By all methods, for a gzip stream that is damaged before or at what is read.
    OSError
        Where the file cannot be read.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        self._buffered = io.BufferedReader(raw, _CHUNK)
        try:
            self.gzipped = self._buffered.peek(len(_MAGIC))[: len(_MAGIC)] == _MAGIC
        except OSError:
            self.detach()
            raise
        self._file = gzip.GzipFile(fileobj=self._buffered) if self.gzipped else self._buffered

    def __exit__(self, *_: object) -> None:
        self.detach()

    def read(self, count: int) -> bytes:
        """Read `count` bytes, fewer only at the end."""
        with _one_name_for_damage():
            return self._file.read(count)

    def read_into(self, target: memoryview) -> int:
        """Fill `target`, a view of bytes, and return how many there were."""
        filled = 0
        with _one_name_for_damage():
            while count := self._file.readinto(target[filled : filled + _PART]):
                filled += count
        return filled

    def seek(self, offset: int) -> None:
        """Go on at so many bytes after where `raw` stood at first, 0 for a raw file's start."""
        with _one_name_for_damage():
            self._file.seek(offset)

    def tell(self) -> int:
        """Where the next byte is, as `seek` counts."""
        return self._file.tell()

    def detach(self) -> None:
        """Let go of the file, which stays open."""
        with contextlib.suppress(ValueError):  # somebody closed it
            self._buffered.detach()


@contextlib.contextmanager
def _one_name_for_damage() -> Iterator[None]:
    try:
        yield
    except EOFError:
        raise DamagedGzipError("its gzip stream is cut: it has no end", cut=True) from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedGzipError(f"its gzip stream is damaged ({error})") from None
