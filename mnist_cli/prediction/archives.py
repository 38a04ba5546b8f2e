"""ZIP archives as folders of pictures: read within bounds, and nothing is unpacked to disk."""

import io
import os
import struct
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import NamedTuple

from mnist_cli.errors import FormatError
from mnist_cli.files import open_regular, read_up_to, too_large
from mnist_cli.handwriting.formats import MAX_FILE_BYTES
from mnist_cli.zipped import inflate

_MAX_MEMBERS = 10_000
_MAX_DIRECTORY = 2 << 20  # bytes; zipfile would list millions of members
_MAX_BYTES = 4_000_000_000  # of all members, as the directory declares them
_DAMAGE: tuple[type[Exception], ...]
_DAMAGE = zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, OSError
_ENCRYPTED = 1  # a bit of the flags


class Member(NamedTuple):
    """A file in an archive."""

    archive: str
    entry: zipfile.ZipInfo


class _Bounded(io.BufferedReader):
    """A file that gives no more at a time than a directory may have: what is cut, zipfile sees."""

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        return super().read(_MAX_DIRECTORY if whole else min(size or 0, _MAX_DIRECTORY))


def list_members(archive: str) -> dict[str, Member]:
    """The files in an archive, by their paths as if it were a folder, without hidden ones.

    Raises `FileError` for one that cannot be read, `FormatError` where it is damaged or too large.
    """
    try:
        with (
            open_regular(archive) as raw,
            _Bounded(raw) as file,
            zipfile.ZipFile(file) as opened,
        ):
            entries = opened.infolist()
    except _DAMAGE:
        raise _bad(archive, "the ZIP archive is damaged, cut short or too long a list") from None
    size = sum(entry.file_size for entry in entries)
    names = {entry.filename: entry for entry in entries}
    if len(entries) > _MAX_MEMBERS or size > _MAX_BYTES:
        found = f"{len(entries):,} files of {size:,} bytes in the ZIP archive"
        raise _bad(archive, f"found {found}, at most {_MAX_MEMBERS:,} of {_MAX_BYTES:,} are read")
    if len(names) < len(entries):
        raise _bad(archive, "the ZIP archive holds two files of the same name")
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
    if entry.flag_bits & _ENCRYPTED:
        raise _bad(path, "it is encrypted")
    try:
        with open_regular(archive) as file:
            file.seek(entry.header_offset + 26)
            name_and_extra = struct.unpack("<2H", file.read(4))
            file.seek(sum(name_and_extra), os.SEEK_CUR)
            content = io.BytesIO(inflate(read_up_to(file, entry.compress_size, archive), entry))
    except _DAMAGE:
        raise _bad(path, "the ZIP archive is damaged") from None
    except FormatError as error:
        raise _bad(path, error.problem) from None
    content.name = path
    return content


def _bad(path: str, problem: str) -> FormatError:
    return FormatError(problem, source=path, hint="Unpack it yourself, and name the folder.")


def _is_hidden(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.endswith("/") or any(part.startswith((".", "__MACOSX")) for part in parts)
