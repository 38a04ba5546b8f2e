"""A small convolutional net, the teacher: too large to ship, and correct more often."""

import numpy as np

from mnist_cli.net.convolution import AT_A_TIME, KERNEL, SIDES, STRIDE, run_forward
from mnist_cli.net.network import Array
from mnist_cli.spec import CLASSES
from mnist_cli.training.backprop import Parameters, cross_entropy

_CHANNELS = 8, 32
_NEURONS = 128


class ConvolutionalNet:
    """The teacher while it learns, and when it teaches; `parameters` are trained in place."""

    def __init__(self, rng: np.random.Generator) -> None:
        area = KERNEL * KERNEL
        first, second = _CHANNELS
        sizes = (  # inputs and outputs of each layer; those of a convolution are of one patch
            (area, first),
            (area * first, second),
            (second * SIDES[1] ** 2, _NEURONS),
            (_NEURONS, CLASSES),
        )
        self.parameters: Parameters = []  # W1, b1, ... W4, b4, float32
        for inputs, outputs in sizes:
            weights = rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)
            self.parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]

    def logits(self, x: Array) -> Array:
        """The logits (N, 10) of centred images (N, 784)."""
        parts = (x[i : i + AT_A_TIME] for i in range(0, len(x), AT_A_TIME))
        return np.concatenate([run_forward(self.parameters, part.T)[-1].T for part in parts])

    def loss_and_gradients(
        self, x: Array, targets: Array, temperature: float = 1.0
    ) -> tuple[float, Parameters]:
        """The cross-entropy of a batch, and its gradient for each parameter: see `Perceptron`."""
        _, _, W2, _, W3, _, W4, _ = self.parameters
        patches1, z1, patches2, z2, z3, a = run_forward(self.parameters, x.T)
        loss, da = cross_entropy(np.ascontiguousarray(a.T), targets, temperature)
        da4 = da.T
        da3 = (W4 @ da4) * (z3 > 0)
        da2 = ((W3 @ da3) * (z2 > 0)).reshape(_CHANNELS[1], -1)
        da1 = (add_patches(W2 @ da2, z1.shape) * (z1 > 0)).reshape(_CHANNELS[0], -1)
        pairs = ((patches1, da1), (patches2, da2), (z2, da3), (z3, da4))
        return loss, [array for z, da in pairs for array in (z @ da.T, da.sum(axis=1))]


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
