"""What the readers of weights files hand over, and the checks that make arrays of it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mnist_cli.checks import one_of
from mnist_cli.dtypes import Array
from mnist_cli.errors import DamagedError, FormatError, printable
from mnist_cli.files.reading import AnyPath
from mnist_cli.net.network import find_mismatch
from mnist_cli.spec import ACTIVATIONS, MAX_LAYERS, Activation

BOOK_NAME = re.compile("[Wb][1-9][0-9]{0,5}")
DTYPES = {code: np.dtype(code) for code in ("<f4", ">f4", "<f8", ">f8")}


@dataclass(frozen=True, eq=False)
class ArrayRecord:
    """An array as a file describes it, unchecked."""

    shape: tuple[int, ...]
    dtype: str  # a type code of NumPy's
    order: Literal["C", "F"]
    data: bytes | bytearray | str  # a text where Python 2 kept bytes in one


@dataclass(frozen=True, eq=False)
class Contents:
    """What a file holds, unchecked: arrays by name, and what else it says."""

    records: Mapping[str, ArrayRecord]
    protocol: int | None = None
    activation: Activation | None = None


def record_of(shape: tuple[int, ...], dtype: str, data: bytes) -> ArrayRecord:
    """The record of a tensor; half floats become float32, which holds each of their values."""
    if dtype == "F16":
        data = np.frombuffer(data, "<f2").astype("<f4").tobytes()
    elif dtype == "BF16":  # the upper half of a float32
        data = (np.frombuffer(data, "<u2").astype("<u4") << 16).tobytes()
    code = {"F16": "<f4", "BF16": "<f4", "F32": "<f4", "F64": "<f8"}.get(dtype, dtype)
    return ArrayRecord(shape, code, "C", data)


def check_arrays(records: Mapping[str, ArrayRecord]) -> dict[str, Array]:
    """The arrays W1 ... Wn b1 ... bn of a network; `FormatError` for anything else."""
    for key, record in records.items():
        if record.dtype not in DTYPES:
            raise not_float(f"array {printable(key)}", record.dtype)
    names = _expected_names(records)
    if problem := find_mismatch({name: records[name].shape for name in names}):
        raise FormatError(f"array {problem}")
    return {name: make_array(name, records[name]) for name in names}


def _expected_names(records: Mapping[str, ArrayRecord]) -> list[str]:
    """W1 ... Wn b1 ... bn, when exactly these are there."""
    for key, array in records.items():
        if len(array.shape) == 4:  # the book's SimpleConvNet and DeepConvNet, chapters 7 and 8
            raise FormatError(
                f"this is a convolutional net (array {printable(key)} has shape "
                f"{array.shape}); mnist reads fully connected ones",
                hint="The book's, of chapter 3, comes with 'mnist download'.",
            )
    numbers = (int(key[1:]) for key in records if BOOK_NAME.fullmatch(key))
    layers = max(numbers, default=1)
    if layers > MAX_LAYERS:
        hint = "'mnist train --hidden 100,50' makes smaller ones."
        raise FormatError(f"this net has {layers} layers, expected 1 to {MAX_LAYERS}", hint=hint)
    names = [f"{letter}{i}" for letter in "Wb" for i in range(1, layers + 1)]
    expected = f"expected {' '.join(names)}"
    for name in names:
        if name not in records:
            found = printable(" ".join(records)) or "none"
            hint = "Name them W1, b1, W2, b2 and so on, or export an ONNX file, which says all."
            raise FormatError(f"array {name} is missing: found {found}, {expected}", hint=hint)
    for key in records:
        if key not in names:
            raise FormatError(f"array {printable(key)} is too many, {expected}")
    return names


def make_array(name: str, record: ArrayRecord) -> Array:
    """A record of float32 or float64 as a read-only array in native byte order."""
    dtype, count, data = DTYPES[record.dtype], math.prod(record.shape), record.data
    if len(data) != count * dtype.itemsize:
        wanted = f"{count * dtype.itemsize:,} ({count:,} {dtype.name})"
        raise DamagedError(
            f"array {name} holds {len(data):,} bytes, expected {wanted}",
            hint="The file is damaged; get it again with 'mnist download'.",
        )
    try:
        content = data.encode("latin-1") if isinstance(data, str) else data
    except UnicodeEncodeError:
        raise FormatError(f"array {name} holds text, expected bytes") from None
    array: Array = np.frombuffer(content, dtype).reshape(record.shape, order=record.order)
    array = array.astype(dtype.newbyteorder("="), order="C", copy=False)
    array.setflags(write=False)
    return array


def require_activation(stated: object, source: AnyPath | None = None) -> Activation:
    """What is named, in upper or lower case, for all or each; `FormatError` for an unknown one."""
    name = stated if isinstance(stated, str) else type(stated).__name__
    if set(name.lower().split(", ")) <= {*ACTIVATIONS}:
        return name.lower()
    problem = f"the activation is {printable(name)!r}, expected {one_of(ACTIVATIONS)}"
    raise FormatError(problem, source=source, hint="No other is computed.")


def not_float(where: str, dtype: str) -> FormatError:
    """The error for an array of another NumPy type code than those of floats."""
    number = re.fullmatch(r"[<>|=]?(b1|[iu][1248]|f[248]|c8|c16)", dtype)  # NumPy knows no f14
    name = np.dtype(number[1]).name if number else printable(dtype)
    return FormatError(f"{where} has dtype {name}, expected float32 or float64")
