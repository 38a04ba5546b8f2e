"""The forward pass of a small convolutional net, as the teacher and the judge of lines are.

28x28 -> Cx13x13 -> Cx5x5 -> neurons -> outputs, with relu (Simard, Steinkraus and Platt 2003, *Best
practices for convolutional neural networks*). Images, the last axis, lie side by side in memory.
"""

from collections.abc import Iterable

import numpy as np

from mnist_cli.dtypes import Array
from mnist_cli.spec import SIDE

KERNEL, STRIDE = 5, 2
SIDES = 13, 5  # of what the two convolutions make of an image with a margin
AT_A_TIME = 64  # images: what comes between stays in the processor's cache


def run_forward(
    parameters: Iterable[Array], x: Array, beside: Array | None = None
) -> tuple[Array, ...]:
    """What becomes of images (784, N), layer by layer to logits; `beside` (n, N) joins z2."""
    W1, b1, W2, b2, W3, b3, W4, b4 = parameters
    count = x.shape[1]
    images = np.zeros((1, SIDE + 1, SIDE + 1, count), x.dtype)  # a margin, so that 5x5 fits
    images[0, :SIDE, :SIDE] = x.reshape(SIDE, SIDE, count)
    patches1 = take_patches(images)
    z1 = np.maximum(W1.T @ patches1 + b1[:, None], 0).reshape(-1, SIDES[0], SIDES[0], count)
    patches2 = take_patches(z1)
    z2 = np.maximum(W2.T @ patches2 + b2[:, None], 0).reshape(-1, count)
    if beside is not None:
        z2 = np.concatenate([z2, beside])
    z3 = np.maximum(W3.T @ z2 + b3[:, None], 0)
    logits = W4.T @ z3 + b4[:, None]
    return patches1, z1, patches2, z2, z3, logits


def take_patches(images: Array) -> Array:
    """The 5x5 patches, one at every second row and column: (C, H, W, N) -> (C * 25, h * w * N)."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (KERNEL, KERNEL), axis=(1, 2))
    windows = windows[:, ::STRIDE, ::STRIDE].transpose(0, 4, 5, 1, 2, 3)
    return windows.reshape(len(images) * KERNEL * KERNEL, -1)
