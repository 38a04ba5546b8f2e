"""The interpreter reads what NumPy writes, as the standard unpickler does, and runs nothing."""

import collections
import pickle
import pickletools
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import pickles
from support.nets import native, same_bits
from support.pickles import STATE, a_global, array, call, one_layer, pickled, push, stack_global
from support.refusals import refusal_of

from mnist_cli.errors import FormatError
from mnist_cli.weights.arrays import make_array
from mnist_cli.weights.unpickle import MAX_OPERATIONS, interpret, read_array

refusal = partial(refusal_of, interpret)

BUFFER = (push(b"abcd"), pickles.dtype(), push((1,)), push("C"))


def changed(values, index, value):
    """The values with one exchanged."""
    return (*values[:index], value, *values[index + 1 :])


def spoilt(values):
    """The values with one too few, one too many, or one exchanged for what belongs nowhere."""
    yield (*values, pickle.NONE)
    for index in range(len(values)):
        yield (*values[:index], *values[index + 1 :])
        for wrong in (9, ("1",)):
            yield changed(values, index, push(wrong))


def of_dtype(**options):
    return array(state=changed(STATE, 2, pickles.dtype(**options)))


def encoded(*arguments):
    """An array of bytes that were encoded so."""
    return array(state=changed(STATE, 4, call(pickles.ENCODE, *arguments)))


# Each is an array as NumPy writes it but for one thing.
GOOD_USES = [array(), encoded(push("abcd"), push("latin1")), call(pickles.FROMBUFFER, *BUFFER)]
MISUSES = [
    *(array(arguments=each) for each in spoilt(pickles.RECONSTRUCTED)),
    *(array(state=each) for each in spoilt(STATE)),
    *(of_dtype(arguments=each) for each in spoilt(pickles.DTYPE_ARGUMENTS)),
    *(of_dtype(state=each) for each in spoilt(pickles.DTYPE_STATE)),
    *(encoded(*each) for each in spoilt((push("abcd"), push("latin1")))),
    *(call(pickles.FROMBUFFER, *each) for each in spoilt(BUFFER)),
    # What comes nearer to the truth.
    *(array(function) for function in (pickles.NDARRAY, pickles.DTYPE, push("os.system"))),
    array(arguments=changed(pickles.RECONSTRUCTED, 0, pickles.DTYPE)),
    array(arguments=changed(pickles.RECONSTRUCTED, 2, push(b"O"))),
    *(array(state=changed(STATE, 1, push((each,)))) for each in (True, -1)),
    array(state=changed(STATE, 2, call(pickles.DTYPE, *pickles.DTYPE_ARGUMENTS))),
    call(pickles.RECONSTRUCT, *pickles.RECONSTRUCTED) + pickle.EMPTY_DICT + pickles.BUILD,
    of_dtype(state=changed(pickles.DTYPE_STATE, 1, push("="))),
    *(encoded(push("abcd"), push(codec)) for codec in ("zip", "latin-1")),
    pickles.NDARRAY + pickle.EMPTY_DICT + pickles.BUILD,
    pickle.EMPTY_DICT + pickles.NDARRAY + pickle.NONE + pickle.SETITEM,
    call(a_global("collections", "OrderedDict"), push(())),
]


def test_a_permitted_global_in_any_use_but_numpys_makes_no_array():
    assert all(read_array(interpret(pickled(use))) is not None for use in GOOD_USES)
    for number_of_use, use in enumerate(MISUSES):
        try:
            value = interpret(pickled(use))
        except FormatError:
            continue
        assert read_array(value) is None, number_of_use


@st.composite
def arrays(draw):
    """Arrays of any bits and both byte orders, also views in all of their layouts."""
    dtype = np.dtype(draw(st.sampled_from(["<f4", ">f4", "<f8", ">f8"])))
    shape = draw(st.lists(st.integers(1, 5), min_size=1, max_size=3))
    bits = np.random.default_rng(draw(st.integers(0, 99))).bytes(np.prod(shape) * dtype.itemsize)
    array = np.frombuffer(bits, dtype).reshape(shape)  # which is read-only
    layouts = np.copy, np.asarray, np.asfortranarray, np.transpose, np.flipud, lambda a: a[..., ::2]
    return draw(st.sampled_from(layouts))(array)


@given(
    values=st.dictionaries(st.text(max_size=10), arrays(), max_size=4),
    protocol=st.integers(0, 5),
    make=st.sampled_from([dict, collections.OrderedDict]),
)
def test_reads_what_numpy_writes_as_the_standard_unpickler_does(values, protocol, make):
    content = pickle.dumps(make(values), protocol)
    found, expected = interpret(content), pickle.loads(content)
    assert list(found) == list(expected)
    found = {key: make_array(key, read_array(value)) for key, value in found.items()}
    assert same_bits(found, native(expected))


@given(st.binary(max_size=300))
def test_python_2_text_is_read_as_bytes(data):
    quoted = repr(data).removeprefix("b").encode()  # as Python 2's repr() of it
    assert interpret(pickle.STRING + quoted + b"\n.") == data.decode("latin-1")


# What hostile-file scanners have missed before: plain calls, NumPy's own file readers, names that
# almost are in the table, a dotted path through a module that is, and Python 2's names.
@pytest.mark.parametrize(
    "name",
    [
        *("os system", "builtins eval", "pickle loads", "__builtin__ xrange", "codecs encode"),
        *("collections OrderedDict.fromkeys", "numpy load", "Numpy dtype", "numpy "),
        *("numpy ndarray.tofile", "numpy core.multiarray._reconstruct"),
    ],
)
def test_a_global_outside_the_table_is_refused_by_name_wherever_it_is(name):
    for make in (a_global, stack_global):
        hostile = make(*name.split(" "))
        shown = name.replace(" ", ".")
        call_it = pickles.weights_file(one_layer(), push("b2"), call(hostile, push("exit 3")))
        for content in (pickled(hostile), call_it):
            words = f"asks to call {shown}: this is not a weights file; nothing was run."
            assert refusal(content).startswith(words)
    assert len(refusal(pickled(stack_global("\x1b[2J\r\n\u202e\udc80", "x" * 100_000)))) < 300


def test_operations_that_numpy_s_pickles_never_need_are_refused():
    never = """
        INST OBJ NEWOBJ NEWOBJ_EX EXT1 EXT2 EXT4 PERSID BINPERSID NEXT_BUFFER READONLY_BUFFER
        LIST EMPTY_LIST APPEND APPENDS EMPTY_SET ADDITEMS FROZENSET FLOAT BINFLOAT BINUNICODE8
        BINBYTES8 LONG4 POP POP_MARK DUP
    """
    operations = {each.name: each.code.encode("latin-1") for each in pickletools.opcodes}
    for name in never.split():
        # Enough values, bytes and lines for any operation to work on.
        start = pickle.NONE * 4 + pickles.MARK + pickle.NONE * 4 + operations[name]
        said = [refusal(start + more) for more in (b"1\n" * 300, b"\x01" + bytes(300))]
        unlisted = f"needs the pickle operation {name}: this is not a weights"
        assert any(unlisted in each for each in said), name


def test_values_without_bottom_are_refused_or_ignored_within_the_budget():
    deep = pickle.NONE + pickle.TUPLE1 * (MAX_OPERATIONS - 10)
    itself = pickle.EMPTY_DICT + pickle.BINPUT + b"\x09" + push("a") + pickle.BINGET + b"\x09"
    for value in (deep, itself + pickle.SETITEM):
        # Here the deep value is compared with an expected one.
        content = pickled(call(pickles.RECONSTRUCT, pickles.NDARRAY, value))
        assert read_array(interpret(content)) is None
        interpret(pickled(pickles.dictionary(push("W1"), value)))
    for operation in (pickle.NONE, pickles.MARK, pickle.EMPTY_TUPLE, b"N\x85"):
        said = refusal(operation * (MAX_OPERATIONS + 1) + pickle.STOP)
        assert said == "takes more than 10,000 pickle operations."
