"""Which pictures a list of names means: files, standard input, whole folders and ZIP archives."""

import contextlib
import io
import os
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mnist_cli.errors import FileError, FormatError, MnistError
from mnist_cli.files.reading import cannot, open_regular, read_up_to, too_large

if TYPE_CHECKING:
    from zipfile import ZipInfo

STANDARD_INPUT = "-"

# Only for what to pick out of a folder; what a file holds is told by its content.
_SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".mpo", ".gif", ".webp", ".tif", ".tiff", ".bmp", ".dib"),
    *(".pgm", ".ppm", ".pbm", ".pnm", ".heic", ".heif"),
)
_LABEL = re.compile(r"([0-9])(?![0-9])", re.ASCII)  # 7, 7_12, but not 12
_ONE_DIGIT = re.compile(r"([0-9])(\.zip)?", re.ASCII | re.IGNORECASE)  # a folder or archive

_MAX_MEMBERS = 10_000  # of an archive
_MAX_BYTES = 4_000_000_000  # of all of them, as its list declares
_UNPACK = "Unpack it yourself, and name the folder."


@dataclass(frozen=True)
class Pictures:
    """The pictures to read, in order."""

    paths: tuple[str, ...]
    skipped: tuple[str, ...] = ()  # other files
    folder: str = ""  # what all lie below, "" where something else than one folder was named
    unlisted: tuple[MnistError, ...] = ()  # why no file could be found in a folder, or archive
    members: "Mapping[str, ZipInfo]" = field(default_factory=dict)  # of archives, by their paths
    roots: Mapping[str, str] = field(default_factory=dict)  # by a path the folder of all named so

    def name(self, path: str) -> str:
        """A path as a reader of a list needs it: without the folder that was named."""
        return os.path.relpath(path, self.folder) if self.folder else path

    def label(self, path: str) -> int | None:
        """The label that a path says, below the folder that it shares with its neighbours."""
        return label_in_name(path, self.roots.get(path))


def find_pictures(names: Sequence[str], labels: Collection[int] = ()) -> Pictures:
    """Replace each folder and ZIP archive by its pictures, with one of these `labels` if given."""
    paths: list[str] = []
    roots: dict[str, str] = {}
    named: list[str] = []  # files
    unlisted: list[MnistError] = []
    members: dict[str, ZipInfo] = {}
    skipped: list[str] = []
    for name in names:
        if name != STANDARD_INPUT and os.path.isdir(name):  # noqa: PTH112 - Path's fails for a name that is too long
            files = list(_files_below(name, unlisted))
        elif name != STANDARD_INPUT and _is_archive(name):
            try:
                members |= (found := _list_members(name))
            except MnistError as error:
                unlisted.append(error)
                continue
            files = list(found)
        else:
            paths.append(name)
            named.append(name)
            continue
        pictures = [file for file in files if Path(file).suffix.lower() in _SUFFIXES]
        if not pictures and os.path.isfile(name):  # noqa: PTH113
            pictures, files = [name], [name]  # the reader of pictures says what else it is
        if not pictures:
            raise next(iter(unlisted), None) or FileError(
                "the folder holds no pictures", source=name, hint="Name another, or its archives."
            )
        paths += pictures
        roots |= dict.fromkeys(pictures, _find_root(pictures))
        skipped += sorted({*files} - {*pictures})
    folder = names[0] if len(names) == 1 and paths != list(names) else ""
    roots |= dict.fromkeys(named, _find_root(named))
    everything = Pictures(tuple(paths), tuple(skipped), folder, tuple(unlisted), members, roots)
    wanted = (path for path in paths if everything.label(path) in labels)
    return replace(everything, paths=tuple(wanted)) if labels else everything


def _find_root(paths: Sequence[str]) -> str:
    """The folder in or below which all files lie; the current one where they share none."""
    try:
        return os.path.commonpath([os.path.dirname(path) for path in paths])  # noqa: PTH120
    except ValueError:  # there are no files, or they lie on several drives
        return ""


def _files_below(folder: str, unlisted: list[MnistError]) -> Iterator[str]:
    """Files in and below a folder, those of a folder before those of the folders in it."""

    def note(error: OSError) -> None:
        unlisted.append(cannot("open", error.filename, error))

    for where, folders, files in os.walk(folder, onerror=note):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = sorted(name for name in files if not name.startswith("."))
        yield from (os.path.join(where, name) for name in shown)  # noqa: PTH118 - Path drops "./"


def _is_archive(name: str) -> bool:
    with contextlib.suppress(FileError), open_regular(name) as file:
        return read_up_to(file, 4, name) == b"PK\x03\x04"  # whatever its first member is
    return False


def _list_members(archive: str) -> "dict[str, ZipInfo]":
    """The files in an archive, by their paths as if it were a folder, without hidden ones."""
    from mnist_cli.files.zipped import list_members

    try:
        with open_regular(archive) as file:
            entries = list_members(file)
        size = sum(entry.file_size for entry in entries)
        names = {entry.filename: entry for entry in entries}
        if len(entries) > _MAX_MEMBERS or size > _MAX_BYTES:
            found = f"found {len(entries):,} files of {size:,} bytes in the ZIP archive"
            raise FormatError(f"{found}, at most {_MAX_MEMBERS:,} of {_MAX_BYTES:,} are read")
        if len(names) < len(entries):
            raise FormatError("the ZIP archive holds two files of the same name")
    except FormatError as error:
        raise FormatError(error.problem, source=archive, hint=_UNPACK) from None
    return {f"{archive}/{name}": names[name] for name in sorted(names) if not _is_hidden(name)}


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in parts)


def open_member(path: str, entry: "ZipInfo") -> io.BytesIO:
    """The content of a file in an archive, by the path that `Pictures.members` has for it."""
    from mnist_cli.files.zipped import read_member
    from mnist_cli.pictures.formats import MAX_FILE_BYTES

    largest = max(entry.file_size, entry.compress_size)
    if largest > MAX_FILE_BYTES:
        raise too_large(path, largest, MAX_FILE_BYTES)
    try:
        with open_regular(path.removesuffix(f"/{entry.filename}")) as file:
            content = io.BytesIO(read_member(file, entry))
    except FormatError as error:
        raise FormatError(error.problem, source=path, hint=_UNPACK) from None
    content.name = path
    return content


def label_in_name(path: str, root: str | None = None) -> int | None:
    """The label that a path begins with: ``7/12.png``, ``7_12.png``, ``7-sevens/a.png``."""
    folder, stem = Path(path).parent, Path(path).stem
    if found := _ONE_DIGIT.fullmatch(folder.name):
        return int(found[1])
    # The folder of all is often that of a class, as 3b.
    is_root = root is not None and folder == Path(root)
    found = _LABEL.match(stem) or (None if is_root else _LABEL.match(folder.name))
    return int(found[1]) if found else None


def number_in_name(path: str, lines: int) -> str | None:
    """The number that a name begins with, ``1984_02.jpg``, or so many lines: ``01_95.png``."""
    found = re.match("[0-9]+(?:_[0-9]+)*", Path(path).name)
    numbers = found[0].split("_") if found else []
    return " / ".join(numbers if len(numbers) == lines else numbers[:1]) or None
