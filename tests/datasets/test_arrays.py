"""Sets as arrays: what the defaults are, what is read of large files, and what is refused."""

import gzip
import struct

import numpy as np
import pytest
from support.limited import run_measured
from support.refusals import refusal_of
from support.sets import write_images, write_labels

from mnist_cli.datasets.arrays import load_images, load_labelled, load_labels, load_mnist
from mnist_cli.errors import FileError


@pytest.fixture
def files(tmp_path):
    """The first 30 test images and labels as files."""
    return (
        write_images(tmp_path / "own.idx3-ubyte", load_images()[:30]),
        write_labels(tmp_path / "own.idx1-ubyte", load_labels()[:30]),
    )


def test_mnist_is_the_embedded_test_set_and_the_training_set_of_the_data_directory(
    shared_data, tmp_path, monkeypatch
):
    monkeypatch.setenv("MNIST_DATA_DIR", str(tmp_path))
    with pytest.raises(FileError, match="Run 'mnist download train' first"):
        load_mnist("train")
    monkeypatch.setenv("MNIST_DATA_DIR", str(shared_data))
    # As every MNIST tutorial shows.
    for part, count, begin in (("test", 10_000, "72104"), ("train", 60_000, "50419")):
        images, labels = load_mnist(part)
        assert (images.shape, images.dtype) == ((count, 28, 28), np.uint8)
        assert (labels.shape, labels.dtype) == ((count,), np.uint8)
        assert "".join(map(str, labels[:5])) == begin
    with pytest.raises(ValueError, match="'validation': expected 'test' or 'train'"):
        load_mnist("validation")


def test_a_pair_of_files_is_loaded_whole_or_up_to_a_limit(files, tmp_path):
    assert len(load_images("own-idx3-ubyte", data_dir=tmp_path)) == 30
    for limit in (None, 1, 30, 99):
        images, labels = load_labelled(*files, limit=limit)
        assert np.array_equal(images, load_images()[:30][:limit])
        assert np.array_equal(labels, load_labels()[:30][:limit])
    images, labels = load_labelled("own-idx3-ubyte", "own-idx1-ubyte.gz", data_dir=tmp_path)
    assert (len(images), len(labels)) == (30, 30)


def test_other_counts_are_refused_before_either_body_is_read(files, tmp_path):
    labels = tmp_path / "labels\x1b"
    labels.write_bytes(gzip.compress(struct.pack(">2i", 2049, 10**9)) + b"no gzip from here on")
    said = r"labels\x1b: found 1,000,000,000 labels, expected 30, one for"
    assert said in refusal_of(load_labelled, files[0], labels)


def huge(tmp_path, count):
    """Gzip files that declare `count` images and labels: of the images only 1,000 are there."""
    images, labels = tmp_path / "images", tmp_path / "labels"
    images.write_bytes(gzip.compress(struct.pack(">4i", 2051, count, 28, 28) + bytes(784_000)))
    zeros = gzip.compress(bytes(1_000_000)) * (count // 1_000_000)
    labels.write_bytes(gzip.compress(struct.pack(">2i", 2049, count)) + zeros)
    return images, labels


MEASURE = """
from mnist_cli.datasets.arrays import load_labelled
from mnist_cli.datasets.idx import open_labels
from mnist_cli.datasets.labelled import open_labelled
images, labels = sys.argv[1:]
before = peak_megabytes()
with open_labelled(images, labels, limit=10) as data, open_labels(labels) as file:
    assert data.samples == len(load_labelled(images, labels, limit=10)[1]) == 10
    assert file.items([0, file.count - 1]).shape == (2,)
assert peak_megabytes() - before < 20
"""


def test_a_small_gzip_of_very_many_labels_takes_no_memory(tmp_path):
    run_measured(MEASURE, *huge(tmp_path, 100_000_000))


def test_a_set_that_will_not_fit_in_memory_is_refused_by_its_header(files, tmp_path):
    for count, needed in ((10**8, 10_000_000), (1000, 10**13)):
        pair = huge(tmp_path, count)
        message = refusal_of(load_labelled, *pair, error=FileError, bytes_per_image=needed)
        assert message == (
            f"{pair[0]}: {count:,} images need {count * needed / 1e9:,.1f} GB of memory,"
            " found less. Use fewer of them, with --limit."
        )
    images, _ = load_labelled(*files, limit=1, bytes_per_image=7_840)
    assert len(images) == 1
