"""Weights files from strangers: cut, followed by more, mutated by a fuzzer, as large as may be."""

import contextlib
import io
import pickle
import struct
import sys
import time
import warnings
import zlib
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from safetensors.numpy import load, save
from support import archives, onnx_files, pickles
from support.archives import HEADER, arrays, b1, net, npy, npz, with_header
from support.limited import run_measured
from support.mutated import mutated
from support.nets import native, same_bits
from support.pickles import a_global, call, one_layer, pickled, push, weights_file
from support.refusals import refusal_of
from support.torch_files import torch_file

from mnist_cli.errors import FileError, FormatError
from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.weights.weights_file import parse_weights, read_weights

refusal = partial(refusal_of, parse_weights)

WHOLE = [
    weights_file(one_layer()),
    npz(**arrays()),
    npz(np.savez_compressed, **arrays()),
    net(),
    save(arrays(), {"activation": "relu"}),
    torch_file({"0.weight": np.zeros((10, 784), "f4"), "0.bias": np.zeros(10, "f4")}),
    archives.packed_as(archives.deflated(b1), len(b1), zlib.crc32(b1)),
    # Headers as one or another NumPy writes them.
    with_header(HEADER + " " * 60 + "\n"),
    with_header(HEADER.replace("10", "10L")),
    with_header(HEADER, version=2),
]
if find_spec("onnx"):
    WHOLE.append(onnx_files.zeros())


@pytest.mark.filterwarnings("ignore")  # NumPy's, of a header from Python 2
def test_the_smallest_files_load_but_neither_cut_nor_with_more_behind_them():
    """What the tests of refusals change one thing of."""
    for content in WHOLE:
        assert same_bits(parse_weights(content).arrays, arrays())
        for more in (b"\x00", b"\n", b".", WHOLE[0], WHOLE[1]):
            refusal(content + more)
        size = len(content)
        for end in {*range(min(size, 400)), *range(0, size, 307), *range(max(size - 400, 0), size)}:
            refusal(content[:end])


RUN = """
import conftest
from weights.test_weights_hostile import {function} as run

before = peak_megabytes()
resource.setrlimit(resource.RLIMIT_AS, (2**31, 2**31))
run()
assert peak_megabytes() <= before + 250
"""


def run_limited(function, folder, seconds):
    run_measured(RUN.format(function=function.__name__), cwd=folder, seconds=seconds)


def test_a_file_larger_than_the_cap(tmp_path):
    with (tmp_path / "w.pkl").open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    with pytest.raises(FileError, match="too large: 16,777,217 bytes, at most 16,777,216"):
        read_weights(tmp_path / "w.pkl")


BASES = [
    *WHOLE,
    *(pickle.dumps(arrays(), protocol) for protocol in range(6)),
    pickle.dumps(arrays(b1=np.zeros(10, ">f8")), 2),
]


@hypothesis.given(st.one_of(mutated(BASES), st.binary(max_size=200)))
def fuzz(content):
    """The right arrays, namely those of the standard readers, or a `FormatError`."""
    try:
        found = parse_weights(content).arrays
    except FormatError:
        return
    if b"/data.pkl" in content[:300] or content.startswith(b"\x08"):
        return  # PyTorch is not here, and ONNX has no arrays but a graph
    # Running it is safe: what was accepted names nothing but NumPy's own constructors.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if content.startswith(b"PK"):
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                expected = dict(archive)
        elif content.startswith(b"{", 8):
            expected = load(content)
        else:
            expected = pickle.loads(content, encoding="latin1")
    # Names that were changed may still say which is which; then an array may be turned.
    held = [
        sorted(np.sort(a.ravel()).tobytes() for a in each.values()) for each in (found, expected)
    ]
    assert same_bits(found, native(expected)) or ("W1" not in expected and held[0] == held[1])


def test_mutated_and_arbitrary_files_are_read_right_or_refused(tmp_path):
    run_limited(fuzz, tmp_path, seconds=1200)


SIZE = MAX_BYTES - 20_000


def part(number, content):
    """A field of Protocol Buffers that holds a message."""
    size, length = len(content), b""
    while size > 127:
        size, length = size >> 7, length + bytes([size & 127 | 128])
    return bytes([number << 3 | 2]) + length + bytes([size]) + content


def bombs():
    """Files that are as large as a file may be, and want more."""
    astral = "\U0001f600".encode() + b"a" * SIZE
    long_text = pickle.BINUNICODE + struct.pack("<I", len(astral)) + astral
    yield pickled(long_text)
    framed = long_text + pickle.MEMOIZE + pickle.BINGET + b"\x00" + pickle.STACK_GLOBAL
    del astral, long_text
    yield pickled(pickle.FRAME + struct.pack("<Q", len(framed)), framed, protocol=4)
    del framed
    yield pickle.UNICODE + b"\\U0001F600" + b"a" * SIZE + b"\n."
    for letter in (b"a", rb"\x41", rb"\\"):
        yield pickle.STRING + b"'" + letter * (SIZE // len(letter)) + b"'\n."
    for number_line in (pickle.INT, pickle.LONG, pickle.GET, pickle.NONE + pickle.PUT):
        yield number_line + b"9" * SIZE + b"\n."
    yield pickled(pickle.NONE + pickle.TUPLE1 * SIZE)
    again = call(pickles.ENCODE, pickle.BINGET + b"\x09", push("latin1"))
    yield pickled(push("a" * SIZE), pickle.BINPUT + b"\x09", again * 300, protocol=2)
    yield npz(np.savez_compressed, **arrays(W1=np.zeros((784, 2**14), "f8")))
    yield archives.inflating(400, len(b1), zlib.crc32(b1))
    yield b"PK\x03\x04" + b"PK\x01\x02" * (SIZE // 4)
    member = b"PK\x01\x02" + bytes(42)  # of an archive that has 360,000 more in its list
    count = SIZE // len(member)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, count * 46, 30, 0)
    yield b"PK\x03\x04" + bytes(26) + member * count + end
    # Of ONNX: millions of nodes, of attributes of a node, of numbers that have a field each.
    for field in (b"\x0a\x00" * (SIZE // 2), part(1, b"\x2a\x00" * (SIZE // 2))):
        yield b"\x08\x08\x12\x00" + part(7, field)
    yield b"\x08\x08\x12\x00" + part(7, part(5, b"\x25\0\0\0\0" * (SIZE // 5)))
    yield torch_file({"0.weight": np.zeros(SIZE // 8, "f2")})  # as float32 twice as large
    half = f'{{"b1":{{"dtype":"BF16","shape":[{SIZE // 2}],"data_offsets":[0,{SIZE}]}}}}'
    for header in (half, "[" * SIZE, f'{{"a":[{"{}," * 33_000}0]}}'):
        data = bytes(SIZE) if header is half else b""
        yield struct.pack("<Q", len(header)) + header.encode() + data


def read_bombs():
    """The child: each must be refused within three seconds of its own processor time."""
    for count, content in enumerate(bombs()):
        before = time.process_time()
        with pytest.raises(FormatError):
            parse_weights(content)
        assert time.process_time() - before < 3, count


def test_bombs_stay_within_memory_and_time(tmp_path):
    run_limited(read_bombs, tmp_path, seconds=60)


def read_watched():
    """The child: whatever a file holds, reading only opens that file and looks for its card."""
    hostile = call(a_global("os", "system"), push("exit 3"))
    contents = [
        *WHOLE[:3],
        weights_file(one_layer(b1=hostile)),
        weights_file(one_layer(b1=a_global("this", "s"))),
        pickled(pickles.MARK + b"ios\nsystem\n"),
        net(pickled(hostile)),
        net(npy(np.array([None]))),
    ]
    files = [Path.cwd() / f"{number}.pkl" for number in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        file.write_bytes(content)
    for file in files[:3]:
        read_weights(file).network()  # what is used for the first time is imported
    seen = []
    sys.addaudithook(lambda *event: seen.append(event))
    for file in files:
        seen.clear()
        with contextlib.suppress(FormatError):
            read_weights(file).network()
        events = list(seen)
        # The headers of arrays are parsed as literals, for which Python has the word "compile".
        assert {event for event, _ in events} <= {"open", "compile"}, events
        opened = {each[0] for event, each in events if event == "open"}
        names = {str(name) for name in opened if type(name) is not int}  # nor a descriptor
        assert names <= {str(file), str(file.with_suffix(".json"))}, names


def test_reading_opens_no_other_file_starts_nothing_and_imports_nothing(tmp_path):
    run_limited(read_watched, tmp_path, seconds=120)
