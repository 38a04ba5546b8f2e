"""Reading ONNX: a graph of layers one behind the other, folded into W1 b1 ... Wn bn.

Normalisations of the input and BatchNorm, wherever it stands, become part of the layers; what else
is in the graph is named and refused.
"""

from typing import Any, NamedTuple

import numpy as np

from mnist_cli.dtypes import Doubles
from mnist_cli.errors import DamagedError, FormatError, printable
from mnist_cli.files.protobuf import list_parts
from mnist_cli.net.affine import NOTHING, Affine
from mnist_cli.net.network import Activation
from mnist_cli.spec import SIDE
from mnist_cli.weights.arrays import ArrayRecord, Contents, make_array
from mnist_cli.weights.formats import MAX_BYTES

_MAX_OUTLINE = 500_000  # bytes of a file that are no numbers of arrays
_MOST_PRODUCTS = 64
_GRAPH, _INITIALIZER, _NUMBERS = 7, 5, (4, 9)  # fields of the messages of ONNX
_PASSED = ("Flatten", "Reshape", "Identity", "Cast", "Dropout", "Squeeze", "Unsqueeze")
_AFTER = ("ArgMax", "ZipMap", "ArrayFeatureExtractor", "Reshape", "Cast", "Identity")  # labels
_ACTIVATIONS: dict[str, Activation] = {"Sigmoid": "sigmoid", "Relu": "relu", "Tanh": "tanh"}


class _Flow(NamedTuple):
    """What has become of the images: whole layers, then what is affine since."""

    layers: tuple[tuple[Affine, Activation], ...] = ()
    since: Affine = NOTHING
    is_sign: bool = False  # of which relu makes step
    is_last: bool = False  # behind softmax


def read_model(content: bytes, onnx: Any) -> Contents:
    """The net of a model that the package `onnx` parses, which takes memory for its outline."""
    outline = len(content)
    for number, start, end in list_parts(content, 0, len(content)):
        for field, first, last in list_parts(content, start, end) if number == _GRAPH else ():
            parts = list_parts(content, first, last) if field == _INITIALIZER else ()
            outline -= sum(to - at for each, at, to in parts if each in _NUMBERS)
    if outline > _MAX_OUTLINE:
        raise FormatError(f"the graph has {outline:,} bytes, at most {_MAX_OUTLINE:,} are read")
    try:
        model = onnx.load_model_from_string(content)
    except Exception:  # of protobuf, which has several
        raise DamagedError("the file is damaged or cut short") from None
    flow = _Walk(model, onnx).run()
    records = {}
    for layer, affine in enumerate([*(each for each, _ in flow.layers), flow.since], start=1):
        if affine.W is None:
            raise FormatError(f"has no matrix before its activation {layer}, or before its output")
        b = np.broadcast_to(affine.b, affine.W.shape[1])
        for name, array in ((f"W{layer}", affine.W), (f"b{layer}", b)):
            with np.errstate(over="ignore"):  # whoever uses weights refuses what is not finite
                records[name] = ArrayRecord(array.shape, "<f4", "C", array.astype("<f4").tobytes())
    names = [activation for _, activation in flow.layers]
    stated = ", ".join(names if len({*names}) > 1 else names[:1])
    return Contents(records, activation=stated or None)


class _Walk:
    """A way through the nodes of a graph, in their order."""

    def __init__(self, model: Any, onnx: Any) -> None:
        self.graph, self.onnx, self.products = model.graph, onnx, 0
        self.tensors = {each.name: each for each in self.graph.initializer}
        inputs = [each for each in self.graph.input if each.name not in self.tensors]
        is_odd = model.functions or self.graph.sparse_initializer or not model.opset_import
        if len(inputs) != 1 or is_odd or len(self.tensors) < len(self.graph.initializer):
            found = f"{len(inputs)} inputs, functions, or an initialiser that is there twice"
            raise FormatError(f"found {found}, expected a graph of one input")
        is_whole = inputs[0].type.tensor_type.elem_type != onnx.TensorProto.FLOAT  # and 0..255
        since = NOTHING.then_scale(np.full(1, 255.0), np.zeros(1)) if is_whole else NOTHING
        self.flows = {inputs[0].name: _Flow(since=since)}

    def run(self) -> _Flow:
        """The flow behind softmax, or else that of an output."""
        for node in self.graph.node:
            name = printable(f"{node.op_type} {node.name or ' '.join(node.output)}")
            try:
                with np.errstate(all="ignore"):  # whoever uses weights refuses what is not finite
                    is_read = self.take(node)
            except (ValueError, TypeError, LookupError, AttributeError):  # of shapes and types
                is_read = False
            if not is_read:
                raise FormatError(f"the graph has the node {name}, which is not read there")
        found = [flow for flow in self.flows.values() if flow.is_last]
        found += [self.flows[each.name] for each in self.graph.output if each.name in self.flows]
        if not found or any(flow.is_sign or flow.since is not found[0].since for flow in found):
            raise FormatError("found no output of the graph, or several, expected that of a net")
        return found[0]

    def take(self, node: Any) -> bool:
        """Go through a node; whether it is one that can be read."""
        if any(name in self.flows or name in self.tensors for name in node.output):
            return False
        values = {each.name: self.onnx.helper.get_attribute_value(each) for each in node.attribute}
        coming = [name for name in node.input if name in self.flows]
        if not coming:  # a constant; whoever needs another one will miss it
            tensor = values.get("value") or self.tensors.get("".join(node.input))
            if tensor is not None and node.op_type in ("Constant", "Identity"):
                self.tensors[node.output[0]] = tensor
            return True
        flow, kind = self.flows[coming[0]], node.op_type
        if kind == "Shape":  # of which some exporters make that of a Reshape
            return True
        is_rounded = kind == "Cast" and values.get("to") != self.onnx.TensorProto.FLOAT
        is_random = kind == "Dropout" and len(node.input) > 2
        is_foreign = node.domain not in ("", "ai.onnx") and kind != "Scaler"
        is_odd = is_rounded or is_random or is_foreign or (flow.is_sign and kind != "Relu")
        if len(coming) > 1 or (not flow.is_last and is_odd):
            return False
        if flow.is_last or kind in _PASSED:
            self.flows[node.output[0]] = flow
            return kind in _PASSED or kind in _AFTER
        if kind in _ACTIVATIONS:
            name = "step" if flow.is_sign else _ACTIVATIONS[kind]
            flow = _Flow((*flow.layers, (flow.since, name)))
        elif kind == "Sign":
            flow = flow._replace(is_sign=True)
        elif kind in ("Softmax", "LogSoftmax"):
            flow = flow._replace(is_last=values.get("axis", -1) in (1, -1))
        else:
            others = [self.read(each) for each in node.input if each and each != coming[0]]
            is_first = node.input[0] == coming[0]
            flow = flow._replace(since=self.fold(kind, values, flow.since, others, is_first))
        self.flows[node.output[0]] = flow
        return kind not in ("Softmax", "LogSoftmax") or flow.is_last

    def fold(
        self, kind: str, values: dict[str, Any], since: Affine, others: list[Doubles], first: bool
    ) -> Affine:
        """What is affine with a node more; `ValueError` for any that is not."""
        zero = np.zeros(1)
        if kind in ("MatMul", "Gemm") and first and not values.get("transA"):
            M, *more = others
            M = (M.T if values.get("transB") else M) * float(values.get("alpha", 1))
            rows, (_, columns) = len(M) if since.W is None else len(since.W), M.shape
            self.products += 1
            if rows * columns <= MAX_BYTES // 4 and self.products <= _MOST_PRODUCTS:
                bias = _along(more[0], columns) * float(values.get("beta", 1)) if more else zero
                return since.then_multiply(M).then_scale(zero + 1, bias)
        others = [_along(each, since.width) for each in others]
        if kind == "BatchNormalization" and first and not values.get("training_mode"):
            scale, shift, mean, variance = others
            scale = scale / np.sqrt(variance + float(values.get("epsilon", 1e-5)))
            return since.then_scale(scale, shift - scale * mean)
        if kind == "Scaler":  # scikit-learn's
            scale, offset = (np.array(values[each], np.float64) for each in ("scale", "offset"))
            return since.then_scale(scale, -offset * scale)
        (other,) = others
        if kind in ("Add", "Sub"):
            sign = zero + (1 if first or kind == "Add" else -1)
            return since.then_scale(sign, -other if first and kind == "Sub" else other)
        if kind == "Mul" or (kind == "Div" and first):
            factor = other if kind == "Mul" else 1 / other
            # A division of what comes in by 255 says that it is pixels of 0..255.
            is_of_bytes = since is NOTHING and np.allclose(factor, 1 / 255)
            return since if is_of_bytes else since.then_scale(factor, zero)
        raise ValueError

    def read(self, name: str) -> Doubles:
        """A constant of float32."""
        tensor = self.tensors[name]
        if tensor.data_type != self.onnx.TensorProto.FLOAT or tensor.external_data:
            raise ValueError
        shape = tuple(tensor.dims)
        data = tensor.raw_data or np.array(tensor.float_data, "<f4").tobytes()
        return make_array(printable(name), ArrayRecord(shape, "<f4", "C", data)).astype(np.float64)


def _along(constant: Doubles, width: int | None) -> Doubles:
    """A constant for each of so many numbers, or one for all; `ValueError` for another shape."""
    of_pixels = width is None and constant.shape[-2:] == (SIDE, SIDE)
    size = constant.size if of_pixels or constant.ndim == 0 else constant.shape[-1]
    if constant.size != size or (width is not None and size not in (1, width)):
        raise ValueError
    return constant.ravel()
