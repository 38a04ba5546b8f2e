"""Weights as ``.npz``: a zip archive of ``.npy`` files, as `numpy.savez` writes it.

`zipfile` and `numpy.load` unpack whatever an archive claims. Here all sizes are added up first, and
each member must be exactly as long as it says.
"""

import io
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping

from numpy.lib import format as npy

from mnist_cli.errors import FormatError, printable
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import Array, ArrayRecord, Contents
from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.zipped import inflate

_MAX_MEMBERS = 64
_MAX_HEADER = 1024  # bytes; NumPy writes 128 for a plain array
_DAMAGE = zipfile.BadZipFile, zlib.error, struct.error, ValueError, RuntimeError, OSError, Warning
_READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(content: bytes) -> Contents:
    """Return the arrays of an archive by name, without their ``.npy`` ending.

    Raises `FormatError` for one that is damaged, or holds anything but plain arrays.
    """
    if content.count(b"PK\x01\x02") > _MAX_MEMBERS:  # zipfile would list millions
        raise FormatError(f"the archive has more than {_MAX_MEMBERS} members, expected 2 to 16")
    records: dict[str, ArrayRecord] = {}
    try:
        with warnings.catch_warnings(), zipfile.ZipFile(io.BytesIO(content)) as archive:
            warnings.simplefilter("error")  # Python 3.13 only warns of members that overlap
            for member in _check_members(archive, content):
                with archive.open(member):  # compares the member's own header with the directory
                    name_and_extra = struct.unpack_from("<2H", content, member.header_offset + 26)
                start = member.header_offset + 30 + sum(name_and_extra)
                data = inflate(content[start : start + member.compress_size], member)
                records[member.orig_filename[:-4]] = _read_npy(member.orig_filename, data)
    except _DAMAGE:
        raise FormatError("the archive is damaged, cut short or no .npz file") from None
    return Contents(records)


def _check_members(archive: zipfile.ZipFile, content: bytes) -> list[zipfile.ZipInfo]:
    members = archive.infolist()
    names = [member.orig_filename for member in members]
    for name in names:
        if not name.endswith(".npy"):
            raise FormatError(f"has a member {printable(name)}, expected W1.npy, b1.npy ...")
        if names.count(name) > 1:
            raise FormatError(f"the array {printable(name[:-4])} is there twice")
    size = sum(member.file_size for member in members)
    if size > MAX_BYTES + len(members) * _MAX_HEADER:
        raise FormatError(f"describes arrays of {size:,} bytes, at most {MAX_BYTES:,} are read")
    # The first member begins the file, and the directory's end record, of 22 bytes, ends it.
    is_last = content[-22:].startswith(b"PK\x05\x06")
    if not (members and members[0].header_offset == 0 and is_last):
        raise zipfile.BadZipFile
    return members


def _read_npy(name: str, content: bytes) -> ArrayRecord:
    """The array in an ``.npy`` file; its header is a literal, and nothing is unpickled."""
    file = io.BytesIO(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # NumPy tells of headers from Python 2
            read_header = _READ_HEADER[npy.read_magic(file)]
            shape, is_fortran, dtype = read_header(file, max_header_size=_MAX_HEADER)
    except Exception:  # what Python's parser and NumPy say of hostile literals is not specified
        raise FormatError(f"{printable(name)} has a header that NumPy does not write") from None
    return ArrayRecord(shape, dtype.str, "F" if is_fortran else "C", file.read())


def write(arrays: Mapping[str, Array], _activation: Activation | None) -> bytes:
    """Return an archive of little-endian arrays, as `numpy.savez` lays it out but without dates."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # with a date of 1980, not today's
            member.create_system = 3  # else it says on which system it was written
            content = io.BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            file.writestr(member, content.getvalue())
    return archive.getvalue()
