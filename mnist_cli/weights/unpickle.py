"""A closed pickle interpreter: bytes in, plain values out, nothing executed.

A pickle is a program for a small stack machine. The standard unpickler lets that program import any
module and call anything in it; this machine has no such power:

- An operation that is not in the table at the end is refused by name, before it is read.
- A global is looked up in a closed table and becomes an inert `Marker`; nothing is imported.
- REDUCE and BUILD know the markers and exactly the arguments that NumPy writes, and make plain
  records of them. Nothing from the file is called, no attribute of a real object is set.
- The cost is bounded without a clock: there is a budget of operations, and each of them takes time
  and memory in proportion to the bytes that it consumes.

What comes out is made of None, bool, int, str, bytes, tuple, dict, `Marker`, `DtypeRecord` and
`ArrayRecord`. A few bytes can describe a value of enormous depth or unfolded size, so nothing that
recurses (==, hash, repr, copy) may touch one before its type is known; `fits` is the way.

The standard library's ``pickletools`` explains the operations, and cuts a file into them here.
"""

import codecs
import io
import pickle
import pickletools
import re
import struct
from collections.abc import Callable
from typing import Any, NoReturn

from mnist_cli.errors import FormatError, printable
from mnist_cli.weights import numpy_pickles as forms
from mnist_cli.weights.numpy_pickles import DtypeRecord, Marker, find_global, fits, not_weights
from mnist_cli.weights.records import ArrayRecord, not_float

MAX_OPERATIONS = 10_000  # the book's weights take 178, eight layers at protocol 0 some 700
MAX_KEY_LENGTH = 80


_WHOLE_NUMBER = re.compile(rb"-?(0|[1-9][0-9]{0,18})")
# A backslash, once the doubled ones are gone, that begins nothing that Python 2's repr() writes.
_ODD_ESCAPE = re.compile(rb"\\(?!['\"nrt]|x[0-9a-f]{2})")


def interpret(content: bytes) -> object:
    """Return the value that a pickle of protocol 0 to 5 describes, without executing any of it.

    Raises
    ------
    FormatError
        For everything but plain values and float arrays; without a source.
    """
    try:
        return _Machine(content).run()
    except (AssertionError, LookupError, OverflowError, ValueError, struct.error):
        # Of pickletools and Python, for lengths beyond the file, bad text, an empty stack or memo.
        raise FormatError("the pickle is damaged or cut short") from None


class _Source(io.BytesIO):
    """The bytes of a file for pickletools, which gets a placeholder for each line of text.

    It would undo escapes in the names of globals, take Python 2's texts for ASCII and make a number
    of a million digits; the machine reads the `lines` itself.
    """

    lines: tuple[bytes, ...] = ()
    placeholder = b""

    def readline(self, size: int | None = -1, /) -> bytes:
        line = super().readline(size)
        if not line.endswith(b"\n"):
            raise ValueError
        self.lines += (line[:-1],)
        return self.placeholder


class _Machine:
    """The stack machine: the values since the last mark, and the stacks below it."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.source = _Source(content)
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.frame_end = 0
        self.encodable_left = len(content)  # an honest file encodes each of its bytes once

    def run(self) -> object:
        """Go through the operations up to STOP; return the value that is left."""
        operations = pickletools.genops(self.source)
        for _ in range(MAX_OPERATIONS):
            start = self.source.tell()
            code = self.content[start : start + 1]
            perform = _OPERATIONS.get(code) or self.refuse(code)
            self.source.lines = ()
            self.source.placeholder = b"''\n" if code == pickle.STRING else b"0\n"
            _, argument, _ = next(operations)
            if start < self.frame_end < self.source.tell():
                raise FormatError("the pickle is damaged: a frame ends within an operation")
            perform(self, *(self.source.lines or (argument,)))
            if code == pickle.STOP:
                return self.stack[0]
        raise FormatError(f"takes more than {MAX_OPERATIONS:,} pickle operations")

    def stop(self, _: None) -> None:
        if len(self.stack) != 1 or self.below:
            raise FormatError("the pickle is damaged: it does not end with exactly one value")
        if self.source.read(1):
            raise FormatError("the pickle is damaged: more bytes follow after its end")

    def refuse(self, code: bytes) -> NoReturn:
        if not code:
            raise ValueError
        if code not in _NAMES:
            raise FormatError(f"found byte {code[0]:#04x}, expected a pickle operation")
        words = _WORDS.get(_NAMES[code], "does what no weights file needs")
        raise not_weights(f"{self.where()} {words} (pickle operation {_NAMES[code]})")

    def where(self) -> str:
        """For messages: the array that is being made, that is, the key that came last."""
        for stack in [self.stack, *reversed(self.below)]:
            for value in reversed(stack):
                if type(value) is str and re.fullmatch("[Wb][0-9]", value):
                    return f"array {value}"
        return "the file"

    def begin_frame(self, length: int) -> None:
        start = self.source.tell()
        if start <= self.frame_end or start + length > len(self.content):
            raise FormatError("the pickle is damaged: a frame is longer than what it lies in")
        self.frame_end = start + length

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self, count: int) -> list[Any]:
        if len(self.stack) < count:
            raise IndexError
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def mark(self, _: None) -> None:
        self.below.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        values, self.stack = self.stack, self.below.pop()
        return values

    def remember(self, index: int) -> None:
        if not 0 <= index < MAX_OPERATIONS:
            raise FormatError(f"numbers its values up to {index}: no weights file holds so many")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        self.push(self.memo[index])

    def reduce(self, _: None) -> None:
        self.push(self.make_record(*self.pop(2)))

    def make_record(self, function: object, arguments: Any) -> object:
        """The record that calling `function` stands for."""
        if function is Marker.RECONSTRUCT and fits(arguments, forms.RECONSTRUCT_ARGUMENTS):
            return ArrayRecord()
        if function is Marker.FROMBUFFER and fits(arguments, forms.FROMBUFFER_ARGUMENTS):
            data, dtype, shape, order = arguments
            return self.fill_array(ArrayRecord(), shape, dtype, order, data)
        if function is Marker.DTYPE and fits(arguments, forms.DTYPE_ARGUMENTS):
            if arguments[0] not in ("f4", "f8"):
                raise not_float(self.where(), arguments[0])
            return DtypeRecord(arguments[0])
        if function is Marker.ENCODE and fits(arguments, forms.ENCODE_ARGUMENTS):
            return self.encode(arguments[0])
        if function is Marker.ORDERED_DICT and fits(arguments, ()):
            return {}
        name = function.value if type(function) is Marker else "what is not a function"
        raise not_weights(f"asks to call {name} in a way that NumPy never does")

    def build(self, _: None) -> None:
        state, target = self.stack.pop(), self.stack[-1]
        if type(target) is DtypeRecord and not target.byte_order and fits(state, forms.DTYPE_STATE):
            target.byte_order = state[1]
        elif type(target) is ArrayRecord and not target.dtype and fits(state, forms.ARRAY_STATE):
            _, shape, dtype, fortran, data = state
            self.fill_array(target, shape, dtype, "F" if fortran else "C", data)
        else:
            raise not_weights("sets the state of an object in a way that NumPy never does")

    def fill_array(
        self, array: ArrayRecord, shape: Any, dtype: DtypeRecord, order: Any, data: bytes | str
    ) -> ArrayRecord:
        if not all(type(length) is int and length >= 0 for length in shape):
            raise FormatError(f"{self.where()} has a shape that is not made of whole numbers")
        if not dtype.byte_order:
            raise FormatError(f"{self.where()} has a dtype without a byte order")
        array.shape, array.dtype, array.order = shape, dtype.byte_order + dtype.code, order
        array.data = data if isinstance(data, bytes) else self.encode(data)
        return array

    def encode(self, text: str) -> bytes:
        # The memo lets a file encode one long text again and again: hence the budget.
        self.encodable_left -= len(text)
        if self.encodable_left < 0:
            raise FormatError("describes far more bytes than it holds")
        return text.encode("latin-1")


def _read_number(line: bytes) -> int:
    if not _WHOLE_NUMBER.fullmatch(line):
        raise FormatError("the pickle is damaged: it holds a number of another form, or a huge one")
    return int(line)


def _limit(number: int, limit: int) -> int:
    if not -limit <= number < limit:
        raise FormatError(f"the pickle is damaged: it holds a number beyond {limit - 1}")
    return number


def _read_string(line: bytes) -> str:
    text = line[1:-1]
    if len(line) < 2 or line[0] != line[-1] or line[:1] not in (b"'", b'"'):
        raise FormatError("the pickle is damaged: it holds a text without quotes")
    if _ODD_ESCAPE.search(text.replace(rb"\\", b"")):
        raise FormatError("the pickle is damaged: it holds a text with an unknown escape")
    return codecs.escape_decode(text)[0].decode("latin-1")


def _fill(items: list[Any], target: Any) -> Any:
    if type(target) is not dict or len(items) % 2:
        raise FormatError("the pickle is damaged: it fills something that is not a dictionary")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str or len(key) > MAX_KEY_LENGTH:
            raise FormatError("has a key that is not a short text, expected W1, b1 and so on")
        if key in target:
            raise FormatError(f"the key {printable(key)} is there twice")
        target[key] = value
    return target


# The closed table. An operation gets the argument that pickletools read for it, or its lines.
_PLAIN = (
    *(pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.BINUNICODE, pickle.SHORT_BINUNICODE),
    *(pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES, pickle.SHORT_BINBYTES),
    pickle.NONE,
)
_OPERATIONS: dict[bytes, Callable[..., object]] = dict.fromkeys(_PLAIN, _Machine.push) | {
    pickle.PROTO: lambda _, protocol: _limit(protocol, 6),
    pickle.FRAME: _Machine.begin_frame,
    pickle.STOP: _Machine.stop,
    pickle.NEWTRUE: lambda machine, _: machine.push(True),
    pickle.NEWFALSE: lambda machine, _: machine.push(False),
    pickle.INT: lambda machine, line: machine.push(
        line == b"01" if line in (b"00", b"01") else _read_number(line)
    ),
    pickle.LONG: lambda machine, line: machine.push(_read_number(line.removesuffix(b"L"))),
    pickle.LONG1: lambda machine, number: machine.push(_limit(number, 2**63)),
    pickle.STRING: lambda machine, line: machine.push(_read_string(line)),
    pickle.UNICODE: lambda machine, line: machine.push(line.decode("raw-unicode-escape")),
    pickle.BYTEARRAY8: lambda machine, data: machine.push(bytes(data)),
    pickle.MARK: _Machine.mark,
    pickle.EMPTY_TUPLE: lambda machine, _: machine.push(()),
    pickle.TUPLE: lambda machine, _: machine.push(tuple(machine.pop_mark())),
    pickle.TUPLE1: lambda machine, _: machine.push(tuple(machine.pop(1))),
    pickle.TUPLE2: lambda machine, _: machine.push(tuple(machine.pop(2))),
    pickle.TUPLE3: lambda machine, _: machine.push(tuple(machine.pop(3))),
    pickle.EMPTY_DICT: lambda machine, _: machine.push({}),
    pickle.DICT: lambda machine, _: machine.push(_fill(machine.pop_mark(), {})),
    pickle.SETITEM: lambda machine, _: _fill(machine.pop(2), machine.stack[-1]),
    pickle.SETITEMS: lambda machine, _: _fill(machine.pop_mark(), machine.stack[-1]),
    pickle.PUT: lambda machine, line: machine.remember(_read_number(line)),
    pickle.BINPUT: _Machine.remember,
    pickle.LONG_BINPUT: _Machine.remember,
    pickle.MEMOIZE: lambda machine, _: machine.remember(len(machine.memo)),
    pickle.GET: lambda machine, line: machine.recall(_read_number(line)),
    pickle.BINGET: _Machine.recall,
    pickle.LONG_BINGET: _Machine.recall,
    pickle.GLOBAL: lambda machine, *names: machine.push(find_global(*map(bytes.decode, names))),
    pickle.STACK_GLOBAL: lambda machine, _: machine.push(find_global(*machine.pop(2))),
    pickle.REDUCE: _Machine.reduce,
    pickle.BUILD: _Machine.build,
}

# What a person is told of the operations that are refused.
_REFUSED = {
    "asks to build an object": ("INST", "OBJ", "NEWOBJ", "NEWOBJ_EX"),
    "asks for something outside the file": (
        *("EXT1", "EXT2", "EXT4", "PERSID", "BINPERSID", "NEXT_BUFFER", "READONLY_BUFFER"),
    ),
    "holds a list": ("EMPTY_LIST", "LIST", "APPEND", "APPENDS"),
    "holds a set": ("EMPTY_SET", "FROZENSET", "ADDITEMS"),
    "holds a single number": ("FLOAT", "BINFLOAT"),
}
_WORDS = {name: words for words, names in _REFUSED.items() for name in names}
_NAMES = {
    code: name
    for name, code in vars(pickle).items()
    if name.isupper() and type(code) is bytes and len(code) == 1
}
