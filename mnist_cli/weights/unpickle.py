"""A closed pickle interpreter: bytes in, plain values out, nothing executed.

A pickle is a program for a small stack machine. The standard unpickler lets that program import any
module and call anything in it; this one keeps the machine and takes the power away:

- The dispatch table is replaced. An operation that is not in it is refused by name.
- A global is looked up in a closed table and becomes an inert `Marker`; nothing is imported.
- REDUCE and BUILD know the markers and exactly the arguments that NumPy writes, and make plain
  records of them. Nothing from the file is called, no attribute of a real object is set.
- The cost is bounded without a clock: there is a budget of operations, and each of them takes time
  and memory in proportion to the bytes that it consumes.

What comes out is made of None, bool, int, str, bytes, tuple, dict, `Marker`, `DtypeRecord` and
`ArrayRecord`. A few bytes can describe a value of enormous depth or unfolded size, so nothing that
recurses (==, hash, repr, copy) may touch one before its type is known; `_fits` is the way.

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
from mnist_cli.weights.records import ArrayRecord, not_float

MAX_OPERATIONS = 10_000  # the book's weights take 178, eight layers at protocol 0 some 700
MAX_KEY_LENGTH = 80


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
    """A dtype as the file describes it: REDUCE gives the code, BUILD the byte order."""

    code: str  # "f4" or "f8"
    byte_order: str = ""  # "<" or ">"; empty until BUILD


# The forms that NumPy writes, for `_fits`. Python 2 wrote str for bytes, and 0 and 1 for flags.
_FLAG = [False, True, 0, 1]
_RECONSTRUCT_ARGUMENTS = (Marker.NDARRAY, (0,), [b"b", "b"])
_FROMBUFFER_ARGUMENTS = (bytes, DtypeRecord, tuple, ["C", "F"])  # data, dtype, shape, order
_DTYPE_ARGUMENTS = (str, _FLAG, _FLAG)  # code, align, copy
_DTYPE_STATE = (3, ["<", ">"], None, None, None, -1, -1, 0)  # version, byte order, no structure
_ARRAY_STATE = (1, tuple, DtypeRecord, _FLAG, [bytes, str])  # version, shape, dtype, fortran, data
_ENCODE_ARGUMENTS = (str, "latin1")

_BOOLEANS = {b"00": False, b"01": True}
_WHOLE_NUMBER = re.compile(rb"-?(0|[1-9][0-9]{0,18})")
# A backslash, once the doubled ones are gone, that begins nothing that Python 2's repr() writes.
_ODD_ESCAPE = re.compile(rb"\\(?!['\"nrt]|x[0-9a-f]{2})")


def interpret(content: bytes) -> object:
    """Return the value that a pickle of protocol 0 to 5 describes, without executing any of it.

    Raises `FormatError`, without a source, for everything but plain values and float arrays.
    """
    try:
        return _Interpreter(content).load()
    except _SIGNS_OF_DAMAGE:
        raise FormatError("the pickle is damaged or cut short") from None


# What the standard operations raise when the bytes under them make no sense.
_SIGNS_OF_DAMAGE = (
    EOFError,
    IndexError,  # the stack, the marks or the bytes have run out
    OverflowError,  # a length beyond any address
    ValueError,  # bad text or an unknown protocol
    pickle.UnpicklingError,  # an unknown memo index, a frame that ends within an operation
    struct.error,
)


class _Interpreter(pickle._Unpickler):
    """The standard stack machine with the operations below in the place of the standard ones."""

    # The standard machine's state: the values since the last mark, and the stacks below it.
    stack: list[Any]
    metastack: list[list[Any]]
    memo: dict[int, Any]
    append: Callable[[object], None]
    pop_mark: Callable[[], list[Any]]
    read: Callable[[int], bytes]
    readline: Callable[[], bytes]
    _unframer: Any

    def __init__(self, content: bytes) -> None:
        file = io.BytesIO(content)
        # fix_imports off: no name is mapped to another one. latin-1: Python 2's text is any bytes.
        super().__init__(file, fix_imports=False, encoding="latin-1", errors="strict")
        self.file = file
        self.size = len(content)
        self.operations_left = MAX_OPERATIONS
        self.encodable_left = self.size  # an honest file encodes each of its bytes once

    def find_class(self, module: str, name: str) -> Marker:
        """Look a global up in the closed table; nothing is imported."""
        marker = _GLOBALS.get((module, name))
        if marker is None:
            raise _not_weights(f"asks to call {printable(module, 60)}.{printable(name, 60)}")
        return marker

    # Bytes and numbers

    def load_frame(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        if length > self.size - self.file.tell():
            raise EOFError
        self._unframer.load_frame(length)

    def load_int(self) -> None:
        line = self._line()
        self.append(_BOOLEANS[line] if line in _BOOLEANS else _whole_number(line))

    def load_long(self) -> None:
        self.append(_whole_number(self._line().removesuffix(b"L")))

    def load_long1(self) -> None:
        length = self.read(1)[0]
        if length > 8:
            raise FormatError(f"holds a number of {length} bytes, expected at most 8")
        self.append(int.from_bytes(self.read(length), "little", signed=True))

    def load_string(self) -> None:
        line = self._line()
        text = line[1:-1]
        if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
            raise FormatError("the pickle is damaged: it holds a text without quotes")
        if _ODD_ESCAPE.search(text.replace(rb"\\", b"")):
            raise FormatError("the pickle is damaged: it holds a text with an unknown escape")
        self.append(codecs.escape_decode(text)[0].decode("latin-1"))

    def load_bytearray8(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(self.read(length))  # the standard one allocates before it reads

    def _line(self) -> bytes:
        line = self.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line[:-1]

    # The memo

    def load_put(self) -> None:
        self._remember(_whole_number(self._line()))

    def load_long_binput(self) -> None:
        self._remember(struct.unpack("<I", self.read(4))[0])

    def load_get(self) -> None:
        index = _whole_number(self._line())
        if index not in self.memo:
            raise IndexError
        self.append(self.memo[index])

    def _remember(self, index: int) -> None:
        if not 0 <= index < MAX_OPERATIONS:
            raise FormatError(f"numbers its values up to {index}: no weights file holds so many")
        self.memo[index] = self.stack[-1]

    # Dictionaries

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({})
        self._fill(items)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._fill([key, value])

    def load_setitems(self) -> None:
        self._fill(self.pop_mark())

    def _fill(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is not dict or len(items) % 2:
            raise FormatError("the pickle is damaged: it fills something that is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str or len(key) > MAX_KEY_LENGTH:
                raise FormatError("has a key that is not a short text, expected W1, b1 and so on")
            if key in target:
                raise FormatError(f"the key {printable(key)} is there twice")
            target[key] = value

    # Arrays

    def load_reduce(self) -> None:
        arguments, function = self.stack.pop(), self.stack.pop()
        self.append(self._meaning(function, arguments))

    def _meaning(self, function: object, arguments: Any) -> object:
        """The record that calling `function` stands for."""
        if function is Marker.RECONSTRUCT and _fits(arguments, _RECONSTRUCT_ARGUMENTS):
            return ArrayRecord()
        if function is Marker.FROMBUFFER and _fits(arguments, _FROMBUFFER_ARGUMENTS):
            data, dtype, shape, order = arguments
            array = ArrayRecord()
            self._fill_array(array, shape, dtype, order, data)
            return array
        if function is Marker.DTYPE and _fits(arguments, _DTYPE_ARGUMENTS):
            if arguments[0] not in ("f4", "f8"):
                raise not_float(self._where(), arguments[0])
            return DtypeRecord(arguments[0])
        if function is Marker.ENCODE and _fits(arguments, _ENCODE_ARGUMENTS):
            return self._encoded(arguments[0])
        if function is Marker.ORDERED_DICT and _fits(arguments, ()):
            return {}
        name = function.value if type(function) is Marker else "what is not a function"
        raise _not_weights(f"asks to call {name} in a way that NumPy never does")

    def load_build(self) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is DtypeRecord and not target.byte_order and _fits(state, _DTYPE_STATE):
            target.byte_order = state[1]
        elif type(target) is ArrayRecord and not target.dtype and _fits(state, _ARRAY_STATE):
            _, shape, dtype, fortran, data = state
            self._fill_array(target, shape, dtype, "F" if fortran else "C", data)
        else:
            raise _not_weights("sets the state of an object in a way that NumPy never does")

    def _fill_array(
        self,
        array: ArrayRecord,
        shape: tuple[Any, ...],
        dtype: DtypeRecord,
        order: Literal["C", "F"],
        data: bytes | str,
    ) -> None:
        if not all(type(length) is int and length >= 0 for length in shape):
            raise FormatError(f"{self._where()} has a shape that is not made of whole numbers")
        if not dtype.byte_order:
            raise FormatError(f"{self._where()} has a dtype without a byte order")
        array.shape = shape
        array.dtype = dtype.byte_order + dtype.code
        array.order = order
        array.data = data if isinstance(data, bytes) else self._encoded(data)

    def _encoded(self, text: str) -> bytes:
        # The memo lets a file encode one long text again and again: hence the budget.
        self.encodable_left -= len(text)
        if self.encodable_left < 0:
            raise FormatError("describes far more bytes than it holds")
        return text.encode("latin-1")

    def _where(self) -> str:
        """For messages: the array that is being made, that is, the key that came last."""
        for stack in [self.stack, *reversed(self.metastack)]:
            for value in reversed(stack):
                if type(value) is str and re.fullmatch("[Wb][0-9]", value):
                    return f"array {value}"
        return "the file"

    # The end

    def load_stop(self) -> None:
        if len(self.stack) != 1 or self.metastack:
            raise FormatError("the pickle is damaged: it does not end with exactly one value")
        if self.read(1):
            raise FormatError("the pickle is damaged: more bytes follow after its end")
        _STANDARD[pickle.STOP[0]](self)


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


def _whole_number(line: bytes) -> int:
    if not _WHOLE_NUMBER.fullmatch(line):
        raise FormatError("the pickle is damaged: it holds a number of another form, or a huge one")
    return int(line)


def _not_weights(problem: str) -> FormatError:
    return FormatError(
        f"{problem}: this is not a weights file; nothing was run",
        hint="'mnist download' gets the book's weights.",
    )


# The dispatch table. First the standard operations that only push, pair and remember plain values.

Operation = Callable[[_Interpreter], None]

_STANDARD: dict[int, Any] = pickle._Unpickler.dispatch

_KEPT = (
    *(pickle.PROTO, pickle.MARK, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE),
    *(pickle.BININT, pickle.BININT1, pickle.BININT2),
    *(pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES),
    *(pickle.UNICODE, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3),
    *(pickle.EMPTY_DICT, pickle.BINPUT, pickle.MEMOIZE, pickle.BINGET, pickle.LONG_BINGET),
    *(pickle.GLOBAL, pickle.STACK_GLOBAL),  # both ask find_class
)

_REPLACED: dict[bytes, Operation] = {
    pickle.FRAME: _Interpreter.load_frame,
    pickle.INT: _Interpreter.load_int,
    pickle.LONG: _Interpreter.load_long,
    pickle.LONG1: _Interpreter.load_long1,
    pickle.STRING: _Interpreter.load_string,
    pickle.BYTEARRAY8: _Interpreter.load_bytearray8,
    pickle.PUT: _Interpreter.load_put,
    pickle.LONG_BINPUT: _Interpreter.load_long_binput,
    pickle.GET: _Interpreter.load_get,
    pickle.DICT: _Interpreter.load_dict,
    pickle.SETITEM: _Interpreter.load_setitem,
    pickle.SETITEMS: _Interpreter.load_setitems,
    pickle.REDUCE: _Interpreter.load_reduce,
    pickle.BUILD: _Interpreter.load_build,
    pickle.STOP: _Interpreter.load_stop,
}

# What a person is told of the operations that are refused.
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


class _Table(dict[int, Operation]):
    """A dispatch table that has an answer to what is not in it: a refusal."""

    def __missing__(self, code: int) -> Operation:
        def refuse(interpreter: _Interpreter) -> None:
            if code not in _NAMES:
                raise FormatError(f"found byte {code:#04x}, expected a pickle operation")
            words = _WORDS.get(_NAMES[code], "does what no weights file needs")
            raise _not_weights(f"{interpreter._where()} {words} (pickle operation {_NAMES[code]})")

        return refuse


def _metered(operation: Operation) -> Operation:
    def metered(interpreter: _Interpreter) -> None:
        interpreter.operations_left -= 1
        if interpreter.operations_left < 0:
            raise FormatError(f"takes more than {MAX_OPERATIONS:,} pickle operations")
        operation(interpreter)

    return metered


_Interpreter.dispatch = _Table(  # type: ignore[assignment]  # a table for this class alone
    {code[0]: _metered(_STANDARD[code[0]]) for code in _KEPT}
    | {code[0]: _metered(operation) for code, operation in _REPLACED.items()}
)
