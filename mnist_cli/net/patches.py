"""What the kernels of a convolution see of images, laid side by side."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

KERNEL, STRIDE = 5, 2


def take_patches(images: NDArray[Any]) -> NDArray[Any]:
    """The 5x5 patches, one at every second row and column: (C, H, W, N) -> (C * 25, h * w * N)."""
    windows = np.lib.stride_tricks.sliding_window_view(images, (KERNEL, KERNEL), axis=(1, 2))
    windows = windows[:, ::STRIDE, ::STRIDE].transpose(0, 4, 5, 1, 2, 3)
    return windows.reshape(len(images) * KERNEL * KERNEL, -1)
