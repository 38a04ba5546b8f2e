"""Weights files from strangers: one test a class of fault, then a fuzzer and a watched child."""

import io
import pickle
import struct
import subprocess
import sys
import time
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from safetensors.numpy import load, save
from support import limited, pickles
from support.mutated import mutated
from support.nets import native, same_bits
from support.pickles import a_global, call, items, number, one_layer, pickled, text, weights_file
from support.refusals import refusal_of

from mnist_cli.errors import FileError, FormatError
from mnist_cli.weights.formats import MAX_BYTES
from mnist_cli.weights.unpickle import MAX_OPERATIONS
from mnist_cli.weights.weights_file import parse_weights, read_weights

DAMAGED_ARCHIVE = "the ZIP archive is damaged, cut short or too long a list."
DAMAGED = "The file is damaged; get it again with 'mnist download'."
SMALLER = "'mnist train --hidden 100,50' makes smaller ones."


refusal = partial(refusal_of, parse_weights)


def arrays(**changed: np.ndarray) -> dict[str, np.ndarray]:
    return {"W1": np.zeros((784, 10), "f4"), "b1": np.zeros(10, "f4")} | changed


def npz(save=np.savez, **members: np.ndarray) -> bytes:
    archive = io.BytesIO()
    save(archive, **(members or arrays()))
    return archive.getvalue()


def npy(array: np.ndarray, header: str | None = None) -> bytes:
    """A .npy file, or one with another header."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    if header is None:
        return file.getvalue()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + array.tobytes()


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    archive = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a name that is there twice
        with zipfile.ZipFile(archive, "w", method) as file:
            for name, content in members:
                file.writestr(name, content)
    return archive.getvalue()


W1, b1 = npy(np.zeros((784, 10), "f4")), npy(np.zeros(10, "f4"))


WHOLE = [
    weights_file(one_layer()),
    npz(),
    npz(np.savez_compressed),
    zipped(("W1.npy", W1), ("b1.npy", b1)),
    save(arrays(), {"activation": "relu"}),
]


def test_the_smallest_files_load():
    """What every test below changes one thing of."""
    for content in WHOLE:
        assert same_bits(parse_weights(content).arrays, arrays())


# Pickles


def test_values_that_are_no_arrays():
    for value, kind in (
        (pickle.NONE, "NoneType"),
        (number(7), "int"),
        (text("W1"), "str"),
        (pickles.byte_string(b"W1"), "bytes"),
        (items(), "tuple"),
        (pickles.NDARRAY, "Marker"),
        (pickles.dtype(), "Call"),
        (pickles.empty_array(), "Call"),
    ):
        assert refusal(weights_file(one_layer(b1=value))) == "b1 is no array as NumPy writes it."
        assert refusal(pickled(value)) == f"holds a {kind}, expected a dictionary of arrays."
    for value in ([1.0], 1.0, {1.0}, frozenset()):
        problem = refusal(pickle.dumps({"W1": value, "b1": 0}))
        assert problem.startswith("array W1 needs the pickle operation ")


def test_text_of_python_2_that_is_no_bytes():
    state = (number(1), items(number(10)), pickles.dtype(), pickle.NEWFALSE, text("\u20ac" * 40))
    array = pickles.empty_array() + items(*state) + pickle.BUILD
    problem = refusal(weights_file(one_layer(b1=array)))
    assert problem == "array b1 holds text, expected bytes."


def test_lengths_and_shapes_that_do_not_fit():
    for shape, length, problem in (
        ((10,), 36, "array b1 holds 36 bytes, expected 40 (10 float32)"),
        ((2**62, 2**62), 40, "array b1 has shape (4611686018427387904, 4611686018427387904), expe"),
        ((), 4, "array b1 has shape (), expected (10,)"),
        ((10, 1), 40, "array b1 has shape (10, 1), expected (10,)"),
        ((1,) * 1000, 4, "array b1 has shape (1, 1, 1,"),
    ):
        content = weights_file(one_layer(b1=pickles.array(shape, bytes(length))))
        assert refusal(content).startswith(problem)
        assert "holds" not in problem or refusal(content).endswith(DAMAGED)


def test_keys_and_shapes_that_are_no_network():
    for sizes, problem in (
        ({"W1": (784, 11), "b1": (11,)}, "array W1 has shape (784, 11), expected (784, 10)."),
        (
            {"W1": (784, 0), "b1": (0,), "W2": (0, 10), "b2": (10,)},
            "array W1 has shape (784, 0), expected (784, n).",
        ),
        (
            {"W1": (7, 5), "b1": (5,), "W2": (5, 10), "b2": (10,)},
            "array W1 has shape (7, 5), expected (784, 5).",
        ),
        (
            {"W1": (784, 5), "b1": (5,), "W2": (6, 10), "b2": (10,)},
            "array W2 has shape (6, 10), expected (5, 10).",
        ),
        (
            {"W1": (784, 5), "b1": (6,), "W2": (6, 10), "b2": (10,)},
            "array b1 has shape (6,), expected (5,).",
        ),
        ({"W1": None}, "array W1 is missing: found b1, expected W1 b1."),
        ({"W3": (10, 10)}, "array W2 is missing: found W1 b1 W3, expected W1 W2 W3 b1 b2 b3."),
        ({"W0": (1, 1)}, "array W0 is too many, expected W1 b1."),
        ({"W9": (10, 10)}, f"this net has 9 layers, expected 1 to 8. {SMALLER}"),
        ({"\x1b[31m\n\u202e": (1,)}, r"array \x1b[31m\n\u202e is too many, expected W1 b1."),
    ):
        shapes = {"W1": (784, 10), "b1": (10,)} | sizes
        values = {key: np.zeros(shape, "f4") for key, shape in shapes.items() if shape is not None}
        assert refusal(pickle.dumps(values)) == problem
        assert refusal(npz(**values)) == problem


def test_arrays_by_other_names_come_with_theirs():
    W, b = np.zeros((784, 10), "f4"), np.zeros(10, "f4")
    for values in ({"arr_0": W, "arr_1": b}, {"w1": W, "b1": b}, {"W1": W, "B1": b}):
        told = refusal(npz(**values))
        assert told.endswith("is missing: found " + " ".join(values) + ", expected W1 b1. "
                             "Name them W1, b1, W2, b2 and so on.")  # fmt: skip
        assert refusal(pickle.dumps(values)) == told


def test_the_book_s_convolutional_net_is_recognised():
    shapes = [(30, 1, 5, 5), (4320, 100), (100, 10)]  # SimpleConvNet, chapter 7
    values = {}
    for layer, shape in enumerate(shapes, 1):
        values[f"W{layer}"] = np.zeros(shape)
        values[f"b{layer}"] = np.zeros(shape[0] if len(shape) == 4 else shape[1])
    assert refusal(pickle.dumps(values, 3)) == (
        "this is a convolutional net (array W1 has shape (30, 1, 5, 5)); "
        "mnist reads fully connected ones. The book's, of chapter 3, comes with 'mnist download'."
    )


def test_other_kinds_of_files_are_told_apart_with_the_way_out():
    for content, kind, way_out in (
        (b"", "found an empty file", ""),
        (b"\x89PNG\r\n\x1a\n", "found a PNG picture", ""),
        (b"W1 = [[0.1, 0.2]]", "this is no pickle of weights", ""),
        (b"\x00" * 100, "this is no pickle of weights", ""),
        (zipped(("net/data.pkl", b"")), "found a PyTorch file (.pt)", "safetensors.torch.save_"),
        (pickle.dumps(0x1950A86A20F9469CFC6C, 2), "found an old PyTorch file", "safetensors.torch"),
        (zipped(("metadata.json", b"{}")), "found a Keras file (.keras)", "numpy.savez('net.npz',"),
        (b"\x89HDF\r\n\x1a\n", "found an HDF5 file (.h5)", "numpy.savez('net.npz', W1=..., b1="),
        (b'\x08\x07\x12\x07pytorch"\x04', "found an ONNX model", "Name what it was made of."),
        (npy(np.zeros(3)), "found a single array (.npy)", "Save all arrays together: numpy.savez"),
        (b'{"recipe": "best"}', "found JSON", "If it is a card, name the weights file"),
    ):
        assert refusal(content).startswith(kind)
        assert way_out in refusal(content)


def test_a_file_cut_anywhere_is_refused():
    for content in WHOLE:
        ends = {*range(min(len(content), 600)), *range(0, len(content), 101)}
        ends |= set(range(len(content) - 600, len(content)))
        for end in sorted(end for end in ends if end >= 0):
            refusal(content[:end])


def test_nothing_may_follow():
    for content in WHOLE:
        for more in (b"\x00", b"\n", b".", weights_file(one_layer()), npz()):
            refusal(content + more)


def test_a_file_larger_than_the_cap(tmp_path):
    file = tmp_path / "w.pkl"
    with file.open("wb") as opened:
        opened.truncate(MAX_BYTES + 1)
    with pytest.raises(FileError, match="too large: 16,777,217 bytes, at most 16,777,216"):
        read_weights(file)


def test_arrays_that_are_shared_count_each_time():
    square, row = np.zeros((1000, 1000), "f4"), np.zeros(1000, "f4")
    values = {f"W{layer}": square for layer in range(2, 8)}
    values |= {"W1": np.zeros((784, 1000), "f4"), "W8": np.zeros((1000, 10), "f4")}
    values |= {f"b{layer}": row for layer in range(1, 8)} | {"b8": row[:10]}
    assert refusal(pickle.dumps(values)) == "describes arrays of more than 16,777,216 bytes."


# Archives


def test_a_member_that_is_there_twice():
    members = [("W1.npy", W1), ("b1.npy", b1), ("b1.npy", b1)]
    assert refusal(zipped(*members)) == "the array b1 is there twice."


def test_other_members_and_names_with_paths():
    for name in (
        *("b1", "b1.txt", "b1.npy.npy", "B1.npy", "b1.npy\0.npy", "archive/data.pkl"),
        *("../b1.npy", "/b1.npy", "a/b1.npy", "a\\b1.npy", "b1.npy/", "\x1b[2J.npy"),
    ):
        for members in ((("W1.npy", W1), ("b1.npy", b1)), (("W1.npy", W1),)):
            content = zipped(*members, (name.replace("\0", "0"), b1))
            refusal(content.replace(name.replace("\0", "0").encode(), name.encode()))


def test_a_member_that_is_a_pickle_or_an_object_array():
    hostile = pickled(call(a_global("os", "system"), text("exit 3")))
    problem = refusal(zipped(("W1.npy", hostile), ("b1.npy", b1)))
    assert problem == "W1.npy has a header that NumPy does not write."
    objects = npy(np.array([None]))
    problem = refusal(zipped(("W1.npy", objects), ("b1.npy", b1)))
    assert problem == "array W1 has dtype |O, expected float32 or float64."


HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (10,), }"


def test_a_header_that_is_not_the_literal_that_numpy_writes():
    for header in (
        "",
        "\n",
        HEADER.replace("10", "9 + 1"),
        HEADER.replace("10", "-10"),
        HEADER.replace("10", "010"),
        HEADER.replace("10", "9" * 30),
        HEADER.replace("10", "10.0"),
        HEADER.replace("(10,)", "(10)"),
        HEADER.replace("(10,)", "[10]"),
        HEADER.replace("(10,)", "__import__('os').system('true')"),
        HEADER.replace("'<f4'", "[('a', '<f4')]"),
        HEADER.replace("'<f4'", "'<f4' + ''"),
        HEADER.replace("False", "0"),
        HEADER.replace("}", "'more': 1}"),
        HEADER.replace("'shape': (10,), ", ""),
        HEADER + "\x00",
        HEADER + " " * 2000,
        "[" * 500,
        HEADER * 2,
    ):
        member = npy(np.zeros(10, "f4"), header)
        refusal(zipped(("W1.npy", W1), ("b1.npy", member)))


def test_a_header_that_numpy_writes():
    for header in (HEADER, HEADER + " " * 60 + "\n", HEADER.replace("10", "10L")):
        parse_weights(zipped(("W1.npy", W1), ("b1.npy", npy(np.zeros(10, "f4"), header))))
    file = io.BytesIO()
    np.lib.format.write_array(file, np.zeros(10, "f4"), version=(2, 0))
    parse_weights(zipped(("W1.npy", W1), ("b1.npy", file.getvalue())))


def test_a_shape_that_claims_gigabytes():
    for shape in ("(10, 1000000000)", "(999999999999999999, 10)"):
        member = npy(np.zeros(10, "f4"), HEADER.replace("(10,)", shape))
        problem = refusal(zipped(("W1.npy", W1), ("b1.npy", member)))
        assert problem.startswith("array b1 has shape (")


def test_a_member_that_is_too_short_or_too_long():
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for change in (-4, -1, 1, 4):
            member = b1[:change] if change < 0 else b1 + bytes(change)
            problem = refusal(zipped(("W1.npy", W1), ("b1.npy", member), method=method))
            held = f"array b1 holds {40 + change} bytes, expected 40 (10 float32)"
            assert problem == f"{held}. {DAMAGED}"


def inflating(megabytes: int, size: int, checksum: int) -> bytes:
    """An archive whose b1 has an honest header and inflates to far more than it says."""
    packer = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces = [packer.compress(b1), *(packer.compress(bytes(2**20)) for _ in range(megabytes))]
    packed = b"".join([*pieces, packer.flush()])
    return with_member(zipped(("W1.npy", W1), ("b1.npy", b1)), packed, size, checksum)


def test_a_member_that_inflates_to_far_more():
    problem = "b1.npy has a wrong checksum or length."
    assert refusal(inflating(1, len(b1), zlib.crc32(b1))) == problem  # numpy.load takes it
    assert refusal(inflating(1, len(b1) + 2**20, 0)) == problem
    truth = zlib.crc32(b1 + bytes(2**20))
    problem = "describes arrays of 16,808,704 bytes, at most 16,777,216 are read."
    assert refusal(inflating(1, MAX_BYTES, 0)) == problem  # before anything is inflated
    problem = f"array b1 holds 1,048,616 bytes, expected 40 (10 float32). {DAMAGED}"
    assert refusal(inflating(1, len(b1) + 2**20, truth)) == problem


def with_member(archive: bytes, packed: bytes, size: int, checksum: int) -> bytes:
    """The archive with other packed bytes in its last member, and a directory that fits."""
    directory = archive.index(b"PK\x01\x02")
    last_local, last_central = archive.rindex(b"PK\x03\x04"), archive.rindex(b"PK\x01\x02")
    sizes = struct.pack("<3I", checksum, len(packed), size)
    local = bytearray(archive[last_local : last_local + 36])  # 30 bytes and "b1.npy"
    local[8:10], local[14:26] = struct.pack("<H", 8), sizes
    central = bytearray(archive[directory : len(archive) - 22])
    central[last_central - directory + 10 : last_central - directory + 12] = struct.pack("<H", 8)
    central[last_central - directory + 16 : last_central - directory + 28] = sizes
    end = bytearray(archive[-22:])
    end[16:20] = struct.pack("<I", last_local + len(local) + len(packed))
    return archive[:last_local] + bytes(local) + packed + bytes(central) + bytes(end)


def test_a_member_with_bytes_behind_its_end():
    honest = zipped(("W1.npy", W1), ("b1.npy", b1))
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(b1) + packer.flush()
    parse_weights(with_member(honest, packed, len(b1), zlib.crc32(b1)))
    problem = refusal(with_member(honest, packed + b"hidden", len(b1), zlib.crc32(b1)))
    assert problem == "b1.npy has a wrong checksum or length."
    problem = refusal(with_member(honest, b"\xff" + packed, len(b1), zlib.crc32(b1)))
    assert problem == DAMAGED_ARCHIVE


def test_a_directory_that_lies():
    mismatch = "W1.npy has a wrong checksum or length."
    for offset, value, problem in (
        (6, b"\xf3\x00", DAMAGED_ARCHIVE),  # a version of zip to come
        (8, b"\x01\x00", "W1.npy is encrypted"),
        (8, b"\x20\x00", DAMAGED_ARCHIVE),  # a patch
        (10, b"\x0c\x00", mismatch),  # packed by bzip2
        (20, bytes(4), mismatch),
        (20, b"\xff\xff\xff\x7f", (mismatch, DAMAGED_ARCHIVE)),  # Python 3.13 sees it first
        (24, b"\xff\xff\xff\x7f", "describes arrays of 2,147,483,815 bytes, at most 16,777,216 "),
        (24, bytes(4), mismatch),
        (28, b"\xff\xff", DAMAGED_ARCHIVE),
        (30, b"\x04\x00", DAMAGED_ARCHIVE),
        (42, b"\x01\x00\x00\x00", "the ZIP archive is damaged, or something precedes"),
        (42, b"\xff\xff\xff\x7f", "the ZIP archive is damaged, or something precedes"),
        (46, b"W2", DAMAGED_ARCHIVE),
    ):
        content = bytearray(npz())
        entry = content.index(b"PK\x01\x02") + offset
        content[entry : entry + len(value)] = value
        assert refusal(bytes(content)).startswith(problem), (offset, value)
    for offset, value in ((12, b"\x00\x00"), (16, b"\xff\xff\xff\xff")):
        content = bytearray(npz())
        place = len(content) - 22 + offset  # the size of the directory, its place
        content[place : place + len(value)] = value
        refusal(bytes(content))


def test_members_may_not_overlap():
    content = bytearray(npz())
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = bytes(4)  # b1 begins where W1 does
    refusal(bytes(content))


def test_more_members_than_any_network_has():
    many = zipped(*[(f"b{i}.npy", b1) for i in range(2000)])
    assert refusal(many) == "the archive has more than 64 members, expected 2 to 16."


# A fuzzer, in a child that is killed when it takes more than it may


BASES = [
    *WHOLE,
    *(pickle.dumps(arrays(), protocol) for protocol in range(6)),
    pickle.dumps(arrays(b1=np.zeros(10, ">f8")), 2),
]


@hypothesis.given(st.one_of(mutated(BASES), st.binary(max_size=200)))
def fuzz(content: bytes) -> None:
    """The right arrays, namely those of the standard readers, or a `FormatError`."""
    try:
        found = parse_weights(content).arrays
    except FormatError:
        return
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
    assert same_bits(found, native(expected))


def test_mutated_and_arbitrary_files_are_read_right_or_refused(tmp_path):
    limited.run_limited("weights.test_weights_hostile:fuzz", tmp_path, seconds=1200)


# Files that are as large as a file may be, and want more

SIZE = MAX_BYTES - 20_000


def bombs() -> Iterator[bytes]:
    astral = "\U0001f600".encode() + b"a" * SIZE
    long_text = pickle.BINUNICODE + struct.pack("<I", len(astral)) + astral
    yield pickled(long_text)
    framed = long_text + pickle.MEMOIZE + pickle.BINGET + b"\x00" + pickle.STACK_GLOBAL
    del astral, long_text
    yield pickled(pickle.FRAME + struct.pack("<Q", len(framed)), framed, protocol=4)
    del framed
    yield pickle.UNICODE + b"\\U0001F600" + b"a" * SIZE + b"\n."
    yield pickle.STRING + b"'" + b"a" * SIZE + b"'\n."
    yield pickle.STRING + b"'" + rb"\x41" * (SIZE // 4) + b"'\n."
    yield pickle.STRING + b"'" + rb"\\" * (SIZE // 2) + b"'\n."
    for number_line in (pickle.INT, pickle.LONG, pickle.GET, pickle.NONE + pickle.PUT):
        yield number_line + b"9" * SIZE + b"\n."
    for operation in (pickles.MARK, pickle.NONE, pickle.EMPTY_TUPLE, pickle.EMPTY_DICT):
        yield operation * SIZE + pickle.STOP
    yield pickled(pickle.NONE + pickle.TUPLE1 * SIZE)
    yield pickled(pickle.NONE + pickle.TUPLE1 * (MAX_OPERATIONS - 10))
    again = call(pickles.ENCODE, pickle.BINGET + b"\x00", text("latin1"))
    yield pickled(text("a" * SIZE), pickle.BINPUT + b"\x00", again * 300, protocol=2)
    yield npz(np.savez_compressed, **arrays(W1=np.zeros((784, 2**14), "f8")))
    yield inflating(400, len(b1), zlib.crc32(b1))
    yield b"PK\x03\x04" + b"PK\x01\x02" * (SIZE // 4)
    yield hidden_directory()
    half = f'{{"b1":{{"dtype":"BF16","shape":[{SIZE // 2}],"data_offsets":[0,{SIZE}]}}}}'
    for header, data in (
        (half, bytes(SIZE)),
        ("[" * SIZE, b""),
        (f'{{"a":[{"{}," * 33_000}0]}}', b""),
    ):
        yield struct.pack("<Q", len(header)) + header.encode() + data


def hidden_directory() -> bytes:
    """An archive of one member, whose comment is the zip64 record of 360,000 members."""
    member = b"PK\x01\x02" + bytes(42)
    count = SIZE // len(member)
    size = (count - 1) * 46  # all but the first, which makes the file look like an archive
    zip64 = struct.pack("<4sQ2H2I4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, size, 46)
    zip64 += struct.pack("<4sIQI", b"PK\x06\x07", 0, count * 46, 1)
    last = member[:32] + struct.pack("<H", len(zip64)) + member[34:]
    directory = 46 + len(zip64), (count - 1) * 46
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, 1, 1, *directory, 0)
    return b"PK\x03\x04" + member[4:] + member * (count - 2) + last + zip64 + end


def read_bombs() -> None:
    """The child: each must be refused within three seconds of its own processor time."""
    for count, content in enumerate(bombs()):
        before = time.process_time()
        with pytest.raises(FormatError):
            parse_weights(content)
        assert time.process_time() - before < 3, count


def test_bombs_stay_within_memory_and_time(tmp_path):
    limited.run_limited("weights.test_weights_hostile:read_bombs", tmp_path, seconds=60)


# A child that is watched

WATCHED = """
import sys
from pathlib import Path
from mnist_cli.errors import MnistError
from mnist_cli.weights.weights_file import read_weights

def read(file):
    try:
        read_weights(file).network()
    except MnistError:
        pass

files = [str(file) for file in Path(sys.argv[1]).iterdir()]
for file in files:
    if "good" in file:
        read(file)  # warm-up: what is imported on first use
seen = []
sys.addaudithook(lambda event, arguments: seen.append((event, arguments)))
for file in files:
    seen.clear()
    read(file)
    # Reading asks for nothing else than to open the file, once, for reading, and its card; the
    # headers of arrays are parsed as literals, for which Python has the word "compile".
    unexpected = [each for each in list(seen) if each[0] not in ("open", "compile")]
    opened = [arguments for event, arguments in list(seen) if event == "open"]
    assert opened[0][0] == file, opened
    names = {str(arguments[0]) for arguments in opened[1:] if type(arguments[0]) is not int}
    assert names <= {str(Path(file).with_suffix(".json"))}, opened  # the others are descriptors
    assert not unexpected, unexpected
"""


def test_reading_opens_no_other_file_starts_nothing_and_imports_nothing(tmp_path):
    hostile = call(a_global("os", "system"), text("exit 3"))
    files = {
        "good pickle": weights_file(one_layer()),
        "good archive": npz(np.savez_compressed),
        "call": weights_file(one_layer(b1=hostile)),
        "import": weights_file(one_layer(b1=a_global("this", "s"))),
        "instance": pickled(pickles.MARK + b"ios\nsystem\n"),
        "no weights": b"<html>",
        "archive of a pickle": zipped(("W1.npy", pickled(hostile))),
        "archive of objects": zipped(("W1.npy", npy(np.array([None])))),
        "cut": weights_file(one_layer())[:-100],
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    subprocess.run([sys.executable, "-W", "error", "-c", WATCHED, str(tmp_path)], check=True)


def test_an_error_is_one_line_with_the_file_the_fault_and_the_next_step(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("w\x1b.pkl").write_bytes(weights_file(one_layer(b1=a_global("os", "system"))))
    with pytest.raises(FormatError) as refused:
        read_weights("w\x1b.pkl")
    assert str(refused.value) == (
        "w\\x1b.pkl: asks to call os.system: this is not a weights file; nothing was run. "
        "'mnist download' gets the book's weights."
    )
