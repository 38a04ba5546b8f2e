"""A labelled set that is two arrays already, for whoever has no files."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.corruptions import NOISE_SEED, UNCORRUPTED, Corruption
from mnist_cli.spec import CLASSES, PIXELS, SIDE


@dataclass(frozen=True, eq=False)
class LabelledArrays:
    """Images (N, 28, 28) and labels (N,) in memory, gone through like the images of a file."""

    images: NDArray[Any]
    labels: NDArray[np.uint8]
    corruption: Corruption = UNCORRUPTED

    @property
    def samples(self) -> int:
        """How many images there are."""
        return self.labels.size

    @property
    def at_once(self) -> int:
        """How many images are in memory at a time: all."""
        return self.samples

    def corrupted(self, corruption: Corruption) -> "LabelledArrays":
        """The same images after `corruption`, with 0..255 levels of grey as in a file."""
        grey = self.images
        if grey.dtype != np.uint8:
            grey = np.rint(grey.clip(0, 1) * 255).astype(np.uint8)
        images = corruption.apply(grey, np.random.default_rng(NOISE_SEED))
        return replace(self, images=images, corruption=corruption)

    def chunks(self, _batch_size: int) -> Iterator[tuple[NDArray[Any], NDArray[np.uint8]]]:
        """All images and labels, in one piece."""
        yield self.images, self.labels


def label_arrays(images: NDArray[Any], labels: NDArray[Any]) -> LabelledArrays:
    """Make a labelled set of images (N, 28, 28) or (N, 784) and whole labels 0..9, (N,).

    Raises
    ------
    ValueError
        For other shapes, other labels, different counts, and no image at all.
    """
    images, labels = np.asarray(images), np.asarray(labels)
    if images.shape[1:] not in ((SIDE, SIDE), (PIXELS,)) or len(images) == 0:
        raise ValueError(f"images have shape {images.shape}: expected (N, 28, 28) or (N, 784)")
    if labels.shape != images.shape[:1]:
        raise ValueError(f"labels have shape {labels.shape}: expected ({len(images)},)")
    if not np.isin(labels, np.arange(CLASSES)).all():
        raise ValueError("labels are not all whole numbers from 0 to 9")
    return LabelledArrays(images.reshape(-1, SIDE, SIDE), labels.astype(np.uint8))
