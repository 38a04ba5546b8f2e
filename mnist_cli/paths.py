"""Which file a name means: as given, then in the data directory, then among the embedded files."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from mnist_cli.errors import FileError
from mnist_cli.files.reading import AnyPath, did_you_mean
from mnist_cli.spec import PAIR, TRAIN_IMAGES, TRAIN_LABELS

_IDX = re.compile("(.*)[-.](idx[13]-ubyte)", re.DOTALL)


@dataclass(frozen=True)
class FoundFile:
    """A file and where it was found: ``given``, ``data directory`` or ``embedded``."""

    path: Path
    origin: str


def embedded_directory() -> Path:
    """The folder of the embedded files: beside this module in a wheel, else in the checkout."""
    package = Path(__file__).resolve().parent
    installed = package / "data"
    return installed if installed.is_dir() else package.parent / "data"


def data_directory(given: AnyPath | None = None) -> Path:
    """The data directory: `given`, else ``MNIST_DATA_DIR``, else the user's own for this tool."""
    chosen = given or os.environ.get("MNIST_DATA_DIR")
    if chosen:
        return Path(os.path.expanduser(chosen))  # noqa: PTH111 - Path's fails for "~nobody"
    import platformdirs

    return Path(platformdirs.user_data_dir("mnist-cli", appauthor=False))


def find(name: AnyPath, data_dir: AnyPath | None = None) -> FoundFile:
    """Find the file that `name` means.

    A bare name is looked up as given, then in the data directory, then among the embedded files;
    anything with a folder in it only as given. The names of IDX files are also tried in their other
    spelling (``-idx3-ubyte``, ``.idx3-ubyte``) and with and without ``.gz``. Raises `FileError`.
    """
    text = os.fspath(name)
    if os.path.lexists(text):
        return FoundFile(Path(text), "given")
    above, bare = os.path.split(text)  # Path would drop a leading "./"
    places = {"given": Path(above)}
    hint = "Check the path."
    if bare and not above:
        places |= {"data directory": data_directory(data_dir), "embedded": embedded_directory()}
        hint = (
            "It was looked for here, in the data directory and among the embedded files; "
            "'mnist download' fetches the book's weights and the MNIST files."
        )
    for origin, folder in places.items():
        for spelling in spellings(bare):
            if spelling and os.path.lexists(folder / spelling):
                return FoundFile(folder / spelling, origin)
    near = [did_you_mean(folder / bare) for folder in places.values()]
    hint = next(filter(None, near), hint)
    raise FileError("there is no such file or folder", source=text, hint=hint)


def find_or_embedded(
    name: AnyPath | None, default: str, data_dir: AnyPath | None = None
) -> FoundFile:
    """What `name` means to `find`; without one the embedded `default`, whatever else is there."""
    if name is not None:
        return find(name, data_dir)
    return FoundFile(embedded_directory() / default, "embedded")


def name_pair(
    images: AnyPath | None, labels: AnyPath | None, data_dir: AnyPath | None = None
) -> tuple[AnyPath | None, AnyPath | None]:
    """The files of a set whose name, such as ``class``, stands for both; other names stay."""
    if images is None or labels is not None or os.path.isfile(images):  # noqa: PTH113 - Path's fails for a name that is too long
        return images, labels
    pair = [name.format(os.fspath(images)) for name in PAIR]
    try:
        find(pair[0], data_dir)
    except FileError:
        return images, labels
    return pair[0], pair[1]


def find_training_files(data_dir: AnyPath | None = None) -> tuple[Path, Path]:
    """MNIST's training images and labels in the data directory. Raises `FileError`."""
    folder = data_directory(data_dir)
    try:
        return find(folder / TRAIN_IMAGES).path, find(folder / TRAIN_LABELS).path
    except FileError as error:
        problem = "there is no such file in the data directory"
        hint = "Run 'mnist download train' first, or name the files with --images and --labels."
        raise FileError(problem, source=error.source, hint=hint) from None


def spellings(name: str) -> list[str]:
    """The names under which an IDX file is found, the given one first; other names as they are."""
    stem = name.removesuffix(".gz")
    parts = _IDX.fullmatch(stem)
    stems = (stem, "-".join(parts.groups()), ".".join(parts.groups())) if parts else ()
    return list(dict.fromkeys([name, *(each + end for each in stems for end in ("", ".gz"))]))
