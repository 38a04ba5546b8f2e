"""A labelled set gone through in chunks is the set as it is."""

import numpy as np
import pytest

from mnist_cli import load_images, load_labels
from mnist_cli.datasets import labelled
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import open_labelled


def gathered(data, batch_size):
    """All images and labels of a set, and the size of each chunk."""
    chunks = [(images.copy(), data.labels[place]) for place, images in data.chunks(batch_size)]
    images, labels = map(np.concatenate, zip(*chunks, strict=True))
    return images, labels, [len(part) for part, _ in chunks]


@pytest.mark.parametrize(
    ("at_once", "limit", "batch_size", "size"),
    [(None, None, 100, 10_000), (100, None, 7, 98), (100, None, 333, 333), (100, 1, 7, 1)],
)
def test_chunks_of_whole_batches_make_up_a_set_that_fits_in_memory_or_not(
    monkeypatch, at_once, limit, batch_size, size
):
    if at_once:
        monkeypatch.setattr(labelled, "CHUNK_BYTES", at_once * 784)
    with open_labelled(limit=limit) as data:
        for _ in range(2):  # each time from the start
            images, labels, sizes = gathered(data, batch_size)
            assert {sizes[0], *sizes[:-1]} == {size}
            assert np.array_equal(images, load_images()[:limit])
            assert np.array_equal(labels, load_labels()[:limit])
        assert data.at_once == min(at_once or 10_000, data.samples)


def test_a_corruption_is_the_same_in_chunks(monkeypatch):
    corruption = Corruption(shift=(1, 2), noise=0.2)
    with open_labelled(limit=500) as data:
        whole, *_ = gathered(data.corrupted(corruption), 100)
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 100 * 784)
    with open_labelled(limit=500, corruption=corruption) as data:
        images, _, sizes = gathered(data, 10)
        assert sizes == [100] * 5
        assert np.array_equal(images, whole)
        raw, *_ = gathered(data.corrupted(Corruption(normalize=False)), 10)
    assert raw.dtype == np.uint8  # it is the net that takes them as they are
    assert np.array_equal(raw, load_images()[:500])
