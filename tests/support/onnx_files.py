"""Graphs of ONNX as exporters write them, and such as none does."""

import numpy as np


def node(kind, *inputs, **attributes):
    """A node as (operator, inputs, attributes); its first input is what comes from before it."""
    return kind, inputs, attributes


def model(*nodes, shape=("N", 784), kind=1, changed=None, last="y", **constants):
    """The bytes of a chain of nodes, each of which takes what the one before it gives."""
    import onnx
    from onnx import helper, numpy_helper

    made, flow = [], "x"
    for number, (operator, inputs, attributes) in enumerate(nodes, 1):
        output = last if number == len(nodes) else f"t{number}"
        names = inputs if flow in inputs or operator == "Constant" else (flow, *inputs)
        made.append(helper.make_node(operator, names, [output], **attributes))
        flow = output
    tensors = [numpy_helper.from_array(np.asarray(each), name) for name, each in constants.items()]
    graph = helper.make_graph(
        made, "net",
        [helper.make_tensor_value_info("x", kind, shape)],
        [helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["N", 10])],
        tensors,
    )  # fmt: skip
    whole = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    if changed:
        changed(whole)
    return whole.SerializeToString()


def zeros():
    """The smallest net that there is, all zeros."""
    W, b = np.zeros((784, 10), "f4"), np.zeros(10, "f4")
    return model(node("Gemm", "W", "b"), node("Softmax", axis=1), W=W, b=b)
