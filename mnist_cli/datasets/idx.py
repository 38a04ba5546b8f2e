"""IDX files, raw or gzipped: the format of MNIST (http://yann.lecun.com/exdb/mnist).

A magic number, the size of each dimension, then the data; numbers take 4 big-endian bytes, a pixel
or label one byte. Nothing is memory-mapped: a mapped file that shrinks would kill the process.
"""

import contextlib
import gzip
import os
import sys
from collections.abc import Iterator, Sequence
from gzip import GzipFile
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mnist_cli.checks import require_at_least
from mnist_cli.dtypes import Bytes
from mnist_cli.errors import FileError, FormatError, printable
from mnist_cli.files.filetypes import recognise
from mnist_cli.files.gzipped import DamagedGzipError, decompressed
from mnist_cli.files.reading import AnyPath, cannot, open_regular
from mnist_cli.paths import find, find_or_embedded, name_pair
from mnist_cli.spec import CLASSES, PIXELS, SIDE, TEST_IMAGES, TEST_LABELS

_BYTES_A_READ = 1 << 20  # bytes that are decompressed at once where many are read
_GET_AGAIN = "The file is damaged or cut short; get it again."


class _Layout(NamedTuple):
    """What the header of a file must say, and the largest value that may follow."""

    noun: str
    magic: int  # 0, 0, element type, number of dimensions
    header_size: int  # the magic number, the count, an item's shape
    item_shape: tuple[int, ...]
    item_size: int
    largest: int


_IMAGES = _Layout("images", 2051, 16, (SIDE, SIDE), PIXELS, 255)
_LABELS = _Layout("labels", 2049, 8, (), 1, CLASSES - 1)


def open_images(path: AnyPath | None = None, data_dir: AnyPath | None = None) -> "IdxFile":
    """Open images, each (28, 28) uint8, by default those of MNIST's test set."""
    return IdxFile(find_or_embedded(path, TEST_IMAGES, data_dir).path, _IMAGES)


def open_labels(path: AnyPath | None = None, data_dir: AnyPath | None = None) -> "IdxFile":
    """Open labels, each one uint8 from 0 to 9, by default those of MNIST's test set."""
    return IdxFile(find_or_embedded(path, TEST_LABELS, data_dir).path, _LABELS)


@contextlib.contextmanager
def open_pair(
    images: AnyPath | None, labels: AnyPath | None, data_dir: AnyPath | None = None
) -> Iterator[tuple["IdxFile", "IdxFile"]]:
    """Open images and as many labels; `images` may name both, as `paths.name_pair` takes it."""
    images, labels = name_pair(images, labels, data_dir)
    if images is not None and labels is None:
        find(images, data_dir)
        hint = "Name them with --labels."
        raise FileError("the labels of these images are not known", source=images, hint=hint)
    with open_images(images, data_dir) as file, open_labels(labels, data_dir) as label_file:
        if file.count != label_file.count:
            raise FormatError(
                f"found {label_file.count:,} labels, expected {file.count:,}, one for each image in"
                f" {printable(str(file.path))}",
                source=label_file.path,
                hint="Name two files that belong together.",
            )
        yield file, label_file


def to_idx(items: Bytes) -> bytes:
    """Make a gzipped file of images (N, 28, 28) or labels (N,); the same items, the same bytes."""
    layout = _IMAGES if items.ndim > 1 else _LABELS
    header = np.array([layout.magic, *items.shape], ">u4")
    return gzip.compress(header.tobytes() + items.tobytes(), mtime=0)


class IdxFile(contextlib.AbstractContextManager["IdxFile"]):
    """An open IDX file of `count` items; each method begins anew, and ends another's iteration."""

    def __init__(self, path: AnyPath, layout: _Layout) -> None:
        self.path = Path(path)
        self._layout = layout
        self._file = open_regular(path)
        try:
            with self._content() as content:
                self.count = self._read_header(content)
                declared = self.count * layout.item_size
                if not isinstance(content, GzipFile) and self._size(content) != declared:
                    raise self._wrong_length(self._size(content))
        except BaseException:
            self._file.close()
            raise

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def batches(self, size: int, limit: int | None = None) -> Iterator[Bytes]:
        """Yield the items, (n, ...) uint8, `size` at a time: each batch overwrites the last."""
        require_at_least("the batch size", size)
        total = self._bounded(limit)
        buffer = np.empty((min(size, total), *self._layout.item_shape), np.uint8)
        with self._content() as content:
            self._read_header(content)
            for start in range(0, total, size):
                batch = buffer[: total - start]
                self._fill(content, batch, start)
                # The last items are yielded only once the file proved to end where it should.
                if start + len(batch) == self.count and content.read(1):
                    raise self._wrong_length(self._size(content), "at least ")
                yield batch

    def load(self, limit: int | None = None, *, memory_per_item: int = 0) -> Bytes:
        """Read the items, (N, ...) uint8, where so many bytes for each fit in memory."""
        count = self._bounded(limit)
        needed = count * max(self._layout.item_size, memory_per_item)
        if needed <= memory_bytes():
            with contextlib.suppress(MemoryError):
                (whole,) = self.batches(count, count)
                return whole
        raise FileError(
            f"{count:,} {self._layout.noun} need {needed / 1e9:,.1f} GB of memory, found less",
            source=self.path,
            hint="Use fewer of them, with --limit.",
        )

    def items(self, indices: Sequence[int]) -> Bytes:
        """Read single items by their index, from 0, in flat memory: (n, ...) uint8."""
        for index in indices:
            if not 0 <= index < self.count:
                raise IndexError(f"index {index} is not in the range 0..{self.count - 1}")
        items = np.empty((len(indices), *self._layout.item_shape), np.uint8)
        with self._content() as content:
            for position in np.argsort(indices):  # a gzip file is quick to read forwards only
                index = indices[position]
                content.seek(self._layout.header_size + index * self._layout.item_size)
                self._fill(content, items[position : position + 1], index)
        return items

    def _bounded(self, limit: int | None) -> int:
        return self.count if limit is None else min(require_at_least("limit", limit), self.count)

    @contextlib.contextmanager
    def _content(self) -> Iterator[BufferedIOBase]:
        """The content from its start; errors of reading it become those of this file."""
        try:
            self._file.seek(0)
            with decompressed(self._file) as content:
                yield content
        except DamagedGzipError as error:
            raise self._bad(str(error)) from None
        except OSError as error:
            raise cannot("read", self.path, error) from None

    def _size(self, content: BufferedIOBase) -> int:
        """Bytes after the header: all of a raw file, those of a gzip file that were read."""
        gzipped = isinstance(content, GzipFile)
        size = content.tell() if gzipped else os.fstat(self._file.fileno()).st_size
        return max(0, size - self._layout.header_size)

    def _fill(self, content: BufferedIOBase, items: Bytes, start: int) -> None:
        """Read items, the first of which has the index `start`."""
        target, filled = items.data.cast("B"), 0
        while count := content.readinto(target[filled : filled + _BYTES_A_READ]):
            filled += count
        if filled != items.nbytes:
            raise self._wrong_length(self._size(content))
        largest = self._layout.largest
        if largest < 255 and items.max() > largest:
            at = int(np.argmax(items > largest))
            raise self._bad(
                f"found the label {items[at]} at position {start + at:,}, expected 0 to {largest}",
                "mnist reads sets of ten classes; the file is another one, or damaged.",
            )

    def _read_header(self, content: BufferedIOBase) -> int:
        """Read and check the header; return the number of items, a plain int like all sizes."""
        layout = self._layout
        header = content.read(layout.header_size)
        magic = int.from_bytes(header[:4], "big")
        if len(header) >= 4 and magic != layout.magic:
            other = recognise(header) or f"not a file of {layout.noun} in the IDX format"
            hint = f"This is {other}."
            if magic in (_IMAGES.magic, _LABELS.magic):
                hint = "The files of images and labels seem swapped."
            expected = f"expected {layout.magic} (IDX {layout.noun})"
            raise self._bad(f"found the magic number {magic}, {expected}", hint)
        if len(header) < layout.header_size:
            found = f"found {len(header)} bytes, expected {layout.header_size}"
            raise self._bad(f"the header is cut: {found}")
        count, *shape = map(int, np.frombuffer(header, ">u4", offset=4))
        if tuple(shape) != layout.item_shape:
            raise self._bad(
                f"found images of {' x '.join(f'{n:,}' for n in shape)} pixels, expected 28 x 28",
                "mnist reads sets of 28 x 28 images only.",
            )
        if count == 0:
            raise self._bad(f"found 0 {layout.noun}, expected at least 1", "The file is empty.")
        return count

    def _wrong_length(self, found: int, at_least: str = "") -> FormatError:
        shape = " x ".join(f"{length:,}" for length in (self.count, *self._layout.item_shape))
        return self._bad(
            f"found {at_least}{found:,} bytes after the header, expected"
            f" {self.count * self._layout.item_size:,} ({shape} as it declares)"
        )

    def _bad(self, problem: str, hint: str = _GET_AGAIN) -> FormatError:
        return FormatError(problem, source=self.path, hint=hint)


def memory_bytes() -> int:
    """How much memory there is, in a container perhaps less: who takes more is ended silently."""
    if sys.platform == "win32":  # where it is not known
        return sys.maxsize
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError, ValueError):  # "max", or no such limit on this system
        there = min(there, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return there
