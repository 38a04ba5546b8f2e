"""What NumPy's pickles name and how they use it: closed tables for `mnist_cli.weights.unpickle`."""

import enum
from dataclasses import dataclass

from mnist_cli.errors import FormatError, printable


class Marker(enum.Enum):
    """What a global of a NumPy pickle turns into: a name without any power."""

    RECONSTRUCT = "numpy.core.multiarray._reconstruct"
    FROMBUFFER = "numpy.core.numeric._frombuffer"
    NDARRAY = "numpy.ndarray"
    DTYPE = "numpy.dtype"
    ENCODE = "_codecs.encode"
    ORDERED_DICT = "collections.OrderedDict"


_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): Marker.RECONSTRUCT,  # NumPy 1
    ("numpy._core.multiarray", "_reconstruct"): Marker.RECONSTRUCT,  # NumPy 2
    ("numpy.core.numeric", "_frombuffer"): Marker.FROMBUFFER,  # protocol 5, NumPy 1
    ("numpy._core.numeric", "_frombuffer"): Marker.FROMBUFFER,  # protocol 5, NumPy 2
    ("numpy", "ndarray"): Marker.NDARRAY,
    ("numpy", "dtype"): Marker.DTYPE,
    ("_codecs", "encode"): Marker.ENCODE,  # how Python 3 writes bytes at protocols 0 to 2
    ("collections", "OrderedDict"): Marker.ORDERED_DICT,
}


@dataclass(eq=False)
class DtypeRecord:
    """A dtype as the file describes it: REDUCE gives the code, BUILD the byte order."""

    code: str  # "f4" or "f8"
    byte_order: str = ""  # "<" or ">"; empty until BUILD


# The forms that NumPy writes, for `fits`. Python 2 wrote str for bytes, and 0 and 1 for flags.
_FLAG = [False, True, 0, 1]
RECONSTRUCT_ARGUMENTS = (Marker.NDARRAY, (0,), [b"b", "b"])
FROMBUFFER_ARGUMENTS = (bytes, DtypeRecord, tuple, ["C", "F"])  # data, dtype, shape, order
DTYPE_ARGUMENTS = (str, _FLAG, _FLAG)  # code, align, copy
DTYPE_STATE = (3, ["<", ">"], None, None, None, -1, -1, 0)  # version, byte order, no structure
ARRAY_STATE = (1, tuple, DtypeRecord, _FLAG, [bytes, str])  # version, shape, dtype, fortran, data
ENCODE_ARGUMENTS = (str, "latin1")


def fits(value: object, pattern: object) -> bool:
    """Whether `value` has exactly the form of `pattern`, walking no deeper than that goes.

    A pattern is a type (any value of exactly that type), a list (of alternatives), a tuple (of
    patterns, one an item), or a constant.
    """
    if type(pattern) is type:
        return type(value) is pattern
    if type(pattern) is list:
        return any(fits(value, alternative) for alternative in pattern)
    if type(value) is not type(pattern):
        return False
    if type(value) is tuple and type(pattern) is tuple:
        return len(value) == len(pattern) and all(map(fits, value, pattern))
    return value == pattern


def find_global(module: object, name: object) -> Marker:
    """Look a global up in the closed table; nothing is imported."""
    if type(module) is not str or type(name) is not str:
        raise ValueError
    if (module, name) not in _GLOBALS:
        raise not_weights(f"asks to call {printable(module, 60)}.{printable(name, 60)}")
    return _GLOBALS[module, name]


def not_weights(problem: str) -> FormatError:
    """The error for a pickle that does what those of weights never do."""
    return FormatError(
        f"{problem}: this is not a weights file; nothing was run",
        hint="'mnist download' gets the book's weights.",
    )
