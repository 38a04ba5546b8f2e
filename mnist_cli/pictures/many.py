"""Many pictures: of each what was read of it, or why that cannot be done."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar

from mnist_cli.errors import MnistError

T = TypeVar("T")
R = TypeVar("R")


def read_each(
    read: Callable[[T], R], sources: Iterable[T], map_sources: Callable[..., Iterator[Any]] = map
) -> Iterator[R | MnistError]:
    """Yield in order what `read` makes of each source, or the `MnistError` that it raises."""
    return map_sources(partial(_attempt, read), sources)


def _attempt(read: Callable[[T], R], source: T) -> R | MnistError:
    try:
        return read(source)
    except MnistError as error:
        error.__traceback__ = error.__context__ = None  # they would keep the pixels as well
        return error
