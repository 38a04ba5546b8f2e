"""IDX files, the format of MNIST and of the sets made in its image, as NumPy arrays.

The format (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist): a magic number, the size of
each dimension, then the data; numbers take 4 big-endian bytes, a pixel or label one byte. A file
may be gzipped: its content says so, not its name.

Files may be larger than memory. They are read through one open descriptor, their size is compared
with what they declare before anything is allocated, and they are never memory-mapped: a mapped file
that shrinks would kill the process.
"""

import math
import operator
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from types import TracebackType
from typing import Protocol, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from mnist_cli import paths
from mnist_cli.errors import FileError, FormatError, printable
from mnist_cli.files import AnyPath, cannot, open_regular
from mnist_cli.spec import TEST_IMAGES, TEST_LABELS

Bytes: TypeAlias = npt.NDArray[np.uint8]
_File = TypeVar("_File", bound="IdxFile")

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_FORMAT = 31  # zlib's number for a gzip member with any window
_CHUNK = 1 << 16  # bytes of a gzip file that are read at a time
_GROWTH = 1 << 20  # bytes of a gzipped set that are decompressed at a time where all are loaded
_UNSIGNED_BYTE = 0x08
_GET_AGAIN = "The file is damaged or cut short; get it again."


@dataclass(frozen=True)
class _Kind:
    """What sort of file is expected, and what its header must then say."""

    noun: str
    magic: int  # 0, 0, element type, number of dimensions
    item_shape: tuple[int, ...]

    @property
    def header_size(self) -> int:
        return 4 + 4 * (1 + len(self.item_shape))  # the magic number, the count, an item's shape

    @property
    def item_size(self) -> int:
        return math.prod(self.item_shape)


_IMAGES = _Kind("images", 2051, (28, 28))
_LABELS = _Kind("labels", 2049, ())


def load_images(path: AnyPath | None = None, *, data_dir: AnyPath | None = None) -> Bytes:
    """Load a whole file of images, (N, 28, 28) uint8; 0 is paper, 255 is full ink.

    `path` is looked up as `paths.find` does; without it these are the 10,000 embedded MNIST test
    images. Raises `FileError` and `FormatError`.
    """
    with open_images(_find(path, TEST_IMAGES, data_dir)) as file:
        return file.load()


def load_labels(path: AnyPath | None = None, *, data_dir: AnyPath | None = None) -> Bytes:
    """Load a whole file of labels, (N,) uint8, each 0 to 9; otherwise as `load_images`."""
    with open_labels(_find(path, TEST_LABELS, data_dir)) as file:
        return file.load()


def open_images(path: AnyPath) -> "ImageFile":
    """Open a file of images, to read it batch by batch. Raises `FileError` and `FormatError`."""
    return ImageFile(path, _IMAGES)


def open_labels(path: AnyPath) -> "LabelFile":
    """Open a file of labels, to read it batch by batch. Raises `FileError` and `FormatError`."""
    return LabelFile(path, _LABELS)


def require_same_count(
    images: int, labels: int, *, images_path: AnyPath, labels_path: AnyPath
) -> None:
    """Raise `FormatError` unless there are as many labels as images."""
    if images != labels:
        raise FormatError(
            f"found {labels:,} labels, expected {images:,}, one for each image in"
            f" {printable(os.fspath(images_path))}",
            source=labels_path,
            hint="Name two files that belong together.",
        )


class IdxFile:
    """An open IDX file whose header is right; a context manager, not for several threads at once.

    A raw file was also found to have exactly the declared size. What a gzip file holds is only
    known, and damage only found, when it has been read to its end.
    """

    def __init__(self, path: AnyPath, kind: _Kind) -> None:
        self.path = Path(path)
        self._kind = kind
        self._file = open_regular(path)
        try:
            start = bytearray(len(_GZIP_MAGIC))
            _fill(_RawReader(self._file, path), memoryview(start))
            self._gzipped = start == _GZIP_MAGIC
            self.count = self._read_header(self._reader())
            if not self._gzipped:
                found = os.fstat(self._file.fileno()).st_size - kind.header_size
                if found != self._declared_size:
                    raise self._wrong_length(f"{found:,}")
        except BaseException:
            self.close()
            raise

    def __enter__(self: _File) -> _File:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; reading from it is an error from here on."""
        self._file.close()

    def batches(self, size: int) -> Iterator[Bytes]:
        """Yield the whole file as (n, ...) uint8 with n <= `size`; only the last may be smaller.

        Each batch is a view of one buffer that the next one overwrites. The last is yielded after
        the file proved to end where it should. Raises `FileError`, `FormatError`, and `ValueError`
        for a size below 1.
        """
        if operator.index(size) < 1:
            raise ValueError(f"the batch size is {size}, it must be at least 1")
        buffer = self._allocate(min(size, self.count))
        reader = self._reader()
        self._read_header(reader)
        for start in range(0, self.count, size):
            batch = buffer[: self.count - start]
            found = _fill(reader, batch.data.cast("B"))
            if found != batch.nbytes:
                raise self._wrong_length(f"{start * self._kind.item_size + found:,}")
            if start + len(batch) == self.count and _fill(reader, memoryview(bytearray(1))):
                raise self._wrong_length(f"at least {self._declared_size + 1:,}")
            yield batch

    def load(self) -> Bytes:
        """Read the whole file into one new array, (N, ...) uint8. Raises as `batches` does."""
        if not self._gzipped:  # it is known to be as large as it declares
            (whole,) = self.batches(self.count)
            return whole
        content = bytearray()  # grows with what is really there, whatever was declared
        try:
            for batch in self.batches(_GROWTH // self._kind.item_size):
                content += batch.data
        except MemoryError:
            raise self._too_many(self.count) from None
        return np.frombuffer(content, np.uint8).reshape(self.count, *self._kind.item_shape)

    def _reader(self) -> "_Reader":
        raw = _RawReader(self._file, self.path)
        return _GzipReader(raw, self.path) if self._gzipped else raw

    @property
    def _declared_size(self) -> int:
        return self.count * self._kind.item_size

    def _read_header(self, reader: "_Reader") -> int:
        """Read and check the header; return the number of items, a plain int like all sizes."""
        kind = self._kind
        header = bytearray(kind.header_size)
        found = _fill(reader, memoryview(header))
        self._check_magic(bytes(header[: min(found, 4)]))
        if found != len(header):
            raise self._bad(f"the header is cut: found {found} bytes, expected {len(header)}")
        count, *shape = (
            int.from_bytes(header[at : at + 4], "big") for at in range(4, len(header), 4)
        )
        if tuple(shape) != kind.item_shape:
            raise self._bad(
                f"found images of {' x '.join(f'{n:,}' for n in shape)} pixels, expected 28 x 28",
                "mnist reads sets of 28 x 28 images only.",
            )
        if count == 0:
            raise self._bad(f"found 0 {kind.noun}, expected at least 1", "The file is empty.")
        return count

    def _check_magic(self, found: bytes) -> None:
        kind = self._kind
        if found == kind.magic.to_bytes(4, "big"):
            return
        expected = f"expected {kind.magic} (IDX {kind.noun})"
        if len(found) < 4:
            raise self._bad(f"the header is cut: found {len(found)} bytes, {expected}")
        for other in (_IMAGES, _LABELS):
            if found == other.magic.to_bytes(4, "big"):
                raise self._bad(
                    f"found the magic number {other.magic} (IDX {other.noun}), {expected}",
                    "The files of images and labels seem swapped.",
                )
        if found[:2] == b"\0\0" and found[2] != _UNSIGNED_BYTE:
            raise self._bad(
                f"found the IDX element type 0x{found[2]:02x}, expected 0x08 (unsigned bytes)",
                f"mnist reads {kind.noun} of one byte each.",
            )
        raise self._bad(
            f"found the magic number {int.from_bytes(found, 'big')}, {expected}",
            f"This is not a file of {kind.noun} in the IDX format.",
        )

    def _allocate(self, count: int) -> Bytes:
        shape = (count, *self._kind.item_shape)
        try:
            return np.empty(shape, np.uint8)
        except (MemoryError, ValueError):  # ValueError: more than an address can count
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


class ImageFile(IdxFile):
    """An open file of images; `count` of them, each (28, 28) uint8."""

    def image(self, index: int) -> Bytes:
        """Read one image, (28, 28) uint8; of a gzip file all, as only its end tells it is whole.

        Raises as `batches` does, and `ValueError` for an index outside 0 to ``count - 1``.
        """
        index = operator.index(index)
        if not 0 <= index < self.count:
            raise ValueError(f"the index is {index}, it must be from 0 to {self.count - 1}")
        if self._gzipped:
            return self._image_among_all(index)
        pixels: Bytes = self._allocate(1)[0]
        offset = self._kind.header_size + index * pixels.nbytes
        reader = _RawReader(self._file, self.path, offset)
        if _fill(reader, pixels.data.cast("B")) != pixels.nbytes:  # it was longer a moment ago
            size = os.fstat(self._file.fileno()).st_size
            raise self._wrong_length(f"{max(0, size - self._kind.header_size):,}")
        return pixels

    def _image_among_all(self, index: int) -> Bytes:
        size = _GROWTH // self._kind.item_size
        pixels: Bytes = self._allocate(1)[0]
        for number, batch in enumerate(self.batches(size)):
            if number == index // size:
                pixels[:] = batch[index % size]
        return pixels


class LabelFile(IdxFile):
    """An open file of labels; `count` of them, each one byte."""

    def batches(self, size: int) -> Iterator[Bytes]:
        """Yield the labels as `IdxFile.batches` does; `FormatError` also for one above 9."""
        start = 0
        for batch in super().batches(size):
            if batch.max() > 9:
                at = int(np.argmax(batch > 9))
                raise self._bad(
                    f"found the label {batch[at]} at position {start + at:,}, expected 0 to 9",
                    "mnist reads sets of ten classes; the file is another one, or damaged.",
                )
            start += len(batch)
            yield batch


class _Reader(Protocol):
    """A source of bytes, from its start to its end."""

    def readinto(self, target: memoryview) -> int:
        """Read at least one byte into `target` and return how many; 0 only at the end."""


class _RawReader:
    """Reads a file from `offset` on; several readers may share the file."""

    def __init__(self, file: FileIO, path: AnyPath, offset: int = 0) -> None:
        self._file = file
        self._path = path
        self._offset = offset

    def readinto(self, target: memoryview) -> int:
        try:
            self._file.seek(self._offset)
            count = self._file.readinto(target) or 0  # None: a file of /proc that has nothing yet
        except OSError as error:
            raise cannot("read", self._path, error) from None
        self._offset += count
        return count


class _GzipReader:
    """Reads what gzip members, one after another, hold.

    Unlike the gzip module it never decompresses more than was asked for, and after zero padding
    nothing may follow.
    """

    def __init__(self, raw: _RawReader, path: AnyPath) -> None:
        self._raw = raw
        self._path = path
        self._member = zlib.decompressobj(_GZIP_FORMAT)
        self._compressed = b""  # read from the file, not decompressed yet

    def readinto(self, target: memoryview) -> int:
        while True:
            if self._member.eof and not self._next_member():
                return 0
            compressed = self._compressed or self._read_chunk()
            try:
                piece = self._member.decompress(compressed, len(target))
            except zlib.error as error:
                raise self._damaged(f"its gzip stream is damaged ({error})") from None
            self._compressed = self._member.unconsumed_tail or self._member.unused_data
            if piece:
                target[: len(piece)] = piece
                return len(piece)
            if not compressed and not self._member.eof:
                raise self._damaged("its gzip stream is cut: found no end, expected a checksum")

    def _next_member(self) -> bool:
        """Begin the member that follows; false at the end of the file or of its zero padding."""
        self._compressed = self._compressed or self._read_chunk()
        if self._compressed[:1] == _GZIP_MAGIC[:1]:
            self._member = zlib.decompressobj(_GZIP_FORMAT)
            return True
        while self._compressed:
            if self._compressed.strip(b"\0"):
                raise self._damaged("found other data after the end of its gzip stream")
            self._compressed = self._read_chunk()
        return False

    def _read_chunk(self) -> bytes:
        chunk = bytearray(_CHUNK)
        return bytes(chunk[: self._raw.readinto(memoryview(chunk))])

    def _damaged(self, problem: str) -> FormatError:
        return FormatError(problem, source=self._path, hint=_GET_AGAIN)


def _fill(reader: _Reader, target: memoryview) -> int:
    """Read until `target` is full or the data ends; return how many bytes there were."""
    filled = 0
    while filled < len(target):
        count = reader.readinto(target[filled:])
        if count == 0:
            break
        filled += count
    return filled


def _find(path: AnyPath | None, default: str, data_dir: AnyPath | None) -> Path:
    found = paths.find_embedded(default) if path is None else paths.find(path, data_dir)
    return found.path
