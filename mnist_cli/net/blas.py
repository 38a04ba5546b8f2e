"""How many threads the matrix library behind NumPy uses, borrowed and given back.

The library keeps one number for the whole process. The products of this net are so small that more
threads than one cost more than they bring.
"""

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


class _OneThread:
    """A limit of one thread: the first user sets it, the last one lifts it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._limit: Any = None

    @contextlib.contextmanager
    def __call__(self) -> Iterator[None]:
        with self._lock:
            if self._users == 0:
                self._limit = _controller().limit(limits=1)
            self._users += 1
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if self._users == 0:
                    self._limit.restore_original_limits()


one_thread = _OneThread()


# OpenBLAS copies matrices before it multiplies them, except with AVX-512 for a product of at most
# 100**3 multiplications (kernel/x86_64/sgemm_small_kernel_permit_skylakex.c). For 100 images and a
# first layer of 784 x 50 this is a sixth of the time; for 2 or 3 images it takes longer than to go
# row by row, for which nothing is copied.
_UNCOPIED = 100**3
_AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids"}
_QUICK_ROWS = (12, 18, 20, 24)  # its kernel takes 6 rows at once and is slow at most remainders
_FEW_ROWS = 3


def blocks_of_rows(rows: int, matrix_size: int) -> tuple[int, int]:
    """Into how many blocks of how many rows, the last perhaps not full, to cut a product's `rows`.

    `matrix_size` is the number of elements of the other matrix.
    """
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
