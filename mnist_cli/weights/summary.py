"""A weights file -> the table of shapes and parameters that `mnist inspect` shows."""

from dataclasses import dataclass

from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.card import Card, find_card
from mnist_cli.weights.stats import Neuron, Stats, describe, list_neurons
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

    `neurons` are those of the first layer that were asked for; `card` tells how the weights were
    trained, where a card lies beside them that names their SHA-256.
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
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
    stats: bool = False,
    all_neurons: bool = False,
    neuron: int | None = None,
) -> Summary:
    """Read a weights file (the embedded one by default) and count its parameters.

    `stats` adds a description of each array's values, `all_neurons` or the number of a `neuron`
    what neurons of the first layer look for. NaN and infinity are not an error here: the table is
    what one needs to find them.

    Raises
    ------
    MnistError
        For a file that is missing or is not a weights file.
    IndexError
        For a neuron that is not there; it names the range.
    """
    found = read_weights(path, data_dir)
    neurons = list_neurons(found.arrays) if all_neurons or neuron is not None else ()
    if neuron is not None:
        if not 0 <= neuron < len(neurons):
            raise IndexError(f"neuron {neuron} is not in the range 0..{len(neurons) - 1}")
        neurons = (neurons[neuron],)
    return summarize_file(found, activation, stats=stats, neurons=neurons)


def summarize_file(
    file: WeightsFile,
    activation: Activation | None = None,
    *,
    stats: bool = False,
    neurons: tuple[Neuron, ...] = (),
) -> Summary:
    """Count the parameters of a weights file that was read; see `summarize`."""
    arrays = tuple(
        ArrayInfo(
            name, array.shape, array.dtype.name, array.size, describe(array) if stats else None
        )
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
        activation=activation or file.activation or "sigmoid",
        parameters=sum(info.parameters for info in arrays),
        bytes=file.bytes,
        sha256=file.sha256,
        neurons=neurons,
        card=find_card(file.file, file.sha256),
    )
