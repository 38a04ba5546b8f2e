"""ZIP archives: their lists within bounds, and of a member no more than it declares."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from mnist_cli.errors import DamagedError, FormatError, printable

_MAX_LIST = 2 << 20  # bytes; zipfile would list millions of members
_LOCAL_HEADER = struct.Struct("<4s22x2H")  # the lengths of the name and of what is extra
_ENCRYPTED, _PATCHED, _UTF8 = 0x41, 0x20, 0x800  # bits of a member's flags


class _Bounded(io.BufferedReader):
    """A file that gives no more at a time than a list may have: what is cut, zipfile sees."""

    def read(self, size: int | None = -1) -> bytes:
        whole = size is None or size < 0
        return super().read(_MAX_LIST if whole else min(size or 0, _MAX_LIST))


@contextmanager
def _naming_damage() -> Iterator[None]:
    damage = zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, OSError
    try:
        yield
    except damage:
        raise DamagedError("the ZIP archive is damaged, cut short or too long a list") from None


@_naming_damage()
def list_members(file: io.RawIOBase | io.BytesIO) -> list[zipfile.ZipInfo]:
    """The members of an archive that stays open, by its list. Raises `FormatError`."""
    bounded = _Bounded(file)
    try:
        return zipfile.ZipFile(bounded).infolist()
    finally:
        bounded.detach()


def list_whole(content: bytes, most: int) -> tuple[io.BytesIO, dict[str, zipfile.ZipInfo]]:
    """An archive that is all of a file, and its members, of at most so many bytes, by name."""
    file = io.BytesIO(content)
    members = {}
    for member in list_members(file):
        if member.orig_filename in members:
            raise FormatError(f"{printable(member.orig_filename)} is there twice")
        members[member.orig_filename] = member
    size = sum(member.file_size for member in members.values())
    if size > most:
        raise FormatError(f"describes arrays of {size:,} bytes, at most {most:,} are read")
    # The first member begins the file, and the list's end record, of 22 bytes, ends it.
    is_last = content[-22:].startswith(b"PK\x05\x06")
    if not is_last or 0 not in (member.header_offset for member in members.values()):
        raise DamagedError("the ZIP archive is damaged, or something precedes or follows it")
    return file, members


@_naming_damage()
def read_member(file: BinaryIO, member: zipfile.ZipInfo) -> bytes:
    """A member whose length, name and checksum are as declared; no more than that is inflated."""
    name = member.orig_filename
    if member.flag_bits & _ENCRYPTED:
        raise FormatError(f"{printable(name)} is encrypted")
    file.seek(member.header_offset)
    magic, name_length, extra_length = _LOCAL_HEADER.unpack(file.read(_LOCAL_HEADER.size))
    said = file.read(name_length).decode("utf-8" if member.flag_bits & _UTF8 else "cp437")
    if (magic, said) != (b"PK\3\4", name) or member.flag_bits & _PATCHED:
        raise zipfile.BadZipFile
    file.seek(extra_length, io.SEEK_CUR)
    content = file.read(member.compress_size)
    is_whole = member.compress_type == zipfile.ZIP_STORED
    if member.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        content = inflater.decompress(content, member.file_size + 1)
        is_whole = inflater.eof and not inflater.unused_data
    if not is_whole or len(content) != member.file_size or zlib.crc32(content) != member.CRC:
        raise DamagedError(f"{printable(name)} has a wrong checksum or length")
    return content
