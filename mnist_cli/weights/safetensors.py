"""Weights as ``.safetensors``: under our own names, or under those of a PyTorch state_dict.

The `safetensors` package compares lengths, offsets and shapes; what it leaves open, a header of any
length and names that are there twice, is refused before it sees the file.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from mnist_cli.errors import FormatError, printable
from mnist_cli.net.network import ACTIVATIONS, Activation
from mnist_cli.weights.arrays import Array, ArrayRecord, Contents

_MAX_HEADER = 100_000  # bytes; a tensor takes some 100
_PYTORCH_NAME = re.compile(r"(.{1,80}\.|)(weight|bias)")


def read(content: bytes) -> Contents:
    """Return the arrays of a file, and the activation where its metadata name it.

    ``fc1.weight`` and ``fc1.bias`` become W1 (turned) and b1, in the natural order of the names.
    Raises `FormatError` for a file that is damaged, or holds anything but fully connected layers.
    """
    from safetensors import SafetensorError, deserialize

    activation = _read_metadata(content).get("activation")
    try:
        tensors = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise FormatError(f"the file is damaged: {printable(str(error))}") from None
    records = {name: _read_tensor(each) for name, each in tensors}
    legend = ""
    if any(map(_PYTORCH_NAME.fullmatch, records)):
        records, legend = _rename(records)
    return Contents(
        records,
        activation=activation if activation in ACTIVATIONS else None,
        legend=legend,
    )


def _read_metadata(content: bytes) -> dict[str, Any]:
    """The metadata in the header, in which no name may be there twice."""
    length = int.from_bytes(content[:8], "little")
    if length > min(_MAX_HEADER, len(content) - 8):
        most = f"expected at most {_MAX_HEADER:,}, within the file"
        raise FormatError(f"the header claims {length:,} bytes, {most}")
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_refuse_twice)
        return dict(header.get("__metadata__", {}))
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise FormatError("the header is no JSON, or names something twice") from None


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError
    return values


def _read_tensor(tensor: Mapping[str, Any]) -> ArrayRecord:
    """Half floats become float32, which holds each of their values."""
    dtype, data = tensor["dtype"], tensor["data"]
    if dtype == "F16":
        data = np.frombuffer(data, "<f2").astype("<f4").tobytes()
    elif dtype == "BF16":  # the upper half of a float32
        data = (np.frombuffer(data, "<u2").astype("<u4") << 16).tobytes()
    code = {"F16": "<f4", "BF16": "<f4", "F32": "<f4", "F64": "<f8"}.get(dtype, dtype)
    return ArrayRecord(tuple(tensor["shape"]), code, "C", data)


def _rename(records: Mapping[str, ArrayRecord]) -> tuple[dict[str, ArrayRecord], str]:
    """The tensors of a state_dict under our names, and what became of theirs."""
    layers: dict[str, dict[str, ArrayRecord]] = {}  # by what stands before "weight" and "bias"
    for name, record in records.items():
        match = _PYTORCH_NAME.fullmatch(name)
        if match is None or len(record.shape) != (2 if match[2] == "weight" else 1):
            raise FormatError(
                f"tensor {printable(name)}, of shape {printable(str(record.shape))}, belongs to no "
                "fully connected layer",
                hint="mnist reads nets that have no others.",
            )
        layers.setdefault(match[1], {})[match[2]] = record
    renamed = {}
    prefixes = sorted(layers, key=_natural)
    for number, prefix in enumerate(prefixes, 1):
        for part in ("weight", "bias"):
            if part not in layers[prefix]:
                problem = f"tensor {printable(prefix + part)} is missing"
                raise FormatError(problem, hint="Each layer has both; zeros will do.")
        W = layers[prefix]["weight"]
        # Stored (outputs, inputs) row by row, that is (inputs, outputs) column by column.
        renamed[f"W{number}"] = replace(W, shape=W.shape[::-1], order="F")
        renamed[f"b{number}"] = layers[prefix]["bias"]
    names = ", ".join(f"W{number} is {each}weight" for number, each in enumerate(prefixes, 1))
    return renamed, f"Here {printable(names, 200)}, turned."


def _natural(name: str) -> list[str | int]:
    """A key to sort by that puts fc2 before fc10."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split("([0-9]+)", name))]


def write(arrays: Mapping[str, Array], activation: Activation) -> bytes:
    """Return a file of these arrays, with the activation in its metadata."""
    from safetensors.numpy import save

    content: bytes = save(dict(arrays), metadata={"activation": activation})
    return content
