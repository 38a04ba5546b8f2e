"""Snapshots: the states of a net on its way from random numbers to what it has learnt.

An ``.npz`` file has ``samples`` (S,), how many images each had seen, and for each layer ``W1``
(S, n, m) int8, ``scale1`` (S, m) and ``b1`` (S, m): a weight is -63 to 63 times a neuron's scale.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from mnist_cli.dtypes import Array, Floats
from mnist_cli.errors import FormatError
from mnist_cli.files.reading import AnyPath, read_bytes
from mnist_cli.files.writing import write_bytes
from mnist_cli.net.network import Activation, Network
from mnist_cli.weights import npz
from mnist_cli.weights.arrays import ArrayRecord
from mnist_cli.weights.formats import MAX_BYTES

_MOST = 50  # states in a file that is read
_DTYPES = {"samples": "<i8", "W": "|i1", "scale": "<f4", "b": "<f4"}


class Snapshot(NamedTuple):
    """A net and how many images it had seen, each again in each epoch."""

    samples: int
    network: Network


def round_weights(W: Floats) -> tuple[Array, Floats]:
    """Weights (n, m) as whole numbers from -63 to 63, and their scales (m,), one a neuron."""
    scales = np.maximum(np.abs(W).max(axis=0), np.float32(1e-30)) / np.float32(63)
    return np.rint(W / scales).astype(np.int8), scales


def write_snapshots(path: AnyPath, states: Iterable[Snapshot], *, overwrite: bool = False) -> None:
    """Write states of one net; the same states give the same bytes on every machine."""
    samples, networks = zip(*states, strict=True)
    arrays: dict[str, Array] = {"samples": np.array(samples, "<i8")}
    for layer in range(len(networks[0].weights)):
        rounded = [round_weights(network.weights[layer]) for network in networks]
        arrays[f"W{layer + 1}"] = np.stack([W for W, _ in rounded])
        arrays[f"scale{layer + 1}"] = np.stack([scales for _, scales in rounded]).astype("<f4")
        biases = [network.biases[layer] for network in networks]
        arrays[f"b{layer + 1}"] = np.stack(biases).astype("<f4")
    write_bytes(path, npz.write(arrays, None), overwrite=overwrite)


def read_snapshots(path: AnyPath, activation: Activation) -> list[Snapshot]:
    """Read the states of a net with this activation, in the order in which it learnt."""
    content = read_bytes(path, MAX_BYTES)
    try:
        arrays = {name: _read_array(name, each) for name, each in npz.read(content).records.items()}
        samples = arrays.pop("samples").tolist()
        count = len(arrays) // 3
        layers = [_take_layer(arrays, layer, len(samples)) for layer in range(1, count + 1)]
        if arrays or samples != sorted({*samples}) or samples[0] < 0 or len(samples) > _MOST:
            raise ValueError
        snapshots = []
        for i, seen in enumerate(samples):
            weights, biases = tuple(W[i] for W, _ in layers), tuple(b[i] for _, b in layers)
            snapshots.append(Snapshot(seen, Network(weights, biases, activation)))
        return snapshots
    except (FormatError, ValueError, TypeError, LookupError) as error:
        problem = error.problem if isinstance(error, FormatError) else "found other arrays"
        hint = "'mnist train --snapshots' writes such a file."
        raise FormatError(f"{problem}, expected snapshots", source=path, hint=hint) from None


def _read_array(name: str, record: ArrayRecord) -> Array:
    """The array of a record, (S, ...); an error that tells nothing where it is none."""
    if (record.dtype, record.order) != (_DTYPES[name.rstrip("0123456789")], "C"):
        raise ValueError
    return np.frombuffer(bytes(record.data), record.dtype).reshape(record.shape)  # type: ignore[arg-type]


def _take_layer(arrays: dict[str, Array], layer: int, count: int) -> tuple[Floats, Floats]:
    """Take out the weights (S, n, m) and biases (S, m) of a layer; errors as `_read_array`."""
    W, scales, b = (arrays.pop(f"{name}{layer}") for name in ("W", "scale", "b"))
    if W.ndim != 3 or len(W) != count or not scales.shape == b.shape == (count, W.shape[2]):
        raise ValueError
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite, `Network` refuses
        return W * scales[:, None], b  # (S, n, m) * (S, 1, m) -> (S, n, m)
