"""A tiny pickle assembler: the files that no honest pickler writes.

Every function returns the operations that push one value; `pickled` makes a file of them.
"""

import pickle
import struct

import numpy as np

MARK, TUPLE, REDUCE, BUILD, STOP = b"(", b"t", b"R", b"b", b"."


def pickled(*operations: bytes, protocol: int = 3) -> bytes:
    return pickle.PROTO + bytes([protocol]) + b"".join(operations) + STOP


def text(value: str) -> bytes:
    encoded = value.encode("utf-8", "surrogatepass")
    return pickle.BINUNICODE + struct.pack("<I", len(encoded)) + encoded


def byte_string(value: bytes) -> bytes:
    return pickle.BINBYTES + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    encoded = pickle.encode_long(value)
    return pickle.LONG1 + bytes([len(encoded)]) + encoded


def items(*values: bytes) -> bytes:
    """A tuple."""
    return MARK + b"".join(values) + TUPLE


def a_global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def stack_global(module: str, name: str) -> bytes:
    return text(module) + text(name) + pickle.STACK_GLOBAL


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + items(*arguments) + REDUCE


def dictionary(*pairs: bytes) -> bytes:
    return pickle.EMPTY_DICT + MARK + b"".join(pairs) + pickle.SETITEMS


RECONSTRUCT = a_global("numpy.core.multiarray", "_reconstruct")
FROMBUFFER = a_global("numpy.core.numeric", "_frombuffer")
NDARRAY = a_global("numpy", "ndarray")
DTYPE = a_global("numpy", "dtype")
ENCODE = a_global("_codecs", "encode")
ORDERED_DICT = a_global("collections", "OrderedDict")

# What NumPy calls them with, and the states that it then gives to the results.
RECONSTRUCTED = (NDARRAY, items(number(0)), byte_string(b"b"))
DTYPE_FLAGS = (pickle.NEWFALSE, pickle.NEWTRUE)
DTYPE_STATE = (number(3), text("<"), *[pickle.NONE] * 3, number(-1), number(-1), number(0))


def dtype(code: str = "f4") -> bytes:
    return call(DTYPE, text(code), *DTYPE_FLAGS) + items(*DTYPE_STATE) + BUILD


def array(shape: tuple[int, ...], data: bytes | None = None) -> bytes:
    """A float32 array of zeros, or of other bytes, which may be too many or too few."""
    data = bytes(int(np.prod(shape)) * 4) if data is None else data
    state = (number(1), items(*map(number, shape)), dtype(), pickle.NEWFALSE, byte_string(data))
    return call(RECONSTRUCT, *RECONSTRUCTED) + items(*state) + BUILD


def one_layer(**changed: bytes) -> dict[str, bytes]:
    """The smallest net that there is, 784 -> 10, with some of its values exchanged."""
    return {"W1": array((784, 10)), "b1": array((10,)), **changed}


def weights_file(values: dict[str, bytes], *more: bytes) -> bytes:
    return pickled(dictionary(*(text(key) + value for key, value in values.items()), *more))
