"""Weights files and networks: read, check, save, convert.

A file of any format in `mnist_cli.weights.formats` holds exactly the arrays W1 b1 ... Wn bn, with
784 inputs and 10 outputs, in float32 or float64.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from mnist_cli import paths
from mnist_cli.checks import require_suffix
from mnist_cli.errors import FormatError
from mnist_cli.files import AnyPath, read_bytes, write_bytes
from mnist_cli.net.network import Activation, Network
from mnist_cli.spec import LAYER_SIZES, PIXELS, WEIGHTS
from mnist_cli.weights.arrays import Array, Contents, check_arrays
from mnist_cli.weights.card import Card, find_card
from mnist_cli.weights.formats import MAX_BYTES, ONNX, SUFFIXES, TARGETS, Format, recognise

_NEXT = "Get the file again, or the book's weights with 'mnist download'."


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a weights file holds.

    `origin` tells where the file was found: ``given``, ``data directory`` or ``embedded``;
    `protocol` is the one that a pickle states (0 and 1 state none), `stated_activation` what the
    file itself says, where its format has a place for that. `arrays` are W1 ... Wn b1 ... bn as the
    file has them, float32 or float64 in native byte order, read-only; it `has_book_names` when it
    calls them so, too.
    """

    file: Path
    origin: str
    format: str
    arrays: dict[str, Array]
    bytes: int
    sha256: str
    protocol: int | None = None
    stated_activation: Activation | None = None
    has_book_names: bool = True

    json_fields: ClassVar = (
        *("file", "origin", "format", "protocol", "arrays", "finite", "layer_sizes"),
        *("activation", "parameters", "bytes", "sha256", "card"),
    )

    @cached_property
    def finite(self) -> bool:
        """Whether every value is a finite number in float32."""
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            return all(np.isfinite(array.astype("f4")).all() for array in self.arrays.values())

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs and outputs included: (784, 50, 100, 10) for the book's."""
        return (PIXELS, *(array.size for array in self.arrays.values() if array.ndim == 1))

    @property
    def parameters(self) -> int:
        """How many numbers the net has learnt: 45,360 for the book's."""
        return sum(array.size for array in self.arrays.values())

    @cached_property
    def card(self) -> Card | None:
        """How the weights were trained, where a card lies beside them that names their SHA-256."""
        return find_card(self.file, self.sha256)

    @property
    def activation(self) -> Activation | None:
        """What the file or its card says of it; sigmoid for the book's sizes; None if unknown."""
        if self.stated_activation or self.origin == "embedded":  # which needs no look at its card
            return self.stated_activation or "sigmoid"
        if self.card is not None:
            return self.card.activation
        # The book's is sigmoid; without a hidden layer there is none, and it makes no difference.
        is_book = self.layer_sizes == LAYER_SIZES and self.has_book_names
        return "sigmoid" if is_book or len(self.layer_sizes) == 2 else None

    def network(self, activation: Activation | None = None) -> Network:
        """Return the network of these weights in float32.

        Without an `activation` it is what is known of the file, else sigmoid. Raises `FormatError`
        for weights that are not finite or too large for float32.
        """
        arrays = tuple(self.arrays.values())
        weights, biases = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
        try:
            return Network(weights, biases, activation or self.activation or "sigmoid")
        except ValueError as error:
            raise FormatError(
                f"{error.args[0]}: no prediction can be made with them",
                source=self.file,
                hint="'mnist inspect' shows what it holds.",
            ) from None


def read_weights(path: AnyPath | None = None, data_dir: AnyPath | None = None) -> WeightsFile:
    """Read a weights file, by default the embedded one; names are looked up by `paths.find`.

    Raises `FileError` for a file that cannot be read or is larger than 16 MiB, `FormatError` for
    one that holds anything but the weights of one network.
    """
    found = paths.find_or_embedded(path, WEIGHTS, data_dir)
    content = read_bytes(found.path, MAX_BYTES)
    try:
        return parse_weights(content, found.path, found.origin)
    except FormatError as error:
        raise FormatError(error.problem, source=found.path, hint=error.hint or _NEXT) from None


def parse_weights(content: bytes, file: Path = Path(), origin: str = "given") -> WeightsFile:
    """Read the bytes of a weights file; raises `FormatError`, without a source, as above."""
    kind = recognise(content)
    contents: Contents = kind.load().read(content)
    try:
        arrays = check_arrays(contents.records)
    except FormatError as error:
        raise FormatError(error.problem, hint=error.hint or contents.legend) from None
    return WeightsFile(
        file=file,
        origin=origin,
        format=kind.name,
        arrays=arrays,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        protocol=contents.protocol,
        stated_activation=contents.activation,
        has_book_names=not contents.legend,
    )


def load_network(
    path: AnyPath | None = None,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
) -> Network:
    """Read a network from a weights file, by default the embedded one.

    Without an `activation` it is what the file or the card beside it says, else sigmoid.

    Raises
    ------
    FileError, FormatError
        As `read_weights`, and for weights that are not finite.

    Examples
    --------
    >>> from mnist_cli import load_network
    >>> load_network().layer_sizes
    (784, 50, 100, 10)
    """
    return read_weights(path, data_dir).network(activation)


def save_network(network: Network, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write the weights of a network: ``.pkl`` as the book's code, ``.npz`` or ``.safetensors``.

    The pickle loads with plain Python 3 and any NumPy; the same network gives the same bytes on
    every machine. The file appears whole or not at all.

    Raises
    ------
    ValueError
        For another suffix.
    MnistError
        Where the file cannot be written, or exists already and `overwrite` is False; for a network
        too large to be read again.

    Examples
    --------
    >>> from mnist_cli import load_network, save_network
    >>> save_network(load_network(), "copy.npz")
    >>> load_network("copy.npz").parameter_count
    45360
    """
    # "w.pkl.partial" is what an interrupted training leaves of "w.pkl".
    suffix = require_suffix(str(path).removesuffix(".partial"), SUFFIXES)
    write_arrays(path, network.arrays, network.activation, SUFFIXES[suffix], overwrite=overwrite)


def write_arrays(
    path: AnyPath,
    arrays: Mapping[str, Array],
    activation: Activation,
    kind: Format,
    *,
    overwrite: bool = False,
) -> WeightsFile:
    """Write arrays in a format; first what will be in the file is read again and compared.

    An ONNX model, which only others read, was checked by their package instead. Raises `MnistError`
    where a file cannot be written, or not read again.
    """
    little = {name: each.astype(each.dtype.newbyteorder("<")) for name, each in arrays.items()}
    content = kind.load().write(little, activation)
    if len(content) > MAX_BYTES:
        size = f"the file would have {len(content):,} bytes, at most {MAX_BYTES:,} are read again"
        raise FormatError(size, source=path)
    if kind is ONNX:
        sha256 = hashlib.sha256(content).hexdigest()
        facts = Path(path), "given", kind.name, dict(arrays), len(content), sha256
        written = WeightsFile(*facts, stated_activation=activation)
    else:
        written = parse_weights(content, Path(path))
        for name, array in arrays.items():
            again = written.arrays[name]
            if (again.dtype, again.tobytes()) != (array.dtype, array.tobytes()):
                raise FormatError(f"array {name} was not written as it is", source=path)
    write_bytes(path, content, overwrite=overwrite)
    return written


@dataclass(frozen=True, eq=False)
class Conversion:
    """The file that was written, the one that was read, and the activation of the net."""

    file: WeightsFile
    source: WeightsFile
    activation: Activation


def convert(
    source: AnyPath,
    target: AnyPath,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Write the net of a weights file in the format that the suffix of `target` names.

    ``.pkl``, ``.npz`` and ``.safetensors`` get the arrays bit for bit; ``.onnx`` gets a model that
    takes images uint8 (N, 784) and gives probabilities float32 (N, 10). Without an `activation` it
    is what the file or its card says, else sigmoid.

    Raises `ValueError` for another suffix; `MnistError` for a source that is missing or no weights
    file, a target that cannot be written, and for ``.onnx`` weights that are not finite, or without
    the package `onnx`.
    """
    kind = TARGETS[require_suffix(target, TARGETS)]
    found = read_weights(source, data_dir)
    chosen = activation or found.activation or "sigmoid"
    arrays = found.network(chosen).arrays if kind is ONNX else found.arrays
    written = write_arrays(target, arrays, chosen, kind, overwrite=overwrite)
    return Conversion(written, found, chosen)
