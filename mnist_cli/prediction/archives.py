"""ZIP archives as folders of pictures: read within bounds, and nothing is unpacked to disk."""

import io
import zipfile
from pathlib import PurePosixPath
from typing import NamedTuple

from mnist_cli import zipped
from mnist_cli.errors import FormatError
from mnist_cli.files import open_regular, too_large
from mnist_cli.handwriting.formats import MAX_FILE_BYTES

_MAX_MEMBERS = 10_000
_MAX_BYTES = 4_000_000_000  # of all members, as the list declares them
_HINT = "Unpack it yourself, and name the folder."


class Member(NamedTuple):
    """A file in an archive."""

    archive: str
    entry: zipfile.ZipInfo


def list_members(archive: str) -> dict[str, Member]:
    """The files in an archive, by their paths as if it were a folder, without hidden ones.

    Raises `FileError` for one that cannot be read, `FormatError` where it is damaged or too large.
    """
    try:
        with open_regular(archive) as file:
            entries = zipped.list_members(file)
        size = sum(entry.file_size for entry in entries)
        names = {entry.filename: entry for entry in entries}
        if len(entries) > _MAX_MEMBERS or size > _MAX_BYTES:
            found = f"found {len(entries):,} files of {size:,} bytes in the ZIP archive"
            raise FormatError(f"{found}, at most {_MAX_MEMBERS:,} of {_MAX_BYTES:,} are read")
        if len(names) < len(entries):
            raise FormatError("the ZIP archive holds two files of the same name")
    except FormatError as error:
        raise FormatError(error.problem, source=archive, hint=_HINT) from None
    shown = sorted(name for name in names if not _is_hidden(name))
    return {f"{archive}/{name}": Member(archive, names[name]) for name in shown}


def open_member(member: Member, path: str) -> io.BytesIO:
    """The content of a file in an archive, called `path` in errors.

    Raises `FileError` and `FormatError`, as above.
    """
    archive, entry = member
    largest = max(entry.file_size, entry.compress_size)
    if largest > MAX_FILE_BYTES:
        raise too_large(path, largest, MAX_FILE_BYTES)
    try:
        with open_regular(archive) as file:
            content = io.BytesIO(zipped.read_member(file, entry))
    except FormatError as error:
        raise FormatError(error.problem, source=path, hint=_HINT) from None
    content.name = path
    return content


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in parts)
