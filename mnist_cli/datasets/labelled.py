"""Images with their labels, gone through in chunks that fit in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.corruptions import NOISE_SEED, UNCORRUPTED, Corruption
from mnist_cli.datasets.idx import IdxFile, open_images, open_labels, require_same_count
from mnist_cli.files import AnyPath
from mnist_cli.paths import FoundFile, find_or_embedded
from mnist_cli.spec import PIXELS, TEST_IMAGES, TEST_LABELS

Labels = NDArray[np.uint8]
Chunk = tuple[NDArray[Any], Labels]
"""Images (n, 28, 28), uint8 or (not normalised) float32, and their labels (n,) uint8."""

CHUNK_BYTES = 32 << 20  # images up to this size are read once and kept; more in chunks of it


def count_correct(predictions: NDArray[Any], labels: NDArray[Any]) -> int:
    """How many of the predictions (N,) are the labels (N,)."""
    return int(np.count_nonzero(predictions == labels))


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """The images of an open file and their `labels`, (N,) uint8.

    `found` is the file of images and where it was found; `corruption` is done to every image that
    is handed out.
    """

    found: FoundFile
    labels: Labels
    corruption: Corruption
    _file: IdxFile
    _original: NDArray[np.uint8] | None  # all images, where they fit in a chunk
    _kept: NDArray[Any] | None  # and the same after the corruption

    @property
    def samples(self) -> int:
        """How many images there are."""
        return self.labels.size

    @property
    def at_once(self) -> int:
        """How many images are in memory at a time where a batch is no larger."""
        return self.samples if self._kept is not None else CHUNK_BYTES // PIXELS

    def corrupted(self, corruption: Corruption) -> "LabelledImages":
        """The same images with another corruption; the file stays that of this set."""
        kept = None if self._original is None else corruption.apply(self._original, _rng())
        return replace(self, corruption=corruption, _kept=kept)

    def chunks(self, batch_size: int) -> Iterator[Chunk]:
        """All images and labels; a chunk is a whole number of batches, the last one excepted.

        The images of a chunk may be gone when the next one is there.

        Raises
        ------
        MnistError
            Where the file is damaged or cannot be read.
        """
        if self._kept is not None:
            yield self._kept, self.labels
            return
        image_bytes = PIXELS if self.corruption.normalize else 4 * PIXELS
        size = max(CHUNK_BYTES // image_bytes // batch_size, 1) * batch_size
        rng = _rng()
        start = 0
        for images in self._file.batches(size, self.samples):
            labels = self.labels[start : start + len(images)]
            yield self.corruption.apply(images, rng), labels
            start += len(images)


def _rng() -> np.random.Generator:
    """The same noise every time."""
    return np.random.default_rng(NOISE_SEED)


@contextmanager
def open_labelled(
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    *,
    limit: int | None = None,
    data_dir: AnyPath | None = None,
    corruption: Corruption = UNCORRUPTED,
) -> Iterator[LabelledImages]:
    """Open a labelled set, by default the embedded test set, or its first `limit` images.

    No more than `limit` images and labels are read; of a gzip file the rest is then not checked.

    Raises
    ------
    MnistError
        For files at fault or of different counts.
    """
    found = find_or_embedded(images, TEST_IMAGES, data_dir)
    of_labels = find_or_embedded(labels, TEST_LABELS, data_dir)
    with open_images(found.path) as file, open_labels(of_labels.path) as label_file:
        require_same_count(file, label_file)
        truth = label_file.load(limit)
        original = file.load(limit) if truth.size <= CHUNK_BYTES // PIXELS else None
        whole = LabelledImages(found, truth, UNCORRUPTED, file, original, original)
        yield whole if corruption == UNCORRUPTED else whole.corrupted(corruption)
