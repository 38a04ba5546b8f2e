"""Weights files and networks: a pickle of a dictionary of arrays (the book's form), or ``.npz``.

Both hold exactly the arrays W1 b1 ... Wn bn, with 784 inputs and 10 outputs, in float32 or float64.
A pickle is read as data and never executed; see `mnist_cli.weights.unpickle`.
"""

import hashlib
import math
import pickle
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli import paths
from mnist_cli.errors import FormatError, printable
from mnist_cli.files import AnyPath, read_bytes, write_bytes
from mnist_cli.net.network import Activation, Network
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS, WEIGHTS
from mnist_cli.weights import npz
from mnist_cli.weights.records import DTYPES, ArrayRecord
from mnist_cli.weights.unpickle import interpret

Array = NDArray[np.floating[Any]]

_DTYPES: dict[str, np.dtype[np.floating[Any]]] = {name: np.dtype(name) for name in DTYPES}

MAX_FILE_BYTES = MAX_ARRAY_BYTES = 16 * 2**20

_AGAIN = "The file is damaged; get it again with 'mnist download'."
_NEXT = "Get the file again, or the book's weights with 'mnist download'."

_OTHER_KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"<": "a web page",
    b"\x1f\x8b": "a gzip file",
    b"\x93NUMPY": "a single array (.npy)",
    b"\x89HDF": "an HDF5 file",
    b"\x00\x00\x08": "MNIST images or labels (IDX)",
    b"PK": "an empty zip archive",
}


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a weights file holds.

    Attributes
    ----------
    file, origin:
        The file that was read and where it was found: ``given``, ``data directory``, ``embedded``.
    format, protocol:
        ``pickle`` or ``npz``; the pickle protocol that the file states (0 and 1 state none).
    arrays:
        W1 ... Wn b1 ... bn as the file has them, float32 or float64 in native byte order,
        read-only.
    finite:
        Whether every value is a finite number when cast to float32.
    bytes, sha256:
        Size and checksum of the file.
    """

    file: Path
    origin: str
    format: str
    protocol: int | None
    arrays: dict[str, Array]
    finite: bool
    bytes: int
    sha256: str

    def network(self, activation: Activation = "sigmoid") -> Network:
        """The network of these weights in float32. Raises `FormatError` unless they are finite."""
        if not self.finite:
            raise FormatError(
                "holds NaN or infinite weights: no prediction can be made with them",
                source=self.file,
                hint="'mnist inspect' shows what it holds.",
            )
        layers = range(1, len(self.arrays) // 2 + 1)
        return Network(
            weights=tuple(self.arrays[f"W{layer}"].astype(np.float32) for layer in layers),
            biases=tuple(self.arrays[f"b{layer}"].astype(np.float32) for layer in layers),
            activation=activation,
        )


def read_weights(path: AnyPath | None = None, data_dir: AnyPath | None = None) -> WeightsFile:
    """Read a weights file, by default the embedded one; names are looked up by `paths.find`.

    Raises `FileError` for a file that cannot be read or is larger than 16 MiB, `FormatError` for
    one that holds anything but the weights of one network.
    """
    found = paths.find_embedded(WEIGHTS) if path is None else paths.find(path, data_dir)
    content = read_bytes(found.path, MAX_FILE_BYTES)
    try:
        arrays = parse_weights(content)
    except FormatError as error:
        raise FormatError(error.problem, source=found.path, hint=error.hint or _NEXT) from None
    is_npz = content.startswith(npz.MAGIC)
    return WeightsFile(
        file=found.path,
        origin=found.origin,
        format="npz" if is_npz else "pickle",
        protocol=content[1] if content.startswith(pickle.PROTO) else None,
        arrays=arrays,
        finite=all(map(_is_finite, arrays.values())),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
    )


def load_network(
    path: AnyPath | None = None,
    *,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
) -> Network:
    """Read a network from a weights file, by default the embedded one.

    Raises `FileError` and `FormatError` as `read_weights` does, and `FormatError` for weights that
    are not finite in float32.
    """
    return read_weights(path, data_dir).network(activation)


def save_network(network: Network, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write the weights of a network: ``.pkl`` as the book's code loads them, or ``.npz``.

    The pickle loads with plain Python 3 and any NumPy; the same network gives the same bytes on
    every machine. The file appears whole or not at all. Raises `ValueError` for another suffix or a
    network too large to be read again, `FileError` where the file cannot be written.
    """
    writers = {".pkl": _pickle_bytes, ".npz": npz.npz_bytes}
    # "w.pkl.partial" is what an interrupted training leaves of "w.pkl".
    suffix = Path(str(path).removesuffix(".partial")).suffix.lower()
    if suffix not in writers:
        raise ValueError(f"got a file name that ends in {suffix!r}, takes .pkl or .npz")
    layers = list(zip(network.weights, network.biases, strict=True))
    arrays = {f"W{i}": W for i, (W, _) in enumerate(layers, 1)}
    arrays |= {f"b{i}": b for i, (_, b) in enumerate(layers, 1)}
    content = writers[suffix]({name: array.astype("<f4") for name, array in arrays.items()})
    if len(content) > MAX_FILE_BYTES:
        raise ValueError(
            f"got a network of {len(content):,} bytes, takes at most {MAX_FILE_BYTES:,}"
        )
    write_bytes(path, content, overwrite=overwrite)


def parse_weights(content: bytes) -> dict[str, Array]:
    """Return the arrays W1 ... Wn b1 ... bn that the bytes of a weights file hold, checked.

    Raises `FormatError`, without a source.
    """
    if content.startswith(npz.MAGIC):
        return _checked_arrays(dict(npz.read_npz(content, MAX_ARRAY_BYTES)))
    if not content:
        raise FormatError("the file is empty, expected weights (a pickle or .npz)")
    for signature, kind in _OTHER_KINDS.items():
        if content.startswith(signature):
            raise FormatError(f"found {kind}, expected weights (a pickle or .npz)")
    value = interpret(content)
    if type(value) is not dict:
        raise FormatError(f"holds {_words(value)}, expected a dictionary of arrays")
    return _checked_arrays(value)


def _checked_arrays(records: dict[str, object]) -> dict[str, Array]:
    arrays: dict[str, ArrayRecord] = {}
    for key, value in records.items():
        if type(value) is not ArrayRecord or not value.dtype:
            raise FormatError(f"{printable(key)} is {_words(value)}, expected an array")
        arrays[key] = value
    names = _expected_names(arrays)
    _check_shapes(arrays, len(names) // 2)
    if sum(len(array.data) for array in arrays.values()) > MAX_ARRAY_BYTES:
        raise FormatError(f"describes arrays of more than {MAX_ARRAY_BYTES:,} bytes")
    return {name: _array(name, arrays[name]) for name in names}


def _expected_names(arrays: Mapping[str, ArrayRecord]) -> list[str]:
    """W1 ... Wn b1 ... bn, when exactly these are there."""
    for key, array in arrays.items():
        if len(array.shape) == 4:  # the book's SimpleConvNet and DeepConvNet, chapters 7 and 8
            raise FormatError(
                f"this is a convolutional net (array {printable(key)} has shape "
                f"{array.shape}); mnist reads fully connected ones",
                hint="The book's, of chapter 3, comes with 'mnist download'.",
            )
    layers = [i for i in range(1, MAX_LAYERS + 1) if f"W{i}" in arrays or f"b{i}" in arrays]
    count = max(layers, default=1)
    names = [f"{letter}{i}" for letter in "Wb" for i in range(1, count + 1)]
    found = printable(" ".join(arrays)) or "none"
    for name in names:
        if name not in arrays:
            raise FormatError(f"array {name} is missing: found {found}, expected {' '.join(names)}")
    for key in arrays:
        if key not in names:
            raise FormatError(f"array {printable(key)} is too many, expected {' '.join(names)}")
    return names


def _check_shapes(arrays: Mapping[str, ArrayRecord], layers: int) -> None:
    """Check that the layers chain: (784, n1) (n1,), (n1, n2) (n2,), ... (nk, 10) (10,)."""
    rows = PIXELS
    for layer in range(1, layers + 1):
        shape = arrays[f"W{layer}"].shape
        is_matrix = len(shape) == 2 and shape[1] > 0
        columns = CLASSES if layer == layers else shape[1] if is_matrix else "n"
        _check_shape(f"W{layer}", shape, (rows, columns))
        _check_shape(f"b{layer}", arrays[f"b{layer}"].shape, (columns,))
        rows = shape[1]


def _check_shape(name: str, shape: tuple[int, ...], expected: tuple[int | str, ...]) -> None:
    if shape != expected:
        wanted = str(expected).replace("'", "")
        raise FormatError(f"array {name} has shape {printable(str(shape))}, expected {wanted}")


def _array(name: str, record: ArrayRecord) -> Array:
    dtype = _DTYPES[record.dtype]
    expected = math.prod(record.shape) * dtype.itemsize
    if len(record.data) != expected:
        count = f"{math.prod(record.shape):,} {dtype.name}"
        raise FormatError(
            f"array {name} holds {len(record.data):,} bytes, expected {expected:,} ({count})",
            hint=_AGAIN,
        )
    flat: Array = np.frombuffer(record.data, dtype)
    array = flat.reshape(record.shape, order=record.order)
    array = array.astype(dtype.newbyteorder("="), order="C", copy=False)
    array.setflags(write=False)
    return array


def _is_finite(array: Array) -> bool:
    with np.errstate(over="ignore", invalid="ignore"):
        return bool(np.isfinite(array.astype(np.float32, copy=False)).all())


_WORDS: dict[type, str] = {
    ArrayRecord: "an array without content",
    dict: "a dictionary",
    tuple: "a tuple",
    str: "a text",
    bytes: "a string of bytes",
    bool: "a truth value",
    int: "a number",
    type(None): "nothing",
}


def _words(value: object) -> str:
    """Say what sort of value this is; the value itself may be of any size and is not shown."""
    return _WORDS.get(type(value), "no value of its own")


# What every pickled array has in common, in the operations of the pickle machine.
_NEW_ARRAY = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
_NEW_DTYPE = b"cnumpy\ndtype\n(X\x02\x00\x00\x00f4\x89\x88tR"
_LITTLE_ENDIAN = b"(K\x03X\x01\x00\x00\x00<NNN" + 2 * b"J\xff\xff\xff\xff" + b"K\x00tb"


def _pickle_bytes(arrays: Mapping[str, NDArray[np.float32]]) -> bytes:
    """A pickle, of protocol 3 as the book's, of a dictionary of little-endian arrays.

    Written by hand because the standard pickler names NumPy's modules as the NumPy at hand does;
    the names of NumPy 1 are the ones that every NumPy knows.
    """
    parts = [b"\x80\x03}("]  # PROTO 3, EMPTY_DICT, MARK
    for name, array in arrays.items():
        shape = b"".join(b"J" + struct.pack("<i", length) for length in array.shape)
        data = array.tobytes()
        parts += [
            b"X" + struct.pack("<I", len(name)) + name.encode(),  # BINUNICODE, the key
            _NEW_ARRAY,  # _reconstruct(ndarray, (0,), b"b")
            b"(K\x01(" + shape + b"t",  # MARK, version 1, the shape
            _NEW_DTYPE,  # dtype("f4", False, True)
            _LITTLE_ENDIAN,  # BUILD (3, "<", None, None, None, -1, -1, 0)
            b"\x89B" + struct.pack("<I", len(data)) + data,  # C order, BINBYTES
            b"tb",  # BUILD (1, shape, dtype, False, data)
        ]
    return b"".join([*parts, b"u."])  # SETITEMS, STOP
