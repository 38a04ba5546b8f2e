"""A weights file -> the table of shapes and parameters that `mnist inspect` shows."""

from dataclasses import dataclass

from mnist_cli.files import AnyPath
from mnist_cli.network import Activation
from mnist_cli.weights import read_weights


@dataclass(frozen=True)
class ArrayInfo:
    """One array of a weights file: the book's name for it, and what it holds."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    parameters: int


@dataclass(frozen=True)
class Summary:
    """What a weights file holds; `finite` is false when it holds NaN or infinity."""

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


def summarize(
    path: AnyPath | None = None,
    *,
    activation: Activation = "sigmoid",
    data_dir: AnyPath | None = None,
) -> Summary:
    """Read a weights file (the embedded one by default) and count its parameters.

    Raises `MnistError` for a file that is missing or is not a weights file. NaN and infinity are
    not an error here: the table is what one needs to find them.
    """
    found = read_weights(path, data_dir)
    arrays = tuple(
        ArrayInfo(name, array.shape, array.dtype.name, array.size)
        for name, array in found.arrays.items()
    )
    outputs = tuple(info.shape[0] for info in arrays if len(info.shape) == 1)
    return Summary(
        file=str(found.file),
        origin=found.origin,
        format=found.format,
        protocol=found.protocol,
        arrays=arrays,
        finite=found.finite,
        layer_sizes=(arrays[0].shape[0], *outputs),
        activation=activation,
        parameters=sum(info.parameters for info in arrays),
        bytes=found.bytes,
        sha256=found.sha256,
    )
