"""Safetensors and state_dicts: the order of layers, batch normalisation by PyTorch's formulas."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import save
from support import textbook
from support.nets import random_arrays, same_bits, state_dict
from support.refusals import refusal_of

from mnist_cli import load_images
from mnist_cli.weights.weights_file import parse_weights


def test_our_names_are_read_bit_for_bit_with_the_activation():
    for dtype, stated in (("f4", "relu"), ("f8", "ReLU")):
        arrays = random_arrays(784, 7, 10, dtype=dtype)
        file = parse_weights(save(arrays, {"activation": stated, "format": "np"}))
        assert (file.format, file.activation) == ("safetensors", "relu")
        assert same_bits(file.arrays, arrays)
    assert parse_weights(save(arrays, {"format": "pt"})).known_activation is None
    told = refusal_of(parse_weights, save(arrays, {"activation": "gelu"}))
    expected = "sigmoid, relu, tanh, step or identity. No other is computed."
    assert told == f"the activation is 'gelu', expected {expected}"


def test_half_floats_become_the_float32_of_the_same_value():
    halves = state_dict(["fc."], 784, 10, dtype="f2")
    W, b = (array.T.astype("f4", order="C") for array in halves.values())
    assert same_bits(parse_weights(save(halves)).arrays, {"W1": W, "b1": b})
    # bfloat16 is the upper half of a float32: 1, -2, NaN, infinity, the smallest of all
    values = [0x3F80, 0xC000, 0x7FC0, 0x7F80, 0x0001, 0, 0x8000, 0x3F00, 0x4120, 0xC2C8]
    content = save({"W1": np.zeros((784, 10), "u2"), "b1": np.array(values, "<u2")})
    header = content.replace(b'"U16"', b'"BF16"')
    length = len(header) - len(content) + int.from_bytes(content[:8], "little")
    found = parse_weights(length.to_bytes(8, "little") + header[8:]).arrays["b1"]
    expected = [1, -2, np.nan, np.inf, 2.0**-133, 0, -0.0, 0.5, 10, -100]
    np.testing.assert_array_equal(found, np.array(expected, "f4"))
    assert np.signbit(found[6])


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        ([""], (784, 10)),
        (["0.", "2.", "4."], (784, 50, 100, 10)),  # the book's sizes, which say no more
        ([f"fc{i}." for i in range(3, 11)], (784, 9, 8, 7, 6, 5, 4, 3, 10)),
        ([f"net.{i:02}.linear." for i in range(8)], (784, *[10] * 8)),  # 5,040 ways to chain
        (("z.", "y.", "x.", "w."), (784, 10, 20, 50, 10)),
        (("in.", "hidden2.", "hidden10.", "out."), (784, 50, 50, 50, 10)),  # numbers tell
        (("0.", "001.", "01.", "1.", "2."), (784, 10, 10, 10, 10, 10)),
    ],
)
def test_layers_come_in_the_order_in_which_their_shapes_chain(names, sizes):
    tensors = state_dict(names, *sizes)
    for order in (sorted(tensors), sorted(tensors, reverse=True)):
        file = parse_weights(save({name: tensors[name] for name in order}))
        assert same_bits(file.arrays, random_arrays(*sizes))
        assert file.known_activation == ("sigmoid" if len(sizes) == 2 else None)


def linear(inputs, outputs, *, bias=True, seed=0):
    """What ``nn.Linear`` holds."""
    rng = np.random.default_rng([seed, inputs, outputs])
    weight = rng.normal(0, 0.1, (outputs, inputs)).astype("f4")
    return {"weight": weight} | ({"bias": rng.normal(size=outputs).astype("f4")} if bias else {})


def norm(size, *, affine=True, seed=0):
    """What ``nn.BatchNorm1d`` holds; one variance is 0, which only eps saves."""
    rng = np.random.default_rng([seed, size])
    variance = rng.uniform(0.2, 3, size).astype("f4")
    variance[0] = 0
    parts = {"running_mean": rng.normal(size=size).astype("f4"), "running_var": variance}
    if affine:
        parts |= {name: rng.normal(1, 0.5, size).astype("f4") for name in ("weight", "bias")}
    return parts | {"num_batches_tracked": np.array(7)}


def tensors_of(modules):
    """The tensors of modules by their names; what is a text has none."""
    held = {name: each for name, each in modules.items() if not isinstance(each, str)}
    return {f"{name}.{part}": array for name, each in held.items() for part, array in each.items()}


def forward(modules, x):
    """What PyTorch's ``eval()`` computes of images (N, 784), module by module, in float64."""
    for each in modules.values():
        if isinstance(each, str):
            x = getattr(textbook, each)(x)
        elif "running_var" in each:
            x = (x - each["running_mean"]) / np.sqrt(each["running_var"].astype("f8") + 1e-5)
            x = x * each.get("weight", 1) + each.get("bias", 0)
        else:
            x = x @ each["weight"].T.astype("f8") + each.get("bias", 0)
    return x


def in_sequence(*modules):
    """By the names that ``nn.Sequential`` gives them; None takes a place, as Dropout does."""
    return {f"net.{i}": each for i, each in enumerate(modules) if each is not None}


FIRST, SECOND, LAST = linear(784, 30), linear(30, 30, seed=1), linear(30, 10)
BARE, NORM, OTHER = linear(784, 30, bias=False), norm(30), norm(30, seed=1)

NETS = {
    "before the activation": in_sequence(None, FIRST, NORM, "relu", SECOND, OTHER, "relu", LAST),
    "after the activation": in_sequence(FIRST, "relu", NORM, SECOND, None, "relu", OTHER, LAST),
    "first of all, and last": in_sequence(norm(784), FIRST, "sigmoid", LAST, norm(10)),
    "no bias, no parameters": in_sequence(BARE, norm(30, affine=False), "relu", LAST),
    "first and last by size": {"entry": norm(784), "fc": FIRST, "a": "relu", "head": LAST,
                               "last": norm(10)},
}  # fmt: skip


@pytest.mark.parametrize("name", NETS)
def test_batch_normalisation_becomes_part_of_a_layer(name):
    modules = NETS[name]
    activation = "sigmoid" if "sigmoid" in modules.values() else "relu"
    file = replace(parse_weights(save(tensors_of(modules))), asked=activation)
    x = load_images()[:200].reshape(-1, 784) / 255
    found = file.network().logits(x)
    np.testing.assert_allclose(found, forward(modules, x), rtol=1e-4, atol=1e-3)


def net(**changed):
    """A net with batch normalisation, but for these tensors; those that are None it lacks."""
    changed = {name.replace("_", ".", 1): array for name, array in changed.items()}
    tensors = tensors_of({"fc": FIRST, "bn": NORM, "out": LAST}) | changed
    return {name: array for name, array in tensors.items() if array is not None}


UNPLACED = (
    "cannot tell where in the net tensor {}.running_mean belongs: a state_dict does not say, before"
)
NO_LAYER = "belongs to no fully connected layer."
ZEROS = np.zeros(29, "f4")


@pytest.mark.parametrize(
    ("tensors", "says"),
    [
        *(
            (tensors_of(modules), UNPLACED.format(name))
            for name, modules in (
                ("net.2", in_sequence(FIRST, None, NORM, None, LAST)),
                ("net.2", in_sequence(FIRST, "relu", norm(29), LAST)),
                ("norm", {"fc1": FIRST, "fc2": SECOND, "norm": NORM, "out": LAST}),
                ("norm", {"fc": FIRST, "bn": norm(784), "norm": norm(784), "out": LAST}),
                ("bn", {"bn": norm(784)}),
                # Before the activation or behind it, which no name says.
                ("bn1", {"fc1": FIRST, "bn1": NORM, "fc2": LAST}),
                ("bn1", {"fc0": FIRST, "bn1": NORM, "fc1": SECOND, "fc2": LAST}),
                ("norms.0", {"hidden.0": FIRST, "norms.0": NORM, "out": LAST}),
                ("net.1", in_sequence(FIRST, NORM, LAST)),
            )
        ),
        (net(bn_weight=ZEROS), "tensor bn.weight has shape (29,), expected (30,)"),
        (net(bn_running_var=np.ones(30, "i4")), "tensor bn.running_var has dtype I32, expected"),
        (net(fc_weight=np.ones((30, 784), "i4")), "tensor fc.weight has dtype I32, expected float"),
        (net(bn_running_std=ZEROS), f"tensor bn.running_std, of shape (29,), {NO_LAYER}"),
        (net(bn_running_var=None), "tensor bn."),
        (net(cnn_weight=np.ones((8, 1, 3, 3))), "tensor cnn.weight, of shape (8, 1, 3, 3), b"),
        (net(step=np.array(5)), f"tensor step, of shape (), {NO_LAYER}"),
        (net(**{"o\x1b": ZEROS}), rf"tensor o\x1b, of shape (29,), {NO_LAYER}"),
        (net(out_weight=None), "tensor out.weight is missing"),
        (state_dict([f"fc{i}." for i in range(9)], 784, *[10] * 9), "this net has 9 layers"),
        ({}, "array W1 is missing: found none"),
        (state_dict(["a."], 784, 9), "the layers chain in no way from 784 to 10: found a.w"),
        (state_dict(["a.", "b."], 783, 50, 10), "the layers chain in no way from 784 to 10"),
        (
            state_dict(["in.", "early.", "late.", "out."], 784, 50, 50, 50, 10),
            "the layers chain in several ways from 784 to 10: found early.weight 50 -> 50, in.wei",
        ),
    ],
)  # fmt: skip
def test_what_is_no_net_that_can_be_read_is_named(tensors, says):
    assert refusal_of(parse_weights, save(tensors)).startswith(says)
