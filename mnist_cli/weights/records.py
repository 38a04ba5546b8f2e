"""Arrays as a file describes them, before anything vouches for the description.

Every reader of weights ends in `Contents`; `mnist_cli.weights.arrays` compares the fields of its
records and only then makes NumPy arrays of them.
"""

import re
from collections.abc import Mapping
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


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file of some format holds, unchecked.

    Attributes
    ----------
    records:
        By name; of a pickle they may be of any plain type, of a good file they are `ArrayRecord`.
    protocol:
        The pickle protocol that the file states, if it does.
    activation:
        The name of the activation that the file states, if it does.
    """

    records: Mapping[str, object]
    protocol: int | None = None
    activation: Literal["sigmoid", "relu"] | None = None


def not_float(where: str, code: str) -> FormatError:
    """The error for an array whose NumPy type code is none of `DTYPES`."""
    return FormatError(f"{where} has dtype {name_dtype(code)}, expected float32 or float64")


def name_dtype(code: str) -> str:
    """Name a NumPy type code such as ``<i8`` as people do: ``int64``."""
    match = re.fullmatch(r"[<>|=]?([iufcbOSUVMm])([0-9]{0,4})", code)
    if match is None:
        return printable(code)
    kind, size = match.groups()
    return _KINDS[kind] + (str(8 * int(size)) if kind in "iufc" and size else "")
