"""Which pictures a list of names means: files, whole folders, standard input."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mnist_cli.errors import FileError
from mnist_cli.files import cannot

STANDARD_INPUT = "-"

# Only for what to pick out of a folder; what a file holds is told by its content.
_PICTURES = (
    *(".png", ".jpg", ".jpeg", ".mpo", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".dib"),
    *(".pgm", ".ppm", ".pbm", ".pnm", ".heic", ".heif"),
)
_LABEL = re.compile(r"([0-9])(?![0-9])", re.ASCII)  # 7, 7_12, but not 12


@dataclass(frozen=True)
class Found:
    """The pictures to read, in order, and how many other files were skipped.

    `folder` is what all of them lie below, "" where something else than one folder was named.
    """

    paths: tuple[str, ...]
    skipped: int
    folder: str = ""

    def name(self, path: str) -> str:
        """A path as a reader of a list needs it: without the folder that was named."""
        return os.path.relpath(path, self.folder) if self.folder else path


def find_pictures(names: Sequence[str]) -> Found:
    """Replace each folder among `names` by the pictures in and below it, sorted by name.

    Files are taken as given, whether they exist or not: whoever reads them will say. Hidden files
    are passed over. Raises `FileError` for a folder without pictures or that cannot be listed.
    """
    paths: list[str] = []
    skipped = 0
    for name in names:
        if name == STANDARD_INPUT or not os.path.isdir(name):  # noqa: PTH112 - Path's fails for a name that is too long
            paths.append(name)
            continue
        files = _files_below(name)
        pictures = [file for file in files if Path(file).suffix.lower() in _PICTURES]
        if not pictures:
            raise FileError("the folder holds no pictures", source=name, hint="Name another one.")
        paths += pictures
        skipped += len(files) - len(pictures)
    folder = names[0] if len(names) == 1 and paths != list(names) else ""
    return Found(tuple(paths), skipped, folder)


def _files_below(folder: str) -> list[str]:
    """Files in and below a folder, those of a folder before those of the folders in it."""
    files, folders = [], [folder]
    while folders:
        place = folders.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            raise cannot("open", place, error) from None
        shown = [entry for entry in entries if not entry.name.startswith(".")]
        files += [entry.path for entry in shown if not entry.is_dir()]
        folders += [entry.path for entry in reversed(shown) if entry.is_dir(follow_symlinks=False)]
    return files


def label_in_name(path: str) -> int | None:
    """The label that a path begins with: ``7/12.png``, ``7_12.png``, ``7-sevens/a.png``.

    A folder that is nothing but the digit counts before the name of the file.
    """
    folder, stem = Path(path).parent.name, Path(path).stem
    if len(folder) == 1 and _LABEL.fullmatch(folder):
        return int(folder)
    found = _LABEL.match(stem) or _LABEL.match(folder)
    return int(found[1]) if found else None
