"""The interpreter reads what NumPy writes, as the standard unpickler does, and runs nothing."""

import collections
import io
import pickle
import pickletools
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from support import pickles
from support.nets import native, same_bits
from support.pickles import a_global, call, items, number, pickled, stack_global, text, truth

from mnist_cli.errors import FormatError
from mnist_cli.weights.unpickle import MAX_OPERATIONS, interpret, read_array

# What hostile-file scanners have missed before: plain calls, NumPy's own file readers, names that
# almost are in the table, a dotted path through a module that is, and Python 2's names.
FORBIDDEN_GLOBALS = [
    ("os", "system"),
    ("builtins", "eval"),
    ("builtins", "bytearray"),
    ("__builtin__", "xrange"),  # of which the standard unpickler would make builtins.range
    ("pickle", "loads"),
    ("copyreg", "_reconstructor"),
    ("codecs", "encode"),
    ("_codecs", "lookup"),
    ("collections", "OrderedDict.fromkeys"),
    ("numpy", "load"),
    ("numpy", "ndarray.tofile"),
    ("numpy", "core.multiarray._reconstruct"),
    ("numpy.core.multiarray", "fromfile"),
    ("numpy.core.multiarray", "scalar"),
    ("numpy.f2py.crackfortran", "getlincoef"),
    ("Numpy", "dtype"),
    ("numpy", ""),
    ("", "dtype"),
]

STATE = (number(1), items(number(1)), pickles.dtype(), truth(False), pickles.byte_string(b"abcd"))
FLAGS = (truth(False), truth(True))
DTYPE_ARGUMENTS = (text("f4"), *FLAGS)
DTYPE_STATE = (number(3), text("<"), *[pickle.NONE] * 3, number(-1), number(-1), number(0))
BUFFER = (pickles.byte_string(b"abcd"), pickles.dtype(), items(number(1)), text("C"))


def changed(values, index, value):
    """The values with one exchanged."""
    return (*values[:index], value, *values[index + 1 :])


def spoilt(values):
    """The values with one too few, one too many, or one exchanged for what belongs nowhere."""
    yield (*values, pickle.NONE)
    for index in range(len(values)):
        yield (*values[:index], *values[index + 1 :])
        for wrong in (number(9), items(text("1"))):
            yield changed(values, index, wrong)


def array_of(function=pickles.RECONSTRUCT, arguments=pickles.RECONSTRUCTED, state=STATE):
    """An array as NumPy pickles it, or with something else in a place."""
    return call(function, *arguments) + items(*state) + pickles.BUILD


def dtype_of(arguments=DTYPE_ARGUMENTS, state=DTYPE_STATE):
    """An array of such a dtype."""
    dtype = call(pickles.DTYPE, *arguments) + items(*state) + pickles.BUILD
    return array_of(state=changed(STATE, 2, dtype))


def encoded(*arguments):
    """An array of bytes that were encoded so."""
    return array_of(state=changed(STATE, 4, call(pickles.ENCODE, *arguments)))


# Each is an array as NumPy writes it but for one thing.
GOOD_USES = [
    array_of(),
    dtype_of(),
    encoded(text("abcd"), text("latin1")),
    call(pickles.FROMBUFFER, *BUFFER),
]
MISUSES = [
    *(array_of(arguments=each) for each in spoilt(pickles.RECONSTRUCTED)),
    *(array_of(state=each) for each in spoilt(STATE)),
    *(dtype_of(arguments=each) for each in spoilt(DTYPE_ARGUMENTS)),
    *(dtype_of(state=each) for each in spoilt(DTYPE_STATE)),
    *(encoded(*each) for each in spoilt((text("abcd"), text("latin1")))),
    *(call(pickles.FROMBUFFER, *each) for each in spoilt(BUFFER)),
    # What comes nearer to the truth.
    *(array_of(function) for function in (pickles.NDARRAY, pickles.DTYPE, text("os.system"))),
    array_of(arguments=changed(pickles.RECONSTRUCTED, 0, pickles.DTYPE)),
    array_of(arguments=changed(pickles.RECONSTRUCTED, 1, items(truth(False)))),
    array_of(arguments=changed(pickles.RECONSTRUCTED, 2, pickles.byte_string(b"O"))),
    array_of(state=changed(STATE, 1, items(truth(True)))),
    array_of(state=changed(STATE, 1, items(number(-1)))),
    array_of(state=changed(STATE, 2, call(pickles.DTYPE, *DTYPE_ARGUMENTS))),
    array_of() + items(*STATE) + pickles.BUILD,
    call(pickles.RECONSTRUCT, *pickles.RECONSTRUCTED) + pickle.EMPTY_DICT + pickles.BUILD,
    dtype_of(state=changed(DTYPE_STATE, 1, text("="))),
    *(encoded(text("abcd"), text(codec)) for codec in ("zip", "latin-1")),
    encoded(pickles.byte_string(b"abcd"), text("latin1")),
    call(pickles.FROMBUFFER, *changed(BUFFER, 0, text("abcd"))),
    call(pickles.FROMBUFFER, *changed(BUFFER, 3, text("K"))),
    pickle.EMPTY_DICT + pickle.EMPTY_DICT + pickles.BUILD,
    pickles.NDARRAY + pickle.EMPTY_DICT + pickles.BUILD,
    pickle.EMPTY_DICT + pickles.NDARRAY + pickle.NONE + pickle.SETITEM,
    call(pickles.ORDERED_DICT, items()),
]

DAMAGE = {
    "empty": b"",
    "no end": pickle.NONE,
    "two values": pickle.NONE + pickle.NONE + pickle.STOP,
    "an open mark": pickle.NONE + pickles.MARK + pickle.NONE + pickle.STOP,
    "a tuple of more than there is": pickled(pickle.NONE, pickle.TUPLE2),
    "a memo index that is not there": pickled(pickle.BINGET, b"\x05"),
    "a text memo index that is not there": pickled(pickle.GET, b"5\n"),
    "a negative memo index": pickled(pickle.NONE, pickle.PUT, b"-1\n"),
    "a memo index of four billion": pickled(pickle.NONE, pickle.LONG_BINPUT, b"\xff\xff\xff\xff"),
    "items for no dictionary": pickled(pickle.NONE, pickles.MARK, pickle.SETITEMS),
    "protocol 6": pickled(pickle.NONE, protocol=6),
    "an unknown byte": b"\xff",
    "a frame beyond the file": pickled(pickle.FRAME, struct.pack("<Q", 2**62), pickle.NONE),
    "bytes beyond the file": pickled(pickle.BINBYTES, struct.pack("<I", 2**32 - 1), b"abc"),
    "a bytearray beyond the file": pickled(pickle.BYTEARRAY8, struct.pack("<Q", 2**40), b"abc"),
    "a bytearray beyond any address": pickled(pickle.BYTEARRAY8, struct.pack("<Q", 2**63), b"a"),
    "text that is not UTF-8": pickled(pickle.SHORT_BINUNICODE, b"\x01\xff"),
    "text of a negative length": pickled(pickle.BINSTRING, struct.pack("<i", -1)),
    "a text without quotes": pickle.STRING + b"abc\n.",
    "a text with an unknown escape": pickle.STRING + rb"'\q'" + b"\n.",
    "a text with half an escape": pickle.STRING + rb"'\x4'" + b"\n.",
    "a text that ends in a backslash": pickle.STRING + rb"'a\'" + b"\n.",
    "a number that is a word": pickle.LONG + b"tenL\n.",
    "a number of a million digits": pickle.INT + b"9" * 1_000_000 + b"\n.",
    "a key twice": pickled(pickles.dictionary(text("a"), pickle.NONE, text("a"), pickle.NONE)),
    "a number as a key": pickled(pickles.dictionary(number(1), pickle.NONE)),
    "a tuple as a key": pickled(pickles.dictionary(items(text("a")), pickle.NONE)),
    "bytes as a key": pickled(pickles.dictionary(pickles.byte_string(b"W1"), pickle.NONE)),
    "a key of a thousand letters": pickled(pickles.dictionary(text("W" * 1000), pickle.NONE)),
}


def as_array(record):
    """What an honest record stands for, in native byte order."""
    data = record.data.encode("latin-1") if type(record.data) is str else record.data
    array = np.frombuffer(data, record.dtype).reshape(record.shape, order=record.order)
    return array.astype(array.dtype.newbyteorder("="))


def dumped_without_memo(value: object, protocol: int) -> bytes:
    file = io.BytesIO()
    pickler = pickle.Pickler(file, protocol)
    pickler.fast = True
    pickler.dump(value)
    return file.getvalue()


floats = st.sampled_from(["<f4", ">f4", "<f8", ">f8"])
arrays = npst.arrays(dtype=floats, shape=npst.array_shapes(min_dims=1, max_dims=3, max_side=6))
layouts = st.sampled_from(
    [
        np.asarray,
        np.asfortranarray,
        lambda array: array.T,
        lambda array: array[::-1],
        lambda array: array[..., ::2],
    ]
)


@given(
    values=st.dictionaries(st.text(max_size=10), st.builds(lambda a, f: f(a), arrays, layouts)),
    protocol=st.integers(0, 5),
    make=st.sampled_from([dict, collections.OrderedDict]),
    dump=st.sampled_from([pickle.dumps, dumped_without_memo]),
    read_only=st.booleans(),
)
def test_reads_what_numpy_writes_as_the_standard_unpickler_does(
    values, protocol, make, dump, read_only
):
    for array in values.values():
        array.flags.writeable = not read_only
    content = dump(make(values), protocol)
    found = interpret(content)
    expected = pickle.loads(content)
    assert list(found) == list(expected)
    arrays = {key: as_array(read_array(value)) for key, value in found.items()}
    assert same_bits(arrays, native(expected))


@given(st.binary(max_size=300))
def test_python_2_text_is_read_as_bytes(data):
    quoted = "".join(
        # the escapes of Python 2's repr()
        {"\\": r"\\", "'": r"\'", "\n": r"\n", "\r": r"\r", "\t": r"\t"}.get(
            char, char if " " <= char <= "~" else f"\\x{ord(char):02x}"
        )
        for char in data.decode("latin-1")
    )
    for operation in (
        pickle.STRING + f"'{quoted}'\n".encode(),
        pickle.BINSTRING + struct.pack("<i", len(data)) + data,
    ):
        assert interpret(operation + pickle.STOP) == data.decode("latin-1")


@given(st.integers(-(2**63), 2**63 - 1))
def test_numbers_are_read_in_every_form(value):
    for protocol in (0, 1, 2):
        assert interpret(pickle.dumps(value, protocol)) == value
    assert interpret(pickle.INT + b"%d\n." % value) == value


def problem_of(content: bytes) -> str:
    with pytest.raises(FormatError) as refusal:
        interpret(content)
    return refusal.value.problem


def test_a_global_outside_the_table_is_refused_by_name_wherever_it_is():
    for make in (a_global, stack_global):
        for module, name in FORBIDDEN_GLOBALS:
            hostile = make(module, name)
            call_it = call(hostile, text("exit 3"))
            for content in (
                pickled(hostile),
                pickled(call_it),
                pickles.weights_file(pickles.one_layer(), text("b2"), call_it),
                pickled(items(hostile, pickle.BINPUT, b"\x07")),
                pickled(pickles.dictionary(text("W1"), hostile)),
            ):
                assert problem_of(content) == (
                    f"asks to call {module}.{name}: this is not a weights file; nothing was run"
                )


def test_the_table_holds_exactly_the_operations_that_numpy_pickles_need():
    needed = """
        PROTO FRAME STOP MARK NONE NEWTRUE NEWFALSE INT BININT BININT1 BININT2 LONG LONG1
        STRING BINSTRING SHORT_BINSTRING UNICODE BINUNICODE SHORT_BINUNICODE
        BINBYTES SHORT_BINBYTES BYTEARRAY8 TUPLE EMPTY_TUPLE TUPLE1 TUPLE2 TUPLE3
        DICT EMPTY_DICT SETITEM SETITEMS PUT BINPUT LONG_BINPUT MEMOIZE GET BINGET LONG_BINGET
        GLOBAL STACK_GLOBAL REDUCE BUILD
    """
    assert {operation.name for operation in pickletools.opcodes} > set(needed.split())
    for code, operation in pickletools.code2op.items():
        # Enough values, bytes and lines for any operation to work on.
        start = pickle.NONE * 4 + pickles.MARK + pickle.NONE * 4 + code.encode("latin-1")
        problems = [problem_of(start + more) for more in (b"1\n" * 300, b"\x01" + bytes(300))]
        refused = [
            f"needs the pickle operation {operation.name}: this is not a weights" in problem
            for problem in problems
        ]
        assert any(refused) is (operation.name not in needed.split()), operation.name


def test_a_permitted_global_in_any_use_but_numpys_makes_no_array():
    assert all(read_array(interpret(pickled(use))) is not None for use in GOOD_USES)
    for number_of_use, use in enumerate(MISUSES):
        try:
            value = interpret(pickled(use))
        except FormatError:
            continue
        assert read_array(value) is None, number_of_use


def test_damage_is_refused():
    for name, content in DAMAGE.items():
        assert problem_of(content), name


def test_another_dtype_is_refused_with_its_name_and_the_key():
    for code, name in (("i8", "int64"), ("f2", "float16"), ("c8", "complex64"), ("?", "bool")):
        for protocol in range(6):
            problem = problem_of(pickle.dumps({"b1": np.zeros(3, code)}, protocol))
            assert problem == f"array b1 has dtype {name}, expected float32 or float64"
    for code in ("f14", "i3", "b9", "f4" * 99):  # which no NumPy knows
        problem = problem_of(pickles.weights_file({"b1": pickles.dtype(code)}))
        assert problem.startswith(f"array b1 has dtype {code[:30]}")
    for code, name in (("O", "O8"), ("U3", "U3"), ("M8[s]", "M8"), ("f4,f4", "V8")):
        problem = problem_of(pickle.dumps({"b1": np.zeros(3, code)}))
        assert problem == f"array b1 has dtype {name}, expected float32 or float64"


def test_hostile_text_is_escaped_and_cut_in_messages():
    for module, name in [("\x1b[2J\r\n\u202e\udc80", "x" * 100_000), ("m" * 100_000, "\x00")]:
        problem = problem_of(pickled(stack_global(module, name)))
        assert problem.isprintable()
        assert len(problem) < 250


def test_values_without_bottom_are_refused_or_ignored_within_the_budget():
    deep = pickle.NONE + pickle.TUPLE1 * (MAX_OPERATIONS - 10)
    doubled = pickle.NONE + (pickle.MEMOIZE + pickle.BINGET + b"\x00" + pickle.TUPLE2) * 200
    itself = pickle.EMPTY_DICT + pickle.BINPUT + b"\x00" + text("a") + pickle.BINGET + b"\x00"
    for value in (deep, doubled, itself + pickle.SETITEM):
        # Here the deep value is compared with an expected one.
        array = pickled(call(pickles.RECONSTRUCT, pickles.NDARRAY, value))
        assert read_array(interpret(array)) is None
        interpret(pickled(pickles.dictionary(text("W1"), value)))


def test_operations_have_a_budget():
    for operation in (pickle.NONE, pickles.MARK, pickle.EMPTY_TUPLE, b"N\x85"):
        problem = problem_of(operation * (MAX_OPERATIONS + 1) + pickle.STOP)
        assert problem == "takes more than 10,000 pickle operations"
