"""What the net takes for images: which shapes and dtypes, and on which scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mnist_cli.spec import PIXELS, SIDE

Images = NDArray[Any]  # uint8 (0..255), float32 or float64 (meant for 0..1)

_DTYPES = (np.dtype(np.uint8), np.dtype(np.float32), np.dtype(np.float64))
_SINGLE = ((PIXELS,), (SIDE, SIDE))


def as_rows(images: Images) -> tuple[Images, bool]:
    """Images as rows (N, 784) without a copy, and whether it was a single one.

    Raises
    ------
    ValueError
        For another shape or dtype than `Network` takes.
    """
    array = np.asarray(images)
    if array.dtype in _DTYPES:
        if array.shape in _SINGLE:
            return array.reshape(1, PIXELS), True  # (28, 28) -> (1, 784)
        if array.shape[1:] in _SINGLE:
            return array.reshape(-1, PIXELS), False  # (N, 28, 28) -> (N, 784)
    raise ValueError(
        f"images of shape {array.shape} and dtype {array.dtype}: expected (N, 784), (N, 28, 28), "
        "(784,) or (28, 28) of uint8 (0..255) or float32/float64 (0..1)"
    )


def as_floats(rows: Images) -> NDArray[np.float64]:
    """Rows as float64 on the scale 0..1 that the book's net was trained on.

    Raises
    ------
    ValueError
        For NaN and infinity.
    """
    if rows.dtype == np.uint8:
        return rows / 255
    if not np.isfinite(rows).all():
        raise ValueError("images hold NaN or infinity: expected finite values")
    return rows.astype(np.float64)
