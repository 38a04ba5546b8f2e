"""A closed pickle interpreter: bytes in, plain values out, nothing executed.

A pickle is a program for a small stack machine. The standard unpickler lets that program import any
module and call anything in it; this one keeps the machine and takes away the power:

- The dispatch table is replaced. An operation that is not in it is refused by name.
- A global is looked up in a table of nine names and becomes an inert `Marker`; nothing is imported.
- REDUCE and BUILD know the markers and the exact arguments that NumPy writes, and make plain
  records of them. Nothing from the file is called, no attribute of a real object is set.
- The cost is bounded without a clock: there is a budget of operations, and each of them takes time
  and memory in proportion to the bytes that it consumes.

What comes out is made of None, bool, int, str, bytes, tuple, dict, `Marker`, `DtypeRecord` and
`ArrayRecord`. A few bytes can describe a value of enormous depth or unfolded size, so nothing that
recurses (==, hash, repr, copy) may touch one before its exact type is known; `_fits` is the way.

The operations are explained in the standard library's ``pickletools``.
"""

import codecs
import enum
import io
import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from mnist_cli.errors import FormatError, printable

MAX_OPERATIONS = 10_000  # the book's weights take 178, eight layers at protocol 0 some 700
MAX_KEY_LENGTH = 80

DTYPES = ("<f4", ">f4", "<f8", ">f8")

NOTHING_RUN = "this is not a weights file; nothing was run"


class Marker(enum.Enum):
    """What a global of a NumPy pickle turns into: a name without any power."""

    RECONSTRUCT = "numpy.core.multiarray._reconstruct"
    FROMBUFFER = "numpy.core.numeric._frombuffer"
    NDARRAY = "numpy.ndarray"
    DTYPE = "numpy.dtype"
    ENCODE = "_codecs.encode"
    ORDERED_DICT = "collections.OrderedDict"


_GLOBALS = {
    ("numpy.core.multiarray", "_reconstruct"): Marker.RECONSTRUCT,  # NumPy 1
    ("numpy._core.multiarray", "_reconstruct"): Marker.RECONSTRUCT,  # NumPy 2
    ("numpy.core.numeric", "_frombuffer"): Marker.FROMBUFFER,  # protocol 5, NumPy 1
    ("numpy._core.numeric", "_frombuffer"): Marker.FROMBUFFER,  # protocol 5, NumPy 2
    ("numpy", "ndarray"): Marker.NDARRAY,
    ("numpy", "dtype"): Marker.DTYPE,
    ("_codecs", "encode"): Marker.ENCODE,  # how Python 3 writes bytes at protocols 0 to 2
    ("collections", "OrderedDict"): Marker.ORDERED_DICT,
}


@dataclass(eq=False)
class DtypeRecord:
    """A NumPy dtype as the file describes it: REDUCE gives the code, BUILD the byte order."""

    code: str  # "f4" or "f8"
    byte_order: str = ""  # "<" or ">"; empty until BUILD


@dataclass(eq=False)
class ArrayRecord:
    """An array as the file describes it; whether its fields agree is for the reader to check."""

    shape: tuple[int, ...] = ()
    dtype: str = ""  # one of DTYPES; empty until BUILD
    order: Literal["C", "F"] = "C"
    data: bytes = b""


def interpret(content: bytes) -> object:
    """Return the value that a pickle of protocol 0 to 5 describes, without executing any of it.

    Raises `FormatError`, without a source, for everything but plain values and float arrays.
    """
    interpreter = _Interpreter(io.BytesIO(content), len(content))
    try:
        return interpreter.load()
    except _SIGNS_OF_DAMAGE:
        raise FormatError("the pickle is damaged or cut short") from None


# What the standard library's own operations raise when the bytes under them make no sense.
_SIGNS_OF_DAMAGE = (
    EOFError,
    IndexError,  # the stack, the marks or the bytes have run out
    OverflowError,  # a length beyond any address
    ValueError,  # bad text or an unknown protocol
    pickle.UnpicklingError,  # an unknown memo index or a frame that ends within an operation
    struct.error,
)


_KINDS = {
    "b": "bool",
    "i": "int",
    "u": "uint",
    "f": "float",
    "c": "complex",
    "O": "object",
    "S": "bytes",
    "U": "text",
    "V": "structured",
    "M": "datetime",
    "m": "timedelta",
}


def dtype_words(code: str) -> str:
    """Name a NumPy type code such as ``<i8`` as people do: ``int64``."""
    match = re.fullmatch(r"[<>|=]?([biufcOSUVMm])([0-9]{0,4})", code)
    if match is None:
        return printable(code)
    kind, size = match.groups()
    return _KINDS[kind] + (str(8 * int(size)) if kind in "iufc" and size else "")


def not_float(where: str, code: str) -> FormatError:
    """The error for an array whose NumPy type code is none of `DTYPES`."""
    return FormatError(f"{where} has dtype {dtype_words(code)}, expected float32 or float64")


def _fits(value: object, pattern: object) -> bool:
    """Whether `value` has exactly the form of `pattern`, walking no deeper than that goes.

    A pattern is a type (any value of exactly that type), a list (of alternatives), a tuple (of
    patterns, one an item), or a constant.
    """
    if type(pattern) is type:
        return type(value) is pattern
    if type(pattern) is list:
        return any(_fits(value, alternative) for alternative in pattern)
    if type(value) is not type(pattern):
        return False
    if type(value) is tuple and type(pattern) is tuple:
        return len(value) == len(pattern) and all(map(_fits, value, pattern))
    return value == pattern


# The forms that NumPy writes. Python 2 wrote text where Python 3 has bytes, and 0 and 1 for flags.
_FLAG = [False, True, 0, 1]
_RECONSTRUCT_ARGUMENTS = (Marker.NDARRAY, (0,), [b"b", "b"])
_FROMBUFFER_ARGUMENTS = (bytes, DtypeRecord, tuple, ["C", "F"])
_DTYPE_ARGUMENTS = (str, _FLAG, _FLAG)
_ENCODE_ARGUMENTS = (str, "latin1")
_DTYPE_STATE = (3, ["<", ">"], None, None, None, -1, -1, 0)
_ARRAY_STATE = (1, tuple, DtypeRecord, _FLAG, [bytes, str])

_BOOLEAN_LINES = {b"00": False, b"01": True}
_NUMBER_LINE = re.compile(rb"-?(0|[1-9][0-9]{0,18})")
# A backslash, once the doubled ones are gone, that does not begin what Python 2's repr() writes.
_ODD_ESCAPE = re.compile(rb"\\(?!['\"nrt]|x[0-9a-f]{2})")


_REFUSED = {
    "asks to build an object": ("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"),
    "asks for an object from a registry": ("EXT1", "EXT2", "EXT4"),
    "refers to something outside the file": ("PERSID", "BINPERSID"),
    "keeps its data outside the file": ("NEXT_BUFFER", "READONLY_BUFFER"),
    "holds a list": ("EMPTY_LIST", "LIST", "APPEND", "APPENDS"),
    "holds a set": ("EMPTY_SET", "FROZENSET", "ADDITEMS"),
    "holds a single number": ("FLOAT", "BINFLOAT"),
}
_WORDS = {name: words for words, names in _REFUSED.items() for name in names}
_NAMES = {
    code[0]: name
    for name, code in vars(pickle).items()
    if name.isupper() and type(code) is bytes and len(code) == 1
}


def _refusal(code: int) -> str:
    """What a person is told of an operation that is not in the table."""
    if code not in _NAMES:
        return f"is no weights file: byte {code:#04x} is no pickle operation"
    words = _WORDS.get(_NAMES[code], "does what no weights file needs")
    return f"{words} (pickle operation {_NAMES[code]}): {NOTHING_RUN}"


Operation = Callable[["_Interpreter"], None]

_STANDARD: dict[int, Any] = pickle._Unpickler.dispatch


class _Table(dict[int, Operation]):
    """A dispatch table in which an operation that is not listed refuses the file by name."""

    def __missing__(self, code: int) -> Operation:
        def refuse(interpreter: "_Interpreter") -> None:
            raise FormatError(f"{interpreter.where()} {_refusal(code)}")

        return refuse


def _metered(operation: Operation) -> Operation:
    def metered(interpreter: "_Interpreter") -> None:
        interpreter.operations_left -= 1
        if interpreter.operations_left < 0:
            raise FormatError(f"takes more than {MAX_OPERATIONS:,} pickle operations")
        operation(interpreter)

    return metered


class _Interpreter(pickle._Unpickler):
    """The standard stack machine; each ``_operation`` below replaces the standard one.

    Parameters
    ----------
    file, size:
        The pickle in memory and its length in bytes.
    """

    # The state of the standard machine: `stack` holds what came since the last mark, `metastack`
    # the stacks below it.
    stack: list[Any]
    metastack: list[list[Any]]
    append: Callable[[object], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]
    readline: Callable[[], bytes]
    _unframer: Any

    def __init__(self, file: io.BytesIO, size: int) -> None:
        # fix_imports off: no name is mapped to another one. latin-1: Python 2's text is any byte.
        super().__init__(file, fix_imports=False, encoding="latin-1", errors="strict")
        self.memo: dict[int, Any] = {}
        self.file, self.size = file, size
        self.operations_left = MAX_OPERATIONS
        self.encodable_left = size  # an honest file encodes each of its bytes once

    def find_class(self, module: str, name: str) -> Marker:
        """Look a global up in the closed table; nothing is imported."""
        marker = _GLOBALS.get((module, name))
        if marker is None:
            called = f"{printable(module, 60)}.{printable(name, 60)}"
            raise FormatError(f"asks to call {called}: {NOTHING_RUN}")
        return marker

    def _frame(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        if length > self.size - self.file.tell():
            raise EOFError
        self._unframer.load_frame(length)

    def _int(self) -> None:
        line = self._line()
        self.append(_BOOLEAN_LINES[line] if line in _BOOLEAN_LINES else _whole_number(line))

    def _long(self) -> None:
        self.append(_whole_number(self._line().removesuffix(b"L")))

    def _long1(self) -> None:
        length = self.read(1)[0]
        if length > 8:
            raise FormatError(f"holds a number of {length} bytes, expected at most 8")
        self.append(int.from_bytes(self.read(length), "little", signed=True))

    def _string(self) -> None:
        line = self._line()
        quote, text = line[:1], line[1:-1]
        if quote not in (b"'", b'"') or len(line) < 2 or line[-1:] != quote:
            raise FormatError("holds a text without its quotes")
        if _ODD_ESCAPE.search(text.replace(rb"\\", b"")):
            raise FormatError("holds a text with an escape that Python 2 never writes")
        self.append(codecs.escape_decode(text)[0].decode("latin-1"))

    def _bytearray8(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(self.read(length))  # the standard one allocates before it reads

    def _put(self) -> None:
        self._remember(_whole_number(self._line()))

    def _long_binput(self) -> None:
        self._remember(struct.unpack("<I", self.read(4))[0])

    def _get(self) -> None:
        index = _whole_number(self._line())
        if index not in self.memo:
            raise IndexError
        self.append(self.memo[index])

    def _dict(self) -> None:
        items = self.pop_mark()
        self.append(self._fill({}, items))

    def _setitem(self) -> None:
        items = [self.stack.pop(), self.stack.pop()]
        self._fill(self.stack[-1], items[::-1])

    def _setitems(self) -> None:
        items = self.pop_mark()
        self._fill(self.stack[-1], items)

    def _reduce(self) -> None:
        arguments = self.stack.pop()
        function = self.stack.pop()
        self.append(self._result(function, arguments))

    def _build(self) -> None:
        state = self.stack.pop()
        target = self.stack[-1]
        if type(target) is DtypeRecord and not target.byte_order and _fits(state, _DTYPE_STATE):
            target.byte_order = state[1]
        elif type(target) is ArrayRecord and not target.dtype and _fits(state, _ARRAY_STATE):
            _, shape, dtype, fortran, data = state
            self._fill_array(target, shape, dtype, "F" if fortran else "C", data)
        else:
            raise FormatError(f"sets the state of an object as NumPy never does: {NOTHING_RUN}")

    def _stop(self) -> None:
        if len(self.stack) != 1 or self.metastack:
            raise FormatError("the pickle is damaged: it does not end with exactly one value")
        if self.read(1):
            raise FormatError("more bytes follow after the end of the pickle")
        _STANDARD[pickle.STOP[0]](self)

    def _result(self, function: object, arguments: Any) -> object:
        """What calling a marker means."""
        if function is Marker.RECONSTRUCT and _fits(arguments, _RECONSTRUCT_ARGUMENTS):
            return ArrayRecord()
        if function is Marker.ORDERED_DICT and _fits(arguments, ()):
            return {}
        if function is Marker.ENCODE and _fits(arguments, _ENCODE_ARGUMENTS):
            return self._encoded(arguments[0])
        if function is Marker.DTYPE and _fits(arguments, _DTYPE_ARGUMENTS):
            if arguments[0] not in ("f4", "f8"):
                raise not_float(self.where(), arguments[0])
            return DtypeRecord(arguments[0])
        if function is Marker.FROMBUFFER and _fits(arguments, _FROMBUFFER_ARGUMENTS):
            data, dtype, shape, order = arguments
            return self._fill_array(ArrayRecord(), shape, dtype, order, data)
        name = function.value if type(function) is Marker else "something"
        raise FormatError(f"asks to call {name} in a way that NumPy never does: {NOTHING_RUN}")

    def _fill_array(
        self,
        array: ArrayRecord,
        shape: tuple[Any, ...],
        dtype: DtypeRecord,
        order: Literal["C", "F"],
        data: bytes | str,
    ) -> ArrayRecord:
        if not all(type(length) is int and length >= 0 for length in shape):
            raise FormatError(f"{self.where()} has a shape that is not whole numbers")
        if not dtype.byte_order:
            raise FormatError(f"{self.where()} has a dtype without byte order")
        array.shape, array.order = shape, order
        array.dtype = dtype.byte_order + dtype.code
        array.data = self._encoded(data) if isinstance(data, str) else data
        return array

    def _fill(self, target: object, items: list[Any]) -> dict[str, object]:
        if type(target) is not dict or len(items) % 2:
            raise FormatError("the pickle is damaged: it fills something that is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str or len(key) > MAX_KEY_LENGTH:
                raise FormatError("has a key that is not a short text, expected W1, b1 and so on")
            if key in target:
                raise FormatError(f"the key {printable(key)} is there twice")
            target[key] = value
        return target

    def _encoded(self, text: str) -> bytes:
        # The memo lets a file encode one long text again and again: hence the budget.
        self.encodable_left -= len(text)
        if self.encodable_left < 0:
            raise FormatError("describes far more bytes than it holds")
        return text.encode("latin-1")

    def _line(self) -> bytes:
        line = self.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line[:-1]

    def _remember(self, index: int) -> None:
        if not 0 <= index < MAX_OPERATIONS:
            raise FormatError(f"numbers its values up to {index}: no weights file holds so many")
        self.memo[index] = self.stack[-1]

    def where(self) -> str:
        """The array that is being made, for messages: its key is the text that came last."""
        for stack in [self.stack, *reversed(self.metastack)]:
            for value in reversed(stack):
                if type(value) is str and len(value) <= MAX_KEY_LENGTH:
                    return f"array {printable(value)}"
        return "the file"


def _whole_number(line: bytes) -> int:
    if not _NUMBER_LINE.fullmatch(line):
        raise FormatError("holds a number that is not written as one, or that is far too large")
    return int(line)


# The standard operations that only push, pair, remember and name plain values.
_KEPT = (
    *(pickle.PROTO, pickle.MARK, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE),
    *(pickle.BININT, pickle.BININT1, pickle.BININT2),
    *(pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES),
    *(pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
    *(pickle.EMPTY_DICT, pickle.BINPUT, pickle.MEMOIZE, pickle.BINGET, pickle.LONG_BINGET),
    *(pickle.GLOBAL, pickle.STACK_GLOBAL),  # both go through find_class
)

_REPLACED: dict[bytes, Operation] = {
    pickle.FRAME: _Interpreter._frame,
    pickle.INT: _Interpreter._int,
    pickle.LONG: _Interpreter._long,
    pickle.LONG1: _Interpreter._long1,
    pickle.STRING: _Interpreter._string,
    pickle.BYTEARRAY8: _Interpreter._bytearray8,
    pickle.PUT: _Interpreter._put,
    pickle.LONG_BINPUT: _Interpreter._long_binput,
    pickle.GET: _Interpreter._get,
    pickle.DICT: _Interpreter._dict,
    pickle.SETITEM: _Interpreter._setitem,
    pickle.SETITEMS: _Interpreter._setitems,
    pickle.REDUCE: _Interpreter._reduce,
    pickle.BUILD: _Interpreter._build,
    pickle.STOP: _Interpreter._stop,
}

_Interpreter.dispatch = _Table(  # type: ignore[assignment]  # takes this class only
    {code[0]: _metered(_STANDARD[code[0]]) for code in _KEPT}
    | {code[0]: _metered(operation) for code, operation in _REPLACED.items()}
)
