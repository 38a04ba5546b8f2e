"""The forward pass: a fully connected net from 784 pixels to 10 digits, in NumPy.

The formulas are those of *Deep Learning from Scratch*, chapter 3, for the book's three layers::

    a1 = x @ W1 + b1     z1 = sigmoid(a1)
    a2 = z1 @ W2 + b2    z2 = sigmoid(a2)
    a3 = z2 @ W3 + b3    y  = softmax(a3)

`Network.activations` computes them as they stand. Everything else takes a shorter way to the same
numbers, which `_folded` explains.
"""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mnist_cli.net.blas import blocks_of_rows, one_thread
from mnist_cli.spec import CLASSES, MAX_LAYERS, PIXELS

Float32 = NDArray[np.float32]
Images = NDArray[Any]  # uint8, float32 or float64, as the class says
Activation = Literal["sigmoid", "relu"]

_SATURATED = 20.0  # tanh(20) is exactly 1 in float32
_SAFE = 1e37  # a bound on float32 sums that leaves room below the largest float32, 3.4e38


def sigmoid(a: NDArray[Any]) -> NDArray[Any]:
    """1 / (1 + exp(-a)) element by element, for `a` of any size (book, 3.2.4).

    Written as (1 + tanh(a / 2)) / 2, which is the same function and cannot overflow.
    """
    z: NDArray[Any] = 0.5 + 0.5 * np.tanh(0.5 * a)
    return z


def relu(a: NDArray[Any]) -> NDArray[Any]:
    """max(0, a) element by element (book, 3.2.7)."""
    z: NDArray[Any] = np.maximum(a, 0)
    return z


def softmax(a: NDArray[Any]) -> NDArray[Any]:
    """exp(a) / sum(exp(a)) along the last axis, for one vector or a batch (book, 3.5.2).

    The largest element is taken off first: the quotient stays the same and exp cannot overflow.
    """
    with np.errstate(over="ignore"):  # a difference beyond all floats is -inf, and exp(-inf) is 0
        e = np.exp(a - a.max(axis=-1, keepdims=True))
    y: NDArray[Any] = e / e.sum(axis=-1, keepdims=True)
    return y


@dataclass(frozen=True, eq=False)
class Network:
    """A fully connected net of 1 to 8 layers, 784 inputs and 10 outputs.

    Parameters
    ----------
    weights:
        W1 (784, n1), W2 (n1, n2), ... Wn (.., 10); kept as read-only float32.
    biases:
        b1 (n1,), b2 (n2,), ... bn (10,); kept as read-only float32.
    activation:
        ``"sigmoid"`` or ``"relu"`` after each layer but the last, which has softmax.

    `images` are uint8 (0..255) or float32/float64 (meant for 0..1), shaped (N, 784), (N, 28, 28),
    (784,) or (28, 28); a single image in gives a single result out. Anything else, shapes that do
    not chain and values that are not finite raise `ValueError`.
    """

    weights: tuple[Float32, ...]
    biases: tuple[Float32, ...]
    activation: Activation = "sigmoid"
    _layers: tuple[Float32, ...] = field(init=False, repr=False)
    _transposed: tuple[Float32, ...] = field(init=False, repr=False)
    _input_limit: float = field(init=False, repr=False)

    def __post_init__(self) -> None:
        weights = tuple(_read_only(W) for W in self.weights)
        biases = tuple(_read_only(b) for b in self.biases)
        _check_layers(weights, biases, self.activation)
        layers = _folded(weights, biases, self.activation)
        for name, value in (
            ("weights", weights),
            ("biases", biases),
            ("_layers", layers),
            ("_transposed", tuple(np.ascontiguousarray(M.T) for M in layers)),
            ("_input_limit", _input_limit(weights, biases, self.activation)),
        ):
            object.__setattr__(self, name, value)

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units in each layer, input and output included: (784, 50, 100, 10) for the book's net."""
        return (PIXELS, *(b.size for b in self.biases))

    @property
    def parameter_count(self) -> int:
        """How many numbers the net has learnt: 45,360 for the book's."""
        return sum(array.size for array in (*self.weights, *self.biases))

    def logits(self, images: Images) -> Float32:
        """The last layer before softmax (the book's a3): (N, 10) or (10,) float32."""
        return self._run(images, None, 1)

    def predict_proba(
        self, images: Images, batch_size: int | None = None, threads: int = 1
    ) -> Float32:
        """Ten probabilities an image, summing to 1: (N, 10) or (10,) float32.

        `batch_size` None takes all images at once. `threads` is how many work on batches side by
        side, each on one core.
        """
        probabilities: Float32 = softmax(self._run(images, batch_size, threads))
        return probabilities

    def predict(
        self, images: Images, batch_size: int | None = None, threads: int = 1
    ) -> NDArray[np.intp]:
        """The digit an image shows, the one of highest probability: (N,) int, or one int.

        softmax keeps the order, so the largest logit decides and the exponentials are saved.
        """
        digits: NDArray[np.intp] = self._run(images, batch_size, threads).argmax(axis=-1)
        return digits

    def activations(self, x: Images) -> dict[str, NDArray[Any]]:
        """The book's intermediate values x, a1, z1, ... y of one image, float64, each 1-D."""
        rows, single = _as_rows(x)
        if not single:
            raise ValueError(f"activations takes one image, got {len(rows)}")
        z = _as_finite_floats(rows)[0]
        squash = sigmoid if self.activation == "sigmoid" else relu
        values = {"x": z}
        last = len(self.weights)
        for layer, (W, b) in enumerate(zip(self.weights, self.biases, strict=True), start=1):
            a = z @ W.astype(np.float64) + b
            z = squash(a) if layer < last else softmax(a)
            values |= {f"a{layer}": a, ("y" if layer == last else f"z{layer}"): z}
        return values

    def __repr__(self) -> str:
        return f"Network({self.layer_sizes}, activation={self.activation!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return Network, (self.weights, self.biases, self.activation)

    def _run(self, images: Images, batch_size: int | None, threads: int) -> Float32:
        rows, single = _as_rows(images)
        if not _within(rows, self._input_limit):
            logits = self._careful(rows)
        elif single:
            return self._one(rows[0])
        else:
            logits = self._batched(rows, batch_size, threads)
        return logits[0] if single else logits

    def _one(self, x: Images) -> Float32:
        """Logits of one image. Here a call of NumPy costs as much as its arithmetic: few calls."""
        h = np.empty(PIXELS + 1, np.float32)
        _fill(h[:PIXELS], x)
        h[PIXELS] = 1
        squash = _SQUASH[self.activation]
        *hidden, last = self._transposed
        for M in hidden:
            h = M.dot(h)  # (52, 785) @ (785,) -> (52,)
            squash(h, out=h)
        logits: Float32 = last.dot(h)  # (10, 104) @ (104,) -> (10,)
        return logits

    def _batched(self, rows: Images, batch_size: int | None, threads: int) -> Float32:
        """Logits of many images, batch by batch; worker threads take the next batch in turn."""
        count = len(rows)
        size = _at_least_one("batch_size", max(count, 1) if batch_size is None else batch_size)
        threads = _at_least_one("threads", threads)
        size = min(size, max(count, 1))
        logits = np.empty((count, CLASSES), np.float32)
        starts = deque(range(0, count, size))  # popleft is atomic: workers share it

        def work() -> None:
            forward = self._forward(size)
            while starts:
                try:
                    start = starts.popleft()
                except IndexError:  # another worker was quicker
                    return
                batch = rows[start : start + size]
                if len(batch) < size:  # the last one
                    forward = self._forward(len(batch))
                forward(batch, logits[start : start + size])

        with one_thread():
            workers = min(threads, len(starts))
            if workers <= 1:
                work()
            else:
                # The calling thread only waits: beside one worker it would share a core with it.
                _side_by_side(work, workers)
        return logits

    def _forward(self, size: int) -> Callable[[Images, Float32], None]:
        """What takes a batch (size, 784) to logits (size, 10), in buffers used again each time.

        A batch lies in blocks of as many rows as the matrix library likes best: 100 images, each
        with the 1 for the bias, as (5, 20, 785).
        """
        *hidden, last = self._layers
        blocks, rows = blocks_of_rows(size, self._layers[0].size)
        inputs = [np.zeros((blocks, rows, len(M)), np.float32) for M in self._layers]
        inputs[0][..., PIXELS] = 1
        pixels = inputs[0].reshape(-1, PIXELS + 1)[:size, :PIXELS]
        steps = list(zip(hidden, pairwise(inputs), strict=True))
        h_last = inputs[-1].reshape(-1, len(last))[:size]
        squash = _SQUASH[self.activation]

        def forward(batch: Images, logits: Float32) -> None:
            _fill(pixels, batch)
            for M, (x, h) in steps:
                np.matmul(x, M, out=h)  # (5, 20, 785) @ (785, 52) -> (5, 20, 52)
                squash(h, out=h)
            np.dot(h_last, last, out=logits)  # (100, 104) @ (104, 10) -> (100, 10)

        return forward

    def _careful(self, rows: Images) -> Float32:
        """Logits where float32 might overflow: float64, each layer's sums held within 1e150."""
        z = _as_finite_floats(rows)
        squash = sigmoid if self.activation == "sigmoid" else relu
        for W, b in zip(self.weights, self.biases, strict=True):
            a = z.clip(-1e150, 1e150) @ W.astype(np.float64) + b
            z = squash(a)
        largest = float(np.finfo(np.float32).max)
        logits: Float32 = a.clip(-largest, largest).astype(np.float32)
        return logits


# What is left of an activation when its constants are folded into the layers.
_SQUASH: dict[str, Callable[..., Float32]] = {"sigmoid": np.tanh, "relu": partial(np.maximum, 0)}


def _folded(
    weights: tuple[Float32, ...], biases: tuple[Float32, ...], activation: Activation
) -> tuple[Float32, ...]:
    """Each layer as one matrix, so that a layer is one product and one tanh.

    Three things that are the same for every image are done here, once, in float64:

    - sigmoid(a) = (1 + tanh(a / 2)) / 2, so a hidden layer gives t = tanh(a / 2) and the layer
      after it takes z @ W + b = t @ (W / 2) + (b + sum of W's rows / 2);
    - pixels stay 0..255, so W1 takes the division by 255;
    - the bias is one more row of the matrix, for an input that is always 1. A hidden layer hands
      that 1 on by one more column: tanh(20) is 1, and so is relu(1). Columns of 0 fill the matrix
      up to a multiple of 4, which processors take at once.
    """
    tanh = activation == "sigmoid"
    matrices = []
    height = PIXELS + 1
    for layer, (W32, b32) in enumerate(zip(weights, biases, strict=True)):
        W, b = W32.astype(np.float64), b32.astype(np.float64)
        first, last = layer == 0, layer == len(weights) - 1
        if first:
            W = W / 255
        elif tanh:
            W, b = W / 2, b + W.sum(axis=0) / 2
        if tanh and not last:
            W, b = W / 2, b / 2
        rows, columns = W.shape
        width = columns if last else columns // 4 * 4 + 4
        M = np.zeros((height, width))
        M[:rows, :columns] = W
        M[rows, :columns] = b
        if not last:
            M[rows, columns] = _SATURATED if tanh else 1
        with np.errstate(over="ignore"):  # what overflows is never used: see `_input_limit`
            matrices.append(M.astype(np.float32))
        height = width
    return tuple(matrices)


def _side_by_side(work: Callable[[], None], count: int) -> None:
    """Run `work` in `count` threads and wait; an error in one of them is raised here.

    A `ThreadPoolExecutor` does the same, but to set it up and wind it up takes as long as a few
    batches.
    """
    errors: list[Exception] = []

    def guarded() -> None:
        try:
            work()
        except Exception as error:
            errors.append(error)

    workers = [threading.Thread(target=guarded) for _ in range(count)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if errors:
        raise errors[0]


def _input_limit(
    weights: tuple[Float32, ...], biases: tuple[Float32, ...], activation: Activation
) -> float:
    """The largest |x| for which no float32 sum of the short way can overflow; 0 if there is none.

    With |x| <= limit, every sum of a layer is at most ``gain * limit + rest``.
    """
    gain, rest, limit = 1.0, 0.0, np.inf
    for W, b in zip(weights, biases, strict=True):
        reach = float(np.abs(W.astype(np.float64)).sum(axis=0).max())
        gain, rest = gain * reach, rest * reach + float(np.abs(b).max())
        if rest >= _SAFE:
            return 0.0
        limit = min(limit, (_SAFE - rest) / gain if gain else np.inf)
        if activation == "sigmoid":
            gain, rest = 0.0, 1.0  # whatever comes in, 0..1 goes out
    return min(limit / 255, _SAFE)


def _within(rows: Images, limit: float) -> bool:
    """Whether all values are at most `limit` in size; false for NaN and infinity."""
    if rows.dtype == np.uint8:
        return limit >= 1
    if rows.size == 0:
        return True
    return bool(rows.max() <= limit and rows.min() >= -limit)


def _fill(target: Float32, images: Images) -> None:
    """Write images into a float32 buffer on the scale 0..255 that the folded weights take."""
    if images.dtype == np.uint8:
        target[...] = images
    else:
        np.multiply(images, 255, out=target, casting="same_kind")


def _as_rows(images: Images) -> tuple[Images, bool]:
    """Images as rows (N, 784) without a copy, and whether it was a single one."""
    array = np.asarray(images)
    if array.dtype in _DTYPES:
        if array.shape in _SINGLE:
            return array.reshape(1, PIXELS), True
        if array.shape[1:] in _SINGLE:
            return array.reshape(-1, PIXELS), False
    raise ValueError(
        f"images of shape {array.shape} and dtype {array.dtype}: expected (N, 784), (N, 28, 28), "
        "(784,) or (28, 28) of uint8 (0..255) or float32/float64 (0..1)"
    )


_DTYPES = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
_SINGLE = ((PIXELS,), (28, 28))


def _as_finite_floats(rows: Images) -> NDArray[np.float64]:
    """Rows as float64 on the scale 0..1. Raises `ValueError` for NaN and infinity."""
    if rows.dtype == np.uint8:
        return rows / 255
    if not np.isfinite(rows).all():
        raise ValueError("images hold NaN or infinity: expected finite values")
    return rows.astype(np.float64)


def _read_only(array: Any) -> Float32:
    copy = np.array(array, dtype=np.float32, order="C")
    copy.flags.writeable = False
    return copy


def _at_least_one(name: str, value: int) -> int:
    if value < 1:
        raise ValueError(f"{name} is {value}: expected 1 or more")
    return int(value)


def _check_layers(
    weights: tuple[Float32, ...], biases: tuple[Float32, ...], activation: str
) -> None:
    if activation not in ("sigmoid", "relu"):
        raise ValueError(f"activation is {activation!r}: expected 'sigmoid' or 'relu'")
    if not 1 <= len(weights) <= MAX_LAYERS or len(weights) != len(biases):
        raise ValueError(
            f"{len(weights)} weights and {len(biases)} biases: expected as many of each, 1 to 8"
        )
    inputs = PIXELS
    for layer, (W, b) in enumerate(zip(weights, biases, strict=True), start=1):
        outputs = CLASSES if layer == len(weights) else W.shape[-1] if W.ndim else 0
        if W.shape != (inputs, outputs) or b.shape != (outputs,) or not outputs:
            raise ValueError(
                f"W{layer} {W.shape} and b{layer} {b.shape}: expected "
                f"({inputs}, {outputs or 'n'}) and ({outputs or 'n'},)"
            )
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError(f"W{layer} or b{layer} holds NaN or infinity")
        inputs = outputs
