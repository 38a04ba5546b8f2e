"""ONNX graphs as others write them: ONNX Runtime's predictions on all images, or a sentence."""

from functools import partial

import numpy as np
import pytest
from support.onnx_files import model, node
from support.refusals import refusal_of

from mnist_cli import load_images, save_network
from mnist_cli.weights.weights_file import convert, parse_weights, read_weights

onnx = pytest.importorskip("onnx", reason="needs the extra onnx")

RNG = np.random.default_rng(1)
PIXELS = load_images().reshape(-1, 784) / np.float32(255)


def numbers(*shape):
    return RNG.normal(0, 0.3, shape).astype("f4")


HELD = {
    "W1": numbers(784, 50), "T1": numbers(50, 784), "b1": numbers(50), "W2": numbers(50, 10),
    "T2": numbers(10, 50), "b2": numbers(10), "row": numbers(1, 50), "mean": np.float32(0.1307),
    "std": np.full(1, 0.3081, "f4"), "white": np.float32(255), "pixels": numbers(1, 784),
    "s": numbers(50), "v": np.abs(numbers(50)), "to": np.array([-1, 784]), "wide": numbers(28, 28),
    "s784": numbers(784), "v784": np.abs(numbers(784)), "k": numbers(1, 1, 3, 3),
    "double": RNG.normal(size=(784, 50)), "W3": numbers(50, 50), "W26": numbers(50, 26),
}  # fmt: skip
GEMM = {"transB": 1}
NORM = ("s", "b1", "b1", "v")
HEAD = node("MatMul", "W2"), node("Add", "b2")
NETS = {
    "PyTorch, sequence": (
        "relu", ("N", 1, 28, 28), node("Flatten", axis=1), node("Gemm", "T1", "b1", **GEMM),
        node("Relu"), node("BatchNormalization", *NORM, epsilon=1e-3), node("Gemm", "T2", **GEMM)),
    "PyTorch, normalised, before": (
        "tanh", ("N", 28, 28), node("Sub", "mean"), node("Div", "std"), node("Reshape", "to"),
        node("Gemm", "T1", "b1", alpha=0.5, beta=2.0, **GEMM), node("BatchNormalization", *NORM),
        node("Tanh"), *HEAD, node("LogSoftmax", axis=1)),
    "scikit-learn": (
        "sigmoid", ("N", 784), node("Cast", to=1), node("MatMul", "W1"), node("Add", "row"),
        node("Sigmoid"), *HEAD, node("Softmax", axis=-1), node("Identity")),
    "Keras, scaled": (
        "sigmoid", ("N", 28, 28), node("Mul", "wide"), node("Flatten"), node("MatMul", "W1"),
        node("Sigmoid"), node("Mul", "s"), *HEAD, node("Softmax")),
    "twice linear": (
        None, ("N", 784), node("BatchNormalization", "s784", "s784", "s784", "v784"),
        node("MatMul", "W1"), node("MatMul", "W3"), node("Add", "b1"), *HEAD),
    "two activations": (
        "relu, tanh", ("N", 784), node("MatMul", "W1"), node("Relu"), node("MatMul", "W3"),
        node("Tanh"), *HEAD, node("Softmax")),
    "subtracted from": (
        "relu", ("N", 784), node("Sub", "mean", "x"), node("Div", "pixels"), node("MatMul", "W1"),
        node("Relu"), *HEAD, node("Softmax")),
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_a_graph_predicts_what_onnx_runtime_predicts(name):
    runtime = pytest.importorskip("onnxruntime", reason="needs the extra test")
    activation, shape, *nodes = NETS[name]
    content = model(*nodes, shape=shape, **HELD)
    file = parse_weights(content)
    assert file.stated_activation == activation
    session = runtime.InferenceSession(content)
    (y,) = session.run(None, {"x": PIXELS.reshape(-1, *shape[1:])})
    if "oftmax" not in nodes[-1][0] and nodes[-1][0] != "Identity":  # logits
        np.testing.assert_allclose(file.network().logits(PIXELS), y, rtol=1e-3, atol=1e-3)
    same = file.network().predict(PIXELS) == y.argmax(axis=1)
    assert same.all()


def test_our_own_models_are_read_again_as_the_same_net(tmp_path):
    from support.nets import random_network

    for activation in ("tanh", "step, sigmoid"):
        network = random_network(784, 20, 30, 10, activation=activation, scale=0.1)
        save_network(network, tmp_path / "w.npz", overwrite=True)
        for name in ("w.safetensors", "w.onnx"):  # what of a card, of metadata, of nodes
            convert(tmp_path / "w.npz", tmp_path / name, overwrite=True)
            file = read_weights(tmp_path / name)
            assert (file.activation, file.layer_sizes) == (activation, (784, 20, 30, 10))
            found = file.network().predict_proba(PIXELS)
            np.testing.assert_allclose(found, network.predict_proba(PIXELS), atol=1e-6)


def test_a_division_by_255_says_that_pixels_are_0_to_255():
    plain = node("MatMul", "W1"), node("Relu"), *HEAD
    expected = parse_weights(model(*plain, **HELD)).arrays
    for kind, first in ((1, "Div"), (2, "Cast")):  # float32, uint8
        before = (node("Cast", to=1),) if first == "Cast" else ()
        content = model(*before, node("Div", "white"), *plain, kind=kind, **HELD)
        found = parse_weights(content).arrays
        assert all(np.allclose(found[key], expected[key], rtol=1e-6) for key in expected)


PLAIN = node("MatMul", "W1"), node("Relu"), *HEAD

# What is done to the whole model, its graph, W1, or its first node.
SPOILT = {
    "external": "W1.data_location = 1; W1.ClearField('raw_data');"
    " W1.external_data.add(key='location', value='../../etc/passwd')",
    "huge": "W1.dims[0] = 2**62",
    "below 0": "W1.dims[0] = -1",
    "short": "W1.raw_data = W1.raw_data[:-4]",
    "bfloat16": "W1.data_type = 16",
    "twice": "graph.initializer.append(W1)",
    "missing": "graph.initializer.remove(W1)",
    "cycle": "first.input[0] = 'y'",
    "written twice": "graph.node.append(first)",
    "two inputs": "graph.input.add(name='z')",
    "a function": "whole.functions.add(name='f')",
    "a subgraph": "first.op_type = 'If'",
    "another domain": "first.domain = 'ai.evil'",
    "two heads": "add('MatMul', ['t2', 'W2'], 'q'); add('Softmax', ['q'], 'r')",
    "no names": "first.ClearField('output')",
    "residual": "add('Add', ['t1', 't2'], 'r')",
    "no output": "del graph.output[:]",
    "many nodes": "[add('Identity', [f'i{i}'], f'i{i + 1}') for i in range(30_000)]",
    "a long name": r"first.name, first.op_type = '\x1b[2J' * 200_000, 'Evil'",
    "a constant in a node": "add('Constant', [], 'c').attribute.add(name='value', type=4)"
    ".t.raw_data = bytes(10**6)",
}


def spoil(change, whole):
    graph = whole.graph
    (W1,) = (each for each in graph.initializer if each.name == "W1")

    def add(kind, inputs, output):
        return graph.node.add(op_type=kind, input=inputs, output=[output])

    exec(change, {"whole": whole, "graph": graph, "W1": W1, "first": graph.node[0], "add": add})


OF_MODEL = {
    what: model(*PLAIN, changed=partial(spoil, change), **HELD) for what, change in SPOILT.items()
}
OF_NODES = {
    "GELU": (node("MatMul", "W1"), node("Gelu"), *HEAD),
    "a convolution": (node("Conv", "k"), node("Relu"), *HEAD),
    "a transposition": (node("Transpose"), *PLAIN),
    "float64": (node("MatMul", "double"), *PLAIN[1:]),
    "a cast to whole numbers": (node("Cast", to=7), *PLAIN),
    "26 letters": (*PLAIN[:2], node("MatMul", "W26")),
    "another width": (node("MatMul", "W2"), node("Relu"), *HEAD),
    "softmax of the images": (*PLAIN, node("Softmax", axis=0)),
    "softmax in the middle": (*PLAIN[:2], node("Softmax"), *HEAD),
    "training": (PLAIN[0], node("BatchNormalization", *NORM, training_mode=1), *PLAIN[1:]),
    "of rows": (node("Add", "b1"), *PLAIN),
    "divided by what comes": (node("Div", "mean", "x"), *PLAIN),
    "a matrix before": (node("MatMul", "T1", "x"), *PLAIN[1:]),
    "a product too many": (node("MatMul", "W1"), *[node("MatMul", "W3")] * 64, *HEAD),
    "dropout that trains": (node("Dropout", "mean", "to"), *PLAIN),
    "no layer": (node("Relu"),),
    "a sign": (PLAIN[0], node("Sign"), *HEAD),
    "a sign at the end": (*PLAIN, node("Sign")),
    "no layer before an activation": (node("Sub", "pixels"), node("Relu"), *PLAIN),
    "a vector for a matrix": (node("MatMul", "b1"), *PLAIN[1:]),
    "nothing to add": (PLAIN[0], node("Add"), *PLAIN[1:]),
    "a tensor for epsilon": (PLAIN[0], node("BatchNormalization", *NORM, epsilon=[1.0]), *HEAD),
    "a scaler of nothing": (node("Scaler"), *PLAIN),
}
SAYS = {
    "GELU": "the graph has the node Gelu t2, which is not read there.",
    "26 letters": "array W2 has shape (50, 26), expected (50, 10).",
    "huge": "array W1 holds 156,800 bytes, expected",
    "external": "the graph has the node MatMul t1, which is not read there.",
    "a constant in a node": "the graph has 1,0",
    "many nodes": "the file is damaged, cut short, or of too many parts.",
    "two inputs": "found 2 inputs, functions, or an initialiser that is there twice, expected",
}


@pytest.mark.parametrize("name", [*OF_MODEL, *OF_NODES])
def test_what_is_no_chain_of_layers_is_refused_by_its_node(name):
    parse_weights(model(*PLAIN, **HELD))  # from which each differs
    content = OF_MODEL[name] if name in OF_MODEL else model(*OF_NODES[name], **HELD)
    assert refusal_of(parse_weights, content).startswith(SAYS.get(name, ""))
