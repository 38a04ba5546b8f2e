"""A closed pickle interpreter: bytes in, plain values out, nothing executed.

A pickle is a program for a small stack machine. The standard unpickler lets that program import any
module and call anything in it; this machine has no such power:

- An operation that `_Machine.perform` does not list is refused by name.
- A global is looked up in a closed table and becomes an inert `Marker`; nothing is imported.
- REDUCE and BUILD note what the file wants to call, and with what; nothing is called. Only what has
  exactly the form that NumPy gives to an array is taken for one, at the end.
- Each operation takes time and memory in proportion to its bytes, and there may be only so many.

A few bytes can describe a value of enormous depth or unfolded size, so nothing that recurses (==,
hash, repr, copy) may touch one before its type is known; `_fits` is the way.
"""

import codecs
import enum
import io
import pickle
import pickletools
import re
import struct
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

from mnist_cli.errors import DamagedError, FormatError, printable
from mnist_cli.weights.arrays import ArrayRecord, not_float
from mnist_cli.weights.formats import SAVE_STATE_DICT

MAX_OPERATIONS = 10_000  # the book's weights take 178, eight layers at protocol 0 some 700
MAX_KEY_LENGTH = 80
_MOST_AXES = 8  # of a tensor


class Marker(enum.Enum):
    """What a global of a NumPy pickle turns into: a name without any power."""

    RECONSTRUCT, FROMBUFFER, NDARRAY, DTYPE, ENCODE, ORDERED_DICT, TENSOR = range(7)
    F16, BF16, F32, F64, I64 = range(7, 12)  # storages of PyTorch, by their type


NUMPY = {
    "numpy.core.multiarray _reconstruct": Marker.RECONSTRUCT,  # NumPy 1
    "numpy._core.multiarray _reconstruct": Marker.RECONSTRUCT,  # NumPy 2
    "numpy.core.numeric _frombuffer": Marker.FROMBUFFER,  # protocol 5, NumPy 1
    "numpy._core.numeric _frombuffer": Marker.FROMBUFFER,  # protocol 5, NumPy 2
    "numpy ndarray": Marker.NDARRAY,
    "numpy dtype": Marker.DTYPE,
    "_codecs encode": Marker.ENCODE,  # how Python 3 writes bytes at protocols 0 to 2
    "collections OrderedDict": Marker.ORDERED_DICT,
}
TORCH = {  # what `torch.save` asks for in a state_dict
    "collections OrderedDict": Marker.ORDERED_DICT,
    "torch._utils _rebuild_tensor_v2": Marker.TENSOR,
    "torch HalfStorage": Marker.F16,
    "torch BFloat16Storage": Marker.BF16,
    "torch FloatStorage": Marker.F32,
    "torch DoubleStorage": Marker.F64,
    "torch LongStorage": Marker.I64,  # of num_batches_tracked
}


@dataclass(eq=False)
class Call:
    """What REDUCE would call, with what, and the state that BUILD would give to the result."""

    function: object
    arguments: Any
    state: Any = None


# The forms that NumPy writes, for `_fits`. Python 2 wrote str for bytes, and 0 and 1 for flags.
_FLAG = [False, True, 0, 1]
_BYTES = [bytes, bytearray, str, Call(Marker.ENCODE, (str, "latin1"))]
_DTYPE = Call(
    Marker.DTYPE,
    (["f4", "f8"], _FLAG, _FLAG),  # code, align, copy
    (3, ["<", ">"], None, None, None, -1, -1, 0),  # version, byte order, no structure
)
_EMPTY = (Marker.NDARRAY, (0,), [b"b", "b", Call(Marker.ENCODE, ("b", "latin1"))])
_ARRAY = Call(
    Marker.RECONSTRUCT,
    _EMPTY,
    (1, tuple, _DTYPE, _FLAG, _BYTES),  # version, shape, dtype, whether in Fortran's order, data
)
_BUFFER = Call(Marker.FROMBUFFER, (_BYTES[:2], _DTYPE, tuple, ["C", "F"]))  # shape, order last
# A storage is its type, key, device and length; a tensor in it has an offset, a shape, strides,
# whether it has a gradient, and hooks.
_TYPES = [Marker.F16, Marker.BF16, Marker.F32, Marker.F64, Marker.I64]
_STORAGE = Call("storage", ("storage", _TYPES, str, str, int))
_TENSOR = Call(Marker.TENSOR, (_STORAGE, int, tuple, tuple, bool, dict))


def _fits(value: object, pattern: object) -> bool:
    """Whether `value` has exactly the form of `pattern`, walking no deeper than that goes."""
    if type(pattern) is type:  # any value of exactly that type
        return type(value) is pattern
    if type(pattern) is list:  # of alternatives
        return any(_fits(value, alternative) for alternative in pattern)
    if type(value) is not type(pattern):
        return False
    if type(value) is Call and type(pattern) is Call:
        return all(map(_fits, vars(value).values(), vars(pattern).values()))
    if type(value) is tuple and type(pattern) is tuple:
        return len(value) == len(pattern) and all(map(_fits, value, pattern))
    return value == pattern


def interpret(content: bytes, known: dict[str, Marker] = NUMPY) -> object:
    """The value that a pickle describes, of plain types, `Marker` and `Call`; nothing is run."""
    try:
        return _Machine(content, known).run()
    except (LookupError, OverflowError, ValueError, struct.error, Warning):
        # Also of pickletools, for lengths beyond the file and bad text; of an empty stack or memo.
        # Python warns of odd escapes in names, which is an error for who wants it so.
        raise DamagedError("this is no pickle of weights, or it is damaged or cut short") from None


def read_array(value: Any) -> ArrayRecord | None:
    """The array that a value of `interpret` stands for, if it stands for one."""
    if _fits(value, _ARRAY):
        _, shape, dtype, fortran, data = value.state
        order: Any = "F" if fortran else "C"
    elif _fits(value, _BUFFER):
        data, dtype, shape, order = value.arguments
    else:
        return None
    if not _are_lengths(shape):
        return None
    data = data.arguments[0] if type(data) is Call else data
    return ArrayRecord(shape, dtype.state[1] + dtype.arguments[0], order, data)


class Tensor(NamedTuple):
    """A view of a storage, unchecked but for the types."""

    dtype: str  # as safetensors calls it
    key: str
    length: int  # of the storage, in numbers, as are the offset and the strides
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_tensor(value: Any) -> Tensor | None:
    """The tensor that a value of `interpret` stands for, if it stands for one."""
    if not _fits(value, _TENSOR):
        return None
    storage, offset, shape, strides, *_ = value.arguments
    _, marker, key, _, length = storage.arguments
    is_view = len(shape) == len(strides) <= _MOST_AXES
    if not is_view or not _are_lengths((length, offset, *shape, *strides)):
        return None
    return Tensor(marker.name, key, length, offset, shape, strides)


def _are_lengths(values: tuple[Any, ...]) -> bool:
    return all(type(length) is int and length >= 0 for length in values)


# Operations that push what follows them in the file.
_PUSHES = {"NONE", "INT", "LONG", "LONG1", "BININT", "BININT1", "BININT2", "STRING", "BINSTRING"}
_PUSHES |= {"SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"}
_PUSHES |= {"BINBYTES", "SHORT_BINBYTES", "BYTEARRAY8"}


class _Machine:
    """The stack machine: the values since the last mark, and the stacks below it."""

    def __init__(self, content: bytes, known: dict[str, Marker]) -> None:
        self.content = content
        self.known = known
        self.source = io.BytesIO(content)
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []
        self.memo: dict[int, Any] = {}

    def run(self) -> object:
        """Go through the operations up to STOP; return the value that is left."""
        operations = pickletools.genops(self.source)
        argument: Any
        for _ in range(MAX_OPERATIONS):
            if self.content.startswith(pickle.STRING, self.source.tell()):
                name, argument = "STRING", _read_string(self.source.readline())
            else:
                operation, argument, _ = next(operations)
                name = operation.name
            if name == "STOP":
                _require(len(self.stack) == 1 and not self.below and not self.source.read(1))
                return self.stack[0]
            if name in _PUSHES:
                self.push(argument)
            else:
                self.perform(name, argument)
        raise FormatError(f"takes more than {MAX_OPERATIONS:,} pickle operations")

    def perform(self, name: str, argument: Any) -> None:
        """Do one operation of the closed table; all others are refused."""
        match name:
            case "PROTO" | "FRAME":
                limit = 5 if name == "PROTO" else len(self.content) - self.source.tell()
                _require(argument <= limit)
            case "MARK":
                self.below.append(self.stack)
                self.stack = []
            case "TUPLE":
                self.push(tuple(self.pop_mark()))
            case "TUPLE1" | "TUPLE2" | "TUPLE3":
                self.push(tuple(self.pop(int(name[-1]))))
            case "DICT":
                self.push(_fill({}, self.pop_mark()))
            case "SETITEM":
                _fill(self.stack[-3], self.pop(2))
            case "SETITEMS":
                items = self.pop_mark()
                _fill(self.stack[-1], items)
            case "PUT" | "BINPUT" | "LONG_BINPUT" | "MEMOIZE":
                index = len(self.memo) if argument is None else argument
                _require(0 <= index < MAX_OPERATIONS)
                self.memo[index] = self.stack[-1]
            case "GET" | "BINGET" | "LONG_BINGET":
                self.push(self.memo[argument])
            case "GLOBAL":
                self.push(self.find_global(argument))
            case "STACK_GLOBAL":
                module, function = self.pop(2)
                _require(type(module) is str and type(function) is str)
                self.push(self.find_global(f"{module[:99]} {function[:99]}"))
            case "REDUCE":
                self.push(self.reduce(*self.pop(2)))
            case "BUILD":
                target, state = self.pop(2)
                if type(target) is dict and type(state) is dict and self.known is TORCH:
                    self.push(target)  # the versions of its modules say nothing of a net
                    return
                _require(type(target) is Call and target.state is None)
                target.state = state
                self.push(target)
            case "EMPTY_TUPLE" | "EMPTY_DICT":
                self.push(() if name == "EMPTY_TUPLE" else {})
            case "NEWTRUE" | "NEWFALSE":
                self.push(name == "NEWTRUE")
            case "BINPERSID" if self.known is TORCH:
                self.push(Call("storage", *self.pop(1)))
            case _:
                raise self.refusal(f"{self.where()} needs the pickle operation {name}")

    def push(self, value: object) -> None:
        self.stack.append(value)

    def pop(self, count: int) -> list[Any]:
        _require(len(self.stack) >= count)
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def pop_mark(self) -> list[Any]:
        values, self.stack = self.stack, self.below.pop()
        return values

    def reduce(self, function: object, arguments: Any) -> object:
        if function is Marker.ORDERED_DICT and _fits(arguments, ()):
            return {}
        is_dtype = function is Marker.DTYPE and _fits(arguments, (str, _FLAG, _FLAG))
        if is_dtype and arguments[0] not in ("f4", "f8"):
            raise not_float(self.where(), arguments[0])
        return Call(function, arguments)

    def find_global(self, name: str) -> Marker:
        """Look a global up in the closed table."""
        if name not in self.known:
            raise self.refusal(f"asks to call {printable(name, 120).replace(' ', '.')}")
        return self.known[name]

    def refusal(self, problem: str) -> FormatError:
        """The error for a pickle that does what those of weights never do."""
        another = "'mnist download' gets the book's weights."
        hint = SAVE_STATE_DICT if self.known is TORCH else another
        return FormatError(f"{problem}: this is not a weights file; nothing was run", hint=hint)

    def where(self) -> str:
        """The array that is being made, for messages: the key that came last."""
        for value in reversed([*chain(*self.below), *self.stack]):
            if type(value) is str and re.fullmatch("[Wb][0-9]", value):
                return f"array {value}"
        return "the file"


def _require(condition: bool) -> None:
    if not condition:
        raise ValueError


def _fill(target: Any, items: list[Any]) -> Any:
    _require(type(target) is dict and len(items) % 2 == 0)
    for key, value in zip(items[::2], items[1::2], strict=True):
        if type(key) is not str or len(key) > MAX_KEY_LENGTH:
            raise FormatError("has a key that is not a short text, expected W1, b1 and so on")
        if key in target:
            raise FormatError(f"the key {printable(key)} is there twice")
        target[key] = value
    return target


def _read_string(line: bytes) -> str:
    """A text as Python 2's repr() writes it, which pickletools takes for ASCII."""
    text = line[2:-2]
    _require(len(line) > 3 and line[1] == line[-2] and line[1:2] in (b"'", b'"'))
    # No backslash, once the doubled ones are gone, may begin anything but an escape of repr().
    _require(not re.search(rb"\\(?!['\"nrt]|x[0-9a-f]{2})", text.replace(rb"\\", b"")))
    return codecs.escape_decode(text)[0].decode("latin-1")
