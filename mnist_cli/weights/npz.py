"""Weights as ``.npz``: a zip archive of ``.npy`` files, as `numpy.savez` writes it.

`numpy.load` and `zipfile` are made to get the most out of an archive. Of `zipfile` only the list of
members is taken; this reader accepts what a writer of arrays produces: members one after another
without gaps, stored or deflated, each exactly as long as it says.

Formats: PKWARE APPNOTE.TXT 4.3 (zip), ``numpy.lib.format`` (npy).
"""

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import FormatError, printable
from mnist_cli.net.network import Activation
from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.weights.records import DTYPES, ArrayRecord, Contents, name_dtype, not_float

MAX_MEMBERS = 64
MAX_HEADER = 1024  # bytes; NumPy writes 128 for a plain array
_ENTRY_SIZE = 46  # of a member in the directory, without its name, extras and comment
_MAX_ENTRY = 512  # bytes of a member in the directory; NumPy's takes 52
_LOCAL = struct.Struct("<8xH16x2H")  # before a member: its method, the lengths of name and extras
_DATA_DESCRIPTOR_SIZES = (12, 16, 20, 24)  # written after the data by those who cannot seek
_ENCRYPTED, _HAS_DATA_DESCRIPTOR, _NAME_IS_UTF8 = 1, 8, 0x800
_USUAL_FLAGS = 0x080E  # deflate's two level bits, a data descriptor, a name in UTF-8

# The literal that NumPy writes, Python 2's long integers included. NumPy's own reader takes any
# literal and makes any dtype of it.
_NPY_HEADER = re.compile(
    rb"\{'descr': ('[^'\\]{1,40}'|\[.*\]), 'fortran_order': (False|True), "
    rb"'shape': \((|%(n)s,|%(n)s(?:, %(n)s)+)\), ?\} *\n?" % {b"n": rb"(?:0|[1-9]\d{0,17})L?"}
)


def read(content: bytes) -> Contents:
    """Return the arrays of an archive by name, without their ``.npy`` ending.

    Raises
    ------
    FormatError
        For an archive that is damaged, or holds anything but float arrays; without a source.
    """
    arrays: dict[str, object] = {}
    for member, packed in _list_members(content):
        key = member.orig_filename.removesuffix(".npy")
        name = printable(member.orig_filename)
        if key == member.orig_filename:
            raise FormatError(f"has a member {name}, expected W1.npy, b1.npy ...")
        if key in arrays:
            raise FormatError(f"the array {printable(key)} is there twice")
        arrays[key] = _read_npy(name, _unpack(member, packed))
    return Contents(arrays)


def _list_members(content: bytes) -> list[tuple[zipfile.ZipInfo, bytes]]:
    """The members in their order and their packed bytes; together they fill the archive."""
    count, directory = _find_directory(content)
    try:
        members = zipfile.ZipFile(io.BytesIO(content)).infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error):
        members = []
    if len(members) != count:
        raise FormatError("the archive's directory is damaged")
    size = sum(member.file_size for member in members)
    if size > MAX_BYTES + count * MAX_HEADER:
        raise FormatError(f"describes arrays of {size:,} bytes, at most {MAX_BYTES:,} are read")
    ends = [member.header_offset for member in members[1:]] + [directory]
    if members[0].header_offset != 0:
        raise FormatError("the archive begins with bytes that belong to no member")
    return [
        (member, _find_packed(content, member, end))
        for member, end in zip(members, ends, strict=True)
    ]


def _find_directory(content: bytes) -> tuple[int, int]:
    """How many members the archive lists at its end, and where; the list is bounded, and last."""
    end = len(content) - 22
    if end < 0 or not content.startswith(b"PK\x05\x06", end):
        raise FormatError("the archive is cut short, or something follows after its end")
    disks, here, count, size, start, comment = struct.unpack_from("<I2H2IH", content, end + 4)
    if not 1 <= count <= MAX_MEMBERS:
        raise FormatError(f"the archive has {count:,} members, expected 2 to 16")
    # In zip64 the numbers stand elsewhere; no archive of this size needs it.
    is_zip64 = content.startswith(b"PK\x06\x07", max(0, end - 20))
    if disks or comment or is_zip64 or here != count or not 0 < size <= count * _MAX_ENTRY:
        raise FormatError("the archive's directory is damaged")
    position = start
    for _ in range(count):  # zipfile would let the last entry claim more than there is
        if position + _ENTRY_SIZE <= end:
            position += _ENTRY_SIZE + sum(struct.unpack_from("<3H", content, position + 28))
    if position != end or start + size != end:
        raise FormatError("the archive's directory is damaged")
    return count, start


def _find_packed(content: bytes, member: zipfile.ZipInfo, end: int) -> bytes:
    """The packed bytes of a member, whose part of the archive ends at `end`."""
    name, flags, begin = printable(member.orig_filename), member.flag_bits, member.header_offset
    if flags & _ENCRYPTED:
        raise FormatError(f"{name} is encrypted")
    if flags & ~_USUAL_FLAGS:
        raise FormatError(f"{name} has flags {flags:#06x} that no writer of arrays sets")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FormatError(
            f"{name} is packed by method {member.compress_type}, expected 0 or 8 (deflate)"
        )
    if begin + _LOCAL.size > end or not content.startswith(b"PK\x03\x04", begin):
        raise FormatError(f"{name} is not where the archive's directory says")
    method, name_length, extra_length = _LOCAL.unpack_from(content, begin)
    begin += _LOCAL.size
    local_name = content[begin : begin + name_length]
    encoding = "utf-8" if flags & _NAME_IS_UTF8 else "cp437"
    if method != member.compress_type or local_name != member.orig_filename.encode(encoding):
        raise FormatError(f"{name} has another name or method in the archive's directory")
    begin += name_length + extra_length
    gap = end - begin - member.compress_size
    if gap and not (flags & _HAS_DATA_DESCRIPTOR and gap in _DATA_DESCRIPTOR_SIZES):
        raise FormatError(f"{name} is cut short, overlaps another member or leaves a gap")
    return content[begin : begin + member.compress_size]


def _unpack(member: zipfile.ZipInfo, packed: bytes) -> bytes:
    """The bytes of a member; no more than it declares, and one, are inflated."""
    data, complete = packed, True
    if member.compress_type == zipfile.ZIP_DEFLATED:
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflater.decompress(packed, member.file_size + 1)
        except zlib.error:
            name = printable(member.orig_filename)
            raise FormatError(f"{name} is damaged: it cannot be inflated") from None
        complete = inflater.eof and not inflater.unused_data
    if not complete or len(data) != member.file_size or zlib.crc32(data) != member.CRC:
        raise FormatError(f"{printable(member.orig_filename)} has a wrong checksum or length")
    return data


def _read_npy(name: str, content: bytes) -> ArrayRecord:
    """The array in an ``.npy`` file: a signature, a version, the length of a header, and so on."""
    length_format = {b"\x01\x00": "<H", b"\x02\x00": "<I", b"\x03\x00": "<I"}.get(content[6:8])
    if not content.startswith(b"\x93NUMPY") or length_format is None or len(content) < 12:
        raise FormatError(f"{name} is no .npy file of version 1, 2 or 3")
    (length,) = struct.unpack_from(length_format, content, 8)
    begin = 8 + struct.calcsize(length_format)
    match = _NPY_HEADER.fullmatch(content, begin, begin + min(length, MAX_HEADER))
    if match is None or length > MAX_HEADER or begin + length > len(content):
        raise FormatError(f"{name} has a header that NumPy does not write for a plain array")
    dtype = match[1].decode("latin-1").strip("'")
    if dtype not in DTYPES:
        raise not_float(f"array {name.removesuffix('.npy')}", dtype)
    shape = tuple(int(digits) for digits in re.findall(rb"\d+", match[3]))
    data, size = content[begin + length :], math.prod(shape) * int(dtype[2:])
    if len(data) != size:
        wanted = f"{size:,} ({name_dtype(dtype)} of shape {shape})"
        raise FormatError(f"{name} holds {len(data):,} bytes, expected {wanted}")
    return ArrayRecord(shape, dtype, "F" if match[2] == b"True" else "C", data)


def write(arrays: Mapping[str, NDArray[np.float32]], _activation: Activation) -> bytes:
    """Return an archive of little-endian arrays, as `numpy.savez` lays it out but without dates."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # with a date of 1980, not today's
            member.create_system = 3  # else it says on which system it was written
            literal = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {array.shape}, }}"
            head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + f"{literal:117}\n".encode()
            file.writestr(member, head + array.tobytes())  # the head takes 128 bytes
    return archive.getvalue()
