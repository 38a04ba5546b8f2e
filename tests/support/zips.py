"""Sets as the page of `mnist draw` saves them, and the files of a class on it."""

import zipfile

from support.pictures import to_png


def write_set(path, images, labels, *, method=zipfile.ZIP_STORED, folder=""):
    """A ZIP with nothing but the digits of a set."""
    return write_zip(path, digits(images, labels), method=method, folder=folder)


def digits(images, labels):
    """The files of a set, by their names."""
    return {
        f"{label}_{number:03}.png": to_png(image)
        for number, (image, label) in enumerate(zip(images, labels, strict=True), start=1)
    }


def write_zip(path, files, *, method=zipfile.ZIP_STORED, folder=""):
    """A ZIP of files by their names."""
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(folder + name, content)
    return path


def choose(page, *paths, timeout=30_000):
    """Choose files on the page, and wait until they are read, for so many milliseconds."""
    page.locator("#zips").set_input_files(paths)
    page.locator("#merge:not([aria-busy])").wait_for(timeout=timeout)
