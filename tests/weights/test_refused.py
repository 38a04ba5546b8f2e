"""Bytes that are no weights, and the sentence that refuses each class of fault."""

import json
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from safetensors.numpy import save
from support import archives, pickles
from support.archives import HEADER, arrays, b1, net, npy, npz, with_header
from support.nets import random_arrays
from support.pickles import STATE, a_global, call, dictionary, one_layer, pickled, push
from support.refusals import refusal_of

from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.weights.weights_file import parse_weights

DAMAGED = "The file is damaged; get it again with 'mnist download'."


def rows(says, *contents):
    """Contents that are refused in the same words."""
    return [(says, content) for content in contents]


STATE_DICT, ARRAYS = "Save its state_dict alone: torch.save", "numpy.savez('net.npz', W1="
KINDS = [
    (f"found {kind}, expected weights (.pkl, .npz, .safetensors, .pt or .onnx).{way_out}", content)
    for content, kind, way_out in (
        (b"", "an empty file", " Get the file again"),
        (pickle.dumps(0x1950A86A20F9469CFC6C, 2), "an old PyTorch file (.pt)", f" {STATE_DICT}"),
        (archives.zipped(("metadata.json", b"")), "a Keras file (.keras)", " Save its arrays: "),
        (b1, "a single array (.npy)", f" Save all arrays together: {ARRAYS}"),
        (b'{"recipe": "best"}', "JSON", " If it is a card, name the weights file"),
    )
]

NONE, MARK, STOP, STRING = pickle.NONE, pickles.MARK, pickles.STOP, pickle.STRING
SQUARE = np.zeros((1000, 1000), "f4")  # is there once, and counts each time
SHARED = {f"W{i}": SQUARE for i in range(2, 8)} | {f"b{i}": SQUARE[0] for i in range(1, 8)}
SHARED |= {"W1": SQUARE[:784], "W8": SQUARE[:, :10], "b8": SQUARE[0, :10]}


def of_b1(value):
    return pickles.weights_file(one_layer(b1=value))


def of_shape(*shape, length=40):
    return of_b1(pickles.array(state=(push(1), push(shape), *STATE[2:4], push(bytes(length)))))


def of_key(*keys):
    return pickled(dictionary(*(key + NONE for key in keys)))


PICKLES = [
    *rows(
        "this is no pickle of weights, or it is damaged or cut short.",
        *(b"W1 = [[0.1, 0.2]]", NONE),
        pickled(NONE, protocol=6),
        # Two values, an open mark, a tuple of more values than there are.
        *(NONE + NONE + STOP, NONE + MARK + NONE + STOP, pickled(NONE, pickle.TUPLE2)),
        # A place of the memo that holds nothing, and one beyond all that there can be.
        *(pickled(pickle.BINGET, b"\x05"), pickled(NONE, pickle.LONG_BINPUT, b"\xff" * 4)),
        # Lengths beyond the file, beyond any address, and below zero; no UTF-8.
        pickled(pickle.FRAME, struct.pack("<Q", 2**62), NONE),
        *(pickled(pickle.BYTEARRAY8, struct.pack("<Q", n), b"abc") for n in (2**40, 2**63)),
        pickled(pickle.BINSTRING, struct.pack("<i", -1)),
        pickled(pickle.SHORT_BINUNICODE, b"\x01\xff"),
        # Texts without quotes, with an unknown escape, with half of one, without an end.
        *(STRING + line + b"\n." for line in (b"abc", rb"'\q'", rb"'\x4'", rb"'a\'")),
    ),
    *rows("the key a is there twice.", of_key(push("a"), push("a"))),
    *rows(
        "has a key that is not a short text, expected W1, b1 and so on.",
        *map(of_key, map(push, (1, ("a",), b"W1", "W" * 1000))),
    ),
    *rows("array W1 needs the pickle operation EMPTY_LIST: this is", pickle.dumps({"W1": [1.0]})),
    *rows(
        "b1 is no array as NumPy writes it.",
        *map(of_b1, (*map(push, (None, "W1", (), {})), pickles.NDARRAY)),
        of_b1(call(pickles.RECONSTRUCT, *pickles.RECONSTRUCTED)),  # an array that got no content
    ),
    *rows(
        "array b1 holds text, expected bytes.",
        of_shape(10).replace(push(bytes(40)), push("\u20ac" * 40)),
    ),
    *rows(f"array b1 holds 36 bytes, expected 40 (10 float32). {DAMAGED}", of_shape(10, length=36)),
    *rows("array b1 has shape (1, 1, 1,", of_shape(*[1] * 1000, length=4)),
    *rows("holds a NoneType, expected a dictionary of arrays.", pickled(NONE)),
    *rows("describes arrays of more than 16,777,216 bytes.", pickle.dumps(SHARED)),
    *(
        (f"array b1 has dtype {name}, expected float32", pickle.dumps({"b1": np.zeros(3, code)}))
        for code, name in (("i8", "int64"), ("f2", "float16"), ("O", "O8"), ("f4,f4", "V8"))
    ),
    # One that no NumPy knows.
    *rows("array b1 has dtype f4f4f4", of_b1(pickles.dtype((push("f4" * 99), *map(push, (0, 1)))))),
]


def layers(*sizes, **changed):
    return random_arrays(*sizes, scale=0) | changed


KERNELS = {"W1": np.zeros((30, 1, 5, 5)), "b1": np.zeros(30)}  # SimpleConvNet, chapter 7
NO_NET = [
    (says, held if isinstance(held, bytes) else npz(**held))
    for says, held in (
        ("array W1 has shape (784, 11), expected (784, 10).", layers(784, 11)),
        ("this net has 301 layers, expected 1 to 8.",
         save(random_arrays(784, *[1] * 300, 10))),
        ("array W1 has shape (784, 0), expected (784, n).", layers(784, 0, 10)),
        ("array W2 has shape (6, 10), expected (5, 10).", layers(784, 5, 10, W2=np.ones((6, 10)))),
        (r"array \x1b\n\u202e is too many", arrays(**{"\x1b\n\u202e": np.zeros(1)})),
        ("array W2 is missing: found W1 b1 W3, expected W1 W2 W3 b1", arrays(W3=np.zeros(1))),
        ("array W1 is missing: found w b c, expected W1 b1. Name them W1, b1, W2",
         {"w": np.zeros((784, 10)), "b": np.zeros(10), "c": np.zeros(10)}),
        ("this is a convolutional net (array W1 has shape (30, 1, 5, 5)); mnist reads fully "
         "connected ones. The book's, of chapter 3, comes with", layers(784, 9, 10, **KERNELS)),
    )
]  # fmt: skip

GOOD = npz(**arrays())
ENTRY = GOOD.index(b"PK\1\2")
BEYOND, CHECKSUM = b"\xff\xff\xff\x7f", zlib.crc32(b1)


def of_b1_shape(text):
    return with_header(HEADER.replace("(10,)", text))


def lie(place, value):
    """An archive whose list tells something else of its first member."""
    return archives.overwritten(GOOD, ENTRY + place, value)


ARCHIVES = [
    *rows("b1.npy is there twice.", archives.zipped(*[("b1.npy", b1)] * 2)),
    *rows(
        "the archive has more than 64 members, expected 2 to 16.",
        archives.zipped(*[(f"b{i}.npy", b1) for i in range(65)]),
    ),
    *rows("array b1 has dtype |O, expected float32 or float64.", net(npy(np.array([None])))),
    *rows(
        "b1.npy has a header that NumPy does not write.",
        net(pickled(call(a_global("os", "system"), push("exit 3")))),
        *map(with_header, ("", "[" * 500, HEADER + " " * 2000)),
        *(of_b1_shape(shape) for shape in ("(10)", "__import__('os').abort()")),
    ),
    *(
        (f"array b1 has shape ({shape}", of_b1_shape(f"({shape})"))
        for shape in ("-10,", "9" * 30 + ",", "10, 1000000000")
    ),
    *rows("has a member b1.txt, expected W1.npy, b1.npy ...", net(name="b1.txt")),
    *rows("array b1 is missing: found W1 ../b1, expected W1 b1.", net(name="../b1.npy")),
    *(
        (f"array b1 holds {len(each) - 128} bytes, expected 40 (10 float32). {DAMAGED}", archive)
        for each in (b1[:-1], b1 + bytes(4))
        for archive in (net(each), net(each, method=zipfile.ZIP_DEFLATED))
    ),
    *rows(
        "b1.npy has a wrong checksum or length.",
        archives.inflating(1, len(b1), CHECKSUM),  # numpy.load takes it
        archives.packed_as(archives.deflated(b1) + b"hidden", len(b1), CHECKSUM),
    ),
    *rows("describes arrays of 16,808,704 bytes, at most", archives.inflating(1, MAX_BYTES, 0)),
    *rows("W1.npy is encrypted.", lie(8, b"\x01\x00")),
    *rows(  # packed by bzip2, into nothing, made of nothing, packed beyond the end
        ("W1.npy has a wrong checksum or length.", "the ZIP archive is damaged, cut short"),
        *(lie(10, b"\x0c\x00"), lie(20, bytes(4)), lie(24, bytes(4)), lie(20, BEYOND)),
    ),
    *rows(
        "the ZIP archive is damaged, cut short or too long a list.",
        archives.packed_as(b"\xff" + archives.deflated(b1), len(b1), CHECKSUM),
        # A patch, a name beyond the end, another name.
        *(lie(8, b"\x20\x00"), lie(28, b"\xff\xff"), lie(46, b"W2")),
        archives.overwritten(GOOD, GOOD.rindex(b"PK\1\2") + 42, bytes(4)),  # both in one place
    ),
    *rows(
        "the ZIP archive is damaged, or something precedes or follows it.",
        *(lie(42, BEYOND), archives.overwritten(GOOD, len(GOOD) - 10, bytes(2))),
    ),
]


def by_hand(header, body=b""):
    return struct.pack("<Q", len(header)) + header + body


def tensor(name, shape, begin, end, size=0, dtype="F32"):
    """A safetensors file of one tensor that claims to lie there, among so many bytes."""
    described = {"dtype": dtype, "shape": shape, "data_offsets": (begin, end)}
    return by_hand(json.dumps({name: described}).encode(), bytes(size))


WHOLE = save(arrays())
BODY = 8 + int.from_bytes(WHOLE[:8], "little")
SAFETENSORS = [
    *rows("the header claims 3 bytes, expected at most 100,000, with", by_hand(b"{ }")[:-1]),
    *rows("the header claims 100,", save(arrays(), {"note": "x" * 100_000})),
    *rows(
        "the header is no JSON, or names something twice.",
        by_hand(b'{"a":' + b"[" * 40_000 + b"]" * 40_000 + b"}"),
        *(by_hand(b'{"\xff":1}'), by_hand(b'{"__metadata__":5}')),
        by_hand(WHOLE[8:BODY].rstrip()[:-1] + b"," + WHOLE[9:BODY], WHOLE[BODY:]),
    ),
    *rows(
        "the file is damaged: Error while deserializing: ",
        *(tensor("b1", [10], 4, 44, 44), tensor("b1", [2**62, 2**62], 0, 40, 40)),
    ),
    *rows("array b1 has dtype C64, expected float", tensor("b1", [5], 0, 40, 40, dtype="C64")),
    # It takes no memory for a bias of so many zeros.
    *rows("tensor a.weight, of shape (1099511627776, 0)", tensor("a.weight", [2**40, 0], 0, 0)),
]


@pytest.mark.parametrize(
    ("says", "content"),
    [
        pytest.param(*row, id=f"{kind} {number}")
        for kind, table in (
            *(("other", KINDS), ("pickle", PICKLES), ("net", NO_NET)),
            *(("archive", ARCHIVES), ("safetensors", SAFETENSORS)),
        )
        for number, row in enumerate(table)
    ],
)
def test_what_is_no_weights_is_refused_in_a_sentence(says, content):
    assert refusal_of(parse_weights, content).startswith(says)
