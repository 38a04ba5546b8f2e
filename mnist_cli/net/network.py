"""The forward pass: a fully connected net from 784 pixels to 10 digits, in NumPy.

`forward` is chapter 3 of *Deep Learning from Scratch* as it stands there; for its three layers::

    a1 = x @ W1 + b1     z1 = sigmoid(a1)
    a2 = z1 @ W2 + b2    z2 = sigmoid(a2)
    a3 = z2 @ W3 + b3    y  = softmax(a3)

`Network.activations` calls it; all other methods take `engine`'s quicker way to the same numbers.
"""

import math
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mnist_cli.dtypes import Array, Doubles, Floats, Indices
from mnist_cli.errors import printable
from mnist_cli.net.activations import FUNCTIONS, name_each
from mnist_cli.net.bounds import count_parameters
from mnist_cli.net.engine import Engine
from mnist_cli.shown import drawn_by
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS, SIDE
from mnist_cli.spec import Activation as Activation  # a public name of this module


def forward(
    x: Array,
    weights: Sequence[Array],
    biases: Sequence[Array],
    activation: Callable[[Array], Array],
) -> dict[str, Array]:
    """Every value on the way from pixels to probabilities, by its name: x, a1, z1, ... and y.

    `x` is an image (784,) or a batch (N, 784), 0 to 1; `activation` makes z of a.
    """
    values = {"x": x}  # (784,) for one image; (N, 784) for a batch, and N rows in all that follows
    z = x
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        a = z @ W + b  # (784,) @ (784, 50) + (50,) -> (50,), then (100,), then (10,)
        values[f"a{layer}"] = a
        if layer < len(weights):
            z = activation(a)  # (50,) -> (50,)
            values[f"z{layer}"] = z
    values["y"] = softmax(a)  # (10,) -> (10,)
    return values


def softmax(a: Array) -> Array:
    """exp(a) / sum(exp(a)) along the last axis, for (n,) or a batch (N, n) (book, 3.5.2).

    The largest element is taken off first: the quotient stays the same and exp cannot overflow.

    Examples
    --------
    >>> softmax(np.array([0.3, 2.9, 4.0])).round(4)
    array([0.0182, 0.2452, 0.7366])
    """
    with np.errstate(over="ignore", under="ignore"):  # beyond all floats is -inf; its exp is 0
        e = np.exp(a - a.max(axis=-1, keepdims=True))  # (N, n) - (N, 1) -> (N, n)
        return e / e.sum(axis=-1, keepdims=True)  # (N, n) / (N, 1) -> (N, n)


_DTYPES = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
_SINGLE = ((PIXELS,), (SIDE, SIDE))
_ONE_EACH = (*_SINGLE, (1, SIDE, SIDE))  # of N; the last has a channel, as PyTorch has it
_WHITE = 1.001  # floats are 0..1, some a rounding beyond; whoever forgot to divide has 255


@dataclass(frozen=True, eq=False, init=False)
class Network:
    """A fully connected net of 1 to 8 layers, 784 inputs and 10 outputs.

    `images` are uint8 (0..255) or float32/float64 (0..1), shaped (N, 784), (N, 28, 28), (784,) or
    (28, 28); a single image in gives a single result out.

    Parameters
    ----------
    weights:
        W1 (784, n1), W2 (n1, n2), ... Wn (.., 10); kept as read-only float32.
    biases:
        b1 (n1,), b2 (n2,), ... bn (10,); kept as read-only float32.
    activation:
        ``"sigmoid"``, ``"relu"``, ``"tanh"``, ``"step"`` or ``"identity"`` after each layer but
        the last, which has softmax; or one for each: ``"relu, tanh"``.

    Raises
    ------
    ValueError
        For shapes that do not chain, values that are not finite, and values too large for float32
        (also a `MnistError`); by the methods, for images of another shape or dtype, and for floats
        that are not finite or beyond 1.

    Examples
    --------
    >>> network = Network((np.zeros((784, 10)),), (np.arange(10),))
    >>> network.layer_sizes, network.parameter_count
    ((784, 10), 7850)
    >>> network.predict(np.zeros((2, 28, 28), np.uint8))
    array([9, 9])
    """

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]
    activation: Activation = "sigmoid"
    _engine: Engine = field(init=False, repr=False)

    _repr_html_ = drawn_by("inspect.network_lines", "inspect.network_picture")

    def __init__(
        self,
        weights: Sequence[ArrayLike],
        biases: Sequence[ArrayLike],
        activation: Activation = "sigmoid",
    ) -> None:
        object.__setattr__(self, "activation", activation)
        with np.errstate(over="ignore", under="ignore"):  # what becomes infinite is refused
            for name, arrays in (("weights", weights), ("biases", biases)):
                object.__setattr__(self, name, tuple(map(_read_only, arrays)))
            self._require_chain()
            engine = Engine(self.weights, self.biases, self.hidden_activations)
        object.__setattr__(self, "_engine", engine)

    def _require_chain(self) -> None:
        weights, biases, arrays = self.weights, self.biases, self.arrays
        if not 1 <= len(weights) <= MAX_LAYERS or len(weights) != len(biases):
            raise ValueError(
                f"{len(weights)} weights and {len(biases)} biases: expected as many of each, "
                f"1 to {MAX_LAYERS}"
            )
        if problem := find_mismatch({name: array.shape for name, array in arrays.items()}):
            raise ValueError(problem)
        name_each(self.activation, len(weights) - 1)
        for name, array in arrays.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds NaN or infinity")

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Neurons in each layer, inputs and outputs included: (784, 50, 100, 10) for the book's."""
        return (PIXELS, *(b.size for b in self.biases))

    @property
    def parameter_count(self) -> int:
        """How many numbers the net has learnt: 45,360 for the book's."""
        return count_parameters(self.layer_sizes)

    @property
    def hidden_activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer: ("sigmoid", "sigmoid") for the book's."""
        return name_each(self.activation, len(self.weights) - 1)

    @property
    def arrays(self) -> dict[str, Floats]:
        """Weights and biases by their names: W1 ... Wn b1 ... bn."""
        weights = {f"W{layer}": W for layer, W in enumerate(self.weights, start=1)}
        return weights | {f"b{layer}": b for layer, b in enumerate(self.biases, start=1)}

    def fold_normalization(self, mean: float, std: float) -> "Network":
        """Return the net that makes of pixels what this one makes of (pixels - mean) / std.

        For a net that learnt from such images, with PyTorch's ``Normalize((mean,), (std,))``: once
        this is part of the first layer, the net takes images as any other does::

            (x - mean) / std @ W1 + b1 = x @ (W1 / std) + (b1 - mean / std * W1.sum(axis=0))

        Raises
        ------
        ValueError
            For anything but finite numbers of pixels 0..1, a `std` that is not above 0, and where
            the new weights are too large or too small for float32.

        Examples
        --------
        >>> network = Network((np.eye(784, 10),), (np.zeros(10),))
        >>> folded = network.fold_normalization(mean=0.5, std=0.5)
        >>> folded.weights[0][0, 0], folded.biases[0][0]
        (np.float32(2.0), np.float32(-1.0))
        """
        try:
            mean, std = float(mean), float(std)
            if not (math.isfinite(mean) and math.isfinite(std) and std > 0):
                raise ValueError
        except (TypeError, ValueError, OverflowError):
            given = printable(f"mean {mean!r} and std {std!r}")
            raise ValueError(f"{given}: expected finite numbers, std above 0") from None
        if mean > 1 <= std:
            those = f"{mean / 255:.4g} and {std / 255:.4g}"
            raise ValueError(f"mean {mean} and std {std} are of 0..255, expected of 0..1: {those}")
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            W1: Array = self.weights[0].astype(np.float64) / std  # (784, 50)
            b1: Array = self.biases[0] - mean * W1.sum(axis=0)  # (50,)
        if 0 < np.abs(W1).max() < np.finfo(np.float32).tiny:
            raise ValueError(f"std {std}: the weights would be too small for float32")
        weights, biases = (W1, *self.weights[1:]), (b1, *self.biases[1:])
        return Network(weights, biases, self.activation)

    def activations(self, x: ArrayLike) -> dict[str, Doubles]:
        """The book's intermediate values x, a1, z1, ... y of one image, each (n,) float64.

        Raises
        ------
        ValueError
            For more than one image, and as the class says.
        """
        rows, single = self._as_rows(x)
        if not single:
            found = f"found shape {np.shape(x)}"
            raise ValueError(f"expected one image, (784,) or (28, 28): {found}")
        pixels = rows[0].astype(np.float64)  # (1, 784) -> (784,)
        scaled = pixels / 255 if rows.dtype == np.uint8 else pixels
        with np.errstate(under="ignore"):
            functions = (FUNCTIONS[name].of for name in self.hidden_activations)
            return forward(scaled, self.weights, self.biases, lambda a: next(functions)(a))

    def logits(self, images: ArrayLike, batch_size: int | None = None, threads: int = 1) -> Floats:
        """The last layer before softmax (the book's a3): (N, 10) or (10,) float32.

        `batch_size` None takes all images at once. A batch whose activations would take more than
        160 MiB is done in smaller ones. `threads` is how many work on batches side by side, each on
        one core.

        Raises
        ------
        ValueError
            For a `batch_size` or `threads` below 1, and as the class says.
        """
        rows, single = self._as_rows(images)
        if single:
            try:
                return self._engine.logits_of_one(rows)
            except FloatingPointError:  # where np.seterr asks for it: rare, and asking costs time
                pass
        with np.errstate(under="ignore"):
            logits = self._engine.logits(rows, batch_size, threads)
        return logits[0] if single else logits

    def predict_proba(
        self, images: ArrayLike, batch_size: int | None = None, threads: int = 1
    ) -> Floats:
        """Ten probabilities an image, summing to 1: (N, 10) or (10,) float32. Else as `logits`."""
        return softmax(self.logits(images, batch_size, threads))

    def predict(
        self, images: ArrayLike, batch_size: int | None = None, threads: int = 1
    ) -> Indices:
        """The digit of highest probability: (N,) int, or one int. Otherwise as `logits`.

        softmax keeps the order, so the largest logit decides and the exponentials are saved.
        """
        return self.logits(images, batch_size, threads).argmax(axis=-1)  # (N, 10) -> (N,)

    def _as_rows(self, images: ArrayLike) -> tuple[Array, bool]:
        """Images as rows (N, 784) without a copy, and whether it was a single one."""
        array = as_plain_array(images)
        single = array.shape in _SINGLE
        if array.dtype not in _DTYPES or not (single or array.shape[1:] in _ONE_EACH):
            raise ValueError(
                f"images of shape {array.shape} and dtype {array.dtype}: expected (N, 784), "
                "(N, 28, 28), (784,) or (28, 28) of uint8 (0..255) or float32/float64 (0..1)"
            )
        if array.dtype != np.uint8 and array.size:
            largest = max(array.max(), -array.min())
            if not math.isfinite(largest):
                raise ValueError("images hold NaN or infinity: expected finite values")
            if largest > _WHITE:
                raise ValueError(
                    f"images of {array.dtype}, 0..1 expected, with the largest value "
                    f"{largest:g}: divide by 255, or pass uint8"
                )
        return array.reshape(-1, PIXELS), single  # (28, 28) -> (1, 784), (N, 28, 28) -> (N, 784)

    def __repr__(self) -> str:
        return f"Network({self.layer_sizes}, activation={self.activation!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, (self.weights, self.biases, self.activation)


def as_plain_array(values: Any) -> Array:
    """What NumPy makes an array of. Raises `ValueError` where some of its values are masked."""
    if "numpy.ma" in sys.modules and isinstance(values, np.ma.MaskedArray):  # slow to import
        raise ValueError("found a masked array, expected one without a mask: see its filled()")
    return np.asarray(values)


def _read_only(array: Any) -> Floats:
    given = as_plain_array(array)
    if given.dtype.kind not in "buif":
        raise ValueError(f"an array has dtype {given.dtype}: expected numbers")
    copy = np.array(given, dtype=np.float32, order="C")
    copy.flags.writeable = False
    return copy


def find_mismatch(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Say which shape breaks the chain (784, n1) (n1,), ... (nk, 10) (10,); ``""`` if none does."""
    rows, layers = PIXELS, len(shapes) // 2
    for layer in range(1, layers + 1):
        shape = shapes[f"W{layer}"]
        is_matrix = len(shape) == 2 and shape[1] > 0
        columns = CLASSES if layer == layers else shape[1] if is_matrix else "n"
        for name, expected in ((f"W{layer}", (rows, columns)), (f"b{layer}", (columns,))):
            if shapes[name] != expected:
                wanted = str(expected).replace("'", "")
                return f"{name} has shape {printable(str(shapes[name]))}, expected {wanted}"
        rows = shape[1]
    return ""
