"""A state_dict as `torch.save` writes it: an archive of a pickle, and of what it calls storages."""

import math

import numpy as np

from mnist_cli.errors import FormatError, printable
from mnist_cli.files.zipped import list_whole, read_member
from mnist_cli.weights.arrays import ArrayRecord, Contents, record_of
from mnist_cli.weights.formats import MAX_BYTES, SAVE_STATE_DICT
from mnist_cli.weights.unpickle import TORCH, Tensor, interpret, read_tensor

_ITEMS = {"F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8", "I64": "<i8"}


def read(content: bytes) -> Contents:
    """The tensors of a file by name; `FormatError` for anything but a state_dict."""
    file, members = list_whole(content, len(content))  # where nothing is compressed
    root = next(iter(members)).partition("/")[0]
    if f"{root}/data.pkl" not in members or any(each.compress_type for each in members.values()):
        raise FormatError("the archive has no data.pkl, or is compressed, unlike any of PyTorch's")
    order = members.get(f"{root}/byteorder")
    if order and read_member(file, order) != b"little":
        raise FormatError("found another byte order, expected little-endian")
    values = interpret(read_member(file, members[f"{root}/data.pkl"]), TORCH)
    if type(values) is not dict:
        raise FormatError("holds no dictionary of tensors", hint=SAVE_STATE_DICT)
    records, size = {}, 0
    for name, value in values.items():
        tensor = read_tensor(value)
        if tensor is None:
            raise FormatError(f"{printable(name)} is no tensor", hint=SAVE_STATE_DICT)
        size += 4 * math.prod(tensor.shape)  # at least, before there is an array of it
        if size > MAX_BYTES:
            raise FormatError(f"describes tensors of more than {MAX_BYTES:,} bytes")
        member = members.get(f"{root}/data/{tensor.key}")
        if member is None:
            raise FormatError(f"the storage of {printable(name)} is missing")
        records[name] = _view(name, tensor, read_member(file, member))
    return Contents(records)


def _view(name: str, tensor: Tensor, storage: bytes) -> ArrayRecord:
    """The record of a tensor, all of which lies within its storage."""
    dtype = np.dtype(_ITEMS[tensor.dtype])
    steps = [(n - 1) * stride for n, stride in zip(tensor.shape, tensor.strides, strict=True)]
    count = math.prod(tensor.shape)
    # What lies in a storage twice, as of `expand`, would take more than the file.
    is_within = tensor.offset + sum(steps) < tensor.length >= count > 0
    if len(storage) != tensor.length * dtype.itemsize or not is_within:
        raise FormatError(f"tensor {printable(name)} does not lie within its storage")
    items = np.frombuffer(storage, dtype)[tensor.offset :]
    strides = [stride * dtype.itemsize for stride in tensor.strides]
    view = np.lib.stride_tricks.as_strided(items, tensor.shape, strides, writeable=False)
    return record_of(tensor.shape, tensor.dtype, view.tobytes())
