"""A tiny pickle assembler: the files that no honest pickler writes.

Every function returns the operations that push one value; `pickled` makes a file of them.
"""

import pickle

import numpy as np

MARK, TUPLE, REDUCE, BUILD, STOP = b"(", b"t", b"R", b"b", b"."


def pickled(*operations: bytes, protocol: int = 3) -> bytes:
    return pickle.PROTO + bytes([protocol]) + b"".join(operations) + STOP


def push(value: object) -> bytes:
    """As Python's own pickler does it, which uses the first places of the memo."""
    return pickle.dumps(value, 3)[2:-1]


def items(*values: bytes) -> bytes:
    """A tuple."""
    return MARK + b"".join(values) + TUPLE


def a_global(module: str, name: str) -> bytes:
    return pickle.GLOBAL + f"{module}\n{name}\n".encode()


def stack_global(module: str, name: str) -> bytes:
    return push(module) + push(name) + pickle.STACK_GLOBAL


def call(function: bytes, *arguments: bytes) -> bytes:
    return function + items(*arguments) + REDUCE


def dictionary(*pairs: bytes) -> bytes:
    return pickle.EMPTY_DICT + MARK + b"".join(pairs) + pickle.SETITEMS


RECONSTRUCT = a_global("numpy.core.multiarray", "_reconstruct")
FROMBUFFER = a_global("numpy.core.numeric", "_frombuffer")
NDARRAY = a_global("numpy", "ndarray")
DTYPE = a_global("numpy", "dtype")
ENCODE = a_global("_codecs", "encode")

# What NumPy calls them with, and the states that it then gives to the results.
RECONSTRUCTED = (NDARRAY, push((0,)), push(b"b"))
DTYPE_ARGUMENTS = tuple(map(push, ("f4", False, True)))
DTYPE_STATE = tuple(map(push, (3, "<", None, None, None, -1, -1, 0)))


def dtype(arguments: tuple[bytes, ...] = DTYPE_ARGUMENTS, state=DTYPE_STATE) -> bytes:
    return call(DTYPE, *arguments) + items(*state) + BUILD


STATE = (push(1), push((1,)), dtype(), push(False), push(b"abcd"))


def array(function: bytes = RECONSTRUCT, arguments=RECONSTRUCTED, state=STATE) -> bytes:
    """An array of one number as NumPy pickles it, or with something else in a place."""
    return call(function, *arguments) + items(*state) + BUILD


def one_layer(**changed: bytes) -> dict[str, bytes]:
    """The smallest net that there is, 784 -> 10, with some of its values exchanged."""
    return {"W1": push(np.zeros((784, 10), "f4")), "b1": push(np.zeros(10, "f4")), **changed}


def weights_file(values: dict[str, bytes], *more: bytes) -> bytes:
    return pickled(dictionary(*(push(key) + value for key, value in values.items()), *more))
