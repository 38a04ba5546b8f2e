"""Reading ``.npz`` archives strictly, bytes in and plain array records out, and writing them.

An ``.npz`` is a zip archive of ``.npy`` files. `numpy.load` and `zipfile` are made to get the most
out of an archive; this reader is made to accept only what a writer of arrays produces: members one
after another without gaps, stored or deflated, each inflated to no more than its array needs.

Formats: PKWARE APPNOTE.TXT 4.3 (zip), ``numpy.lib.format`` (npy).
"""

import io
import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import FormatError, printable
from mnist_cli.weights.records import DTYPES, ArrayRecord, dtype_name, not_float

MAGIC = b"PK\x03\x04"
MAX_MEMBERS = 64
MAX_HEADER = 1024  # NumPy writes 128 bytes for a plain array

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_DATA_DESCRIPTOR_SIZES = (12, 16, 20, 24)  # written after the data by those who cannot seek

_ENCRYPTED, _HAS_DATA_DESCRIPTOR = 1, 8
_USUAL_FLAGS = 0x080E  # deflate's two level bits, a data descriptor, a name in UTF-8
_MAX_VERSION = 45  # of the zip format: what very large members need, and NumPy always asks for
_STORED, _DEFLATED = 0, 8

# The literal that NumPy writes, Python 2's long integers included.
_NPY_HEADER = re.compile(
    rb"\{'descr': ('[^'\\]{1,40}'|\[.*\]), 'fortran_order': (False|True), "
    rb"'shape': \((|%(n)s,|%(n)s(?:, %(n)s)+)\), ?\} *\n?" % {b"n": rb"(?:0|[1-9]\d{0,17})L?"}
)


class _Member(NamedTuple):
    name: str
    flags: int
    method: int
    checksum: int
    packed_size: int
    size: int
    offset: int


def read_npz(content: bytes, max_bytes: int) -> dict[str, ArrayRecord]:
    """Return the arrays of an ``.npz`` archive by name, without their ``.npy`` ending.

    The arrays together may take `max_bytes` bytes. Raises `FormatError`, without a source.
    """
    arrays: dict[str, ArrayRecord] = {}
    for member, packed in _members(content):
        key = member.name.removesuffix(".npy")
        if key == member.name:
            raise FormatError(f"has a member {printable(member.name)}, expected W1.npy, b1.npy ...")
        if key in arrays:
            raise FormatError(f"the array {printable(key)} is there twice")
        arrays[key] = _array(member, packed, max_bytes)
        max_bytes -= len(arrays[key].data)
    return arrays


def _members(content: bytes) -> Iterator[tuple[_Member, bytes]]:
    """The members in their order and their packed bytes; together they fill the archive."""
    members, directory = _central_directory(content)
    starts = [member.offset for member in members] + [directory]
    if starts[0] != 0:
        raise FormatError("the archive begins with bytes that belong to no member")
    for member, end in zip(members, starts[1:], strict=True):
        yield member, _packed(content, member, end)


def _central_directory(content: bytes) -> tuple[list[_Member], int]:
    """The list of members at the end of the archive, and where it starts."""
    end = len(content) - _END.size
    if end < 0 or not content.startswith(b"PK\x05\x06", end):
        raise FormatError("the archive is cut short, or something follows after its end")
    _, disk, start_disk, here, count, size, directory, comment = _END.unpack_from(content, end)
    if disk or start_disk or comment or here != count or directory + size != end:
        raise FormatError("the archive's directory is damaged")
    if not 1 <= count <= MAX_MEMBERS:
        raise FormatError(f"the archive has {count:,} members, expected 2 to 16")
    members = []
    position = directory
    for _ in range(count):
        if position + _CENTRAL.size > end or not content.startswith(b"PK\x01\x02", position):
            raise FormatError("the archive's directory is damaged")
        entry = _CENTRAL.unpack_from(content, position)
        _, _, version, flags, method, _, _, checksum, packed_size, size, *rest = entry
        name_length, extra_length, comment_length, _, _, _, offset = rest
        if version > _MAX_VERSION:
            raise FormatError(f"the archive needs version {version} of zip, at most 45 is read")
        position += _CENTRAL.size
        name = content[position : position + name_length]
        position += name_length + extra_length + comment_length
        members.append(_Member(_text(name), flags, method, checksum, packed_size, size, offset))
    if position != end:
        raise FormatError("the archive's directory is damaged")
    return members, directory


def _text(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")


def _packed(content: bytes, member: _Member, end: int) -> bytes:
    """The packed bytes of a member, whose part of the archive ends at `end`."""
    name = printable(member.name)
    if member.flags & _ENCRYPTED:
        raise FormatError(f"{name} is encrypted")
    if member.flags & ~_USUAL_FLAGS:
        raise FormatError(f"{name} has flags {member.flags:#06x} that no writer of arrays sets")
    if member.method not in (_STORED, _DEFLATED):
        raise FormatError(f"{name} is packed by method {member.method}, expected 0 or 8 (deflate)")
    begin = member.offset
    if begin + _LOCAL.size > end or not content.startswith(MAGIC, begin):
        raise FormatError(f"{name} is not where the archive's directory says")
    _, _, _, method, *_, name_length, extra_length = _LOCAL.unpack_from(content, begin)
    begin += _LOCAL.size
    local_name = _text(content[begin : begin + name_length])
    if method != member.method or local_name != member.name:
        raise FormatError(f"{name} has another name or method in the archive's directory")
    begin += name_length + extra_length
    gap = end - begin - member.packed_size
    if gap and not (member.flags & _HAS_DATA_DESCRIPTOR and gap in _DATA_DESCRIPTOR_SIZES):
        raise FormatError(f"{name} is cut short, overlaps another member or leaves a gap")
    return content[begin : begin + member.packed_size]


def _array(member: _Member, packed: bytes, max_bytes: int) -> ArrayRecord:
    """The array in a member. No more is inflated than its header declares, plus one byte."""
    name = printable(member.name)
    head, _ = _inflated(member, packed, MAX_HEADER)
    shape, dtype, order, start = _npy_header(name, head)
    size = math.prod(shape) * int(dtype[2:])
    if size > max_bytes:
        raise FormatError(f"{name} describes {size:,} bytes, at most {max_bytes:,} are read")
    data, complete = _inflated(member, packed, start + size + 1)
    found, expected = len(data) - start, f"{size:,} ({dtype_name(dtype)} of shape {shape})"
    if found != size:
        raise FormatError(f"{name} holds {_found(found, size)} bytes, expected {expected}")
    if not complete or member.size != len(data) or member.checksum != zlib.crc32(data):
        raise FormatError(f"{name} has a wrong checksum or length")
    return ArrayRecord(shape, dtype, order, data[start:])


def _found(found: int, expected: int) -> str:
    return f"{found:,}" if found < expected else "more"


def _inflated(member: _Member, packed: bytes, limit: int) -> tuple[bytes, bool]:
    """At most `limit` bytes of a member, and whether it ends there as it should."""
    if member.method == _STORED:
        return packed[:limit], len(packed) <= limit
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        data = inflater.decompress(packed, limit)
    except zlib.error:
        raise FormatError(f"{printable(member.name)} is damaged: it cannot be inflated") from None
    return data, inflater.eof and not inflater.unused_data


def _npy_header(name: str, head: bytes) -> tuple[tuple[int, ...], str, Literal["C", "F"], int]:
    """The shape, dtype and order that an ``.npy`` file declares, and where its data starts."""
    length_format = {b"\x01\x00": "<H", b"\x02\x00": "<I", b"\x03\x00": "<I"}.get(head[6:8])
    if not head.startswith(b"\x93NUMPY") or length_format is None or len(head) < 12:
        raise FormatError(f"{name} is no .npy file of version 1, 2 or 3")
    (length,) = struct.unpack_from(length_format, head, 8)
    start = 8 + struct.calcsize(length_format) + length
    match = _NPY_HEADER.fullmatch(head, 8 + struct.calcsize(length_format), start)
    if match is None or start > len(head):
        raise FormatError(f"{name} has a header that NumPy does not write for a plain array")
    dtype = match[1].decode("latin-1").strip("'")
    if dtype not in DTYPES:
        raise not_float(f"array {name.removesuffix('.npy')}", dtype)
    shape = tuple(int(digits) for digits in re.findall(rb"\d+", match[3]))
    return shape, dtype, "F" if match[2] == b"True" else "C", start


def npz_bytes(arrays: Mapping[str, NDArray[np.float32]]) -> bytes:
    """An ``.npz`` archive of little-endian arrays, the same bytes on every machine."""
    import zipfile  # slow to import, and nothing else here needs it

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # with a date of 1980, not today's
            member.create_system = 3  # else it says on which system it was written
            literal = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {array.shape}, }}"
            head = b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + f"{literal:117}\n".encode()
            file.writestr(member, head + array.tobytes())  # the head takes 128 bytes
    return archive.getvalue()
