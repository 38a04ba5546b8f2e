"""A PyTorch state_dict: tensors by the names of a model's parts -> W1 b1 ... Wn bn.

The shapes of layers, which mostly chain in one way only, or else the numbers in their names, tell
the order. ``nn.BatchNorm1d`` becomes part of the layer before it or, behind an activation, after,
where that is certain; what a state_dict cannot say is not guessed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mnist_cli.dtypes import Array
from mnist_cli.errors import FormatError, printable
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS
from mnist_cli.weights.arrays import DTYPES, ArrayRecord, make_array, not_float

Module = dict[str, Array]  # "weight" (outputs, inputs), "bias" (outputs,)
Modules = dict[str, Module]  # by their names in the model, "fc1."

_NAME = re.compile(r"(.{1,80}\.|)(weight|bias|running_mean|running_var|num_batches_tracked)")
_LAYER = {"weight": 2, "bias": 1}  # dimensions
_NORM = {"weight": 1, "bias": 1, "running_mean": 1, "running_var": 1}
_INDEX = re.compile(r"((?:.*\.)?)([0-9]+)\.")  # a place in an nn.Sequential, "net." and "3"
_EPSILON = 1e-5  # of BatchNorm1d, where nobody chose another: the file does not say


class _Place(NamedTuple):
    """Where a BatchNorm1d stands."""

    layer: str  # that takes it in
    is_before: bool  # before that layer, else after it


def is_state_dict(records: Mapping[str, ArrayRecord]) -> bool:
    """Whether any tensor has a name as PyTorch gives it."""
    return any(map(_NAME.fullmatch, records))


def translate(records: Mapping[str, ArrayRecord]) -> dict[str, ArrayRecord]:
    """The net of a state_dict under our names; `FormatError` where it cannot be told."""
    layers, norms = _sort(records)
    order = _find_order({name: layer["weight"].shape for name, layer in layers.items()})
    places: dict[_Place, str] = {}
    for norm in sorted(norms, key=natural):
        place = _find_place(norm, norms, layers, order)
        if place is None or place in places:
            raise FormatError(
                f"cannot tell where in the net tensor {printable(norm + 'running_mean')} belongs: "
                "a state_dict does not say, before the activation or behind it",
                hint="torch.onnx.export writes an ONNX file, which says it.",
            )
        places[place] = norm
        _fold(norms[norm], layers[place.layer], place)
    renamed = {}
    for number, name in enumerate(order, start=1):
        named = {f"W{number}": layers[name]["weight"].T, f"b{number}": layers[name]["bias"]}
        for key, array in named.items():
            renamed[key] = ArrayRecord(array.shape, array.dtype.str, "C", array.tobytes())
    return renamed


def name_as_sequence(arrays: Mapping[str, Array]) -> Module:
    """W1 b1 ... under the names that ``nn.Sequential(Linear, Sigmoid, Linear, ...)`` has."""
    layers = range(len(arrays) // 2)
    weights = {f"{2 * i}.weight": np.ascontiguousarray(arrays[f"W{i + 1}"].T) for i in layers}
    return weights | {f"{2 * i}.bias": arrays[f"b{i + 1}"] for i in layers}


def _sort(records: Mapping[str, ArrayRecord]) -> tuple[Modules, Modules]:
    """The fully connected layers, zeros for a bias that one lacks, and the batch normalisations."""
    modules: dict[str, dict[str, ArrayRecord]] = {}
    for name, record in records.items():
        match = _NAME.fullmatch(name)
        prefix, part = match.groups() if match else (name, "")
        if part != "num_batches_tracked":
            modules.setdefault(prefix, {})[part] = record
    layers: Modules = {}
    norms: Modules = {}
    for prefix, parts in modules.items():
        is_norm = "running_mean" in parts and "running_var" in parts
        dimensions = _NORM if is_norm else _LAYER
        for part, record in parts.items():
            if dimensions.get(part) != len(record.shape) or 0 in record.shape:
                raise FormatError(
                    f"tensor {printable(prefix + part)}, of shape {printable(str(record.shape))}, "
                    "belongs to no fully connected layer",
                    hint="mnist reads nets of these and of BatchNorm1d with running statistics.",
                )
        if not is_norm and "weight" not in parts:
            raise FormatError(f"tensor {printable(prefix)}weight is missing")
        size = parts["running_mean" if is_norm else "weight"].shape[0]
        module = {part: _read(prefix + part, record, size) for part, record in parts.items()}
        if is_norm:
            norms[prefix] = module
        else:
            layers[prefix] = {"bias": np.zeros(size, module["weight"].dtype)} | module
    return layers, norms


def _read(name: str, record: ArrayRecord, size: int) -> Array:
    """A tensor, whose first axis is to have this size."""
    if record.dtype not in DTYPES:
        raise not_float(f"tensor {printable(name)}", record.dtype)
    if record.shape[0] != size:
        found = printable(str(record.shape))
        raise FormatError(f"tensor {printable(name)} has shape {found}, expected ({size},)")
    return make_array(name, record)


def _find_order(shapes: Mapping[str, tuple[int, ...]]) -> Sequence[str]:
    """The layers, of these shapes (outputs, inputs), in the order in which images go through."""
    names = sorted(shapes, key=natural)
    if not 1 <= len(names) <= MAX_LAYERS:
        return names  # whoever counts them will say so
    chains = list(_chains(PIXELS, names, shapes))  # by their names, as these are sorted
    layers = (f"{name}weight {shapes[name][1]} -> {shapes[name][0]}" for name in names)
    found = f"from {PIXELS} to {CLASSES}: found {printable(', '.join(layers), 200)}"
    if not chains:
        raise FormatError(f"the layers chain in no way {found}")
    stems = {name: re.sub("[0-9]+", "#", name) for name in names}
    first = chains[0]
    for chain in chains[1:]:
        i = next(i for i, name in enumerate(chain) if name != first[i])
        if stems[chain[i]] != stems[first[i]]:  # it is not by their numbers that one comes first
            hint = "Number those that could change places, fc1, fc2, in their order."
            raise FormatError(f"the layers chain in several ways {found}", hint=hint)
    return first


def _chains(
    inputs: int, left: Sequence[str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, ...]]:
    """Each order in which the layers that are `left` chain from `inputs` to the digits."""
    if not left and inputs == CLASSES:
        yield ()
    for name in left:
        if shapes[name][1] == inputs:
            others = [each for each in left if each != name]
            for rest in _chains(shapes[name][0], others, shapes):
                yield (name, *rest)


def _find_place(norm: str, norms: Modules, layers: Modules, order: Sequence[str]) -> _Place | None:
    """Where a batch normalisation belongs; None where that cannot be told."""
    (size,) = norms[norm]["running_mean"].shape
    sizes = {name: layers[name]["weight"].shape for name in order}  # (outputs, inputs)
    near: dict[int, str] = {}  # in the same sequence, by how many places after it, or before
    if here := _INDEX.fullmatch(norm):
        others = filter(None, map(_INDEX.fullmatch, [*norms, *layers]))
        near = {int(each[2]) - int(here[2]): each[0] for each in others if each[1] == here[1]}
    # In a sequence it belongs to the layer right before or after it: the activation is elsewhere.
    if layers.keys() & near.values():
        is_before = -1 not in near
        layer = near.get(1 if is_before else -1, "")
        fits = layer in sizes and sizes[layer][is_before] == size
        # Between two layers no activation has a place: somebody's code puts it where it likes.
        return _Place(layer, is_before) if fits and (is_before or 1 not in near) else None
    # Else only the size tells: that of the pixels, or of the last layer, which has no activation.
    fitting = [name for name in order if sizes[name][0] == size]
    if fitting and fitting == [*order[-1:]]:
        return _Place(order[-1], is_before=False)
    return _Place(order[0], is_before=True) if order and not fitting and size == PIXELS else None


def _fold(norm: Module, layer: Module, place: _Place) -> None:
    """Make a batch normalisation, which makes s * x + t of x, part of a layer, in float64."""
    W, b = layer["weight"], layer["bias"]  # (outputs, inputs), (outputs,)
    with np.errstate(all="ignore"):  # whoever uses weights refuses those that are not finite
        s = norm.get("weight", 1) / np.sqrt(norm["running_var"] + np.float64(_EPSILON))
        t = norm.get("bias", 0) - s * norm["running_mean"]
        folded = (W * s, b + W @ t) if place.is_before else (W * s[:, None], b * s + t)
        layer["weight"], layer["bias"] = (array.astype(W.dtype) for array in folded)


def natural(name: str) -> tuple[list[str | int], str]:
    """A key to sort by that puts fc2 before fc10, and 01 always before 1."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split("([0-9]+)", name))], name
