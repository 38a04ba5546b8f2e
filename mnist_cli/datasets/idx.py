"""IDX files, the format of MNIST and of the sets made in its image, as NumPy arrays.

The format (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist): a magic number, the size of
each dimension, then the data; numbers take 4 big-endian bytes, a pixel or label one byte. A file
may be gzipped: its content says so, not its name.

Files may be larger than memory. They are read through one open descriptor, their size is compared
with what they declare before anything is allocated, and they are never memory-mapped: a mapped file
that shrinks would kill the process.
"""

import contextlib
import io
import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from mnist_cli.checks import require_at_least
from mnist_cli.errors import FileError, FormatError, printable
from mnist_cli.files import AnyPath, cannot, open_regular
from mnist_cli.gzipped import Content, DamagedGzipError
from mnist_cli.spec import CLASSES, SIDE

Bytes: TypeAlias = NDArray[np.uint8]

_GROWTH = 1 << 20  # bytes of a gzipped set that are decompressed at a time where many are read
_GET_AGAIN = "The file is damaged or cut short; get it again."


@dataclass(frozen=True)
class _Kind:
    """What sort of file is expected, what its header must then say, and the largest value."""

    noun: str
    magic: int  # 0, 0, element type, number of dimensions
    item_shape: tuple[int, ...]
    largest: int

    @property
    def header_size(self) -> int:
        return 4 + 4 * (1 + len(self.item_shape))  # the magic number, the count, an item's shape

    @property
    def item_size(self) -> int:
        return math.prod(self.item_shape)


_IMAGES = _Kind("images", 2051, (SIDE, SIDE), 255)
_LABELS = _Kind("labels", 2049, (), CLASSES - 1)


def open_images(path: AnyPath) -> "IdxFile":
    """Open a file of images, each (28, 28) uint8. Raises as `IdxFile` does."""
    return IdxFile(path, _IMAGES)


def open_labels(path: AnyPath) -> "IdxFile":
    """Open a file of labels, each one uint8 from 0 to 9. Raises as `IdxFile` does."""
    return IdxFile(path, _LABELS)


def require_same_count(images: "IdxFile", labels: "IdxFile") -> None:
    """Compare what the headers declare, before either body is read.

    Raises
    ------
    FormatError
        Unless there are as many labels as images.
    """
    if images.count != labels.count:
        raise FormatError(
            f"found {labels.count:,} labels, expected {images.count:,}, one for each image in"
            f" {printable(os.fspath(images.path))}",
            source=labels.path,
            hint="Name two files that belong together.",
        )


class IdxFile(contextlib.AbstractContextManager["IdxFile"]):
    """An open IDX file whose header is right; a context manager, not for several threads at once.

    A raw file was also found to have exactly the declared size. What a gzip file holds is only
    known, and damage only found, when it has been read to its end.

    Attributes
    ----------
    path, count:
        Which file it is, and how many items it declares.

    Raises
    ------
    FileError
        For a file that is missing, unreadable or no file; by all methods where it cannot be read.
    FormatError
        For a file that is not what was asked for; by all methods where it is damaged.
    """

    def __init__(self, path: AnyPath, kind: _Kind) -> None:
        self.path = Path(path)
        self._kind = kind
        self._file = open_regular(path)
        try:
            content = self._content()
            self._gzipped = content.gzipped
            self.count = self._read_header(content)
            self._declared_size = self.count * kind.item_size
            if not self._gzipped and self._real_size() != self._declared_size:
                raise self._wrong_length(f"{self._real_size():,}")
        except BaseException:
            self._file.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self, size: int, limit: int | None = None) -> Iterator[Bytes]:
        """Yield the items, or the first `limit`, as (n, ...) uint8 with n <= `size`.

        Only the last batch may be smaller. Each is a view of one buffer that the next one
        overwrites. Where all items are read, the last batch is yielded after the file proved to end
        where it should; a gzip file that is read in part is not checked beyond that part.

        Raises
        ------
        ValueError
            For a size or a limit below 1.
        """
        require_at_least("the batch size", size)
        total = self.count
        if limit is not None:
            total = min(require_at_least("limit", limit), total)
        buffer = self._allocate(min(size, total))
        content = self._content()
        self._read_header(content)
        for start in range(0, total, size):
            batch = buffer[: total - start]
            found = self._fill(content, batch)
            if found != batch.nbytes:
                raise self._wrong_length(f"{start * self._kind.item_size + found:,}")
            if start + len(batch) == self.count and self._fill(content, np.empty(1, np.uint8)):
                raise self._wrong_length(f"at least {self._declared_size + 1:,}")
            self._check_values(batch, start)
            yield batch

    def load(self, limit: int | None = None) -> Bytes:
        """Read the items, or the first `limit`, into one new array, (N, ...) uint8.

        Raises
        ------
        FileError
            Where they do not fit in memory.
        """
        if not self._gzipped:  # it is known to be as large as it declares
            (whole,) = self.batches(self.count, limit)
            return whole
        content = bytearray()  # grows with what is really there, whatever was declared
        try:
            for batch in self.batches(_GROWTH // self._kind.item_size, limit):
                content += batch.data
        except MemoryError:
            raise self._too_many(limit or self.count) from None
        return np.frombuffer(content, np.uint8).reshape(-1, *self._kind.item_shape)

    def items(self, indices: Sequence[int]) -> Bytes:
        """Read single items by their index, from 0, in flat memory: (n, ...) uint8.

        A gzip file is read to its end, as only that tells that it is whole.

        Raises
        ------
        IndexError
            For an index outside 0 to ``count - 1``.
        """
        for index in indices:
            if not 0 <= index < self.count:
                raise IndexError(f"index {index} is not in the range 0..{self.count - 1}")
        wanted = np.array(indices, np.int64)
        items = self._allocate(len(indices))
        if self._gzipped:
            start = 0
            for batch in self.batches(_GROWTH // self._kind.item_size):
                here = np.flatnonzero((start <= wanted) & (wanted < start + len(batch)))
                items[here] = batch[wanted[here] - start]
                start += len(batch)
            return items
        for place, index in enumerate(indices):
            item = items[place : place + 1]
            content = self._content(self._kind.header_size + index * item.nbytes)
            if self._fill(content, item) != item.nbytes:  # it was longer a moment ago
                raise self._wrong_length(f"{self._real_size():,}")
            self._check_values(item, index)
        return items

    def _content(self, offset: int = 0) -> Content:
        return Content(_Reader(self._file, self.path, offset))

    def _real_size(self) -> int:
        """Bytes after the header of a raw file."""
        return max(0, os.fstat(self._file.fileno()).st_size - self._kind.header_size)

    def _fill(self, content: Content, target: Bytes) -> int:
        try:
            return content.read_into(target.data.cast("B"))
        except DamagedGzipError as error:
            raise self._bad(error.problem) from None

    def _read_header(self, content: Content) -> int:
        """Read and check the header; return the number of items, a plain int like all sizes."""
        kind = self._kind
        buffer = np.empty(kind.header_size, np.uint8)
        header = buffer[: self._fill(content, buffer)].tobytes()
        magic = int.from_bytes(header[:4], "big")
        if len(header) >= 4 and magic != kind.magic:
            raise self._wrong_magic(magic)
        if len(header) < kind.header_size:
            found = f"found {len(header)} bytes, expected {kind.header_size}"
            raise self._bad(f"the header is cut: {found}")
        count, *shape = map(int, np.frombuffer(header, ">u4", offset=4))
        if tuple(shape) != kind.item_shape:
            raise self._bad(
                f"found images of {' x '.join(f'{n:,}' for n in shape)} pixels, expected 28 x 28",
                "mnist reads sets of 28 x 28 images only.",
            )
        if count == 0:
            raise self._bad(f"found 0 {kind.noun}, expected at least 1", "The file is empty.")
        return count

    def _wrong_magic(self, found: int) -> FormatError:
        noun, magic = self._kind.noun, self._kind.magic
        hint = f"This is not a file of {noun} in the IDX format."
        if found in (_IMAGES.magic, _LABELS.magic):
            hint = "The files of images and labels seem swapped."
        return self._bad(f"found the magic number {found}, expected {magic} (IDX {noun})", hint)

    def _check_values(self, items: Bytes, start: int) -> None:
        largest = self._kind.largest
        if largest < 255 and items.size and items.max() > largest:
            at = int(np.argmax(items > largest))
            raise self._bad(
                f"found the label {items[at]} at position {start + at:,}, expected 0 to {largest}",
                "mnist reads sets of ten classes; the file is another one, or damaged.",
            )

    def _allocate(self, count: int) -> Bytes:
        try:
            return np.empty((count, *self._kind.item_shape), np.uint8)
        except MemoryError:
            raise self._too_many(count) from None

    def _too_many(self, count: int) -> FileError:
        return FileError(
            f"{count:,} {self._kind.noun} at once do not fit into memory",
            source=self.path,
            hint="Read fewer at a time.",
        )

    def _wrong_length(self, found: str) -> FormatError:
        shape = " x ".join(f"{length:,}" for length in (self.count, *self._kind.item_shape))
        return self._bad(
            f"found {found} bytes after the header, expected {self._declared_size:,}"
            f" ({shape} as it declares)"
        )

    def _bad(self, problem: str, hint: str = _GET_AGAIN) -> FormatError:
        return FormatError(problem, source=self.path, hint=hint)


class _Reader(io.RawIOBase):
    """Reads a file from `offset` on; several readers may share the file, and leave it open."""

    def __init__(self, file: io.FileIO, path: AnyPath, offset: int) -> None:
        self._file = file
        self._path = path
        self._offset = offset

    def readable(self) -> bool:
        return True

    def readinto(self, target: Any) -> int:
        try:
            self._file.seek(self._offset)
            count = self._file.readinto(target) or 0  # None: a file of /proc that has nothing yet
        except OSError as error:
            raise cannot("read", self._path, error) from None
        self._offset += count
        return count
