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


def truth(value: bool) -> bytes:
    return pickle.NEWTRUE if value else pickle.NEWFALSE


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
NONE = pickle.NONE
RECONSTRUCTED = (NDARRAY, items(number(0)), byte_string(b"b"))  # what it is called with


def dtype(code: str = "f4", order: str = "<") -> bytes:
    state = items(number(3), text(order), NONE, NONE, NONE, number(-1), number(-1), number(0))
    return call(DTYPE, text(code), truth(False), truth(True)) + state + BUILD


def empty_array() -> bytes:
    return call(RECONSTRUCT, *RECONSTRUCTED)


def array(
    shape: tuple[int, ...], data: bytes | None = None, code: str = "f4", order: str = "<"
) -> bytes:
    """An array of zeros, or of other bytes, which may be too many or too few."""
    if data is None:
        data = bytes(int(np.prod(shape)) * int(code[1:]))
    content = (number(1), items(*map(number, shape)), dtype(code, order))
    return empty_array() + items(*content, truth(False), byte_string(data)) + BUILD


def one_layer(**changed: bytes) -> dict[str, bytes]:
    """The smallest net that there is, 784 -> 10, with some of its values exchanged."""
    return {"W1": array((784, 10)), "b1": array((10,)), **changed}


def weights_file(values: dict[str, bytes], *more: bytes, protocol: int = 3) -> bytes:
    pairs = (text(key) + value for key, value in values.items())
    return pickled(dictionary(*pairs, *more), protocol=protocol)
