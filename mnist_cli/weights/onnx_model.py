"""A net as an ONNX model: ``images`` uint8 (N, 784) in, ``probabilities`` float32 (N, 10) out.

The division by 255 and the softmax are in what is written; `onnx_graph` reads what others write.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mnist_cli.checks import install_hint
from mnist_cli.dtypes import Array
from mnist_cli.errors import MnistError
from mnist_cli.net.activations import name_each
from mnist_cli.net.network import Activation
from mnist_cli.spec import CLASSES, PIXELS, __version__
from mnist_cli.weights.arrays import Contents

_OPSET, _IR_VERSION = 13, 7  # of 2020: whatever runs ONNX today knows them


def read(content: bytes) -> Contents:
    """The net of a model: see `onnx_graph`."""
    from mnist_cli.weights.onnx_graph import read_model

    return read_model(content, _import_onnx("read"))


def _import_onnx(done: str) -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.numpy_helper
    except ImportError:
        problem = f"an ONNX model is {done} by the package onnx, which is not installed"
        raise MnistError(problem, hint=install_hint("onnx")) from None
    return onnx


def write(arrays: Mapping[str, Array], activation: Activation) -> bytes:
    """A model of these float32 arrays, which ONNX's checker has passed."""
    onnx = _import_onnx("written")
    helper, types = onnx.helper, onnx.TensorProto
    layers = len(arrays) // 2
    names = name_each(activation, layers - 1)
    nodes = [
        helper.make_node("Cast", ["images"], ["pixels"], to=types.FLOAT),
        helper.make_node("Div", ["pixels", "white"], ["z0"]),  # (N, 784), 0..1
    ]
    for layer in range(1, layers + 1):
        inputs = [f"z{layer - 1}", f"W{layer}", f"b{layer}"]
        nodes.append(helper.make_node("Gemm", inputs, [f"a{layer}"]))
        if layer < layers:
            operator, name = names[layer - 1].title(), f"a{layer}"
            if operator == "Step":  # relu of a sign
                nodes.append(helper.make_node("Sign", [name], [f"s{layer}"]))
                operator, name = "Relu", f"s{layer}"
            nodes.append(helper.make_node(operator, [name], [f"z{layer}"]))
    nodes.append(helper.make_node("Softmax", [f"a{layers}"], ["probabilities"], axis=1))
    graph = helper.make_graph(
        nodes,
        "mnist",
        [helper.make_tensor_value_info("images", types.UINT8, ["N", PIXELS])],
        [helper.make_tensor_value_info("probabilities", types.FLOAT, ["N", CLASSES])],
        [
            onnx.numpy_helper.from_array(np.array(255, np.float32), "white"),
            *(onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()),
        ],
    )
    model = helper.make_model(
        graph,
        producer_name="mnist-cli",
        producer_version=__version__,
        ir_version=_IR_VERSION,
        opset_imports=[helper.make_opsetid("", _OPSET)],
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)
