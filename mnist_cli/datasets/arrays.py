"""The entrance for Python to labelled sets: MNIST itself, or a pair of files, as arrays."""

from typing import Literal

from mnist_cli.datasets.idx import open_images, open_labels, open_pair
from mnist_cli.dtypes import Bytes
from mnist_cli.files.reading import AnyPath
from mnist_cli.paths import find_training_files
from mnist_cli.spec import PIXELS


def load_images(path: AnyPath | None = None, *, data_dir: AnyPath | None = None) -> Bytes:
    """Load a whole file of images, (N, 28, 28) uint8; 0 is paper, 255 is full ink.

    `path` is looked up as `paths.find` does; without it these are the 10,000 embedded MNIST test
    images.

    Raises
    ------
    MnistError
        For a file that is missing or unreadable, no IDX file of images, damaged, or too large.

    Examples
    --------
    >>> load_images().shape
    (10000, 28, 28)
    """
    with open_images(path, data_dir) as file:
        return file.load()


def load_labels(path: AnyPath | None = None, *, data_dir: AnyPath | None = None) -> Bytes:
    """Load a whole file of labels, (N,) uint8, each 0 to 9; otherwise as `load_images`.

    Raises
    ------
    MnistError
        As `load_images`.

    Examples
    --------
    >>> load_labels()[:5]
    array([7, 2, 1, 0, 4], dtype=uint8)
    """
    with open_labels(path, data_dir) as file:
        return file.load()


def load_mnist(part: Literal["test", "train"]) -> tuple[Bytes, Bytes]:
    """Load MNIST: images (N, 28, 28) uint8, 0 being paper and 255 ink, and labels (N,) uint8.

    The 10,000 of ``"test"`` are embedded; the 60,000 of ``"train"`` are in the data directory once
    ``mnist download train`` has put them there.

    Raises
    ------
    MnistError
        Where the training files are missing or damaged.
    ValueError
        For another part.

    Examples
    --------
    >>> images, labels = load_mnist("test")
    >>> images.shape, labels.shape
    ((10000, 28, 28), (10000,))
    """
    if part == "test":
        return load_images(), load_labels()
    if part == "train":
        return load_labelled(*find_training_files())
    raise ValueError(f"the part of MNIST is {part!r}: expected 'test' or 'train'")


def load_labelled(
    images: AnyPath | None,
    labels: AnyPath | None,
    *,
    limit: int | None = None,
    data_dir: AnyPath | None = None,
    bytes_per_image: int = PIXELS,
) -> tuple[Bytes, Bytes]:
    """Load images (N, 28, 28) and labels (N,), uint8, where `bytes_per_image` fit in memory."""
    with open_pair(images, labels, data_dir) as (file, label_file):
        return file.load(limit, memory_per_item=bytes_per_image), label_file.load(limit)
