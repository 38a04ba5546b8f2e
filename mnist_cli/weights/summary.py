"""A weights file -> the table of shapes and parameters that `mnist inspect` shows."""

from dataclasses import dataclass

from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.card import Card, card_of
from mnist_cli.weights.stats import Neuron, Stats, neurons, spread
from mnist_cli.weights.weights_file import WeightsFile, read_weights


@dataclass(frozen=True)
class ArrayInfo:
    """One array of a weights file: the book's name for it, and what it holds."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    parameters: int
    stats: Stats | None = None


@dataclass(frozen=True)
class Summary:
    """What a weights file holds; `finite` is false when it holds NaN or infinity.

    `neurons` are the units of the first layer that were asked for; `card` tells how the embedded
    weights were trained.
    """

    file: str
    origin: str
    format: str
    protocol: int | None
    arrays: tuple[ArrayInfo, ...]
    finite: bool
    layer_sizes: tuple[int, ...]
    activation: Activation
    parameters: int
    bytes: int
    sha256: str
    neurons: tuple[Neuron, ...] = ()
    card: Card | None = None


def summarize(
    path: AnyPath | None = None,
    *,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
    stats: bool = False,
    all_neurons: bool = False,
    neuron: int | None = None,
) -> Summary:
    """Read a weights file (the embedded one by default) and count its parameters.

    `stats` adds how the values of each array are spread, `all_neurons` or the number of a `neuron`
    what units of the first layer look for.

    Raises `MnistError` for a file that is missing or is not a weights file, and `IndexError`, which
    names the range, for a neuron that is not there. NaN and infinity are not an error here: the
    table is what one needs to find them.
    """
    found = read_weights(path, data_dir)
    units = neurons(found.arrays) if all_neurons or neuron is not None else ()
    if neuron is not None:
        if not 0 <= neuron < len(units):
            raise IndexError(f"neuron {neuron} is not in the range 0..{len(units) - 1}")
        units = (units[neuron],)
    return summary_of(found, activation, stats=stats, neurons=units)


def summary_of(
    file: WeightsFile,
    activation: Activation,
    *,
    stats: bool = False,
    neurons: tuple[Neuron, ...] = (),
) -> Summary:
    """Count the parameters of a weights file that was read."""
    arrays = tuple(
        ArrayInfo(name, array.shape, array.dtype.name, array.size, spread(array) if stats else None)
        for name, array in file.arrays.items()
    )
    outputs = tuple(info.shape[0] for info in arrays if len(info.shape) == 1)
    return Summary(
        file=str(file.file),
        origin=file.origin,
        format=file.format,
        protocol=file.protocol,
        arrays=arrays,
        finite=file.finite,
        layer_sizes=(arrays[0].shape[0], *outputs),
        activation=activation,
        parameters=sum(info.parameters for info in arrays),
        bytes=file.bytes,
        sha256=file.sha256,
        neurons=neurons,
        # A card beside any other file was not named, so it is not read.
        card=card_of(file.file, file.sha256) if file.origin == "embedded" else None,
    )
