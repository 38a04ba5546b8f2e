"""Weights as a pickle of a dictionary of arrays, as the book has them; it is never executed."""

import pickle
import struct
from collections.abc import Mapping

from mnist_cli.dtypes import Array
from mnist_cli.errors import FormatError, printable
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import Contents
from mnist_cli.weights.unpickle import interpret, read_array

# What every pickled array has in common, in the operations of the pickle machine.
_NEW_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
_NEW_DTYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f%d\x89\x88tR"
_LITTLE_ENDIAN = b"(K\x03X\x01\x00\x00\x00<NNN" + 2 * b"J\xff\xff\xff\xff" + b"K\x00tb"


def read(content: bytes) -> Contents:
    """The arrays of a pickle and its protocol; `FormatError` for anything but a dictionary."""
    values = interpret(content)
    if type(values) is not dict:
        raise FormatError(f"holds a {type(values).__name__}, expected a dictionary of arrays")
    records = {}
    for key, value in values.items():
        record = read_array(value)
        if record is None:
            raise FormatError(f"{printable(key)} is no array as NumPy writes it")
        records[key] = record
    return Contents(records, protocol=content[1] if content.startswith(pickle.PROTO) else None)


def write(arrays: Mapping[str, Array], _activation: Activation | None) -> bytes:
    """A pickle, of protocol 3 as the book's, that loads with any Python 3 and NumPy."""
    # By hand, as the standard pickler names NumPy's modules as the NumPy at hand does; the names of
    # NumPy 1 are the ones that every NumPy knows.
    parts = [b"\x80\x03}("]  # PROTO 3, EMPTY_DICT, MARK
    for name, array in arrays.items():
        shape = b"".join(b"J" + struct.pack("<i", length) for length in array.shape)
        data = array.tobytes()
        parts += [
            b"X" + struct.pack("<I", len(name)) + name.encode(),  # BINUNICODE, the key
            _NEW_ARRAY,  # _reconstruct(ndarray, (0,), b"b")
            b"(K\x01(" + shape + b"t",  # MARK, version 1, the shape
            _NEW_DTYPE % array.itemsize,  # dtype("f4", False, True), or "f8"
            _LITTLE_ENDIAN,  # BUILD (3, "<", None, None, None, -1, -1, 0)
            b"\x89B" + struct.pack("<I", len(data)) + data,  # C order, BINBYTES
            b"tb",  # BUILD (1, shape, dtype, False, data)
        ]
    return b"".join([*parts, b"u."])  # SETITEMS, STOP
