"""How many threads the matrix library behind NumPy uses, borrowed and given back.

OpenBLAS and its kin keep one number of threads for the whole process. The products of this net are
so small that their threads cost more than they bring; whoever computes here holds them to one and
leaves the caller's number as it was.
"""

import contextlib
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


class _OneThread:
    """Counts its users: the first one in sets the limit, the last one out lifts it."""

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


def describe() -> str:
    """Name and version of the matrix library, such as ``openblas 0.3.31``, or ``BLAS unknown``."""
    found = _controller().info()
    if not found:
        return "BLAS unknown"
    return " ".join(str(found[0][key]) for key in ("internal_api", "version") if found[0].get(key))
