"""Arrays by the names of other libraries, told by PyTorch's, of which `pytorch` makes the net.

Where sizes tell which bias is whose, any names do.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from mnist_cli.spec import PIXELS
from mnist_cli.weights.arrays import ArrayRecord
from mnist_cli.weights.pytorch import is_state_dict, natural, translate

Records = Mapping[str, ArrayRecord]

_TRANSPOSED: dict[str, Literal["C", "F"]] = {"C": "F", "F": "C"}


def rename(records: Records) -> Records:
    """The arrays under our names; the same `records` where nothing tells which is whose."""
    if is_state_dict(records):
        return translate(records)
    names = sorted(records, key=natural)
    matrices = [name for name in names if len(records[name].shape) == 2]
    vectors = [name for name in names if len(records[name].shape) == 1]
    are_ours = any(re.fullmatch("W[1-9][0-9]{0,5}", name) for name in names)
    if are_ours or not matrices or len(matrices) + len(vectors) < len(records):
        return records
    shapes = [records[name].shape for name in matrices]
    has_inputs_first = any(rows == PIXELS for rows, _ in shapes) or all(
        columns != PIXELS for _, columns in shapes
    )
    biases = _pair(records, matrices, vectors, axis=-1 if has_inputs_first else 0)
    if biases is None:
        return records
    tensors = {}
    for matrix in matrices:
        path = matrix.rpartition("/")[0] or matrix
        prefix = path if path[-1:].isdigit() else f"{path}_0"  # "dense" is before "dense_1"
        array = records[matrix]
        if has_inputs_first:  # PyTorch has outputs first; other strides of the same bytes
            array = replace(array, shape=array.shape[::-1], order=_TRANSPOSED[array.order])
        tensors[f"{prefix}.weight"] = array
        if matrix in biases:
            tensors[f"{prefix}.bias"] = records[biases[matrix]]
    return translate(tensors)


def _pair(
    records: Records, matrices: Sequence[str], vectors: Sequence[str], axis: int
) -> dict[str, str] | None:
    """The biases by the matrices that they go with; None where no way tells."""
    are_numbered = all(re.fullmatch("arr_[0-9]+", name) for name in records)
    are_listed = are_numbered and len(matrices) == len(vectors)
    listed = {name: i for each in (matrices, vectors) for i, name in enumerate(each)}
    for key in (
        lambda name: name.rpartition("/")[0],  # "dense" of "dense/kernel"
        lambda name: name[len(name.rstrip("0123456789")) :],  # "0" of "coefs_0"
        lambda name: are_listed and f"{listed[name]}",
        lambda name: records[name].shape[axis],
    ):
        found, biases = ({key(name): name for name in names} for names in (matrices, vectors))
        are_told_apart = len(found) == len(matrices) and len(biases) == len(vectors)
        if are_told_apart and all(found) and biases.keys() <= found.keys():
            return {found[each]: bias for each, bias in biases.items()}
    return None
