"""Images with their labels, gone through in pieces that fit in memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.corruptions import NOISE_SEED, UNCORRUPTED, Corruption
from mnist_cli.datasets.idx import ImageFile, load_labels, open_images, require_same_count
from mnist_cli.files import AnyPath
from mnist_cli.paths import FoundFile, find, find_embedded
from mnist_cli.spec import TEST_IMAGES, TEST_LABELS

Piece = tuple[NDArray[Any], NDArray[np.uint8]]
"""Images (n, 28, 28), uint8 or (not normalised) float32, and their labels (n,) uint8."""

WHOLE_SET_BYTES = 32 << 20  # a set up to this size is read once and kept; a larger one in pieces
_IMAGE_BYTES = 784


@dataclass(frozen=True, eq=False)
class LabelledImages:
    """The images of an open file and their `labels`, (N,) uint8.

    `found` is the file and where it was found; `corruption` is done to every
    image that is handed out.
    """

    found: FoundFile
    labels: NDArray[np.uint8]
    corruption: Corruption
    _file: ImageFile
    _original: NDArray[np.uint8] | None  # all images, where they fit
    _kept: NDArray[Any] | None  # and the same after the corruption

    @property
    def samples(self) -> int:
        """How many images there are."""
        return self.labels.size

    @property
    def at_once(self) -> int:
        """How many images are in memory at a time where a batch is no larger."""
        return self.samples if self._kept is not None else WHOLE_SET_BYTES // _IMAGE_BYTES

    def corrupted(self, corruption: Corruption) -> "LabelledImages":
        """The same images with another corruption; the file stays that of this set."""
        kept = None if self._original is None else corruption.apply(self._original, _rng())
        return replace(self, corruption=corruption, _kept=kept)

    def pieces(self, batch_size: int) -> Iterator[Piece]:
        """All images and labels; a piece is a whole number of batches, the last one excepted.

        The images of a piece may be gone when the next one is there. Raises `MnistError`.
        """
        if self._kept is not None:
            yield self._kept, self.labels
            return
        image_bytes = _IMAGE_BYTES if self.corruption.normalize else 4 * _IMAGE_BYTES
        size = max(WHOLE_SET_BYTES // image_bytes // batch_size, 1) * batch_size
        rng = _rng()
        start = 0
        for images in self._file.batches(min(size, self.samples)):
            labels = self.labels[start : start + len(images)]
            yield self.corruption.apply(images[: len(labels)], rng), labels
            start += len(images)
            if start >= self.samples:
                return


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

    Raises `MnistError` for files at fault or of different counts.
    """
    found = find_embedded(TEST_IMAGES) if images is None else find(images, data_dir)
    truth = load_labels(labels, data_dir=data_dir)
    with open_images(found.path) as file:
        require_same_count(
            file.count, truth.size, images_path=found.path, labels_path=labels or TEST_LABELS
        )
        truth = truth[:limit]
        fits = file.count <= WHOLE_SET_BYTES // _IMAGE_BYTES
        original = file.load()[: truth.size] if fits else None
        whole = LabelledImages(found, truth, UNCORRUPTED, file, original, original)
        yield whole if corruption == UNCORRUPTED else whole.corrupted(corruption)
