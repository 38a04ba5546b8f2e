"""The number of threads that the matrix library behind NumPy has, borrowed and given back."""

import contextlib
import math
import os
import threading
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@cache
def _controller() -> "ThreadpoolController":
    import numpy as np  # noqa: F401 - the library that is looked for must be loaded
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas")


def available_cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


_lock = threading.Lock()
_limits: list[Any] = []  # the same one for each user


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """A limit of one thread, for small products: the first user sets it, the last one lifts it."""
    with _lock:
        _limits.append(_limits[0] if _limits else _controller().limit(limits=1))
    try:
        yield
    finally:
        with _lock:
            limit = _limits.pop()
            if not _limits:
                limit.restore_original_limits()


# OpenBLAS copies matrices before it multiplies them, except with AVX-512 for a product of at most
# 100**3 multiplications (kernel/x86_64/sgemm_small_kernel_permit_skylakex.c). For 100 images and a
# first layer of 784 x 50 this is a sixth of the time; for 2 or 3 images it takes longer than to go
# row by row, for which nothing is copied.
_UNCOPIED = 100**3
_AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids"}
_QUICK_ROWS = (12, 18, 20, 24)  # its kernel takes 6 rows at once and is slow at most remainders
_FEW_ROWS = 3


def blocks_of_rows(rows: int, matrix_size: int) -> tuple[int, int]:
    """How many blocks of how many rows to make of a product's `rows` with a matrix of this size."""
    if _library().get("architecture") not in _AVX512:
        return (rows, 1) if rows <= _FEW_ROWS else (1, rows)
    quick = [count for count in _QUICK_ROWS if count * matrix_size <= _UNCOPIED]
    if not quick or rows <= quick[-1]:
        return 1, rows
    blocks = math.ceil(rows / quick[-1])
    return blocks, next(count for count in quick if count * blocks >= rows)


@cache
def _library() -> dict[str, str]:
    return next(iter(_controller().info()), {})


def library_name() -> str:
    """The matrix library and its version, such as ``openblas 0.3.31``, or ``BLAS unknown``."""
    names = (_library().get(key) for key in ("internal_api", "version"))
    return " ".join(name for name in names if name) or "BLAS unknown"
