"""A small convolutional net, the teacher: too large to ship, and right more often.

Two convolutions of 5x5 that move by two pixels, and two dense layers, with relu: 28x28 -> 8x13x13
-> 32x5x5 -> 128 -> 10 (after Simard, Steinkraus and Platt 2003, *Best practices for convolutional
neural networks applied to visual document analysis*).

Inside, the images of a batch are the last axis: what one place of a kernel takes from all of them
lies side by side in memory.
"""

import numpy as np

from mnist_cli.net.patches import KERNEL, STRIDE, take_patches
from mnist_cli.spec import CLASSES, SIDE
from mnist_cli.training.backprop import Array, cross_entropy

_CHANNELS = 8, 32
_SIDES = 13, 5  # of what the two convolutions make of an image with a margin
_NEURONS = 128
_AT_A_TIME = 64  # images: what comes between stays in the processor's cache


class ConvolutionalNet:
    """The teacher while it learns, and when it teaches.

    Attributes
    ----------
    parameters:
        Weights and biases of the four layers in turn, float32; they are trained in place. Those of
        a convolution are (channels in times 25, channels out).
    """

    def __init__(self, rng: np.random.Generator) -> None:
        area = KERNEL * KERNEL
        first, second = _CHANNELS
        sizes = (
            (area, first),
            (area * first, second),
            (second * _SIDES[1] ** 2, _NEURONS),
            (_NEURONS, CLASSES),
        )
        self.parameters: list[Array] = []
        for inputs, outputs in sizes:
            weights = rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)
            self.parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]

    def logits(self, x: Array) -> Array:
        """The logits (N, 10) of centred images (N, 784)."""
        starts = range(0, len(x), _AT_A_TIME)
        return np.concatenate([self._run_forward(x[i : i + _AT_A_TIME])[-1].T for i in starts])

    def loss_and_gradients(
        self, x: Array, targets: Array, temperature: float = 1.0
    ) -> tuple[float, list[Array]]:
        """The cross-entropy of a batch, and its gradient for each parameter: see `Perceptron`."""
        _, _, W2, _, W3, _, W4, _ = self.parameters
        patches1, z1, patches2, z2, z3, a = self._run_forward(x)
        loss, da = cross_entropy(np.ascontiguousarray(a.T), targets, temperature)
        da4 = da.T
        da3 = (W4 @ da4) * (z3 > 0)
        da2 = ((W3 @ da3) * (z2 > 0)).reshape(_CHANNELS[1], -1)
        da1 = (add_patches(W2 @ da2, z1.shape) * (z1 > 0)).reshape(_CHANNELS[0], -1)
        pairs = ((patches1, da1), (patches2, da2), (z2, da3), (z3, da4))
        return loss, [array for z, da in pairs for array in (z @ da.T, da.sum(axis=1))]

    def _run_forward(self, x: Array) -> tuple[Array, ...]:
        """What goes into each layer, and what the first gives, (8, 13, 13, N); last the logits."""
        W1, b1, W2, b2, W3, b3, W4, b4 = self.parameters
        count = len(x)
        images = np.zeros((1, SIDE + 1, SIDE + 1, count), x.dtype)  # a margin, so that 5x5 fits
        images[0, :SIDE, :SIDE] = x.T.reshape(SIDE, SIDE, count)
        patches1 = take_patches(images)
        z1 = np.maximum(W1.T @ patches1 + b1[:, None], 0).reshape(-1, _SIDES[0], _SIDES[0], count)
        patches2 = take_patches(z1)
        z2 = np.maximum(W2.T @ patches2 + b2[:, None], 0).reshape(-1, count)
        z3 = np.maximum(W3.T @ z2 + b3[:, None], 0)
        return patches1, z1, patches2, z2, z3, W4.T @ z3 + b4[:, None]


def add_patches(patches: Array, shape: tuple[int, ...]) -> Array:
    """Add up patches where they overlap: the way back of `take_patches`, to (C, H, W, N)."""
    channels, side, _, count = shape
    images = np.zeros(shape, patches.dtype)
    steps = (side - KERNEL) // STRIDE + 1
    windows = patches.reshape(channels, KERNEL, KERNEL, steps, steps, count)
    length = STRIDE * (steps - 1) + 1
    for i in range(KERNEL):
        for j in range(KERNEL):
            images[:, i : i + length : STRIDE, j : j + length : STRIDE] += windows[:, i, j]
    return images
