"""Sets as the page of `mnist draw` saves them, and the files of a class on it."""

import gzip
import zipfile

from mnist_cli.datasets.idx import to_idx

IMAGES, LABELS = "class-images-idx3-ubyte", "class-labels-idx1-ubyte"


def write_set(path, images, labels, *, method=zipfile.ZIP_STORED, folder=""):
    """A ZIP with nothing but the pair of a set."""
    write_zip(path, pair(images, labels), method=method, folder=folder)
    return path


def pair(images, labels):
    """The two files of a set, by their names."""
    return {
        name: gzip.decompress(to_idx(items)) for name, items in ((IMAGES, images), (LABELS, labels))
    }


def write_zip(path, files, *, method=zipfile.ZIP_STORED, folder=""):
    """A ZIP of files by their names."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return path


def choose(page, *paths):
    """Choose files on the page, and wait until they are read."""
    page.locator("#zips").set_input_files(paths)
    page.locator("#merge:not([aria-busy])").wait_for()
