"""A PyTorch state_dict: tensors by the names of a model's parts -> W1 b1 ... Wn bn.

It says nothing of the layers' order. That comes from their shapes, which mostly chain from 784 to
10 in one way only, and from the numbers in their names where layers could change places. Once a net
is trained, ``nn.BatchNorm1d`` does the same to every image: it becomes part of the layer before it,
or, where it stands behind the activation, of the layer after it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mnist_cli.errors import FormatError, printable
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS
from mnist_cli.weights.arrays import ArrayRecord, Contents, make_array, not_float

Floats = NDArray[np.float64]

Module = dict[str, ArrayRecord]
"""What a part of a model holds, by its name there: ``weight``, ``bias``."""

Modules = dict[str, Module]
"""The parts of a model by their own names, ``fc1.``."""

_NAME = re.compile(r"(.{1,80}\.|)(weight|bias|running_mean|running_var|num_batches_tracked)")
_DIMENSIONS = {"weight": 2, "bias": 1}
_STATISTICS = {"running_mean": 1, "running_var": 1}
_DIMENSIONS_OF_NORM = {"weight": 1, "bias": 1, "num_batches_tracked": 0} | _STATISTICS
_INDEX = re.compile(r"((?:.*\.)?)([0-9]+)\.")  # a place in an nn.Sequential, "net." and "3"
_EPSILON = 1e-5  # of BatchNorm1d, where nobody chose another: the file does not say


class _Place(NamedTuple):
    """The layer that takes a BatchNorm1d in, which stands before or else after it."""

    layer: str
    is_before: bool
    is_certain: bool


def is_state_dict(records: Mapping[str, ArrayRecord]) -> bool:
    """Whether tensors have names as PyTorch gives them."""
    return any(map(_NAME.fullmatch, records))


def translate(records: Mapping[str, ArrayRecord]) -> Contents:
    """The net of a state_dict, under our names.

    Raises `FormatError`, without a source, for tensors of other layers, and for layers whose order
    cannot be told.
    """
    layers, norms = _sort(records)
    order = _find_order({prefix: each["weight"].shape for prefix, each in layers.items()})
    places: dict[_Place, str] = {}
    for prefix in sorted(norms, key=_natural):
        place = _find_place(prefix, norms, layers, order)
        if place is None or places.setdefault(place, prefix) != prefix:
            raise FormatError(
                f"cannot tell where in the net tensor {printable(prefix + 'running_mean')} belongs",
                hint="torch.nn.utils.fusion.fuse_linear_bn_eval makes one layer of it and another.",
            )
        _fold(prefix, norms[prefix], place, layers[place.layer])
    renamed = {}
    for number, prefix in enumerate(order, 1):
        W = layers[prefix]["weight"]
        # Stored (outputs, inputs) row by row, that is (inputs, outputs) column by column.
        renamed[f"W{number}"] = ArrayRecord(W.shape[::-1], W.dtype, "F", W.data)
        renamed[f"b{number}"] = _require(layers, prefix, "bias")
    names = ", ".join(f"W{number} is {each}weight" for number, each in enumerate(order, 1))
    legend = f"Here {printable(names, 200)}, turned."
    guessed = ", ".join(norm[:-1] for place, norm in places.items() if not place.is_certain)
    assumed = f"it was assumed that {printable(guessed)} stands before the activation"
    return Contents(renamed, legend=legend, assumed=assumed if guessed else "")


def _sort(records: Mapping[str, ArrayRecord]) -> tuple[Modules, Modules]:
    """Fully connected layers, and batch normalisations."""
    modules: Modules = {}
    for name, record in records.items():
        match = _NAME.fullmatch(name)
        prefix, part = match.groups() if match else (name, "")
        modules.setdefault(prefix, {})[part] = record
    layers: Modules = {}
    norms: Modules = {}
    for prefix, parts in modules.items():
        is_norm = parts.keys() >= _STATISTICS.keys()
        dimensions = _DIMENSIONS_OF_NORM if is_norm else _DIMENSIONS
        for part, record in parts.items():
            if dimensions.get(part) != len(record.shape):
                raise FormatError(
                    f"tensor {printable(prefix + part)}, of shape {printable(str(record.shape))}, "
                    "belongs to no fully connected layer",
                    hint="mnist reads nets of these and of BatchNorm1d with running statistics.",
                )
        (norms if is_norm else layers)[prefix] = parts
    for prefix in layers:
        _require(layers, prefix, "weight")
    return layers, norms


def _require(layers: Modules, prefix: str, part: str) -> ArrayRecord:
    if part not in layers[prefix]:
        problem = f"tensor {printable(prefix + part)} is missing"
        raise FormatError(problem, hint="Each layer has both; zeros will do.")
    return layers[prefix][part]


def _find_order(shapes: Mapping[str, tuple[int, ...]]) -> Sequence[str]:
    """The layers, by their shapes (outputs, inputs), in the order in which images go through."""
    by_name = sorted(shapes, key=_natural)
    if not 1 <= len(shapes) <= MAX_LAYERS:
        return by_name  # whoever counts them will say so
    chains = list(_chains(PIXELS, by_name, shapes))
    layers = (f"{name}weight {shapes[name][1]} -> {shapes[name][0]}" for name in by_name)
    found = f"from {PIXELS} to {CLASSES}: found {printable(', '.join(layers), 200)}"
    if not chains:
        raise FormatError(f"the layers chain in no way {found}")
    for position in range(len(shapes)):
        heads = sorted({chain[position] for chain in chains}, key=_natural)
        if len({re.sub("[0-9]+", "#", name) for name in heads}) > 1:
            hint = "Number those that could change places, fc1, fc2, in their order."
            raise FormatError(f"the layers chain in several ways {found}", hint=hint)
        chains = [chain for chain in chains if chain[position] == heads[0]]
    return chains[0]


def _chains(
    inputs: int, left: Sequence[str], shapes: Mapping[str, tuple[int, ...]]
) -> Iterator[tuple[str, ...]]:
    """Each order of all layers that are `left` in which they chain, the first with `inputs`."""
    if not left and inputs == CLASSES:
        yield ()
    for name in left:
        if shapes[name][1] == inputs:
            others = [each for each in left if each != name]
            for rest in _chains(shapes[name][0], others, shapes):
                yield (name, *rest)


def _find_place(norm: str, norms: Modules, layers: Modules, order: Sequence[str]) -> _Place | None:
    """Where a batch normalisation belongs; None where that cannot be told.

    In a sequence what stands right after a layer or right before one belongs to that, as the
    activation is elsewhere. By other names it belongs to the layer of its number or size, and is
    assumed to stand right after it, as mostly it does.
    """
    (size,) = norms[norm]["running_mean"].shape
    sizes = {name: layers[name]["weight"].shape for name in order}  # (outputs, inputs)
    near = _neighbours(norm, [*norms, *layers])
    if layers.keys() & near.values():
        is_before = -1 not in near
        layer = near.get(1 if is_before else -1)
        fits = layer in sizes and sizes[layer][is_before] == size
        return _Place(layer, is_before, is_before or 1 not in near) if layer and fits else None
    fitting = [name for name in order if sizes[name][0] == size]
    alike = [name for name in fitting if _numbers(name) == _numbers(norm)]
    for few in (alike, fitting):
        if len(few) == 1:  # after the last layer there is no activation
            return _Place(few[0], is_before=False, is_certain=few[0] == order[-1])
    return _Place(order[0], True, True) if order and not fitting and size == PIXELS else None


def _neighbours(name: str, names: Sequence[str]) -> dict[int, str]:
    """What else stands in the same ``nn.Sequential``, by how many places after it, or before."""
    place = _INDEX.fullmatch(name)
    if place is None:
        return {}
    others = [each for each in map(_INDEX.fullmatch, names) if each and each[1] == place[1]]
    distances = {int(each[2]) - int(place[2]): each[0] for each in others}
    return {distance: each for distance, each in distances.items() if distance}


def _fold(norm: str, statistics: Module, place: _Place, layer: Module) -> None:
    """Make a batch normalisation part of a layer, in float64.

    It makes s x + t of x, with s = weight / sqrt(running_var + eps), t = bias - s running_mean.
    """
    weight, size = layer["weight"], statistics["running_mean"].shape
    parts = {
        name: _read(norm + name, each, size) for name, each in statistics.items() if each.shape
    }
    W = _read(f"{place.layer}weight", weight, weight.shape)  # (outputs, inputs)
    b: Floats = np.zeros(len(W))
    if "bias" in layer:
        b = _read(f"{place.layer}bias", layer["bias"], b.shape)
    with np.errstate(all="ignore"):  # whoever uses weights refuses those that are not finite
        s = parts.get("weight", 1) / np.sqrt(parts["running_var"] + _EPSILON)
        t = parts.get("bias", 0) - s * parts["running_mean"]
        W, b = (W * s, b + W @ t) if place.is_before else (W * s[:, None], b * s + t)
        for name, array in (("weight", W), ("bias", b)):
            data = array.astype(weight.dtype).tobytes()
            layer[name] = ArrayRecord(array.shape, weight.dtype, "C", data)


def _read(name: str, record: ArrayRecord, shape: tuple[int, ...]) -> Floats:
    if record.dtype not in ("<f4", "<f8"):
        raise not_float(f"tensor {printable(name)}", record.dtype)
    if record.shape != shape:
        found = printable(str(record.shape))
        raise FormatError(f"tensor {printable(name)} has shape {found}, expected {shape}")
    return make_array(name, record).astype(np.float64)


def _natural(name: str) -> tuple[list[str | int], str]:
    """A key to sort by that puts fc2 before fc10, and 01 always before 1."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split("([0-9]+)", name))], name


def _numbers(name: str) -> list[int]:
    return [int(number) for number in re.findall("[0-9]+", name)]
