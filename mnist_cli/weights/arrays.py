"""Array records -> the arrays of one network, checked: W1 b1 ... Wn bn, 784 inputs, 10 outputs."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import FormatError, printable
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS
from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.weights.records import DTYPES, ArrayRecord

Array = NDArray[np.floating[Any]]

_DTYPES: dict[str, np.dtype[np.floating[Any]]] = {name: np.dtype(name) for name in DTYPES}

_AGAIN = "The file is damaged; get it again with 'mnist download'."


def check_arrays(records: Mapping[str, object]) -> dict[str, Array]:
    """Return the arrays W1 ... Wn b1 ... bn of a network, read-only and in native byte order.

    Raises
    ------
    FormatError
        For anything but the arrays of one network; without a source.
    """
    arrays: dict[str, ArrayRecord] = {}
    for key, value in records.items():
        if type(value) is not ArrayRecord or not value.dtype:
            raise FormatError(f"{printable(key)} is {name_type(value)}, expected an array")
        arrays[key] = value
    names = _expected_names(arrays)
    _check_shapes(arrays, len(names) // 2)
    if sum(len(array.data) for array in arrays.values()) > MAX_BYTES:
        raise FormatError(f"describes arrays of more than {MAX_BYTES:,} bytes")
    return {name: _array(name, arrays[name]) for name in names}


def _expected_names(arrays: Mapping[str, ArrayRecord]) -> list[str]:
    """W1 ... Wn b1 ... bn, when exactly these are there."""
    for key, array in arrays.items():
        if len(array.shape) == 4:  # the book's SimpleConvNet and DeepConvNet, chapters 7 and 8
            raise FormatError(
                f"this is a convolutional net (array {printable(key)} has shape "
                f"{array.shape}); mnist reads fully connected ones",
                hint="The book's, of chapter 3, comes with 'mnist download'.",
            )
    layers = [i for i in range(1, MAX_LAYERS + 1) if f"W{i}" in arrays or f"b{i}" in arrays]
    count = max(layers, default=1)
    names = [f"{letter}{i}" for letter in "Wb" for i in range(1, count + 1)]
    found = printable(" ".join(arrays)) or "none"
    for name in names:
        if name not in arrays:
            raise FormatError(f"array {name} is missing: found {found}, expected {' '.join(names)}")
    for key in arrays:
        if key not in names:
            raise FormatError(f"array {printable(key)} is too many, expected {' '.join(names)}")
    return names


def _check_shapes(arrays: Mapping[str, ArrayRecord], layers: int) -> None:
    """Check that the layers chain: (784, n1) (n1,), (n1, n2) (n2,), ... (nk, 10) (10,)."""
    rows = PIXELS
    for layer in range(1, layers + 1):
        shape = arrays[f"W{layer}"].shape
        is_matrix = len(shape) == 2 and shape[1] > 0
        columns = CLASSES if layer == layers else shape[1] if is_matrix else "n"
        _check_shape(f"W{layer}", shape, (rows, columns))
        _check_shape(f"b{layer}", arrays[f"b{layer}"].shape, (columns,))
        rows = shape[1]


def _check_shape(name: str, shape: tuple[int, ...], expected: tuple[int | str, ...]) -> None:
    if shape != expected:
        wanted = str(expected).replace("'", "")
        raise FormatError(f"array {name} has shape {printable(str(shape))}, expected {wanted}")


def _array(name: str, record: ArrayRecord) -> Array:
    dtype = _DTYPES[record.dtype]
    expected = math.prod(record.shape) * dtype.itemsize
    if len(record.data) != expected:
        count = f"{math.prod(record.shape):,} {dtype.name}"
        raise FormatError(
            f"array {name} holds {len(record.data):,} bytes, expected {expected:,} ({count})",
            hint=_AGAIN,
        )
    flat: Array = np.frombuffer(record.data, dtype)
    array = flat.reshape(record.shape, order=record.order)
    array = array.astype(dtype.newbyteorder("="), order="C", copy=False)
    array.setflags(write=False)
    return array


_WORDS: dict[type, str] = {
    ArrayRecord: "an array without content",
    dict: "a dictionary",
    tuple: "a tuple",
    str: "a text",
    bytes: "a string of bytes",
    bool: "a truth value",
    int: "a number",
    type(None): "nothing",
}


def name_type(value: object) -> str:
    """Say what sort of value this is; the value itself may be of any size and is not shown."""
    return _WORDS.get(type(value), "no value of its own")
