"""Arrays as a file describes them, before anything vouches for the description.

Both readers of weights files, `unpickle` and `npz`, end in an `ArrayRecord`; `weights_file`
compares its fields and only then makes a NumPy array of it.
"""

import re
from dataclasses import dataclass
from typing import Literal

from mnist_cli.errors import FormatError, printable

DTYPES = ("<f4", ">f4", "<f8", ">f8")

_KINDS = {"i": "int", "u": "uint", "f": "float", "c": "complex", "b": "bool", "O": "object"}
_KINDS |= {"S": "bytes", "U": "text", "V": "structured", "M": "datetime", "m": "timedelta"}


@dataclass(eq=False)
class ArrayRecord:
    """The shape, the NumPy type code (one of `DTYPES`), the order and the bytes of an array."""

    shape: tuple[int, ...] = ()
    dtype: str = ""  # empty as long as the array has no content
    order: Literal["C", "F"] = "C"
    data: bytes = b""


def not_float(where: str, code: str) -> FormatError:
    """The error for an array whose NumPy type code is none of `DTYPES`."""
    return FormatError(f"{where} has dtype {dtype_name(code)}, expected float32 or float64")


def dtype_name(code: str) -> str:
    """Name a NumPy type code such as ``<i8`` as people do: ``int64``."""
    match = re.fullmatch(r"[<>|=]?([iufcbOSUVMm])([0-9]{0,4})", code)
    if match is None:
        return printable(code)
    kind, size = match.groups()
    return _KINDS[kind] + (str(8 * int(size)) if kind in "iufc" and size else "")
