"""Weights as ``.safetensors``.

What its package lets pass, a header of any length and names that are there twice, is refused here.
"""

import json
from collections.abc import Mapping
from typing import Any

from mnist_cli.dtypes import Array
from mnist_cli.errors import DamagedError, printable
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import Contents, record_of, require_activation

_MAX_HEADER = 100_000  # bytes; a tensor takes some 100


def read(content: bytes) -> Contents:
    """The arrays of a file, and the activation where its metadata name it."""
    from safetensors import SafetensorError, deserialize

    metadata = _read_metadata(content)
    activation = require_activation(metadata["activation"]) if "activation" in metadata else None
    try:
        tensors = deserialize(content)  # type: ignore[no-untyped-call]
    except SafetensorError as error:
        raise DamagedError(f"the file is damaged: {printable(str(error))}") from None
    records = {name: record_of(tuple(it["shape"]), it["dtype"], it["data"]) for name, it in tensors}
    return Contents(records, activation=activation)


def _read_metadata(content: bytes) -> dict[str, Any]:
    """The metadata in the header, in which no name may be there twice."""
    length = int.from_bytes(content[:8], "little")
    if length > min(_MAX_HEADER, len(content) - 8):
        most = f"expected at most {_MAX_HEADER:,}, within the file"
        raise DamagedError(f"the header claims {length:,} bytes, {most}")
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=_refuse_twice)
        return dict(header.get("__metadata__", {}))
    except (ValueError, RecursionError, AttributeError, TypeError):
        raise DamagedError("the header is no JSON, or names something twice") from None


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError
    return values


def write(arrays: Mapping[str, Array], activation: Activation | None) -> bytes:
    """A file of these arrays, with the activation, where it is known, in its metadata."""
    from safetensors.numpy import save

    metadata: dict[str, str] | None = {"activation": activation} if activation else None
    return save(dict(arrays), metadata=metadata)
