"""What a page carries, packed into text that `net/data.js` unpacks: nets, snapshots, the judge."""

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from mnist_cli.dtypes import Bytes, Doubles, Floats
from mnist_cli.errors import FormatError
from mnist_cli.handwriting.digit import DOUBTFUL, SPREAD, SURE_OF_DOUBTFUL
from mnist_cli.handwriting.judge import load_judge
from mnist_cli.net.activations import FUNCTIONS
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network, forward
from mnist_cli.spec import PIXELS
from mnist_cli.weights.snapshots import Snapshot, round_weights

_AT_ONCE = 100  # images: every value on their way is kept
_BEYOND = 1e30  # activations: their squares could not be added up


def find_axes(values: Doubles) -> Floats:
    """Return the mean and the two first principal axes of (N, neurons) values, (3, neurons)."""
    found = np.zeros((3, values.shape[1]))
    found[0] = values.mean(axis=0)
    centred = values - found[0]
    # The products of columns or, where these are more, of rows, have the same eigenvalues.
    is_wide = values.shape[1] > len(values)
    with one_thread():
        products = centred @ centred.T if is_wide else centred.T @ centred
        squares, vectors = np.linalg.eigh(products)  # the smallest first
        axes = vectors.T[:-3:-1]  # (2, n), or (2, N)
        if is_wide:
            axes = axes @ centred
    lengths = np.linalg.norm(axes, axis=1, keepdims=True)
    signs = np.where(axes.sum(axis=1, keepdims=True) < 0, -1, 1)
    scale = np.sqrt(len(values) / max(float(squares[-1]), 1e-24))
    found[1 : 1 + len(axes)] = axes / np.maximum(lengths, 1e-12) * signs * scale
    return found.astype(np.float32)


def describe_net(name: str, sha256: str, network: Network, images: Bytes) -> dict[str, Any]:
    """Return a net's weights, packed, and where its last hidden layer puts (N, 28, 28) images."""
    if ", " in network.activation:
        has = f"its hidden layers have {network.activation}"
        problem = f"{has}, the page shows nets of one activation"
        raise FormatError(problem, source=name, hint="'mnist eval' and 'mnist predict' take it.")
    with np.errstate(all="ignore"):
        hidden = _last_hidden(network, images)
    if not np.abs(hidden).max() < _BEYOND:
        raise FormatError(
            "the weights are too large: what they give is beyond all numbers",
            source=name,
            hint="'mnist inspect --stats' shows them.",
        )
    layers = zip(network.weights, network.biases, strict=True)
    parameters = np.concatenate([part.ravel() for layer in layers for part in layer])
    return {
        "name": name,
        "sha256": sha256,
        "sizes": network.layer_sizes,
        "activation": network.activation,
        "parameters": pack(parameters.astype("<f4").tobytes()),
        "map": pack(find_axes(hidden).astype("<f4").tobytes()),
    }


def _last_hidden(network: Network, images: Bytes) -> Doubles:
    """What the last layer sees of each image, (N, n); the pixels where there is only one layer."""
    name = f"z{len(network.weights) - 1}" if len(network.weights) > 1 else "x"
    function = FUNCTIONS[network.activation].of
    pixels = images.reshape(-1, PIXELS) / 255
    parts = (pixels[start : start + _AT_ONCE] for start in range(0, len(pixels), _AT_ONCE))
    layers = network.weights, network.biases
    return np.concatenate([forward(part, *layers, function)[name] for part in parts])


def describe_snapshots(snapshots: Sequence[Snapshot]) -> dict[str, Any]:
    """States of a net: weights as `round_weights` has them, scales and biases of each layer."""
    whole, floats = [], []
    for _, network in snapshots:
        for W, b in zip(network.weights, network.biases, strict=True):
            rounded, scales = round_weights(W)
            whole.append(rounded.tobytes())
            floats += [scales, b]
    return {
        "samples": [samples for samples, _ in snapshots],
        "bytes": pack(b"".join(whole)),
        "floats": pack(np.concatenate(floats).astype("<f4").tobytes()),
    }


def describe_judge() -> dict[str, Any]:
    """Return the judge in whole bytes, a scale for each row of its first layer, its limits."""
    judge = load_judge()
    (W1, W2), (b1, b2) = judge.weights, judge.biases
    scales = np.maximum(np.abs(W1).max(axis=1), 1e-9) / 127
    rest = np.concatenate([b1, W2[:, :2].ravel(), b2[:2], scales])
    return {
        "sizes": (*W1.shape, 2),
        "activation": judge.activation,
        "limits": {"doubtful": DOUBTFUL, "sure": SURE_OF_DOUBTFUL, "spread": SPREAD},
        "bytes": pack(np.rint(W1 / scales[:, None]).astype(np.int8).tobytes()),
        "floats": pack(rest.astype("<f4").tobytes()),
    }


def pack(content: bytes) -> str:
    """Bytes compressed, in base64."""
    return encode(zlib.compress(content, 9))


def encode(content: bytes) -> str:
    """Bytes in base64."""
    return base64.b64encode(content).decode()
