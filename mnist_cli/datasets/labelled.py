"""Images with their labels, gone through in chunks that fit in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from mnist_cli.datasets.corruptions import NOISE_SEED, UNCORRUPTED, Corruption
from mnist_cli.datasets.idx import IdxFile, open_pair
from mnist_cli.dtypes import Array, Bytes
from mnist_cli.files.reading import AnyPath
from mnist_cli.net.network import as_plain_array
from mnist_cli.spec import CLASSES, PIXELS, SIDE

CHUNK_BYTES = 32 << 20  # images up to this size are read once and kept; more in chunks of it


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """Images and their labels, of an open file or of arrays."""

    labels: Bytes  # (N,)
    corruption: Corruption  # of every image that is handed out
    _original: Array | IdxFile  # all images where they fit in a chunk, else the open file
    _images: Array | IdxFile  # and the same after the corruption

    @property
    def samples(self) -> int:
        """How many images there are."""
        return self.labels.size

    @property
    def at_once(self) -> int:
        """How many images are in memory at a time where a batch is no larger."""
        return CHUNK_BYTES // PIXELS if isinstance(self._images, IdxFile) else self.samples

    def corrupted(self, corruption: Corruption) -> "LabelledImages":
        """The same images with another corruption; the file stays that of this set."""
        images = self._original
        if not isinstance(images, IdxFile):
            if images.dtype != np.uint8:
                images = np.rint(images.clip(0, 1) * 255).astype(np.uint8)
            images = corruption.apply(images, np.random.default_rng(NOISE_SEED))
        return replace(self, corruption=corruption, _images=images)

    def chunks(self, batch_size: int) -> Iterator[tuple[slice, Array]]:
        """Yield where batches are in the set, and their images, which the next ones overwrite."""
        if not isinstance(self._images, IdxFile):
            yield slice(0, self.samples), self._images
            return
        size = max(CHUNK_BYTES // PIXELS // batch_size, 1) * batch_size
        rng = np.random.default_rng(NOISE_SEED)
        for number, images in enumerate(self._images.batches(size, self.samples)):
            start = number * size
            yield slice(start, start + len(images)), self.corruption.apply(images, rng)


def label_arrays(images: Array, labels: Array) -> LabelledImages:
    """Make a labelled set of arrays; a corruption rounds floats of 0..1 to levels of grey."""
    images, labels = check_labelled(images, labels)
    return LabelledImages(labels, UNCORRUPTED, images, images)


def check_labelled(images: Array, labels: Array) -> tuple[Array, Bytes]:
    """Return images (N, 28, 28) or (N, 784) as the former, and whole numbers 0..9 as uint8."""
    images, labels = as_plain_array(images), as_plain_array(labels)
    if images.shape[1:] not in ((SIDE, SIDE), (PIXELS,), (1, SIDE, SIDE)) or len(images) == 0:
        raise ValueError(f"images have shape {images.shape}: expected (N, 28, 28) or (N, 784)")
    if labels.shape != images.shape[:1]:
        raise ValueError(f"labels have shape {labels.shape}: expected ({len(images)},)")
    if not np.isin(labels, np.arange(CLASSES)).all():
        raise ValueError("labels are not all whole numbers from 0 to 9")
    return images.reshape(-1, SIDE, SIDE), labels.astype(np.uint8)


@contextmanager
def open_labelled(
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    *,
    limit: int | None = None,
    data_dir: AnyPath | None = None,
    corruption: Corruption = UNCORRUPTED,
) -> Iterator[LabelledImages]:
    """Open a labelled set, by default the embedded test set, or its first `limit` images."""
    with open_pair(images, labels, data_dir) as (file, label_file):
        truth = label_file.load(limit)
        original = file.load(limit) if truth.size <= CHUNK_BYTES // PIXELS else file
        yield LabelledImages(truth, UNCORRUPTED, original, original).corrupted(corruption)
