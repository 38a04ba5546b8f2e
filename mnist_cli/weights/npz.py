"""Weights as ``.npz``, as `numpy.savez` writes it; unlike `numpy.load` this adds up sizes first."""

import io
import zipfile
from collections.abc import Mapping

from numpy.lib import format as npy

from mnist_cli.dtypes import Array
from mnist_cli.errors import FormatError, printable
from mnist_cli.files.zipped import list_whole, read_member
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import ArrayRecord, Contents
from mnist_cli.weights.formats import MAX_BYTES

_MAX_MEMBERS = 64
_MAX_HEADER = 1024  # bytes; NumPy writes 128 for a plain array
_READ_HEADER = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read(content: bytes) -> Contents:
    """The arrays of an archive by name; `FormatError` for anything but plain arrays."""
    file, members = list_whole(content, MAX_BYTES + 16 * _MAX_HEADER)
    if len(members) > _MAX_MEMBERS:
        raise FormatError(f"the archive has more than {_MAX_MEMBERS} members, expected 2 to 16")
    for name in members:
        if not name.endswith(".npy"):
            raise FormatError(f"has a member {printable(name)}, expected W1.npy, b1.npy ...")
    return Contents({name[:-4]: _read_npy(file, each) for name, each in members.items()})


def _read_npy(archive: io.BytesIO, member: zipfile.ZipInfo) -> ArrayRecord:
    """The array in an ``.npy`` file; nothing is unpickled."""
    file = io.BytesIO(read_member(archive, member))
    try:
        read_header = _READ_HEADER[npy.read_magic(file)]
        shape, is_fortran, dtype = read_header(file, max_header_size=_MAX_HEADER)
    except Exception:  # what Python's parser and NumPy say of hostile literals is not specified
        name = printable(member.orig_filename)
        raise FormatError(f"{name} has a header that NumPy does not write") from None
    return ArrayRecord(shape, dtype.str, "F" if is_fortran else "C", file.read())


def write(arrays: Mapping[str, Array], _activation: Activation | None) -> bytes:
    """An archive of little-endian arrays, as `numpy.savez` writes it but without dates."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # with a date of 1980, not today's
            member.create_system = 3  # else it says on which system it was written
            content = io.BytesIO()
            npy.write_array(content, array, version=(1, 0), allow_pickle=False)
            file.writestr(member, content.getvalue())
    return archive.getvalue()
