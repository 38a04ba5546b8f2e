"""The quick way to the numbers that the formulas in `mnist_cli.net.network` describe.

What is the same for every image is done once (`_fold`). Images go through in batches, in blocks
that the matrix library likes; threads take the next batch in turn.
"""

import math
from collections import deque
from collections.abc import Callable
from itertools import pairwise

import numpy as np

from mnist_cli.checks import require_at_least
from mnist_cli.dtypes import Array, Doubles, Floats
from mnist_cli.errors import TooLargeError
from mnist_cli.net.activations import FUNCTIONS
from mnist_cli.net.blas import blocks_of_rows, one_thread
from mnist_cli.net.bounds import largest_batch
from mnist_cli.spec import CLASSES, PIXELS

_SATURATED = 20.0  # tanh(20) is exactly 1 in float32 and float64
# How much a net may make of a pixel: 1e38 leaves room below the largest float32, 3.4e38, for pixels
# of 0..255, and as much again for a net whose first layer takes these undivided.
_LARGEST_GROWTH = 1e38 / 255 / 255


class Engine:
    """Images to logits for one net; `TooLargeError` for weights that might overflow float32."""

    def __init__(
        self, weights: tuple[Floats, ...], biases: tuple[Floats, ...], hidden: tuple[str, ...]
    ) -> None:
        functions = [FUNCTIONS[name] for name in hidden]
        self._squashes = [function.squash for function in functions]
        self._layer_sizes = (PIXELS, *(b.size for b in biases))
        matrices = _fold(weights, biases, hidden)
        growth = 1.0  # how much larger than pixels, or 1, the values can be that leave a layer
        are_bounded = [*(each.is_bounded for each in functions), False]
        for M, is_bounded in zip(matrices, are_bounded, strict=True):
            growth *= max(float(np.linalg.norm(M, 1)), 1)
            if not growth <= _LARGEST_GROWTH:
                raise TooLargeError("the weights are too large for float32")
            growth = 1 if is_bounded else growth
        self._layers = [M.astype(np.float32) for M in matrices]
        *transposed, self._last = (np.ascontiguousarray(M.T) for M in self._layers)
        self._hidden = list(zip(transposed, self._squashes, strict=True))

    def logits_of_one(self, row: Array) -> Floats:
        """Logits (10,) of one image (1, 784)."""
        # A call of NumPy costs as much as its arithmetic here: few calls.
        h = np.empty(PIXELS + 1, np.float32)
        _fill(h[:PIXELS], row[0])
        h[PIXELS] = 1
        for M, squash in self._hidden:
            h = M.dot(h)  # (52, 785) @ (785,) -> (52,)
            squash(h, out=h)
        return self._last.dot(h)  # (10, 104) @ (104,) -> (10,)

    def logits(self, rows: Array, batch_size: int | None, threads: int) -> Floats:
        """Logits (N, 10) of images (N, 784), in batches no larger than `largest_batch` says."""
        count = len(rows)
        size = count if batch_size is None else require_at_least("batch_size", batch_size)
        size = max(min(size, count), 1)
        workers = min(require_at_least("threads", threads), math.ceil(count / size))
        size = min(size, largest_batch(self._layer_sizes, max(workers, 1)))
        logits = np.empty((count, CLASSES), np.float32)
        starts = deque(range(0, count, size))  # popleft is atomic: threads share it

        def work() -> None:
            forward = self._forward(size)
            while starts:
                try:
                    start = starts.popleft()
                except IndexError:  # another thread was quicker
                    return
                batch = rows[start : start + size]
                if len(batch) < size:  # the last one
                    del forward  # and its memory, before that of another
                    forward = self._forward(len(batch))
                forward(batch, logits[start : start + size])

        with one_thread():
            if workers <= 1:
                work()
            else:
                from concurrent.futures import ThreadPoolExecutor

                with ThreadPoolExecutor(workers) as pool:
                    try:
                        for each in [pool.submit(work) for _ in range(workers)]:
                            each.result()  # raises what went wrong in it
                    finally:
                        starts.clear()  # after Ctrl-C no thread takes another batch
        return logits

    def _forward(self, size: int) -> Callable[[Array, Floats], None]:
        """A function of a batch (size, 784) and its logits (size, 10), to be filled."""
        # A batch lies in blocks: 100 images, each with the 1 for the bias, as (5, 20, 785).
        *hidden, last = self._layers
        blocks, rows = blocks_of_rows(size, self._layers[0].size)
        inputs = [np.zeros((blocks, rows, len(M)), np.float32) for M in self._layers]
        inputs[0][..., PIXELS] = 1
        pixels = inputs[0].reshape(-1, PIXELS + 1)[:size, :PIXELS]  # (5, 20, 785) -> (100, 784)
        steps = list(zip(hidden, self._squashes, pairwise(inputs), strict=True))
        h_last = inputs[-1].reshape(-1, len(last))[:size]  # (5, 20, 104) -> (100, 104)

        def forward(batch: Array, logits: Floats) -> None:
            _fill(pixels, batch)
            for M, squash, (x, h) in steps:
                np.matmul(x, M, out=h)  # (5, 20, 785) @ (785, 52) -> (5, 20, 52)
                squash(h, out=h)
            np.dot(h_last, last, out=logits)  # (100, 104) @ (104, 10) -> (100, 10)

        return forward


def _fold(
    weights: tuple[Floats, ...], biases: tuple[Floats, ...], hidden: tuple[str, ...]
) -> list[Doubles]:
    """Each layer as one matrix, so that a layer is one product and one activation.

    - sigmoid(a) = (1 + tanh(a / 2)) / 2, so a hidden layer gives t = tanh(a / 2) and the layer
      after it takes z @ W + b = t @ (W / 2) + (b + sum of W's rows / 2);
    - pixels stay 0..255, so W1 takes the division by 255;
    - the bias is one more row of the matrix, for an input that is always 1. A hidden layer hands
      that 1 on by one more column: tanh(20) is 1, and so are relu(1), step(1) and identity(1).
      Columns of 0 fill the matrix up to a multiple of 4, which processors take at once.
    """
    matrices = []
    height = PIXELS + 1
    for layer, (W32, b32) in enumerate(zip(weights, biases, strict=True)):
        W, b = W32.astype(np.float64), b32.astype(np.float64)
        first, last = layer == 0, layer == len(weights) - 1
        if first:
            W = W / 255
        elif hidden[layer - 1] == "sigmoid":
            W, b = W / 2, b + W.sum(axis=0) / 2
        if not last and hidden[layer] == "sigmoid":
            W, b = W / 2, b / 2
        rows, columns = W.shape
        width = columns if last else columns // 4 * 4 + 4
        M = np.zeros((height, width))  # (785, 52) for W1 (784, 50)
        M[:rows, :columns] = W
        M[rows, :columns] = b
        if not last:
            M[rows, columns] = _SATURATED if FUNCTIONS[hidden[layer]].squash is np.tanh else 1
        matrices.append(M)
        height = width
    return matrices


def _fill(target: Floats, images: Array) -> None:
    """Write images, uint8 or floats of 0..1, as the float32 of 0..255 that folded weights take."""
    if images.dtype == np.uint8:
        target[...] = images
    else:
        np.multiply(images, 255, out=target, casting="same_kind")
