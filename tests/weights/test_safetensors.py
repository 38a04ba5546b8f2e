"""Safetensors: what others write is read bit for bit, and what lies is refused in one line."""

import json
import struct
from functools import partial

import numpy as np
from safetensors.numpy import save
from support.nets import random_arrays, same_bits
from support.refusals import refusal_of

from mnist_cli.weights.weights_file import parse_weights


def state_dict(names, *sizes, dtype="f4"):
    """What PyTorch holds: weights (outputs, inputs)."""
    arrays = random_arrays(*sizes, dtype=dtype)
    return {
        f"{name}{part}": np.ascontiguousarray(arrays[f"{letter}{i}"].T)
        for i, name in enumerate(names, 1)
        for letter, part in (("W", "weight"), ("b", "bias"))
    }


def by_hand(tensors, body=b"", header=None):
    """A file with tensors as (dtype, shape, begin, end), or with any other header."""
    if header is None:
        names = ("dtype", "shape", "data_offsets")
        header = json.dumps(
            {
                name: dict(zip(names, (dtype, shape, offsets), strict=True))
                for name, (dtype, shape, *offsets) in tensors.items()
            }
        ).encode()
    return struct.pack("<Q", len(header)) + header + body


def test_our_names_are_read_bit_for_bit_with_the_activation():
    for dtype in ("f4", "f8"):
        arrays = random_arrays(784, 7, 10, dtype=dtype)
        for stated in ("relu", "ReLU", "RELU"):
            file = parse_weights(save(arrays, {"activation": stated, "format": "np"}))
            assert (file.format, file.activation) == ("safetensors", "relu")
            assert same_bits(file.arrays, arrays)
        for metadata in (None, {"format": "pt"}):
            assert parse_weights(save(arrays, metadata)).known_activation is None
        assert refusal(save(arrays, {"activation": "tanh"})).startswith(
            "the activation is 'tanh', expected sigmoid or relu"
        )


def test_pytorch_s_names_in_natural_order_turned():
    for names in (
        [f"fc{i}." for i in range(3, 11)],  # fc10 comes after fc9
        [f"layers.{i}." for i in range(0, 16, 2)],
        [f"{i}." for i in range(98, 106)],
        [f"net.{i:02}.linear." for i in range(8)],
    ):
        sizes = (784, 9, 8, 7, 6, 5, 4, 3, 10)
        content = save(dict(sorted(state_dict(names, *sizes).items())))
        file = parse_weights(content)
        assert same_bits(file.arrays, random_arrays(*sizes))
        assert file.known_activation is None


def test_the_book_s_sizes_under_pytorch_s_names_say_nothing_of_the_activation():
    file = parse_weights(save(state_dict(["0.", "2.", "4."], 784, 50, 100, 10)))
    assert (file.layer_sizes, file.known_activation) == ((784, 50, 100, 10), None)


def test_a_single_layer_without_a_prefix():
    assert same_bits(parse_weights(save(state_dict([""], 784, 10))).arrays, random_arrays(784, 10))


def test_a_layer_without_a_bias_has_zeros():
    net = state_dict(["fc1.", "fc2."], 784, 9, 10)
    del net["fc1.bias"]
    arrays = random_arrays(784, 9, 10)
    assert same_bits(parse_weights(save(net)).arrays, arrays | {"b1": np.zeros(9, "f4")})


def test_half_floats_become_the_float32_of_the_same_value():
    arrays = state_dict(["fc."], 784, 10, dtype="f2")
    file = parse_weights(save(arrays))
    assert same_bits(file.arrays, {"W1": arrays["fc.weight"].T.astype("f4", order="C"),
                                   "b1": arrays["fc.bias"].astype("f4")})  # fmt: skip
    # bfloat16 is the upper half of a float32: 1, -2, NaN, infinity, the smallest of all
    values = [0x3F80, 0xC000, 0x7FC0, 0x7F80, 0x0001, 0, 0x8000, 0x3F00, 0x4120, 0xC2C8]
    body = bytes(784 * 10 * 2) + struct.pack("<10H", *values)
    tensors = {"W1": ("BF16", [784, 10], 0, 15680), "b1": ("BF16", [10], 15680, 15700)}
    found = parse_weights(by_hand(tensors, body)).arrays["b1"]
    expected = [1, -2, np.nan, np.inf, 2.0**-133, 0, -0.0, 0.5, 10, -100]
    np.testing.assert_array_equal(found, np.array(expected, "f4"))
    assert np.signbit(found[6])


refusal = partial(refusal_of, parse_weights)


def test_what_is_no_fully_connected_net_is_named():
    net = state_dict(["fc1.", "fc2."], 784, 9, 10)
    zeros = np.zeros
    for change, words in (
        ({"conv.weight": zeros((8, 1, 3, 3), "f4")}, "tensor conv.weight, of shape (8, 1, 3, 3)"),
        ({"bn.running_mean": zeros(8, "f4")}, "tensor bn.running_mean, of shape (8,), belongs to"),
        ({"bn.weight": zeros(8, "f4")}, "tensor bn.weight, of shape (8,), belongs to no fully"),
        ({"fc3.weight": zeros((0, 9), "f4")}, "tensor fc3.weight, of shape (0, 9), belongs to no"),
        ({"step": np.array(5)}, "tensor step, of shape (), belongs to no fully connected layer"),
        ({"fc2.weight": None}, "tensor fc2.weight is missing"),
        ({"fc2.weight": zeros((10, 8), "f4")}, "the layers chain in no way from 784 to 10: found "
         "fc1.weight 784 -> 9, fc2.weight 8 -> 10"),
        ({"fc1.bias": zeros(8, "f4")}, "tensor fc1.bias has shape (8,), expected (9,)"),
        ({"fc2.weight": zeros((10, 9), "i4")}, "tensor fc2.weight has dtype I32, expected float32"),
        ({"fc2.weight\x1b": zeros((10, 9), "f4")}, r"tensor fc2.weight\x1b, of shape (10, 9), bel"),
    ):  # fmt: skip
        tensors = {name: array for name, array in (net | change).items() if array is not None}
        assert refusal(save(tensors)).startswith(words)
    for names in (["fc1."] * 0, [f"fc{i}." for i in range(9)]):
        sizes = (784, *[10] * len(names))
        words = "array W1 is missing: found none" if not names else "this net has 9 layers"
        assert refusal(save(state_dict(names, *sizes))).startswith(words)


GOOD = save(random_arrays(784, 10))
HEADER = 8 + int.from_bytes(GOOD[:8], "little")
F32 = ("F32", [10], 0, 40)
META = b'{"__metadata__":{"a":"b"},"__metadata__":{}}'


def test_no_memory_is_taken_for_a_bias_of_a_tensor_that_holds_nothing():
    shapes = {"1": [0, 784], "2": [2**40, 0], "3": [0, 2**40], "4": [10, 0]}  # which chain
    tensors = {f"{name}.weight": ("F32", shape, 0, 0) for name, shape in shapes.items()}
    assert "belongs to no fully connected layer" in refusal(by_hand(tensors))


def test_a_header_that_lies_is_refused():
    for content in (
        struct.pack("<Q", 2**63) + b"{}",  # a header beyond the file
        struct.pack("<Q", 3) + b"{}",
        by_hand({}, header=b"{" + b" " * 200_000 + b"}"),
        by_hand({}, header=b'{"a":' + b"[" * 40_000 + b"]" * 40_000 + b"}"),
        by_hand({}, header=b'{"\xff":1}'),
        by_hand({}, header=b'{"a":NaN}'),
        by_hand({}, header=b'{"a":1'),
        by_hand({}, header=b"{[]}"),
        by_hand({}, header=META),
        by_hand({}, header=b'{"__metadata__":5}'),
        by_hand({"b1": F32, "W1": ("F32", [784, 10], 40, 31400), "b2": F32}, bytes(31400)),
        by_hand({"b1": ("F32", [10], 4, 44)}, bytes(44)),  # bytes that belong to nobody
        by_hand({"b1": F32}, bytes(44)),
        by_hand({"b1": F32}, bytes(36)),
        by_hand({"b1": ("F32", [10], 0, 36)}, bytes(40)),
        by_hand({"b1": ("F32", [10], 40, 0)}, bytes(40)),
        by_hand({"b1": ("F32", [2**62, 2**62], 0, 40)}, bytes(40)),
        by_hand({"b1": ("F32", [-10], 0, 40)}, bytes(40)),
        by_hand({"b1": ("F32", [True], 0, 4)}, bytes(4)),
        by_hand({"b1": ("X32", [10], 0, 40)}, bytes(40)),
        by_hand({"b1": ("C64", [5], 0, 40)}, bytes(40)),
    ):
        refusal(content)


def test_what_the_package_would_read_is_refused_before_it_sees_it():
    assert refusal(save(random_arrays(784, 10), {"note": "x" * 100_000})).startswith(
        "the header claims 100,"
    )
    header, body = GOOD[8:HEADER], GOOD[HEADER:]
    twice = header.rstrip()[:-1] + b"," + header[1:]
    words = "the header is no JSON, or names something twice"
    assert refusal(by_hand({}, body, twice)).startswith(words)
