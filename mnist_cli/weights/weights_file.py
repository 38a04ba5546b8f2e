"""Weights files and networks: read, check, save, convert."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from mnist_cli import paths
from mnist_cli.dtypes import Array
from mnist_cli.errors import FormatError, printable
from mnist_cli.files.reading import AnyPath, read_bytes
from mnist_cli.files.writing import require_suffix, write_together
from mnist_cli.net.activations import name_each
from mnist_cli.net.network import Activation, Network
from mnist_cli.spec import BOOK_WEIGHTS_SHA256, CLASSES, PIXELS, WEIGHTS
from mnist_cli.weights import card as cards
from mnist_cli.weights.arrays import BOOK_NAME, Contents, check_arrays
from mnist_cli.weights.card import Card, FoundCard
from mnist_cli.weights.formats import MAX_BYTES, ONNX, SUFFIXES, TARGETS, Format, recognise

_TAKES = f"mnist takes fully connected nets from {PIXELS} pixels to the {CLASSES} digits."


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a weights file holds."""

    file: Path
    origin: str  # where it was found: "given", "data directory" or "embedded"
    format: str
    arrays: dict[str, Array]  # W1 ... Wn b1 ... bn, read-only, float32 or float64 as in the file
    bytes: int
    sha256: str
    protocol: int | None = None  # the one that a pickle states; 0 and 1 state none
    stated_activation: Activation | None = None  # where the format has a place for it
    has_book_names: bool = True  # and not those of another library
    asked: Activation | None = None  # what somebody wants in place of any other

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
        """Neurons in each layer, as of a `Network`."""
        return (PIXELS, *(array.size for array in self.arrays.values() if array.ndim == 1))

    @property
    def parameters(self) -> int:
        """How many numbers the net has learnt."""
        return sum(array.size for array in self.arrays.values())

    @cached_property
    def found_card(self) -> FoundCard | None:
        """The card that lies beside the weights and names their SHA-256."""
        return cards.find_card(self.file, self.sha256)

    @property
    def card(self) -> Card | None:
        """How the weights were trained, where their card says so."""
        return self.found_card.training if self.found_card else None

    @property
    def known_activation(self) -> Activation | None:
        """The activation that was asked for, or else is known of the net."""
        return self.asked or self._find_activation()[0]

    @property
    def activation(self) -> Activation:
        """The activation to compute with: sigmoid where none is known."""
        known = self.known_activation or "sigmoid"
        try:
            name_each(known, len(self.layer_sizes) - 2)
        except ValueError as error:
            hint = "Name another with --activation."
            raise FormatError(str(error), source=self.file, hint=hint) from None
        return known

    def _find_activation(self) -> tuple[Activation | None, str]:
        """The activation that is known of the net, and who says so."""
        if self.stated_activation:
            return self.stated_activation, str(self.file)
        if self.origin == "embedded":  # which needs no look at its card
            return "sigmoid", f"{cards.card_path(self.file).name} (embedded)"
        if self.found_card:
            return self.found_card.activation, str(self.found_card.path)
        if self.sha256 == BOOK_WEIGHTS_SHA256:
            return "sigmoid", "the book"
        # Without a hidden layer there is none, and nothing to assume.
        return "sigmoid" if len(self.layer_sizes) == 2 else None, ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What had to be assumed, and who says another thing than what was asked for."""
        known, witness = self._find_activation()
        notes = []
        if self.asked and witness and self.asked != known and len(self.layer_sizes) > 2:
            says = f"{printable(witness, limit=200)}, which says {known}"
            notes.append(f"--activation {self.asked} overrules {says}")
        if not (self.asked or known):
            what = f"the activation of {printable(str(self.file), limit=200)}"
            notes.append(f"nothing names {what}: sigmoid was assumed (--activation relu)")
        return tuple(notes)

    def network(self) -> Network:
        """The network of these weights; `FormatError` unless they are finite in float32."""
        arrays = tuple(self.arrays.values())
        weights, biases = arrays[: len(arrays) // 2], arrays[len(arrays) // 2 :]
        try:
            return Network(weights, biases, self.activation)
        except ValueError as error:
            problem = f"{error.args[0]}: no prediction can be made with them"
            hint = "'mnist inspect' shows what it holds."
            raise FormatError(problem, source=self.file, hint=hint) from None


def read_weights(
    path: AnyPath | None = None,
    data_dir: AnyPath | None = None,
    activation: Activation | None = None,
) -> WeightsFile:
    """Read a weights file, by default the embedded one; `activation` overrules what it says."""
    found = paths.find_or_embedded(path, WEIGHTS, data_dir)
    content = read_bytes(found.path, MAX_BYTES)
    try:
        file = parse_weights(content, found.path, found.origin)
    except FormatError as error:
        raise FormatError(error.problem, source=found.path, hint=error.hint or _TAKES) from None
    return replace(file, asked=activation)


def read_several(
    names: Iterable[AnyPath | None],
    data_dir: AnyPath | None = None,
    activation: Activation | None = None,
    *,
    most: int,
) -> list[WeightsFile]:
    """Read weights files, all of which have at most `most` parameters together."""
    files: list[WeightsFile] = []
    for name in names:
        files.append(read_weights(name, data_dir, activation))
        found = sum(file.parameters for file in files)
        if found > most:
            problem = f"found {found:,} parameters in all nets, expected at most {most:,}"
            hint = "Name fewer nets, or smaller ones."
            raise FormatError(problem, source=files[-1].file, hint=hint)
    return files


def parse_weights(content: bytes, file: Path = Path(), origin: str = "given") -> WeightsFile:
    """Read the bytes of a weights file; a `FormatError` does not name it."""
    kind = recognise(content)
    contents: Contents = kind.load().read(content)
    records = contents.records
    if sum(len(record.data) for record in records.values()) > MAX_BYTES:
        raise FormatError(f"describes arrays of more than {MAX_BYTES:,} bytes")
    if not all(map(BOOK_NAME.fullmatch, records)):
        from mnist_cli.weights.names import rename

        records = rename(records)
    return WeightsFile(
        file=file,
        origin=origin,
        format=kind.name,
        arrays=check_arrays(records),
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        protocol=contents.protocol,
        stated_activation=contents.activation,
        has_book_names=records is contents.records,
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
    FileError
        For a file that cannot be read or is larger than 16 MiB.
    FormatError
        For one that holds anything but the weights of one network, or weights that are not finite.

    Examples
    --------
    >>> from mnist_cli import load_network
    >>> load_network().layer_sizes
    (784, 50, 100, 10)
    """
    return read_weights(path, data_dir, activation).network()


def save_network(network: Network, path: AnyPath, *, overwrite: bool = False) -> None:
    """Write the weights of a network: ``.pkl`` as the book's code, ``.npz`` or ``.safetensors``.

    The pickle loads with plain Python 3 and any NumPy; the same network gives the same bytes on
    every machine. ``.pkl`` and ``.npz`` cannot say what the activation is, so a card beside them
    does, ``w.npz.json`` for ``w.npz``. Files appear whole or not at all.

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
    write_arrays(path, network.arrays, network.activation, overwrite=overwrite)


def write_arrays(
    path: AnyPath,
    arrays: Mapping[str, Array],
    activation: Activation | None,
    kind: Format | None = None,
    *,
    training: Card | None = None,
    folded: str = "",
    overwrite: bool = False,
) -> WeightsFile:
    """Write arrays, and a card of their training or of what the file cannot say."""
    if kind is None:  # "w.pkl.partial" is what an interrupted training leaves of "w.pkl"
        kind = SUFFIXES[require_suffix(str(path).removesuffix(".partial"), SUFFIXES)]
    little = {name: each.astype(each.dtype.newbyteorder("<")) for name, each in arrays.items()}
    content = kind.load().write(little, activation)
    if len(content) > MAX_BYTES:
        size = f"the file would have {len(content):,} bytes, at most {MAX_BYTES:,} are read again"
        raise FormatError(size, source=path)
    written, contents = parse_weights(content, Path(path)), {Path(path): content}
    is_silent = not (written.stated_activation or len(written.layer_sizes) == 2)
    if activation and training:
        card = cards.encode_card(written.sha256, activation, asdict(training))
        contents[cards.card_path(path)] = card
    elif activation and (folded or is_silent):
        said = {"normalization": folded} if folded else {}
        contents[cards.short_card_path(path)] = cards.encode_card(written.sha256, activation, said)
    write_together(contents, overwrite=overwrite)
    return written


@dataclass(frozen=True, eq=False)
class Conversion:
    """What `convert` did."""

    file: WeightsFile  # that was written
    source: WeightsFile
    normalization: tuple[float, float] | None  # that was folded in

    @property
    def card(self) -> Path | None:
        """The card that was written, where a file has no place for what it says."""
        return self.file.found_card and self.file.found_card.path

    @property
    def notes(self) -> tuple[str, ...]:
        """Those of the source, and what it says of a normalisation that it has already."""
        found = self.source.found_card
        if not (self.normalization and found and found.normalization):
            return self.source.notes
        says = f"says that {printable(found.normalization)} are in this net: it now has them twice"
        return *self.source.notes, f"{printable(str(found.path), 200)} {says}"


def convert(
    source: AnyPath,
    target: AnyPath,
    *,
    activation: Activation | None = None,
    normalization: tuple[float, float] | None = None,
    layout: str | None = None,
    data_dir: AnyPath | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Write a net by the suffix of `target`, normalised, by PyTorch's names for `layout` torch."""
    kind = TARGETS[require_suffix(target, TARGETS)]
    if layout == "torch" and kind.name != "safetensors":
        raise ValueError(f"layout torch: found {kind.suffix}, expected .safetensors")
    found = read_weights(source, data_dir, activation)
    # What had to be assumed is passed on only where a format cannot be without an activation.
    passed_on = found.activation if kind is ONNX else found.known_activation
    network, arrays = found.network(), found.arrays
    if kind is ONNX or normalization:
        arrays = (network.fold_normalization(*normalization) if normalization else network).arrays
    if layout == "torch":
        from mnist_cli.weights.pytorch import name_as_sequence

        arrays = name_as_sequence(arrays)
    folded = found.found_card.normalization if found.found_card else ""
    if normalization:
        folded = "mean {}, std {}".format(*normalization)
    written = write_arrays(target, arrays, passed_on, kind, folded=folded, overwrite=overwrite)
    return Conversion(written, found, normalization)
