"""The outline of a message of Protocol Buffers, without anything being made of it."""

from collections.abc import Iterator

from mnist_cli.errors import DamagedError

_MOST = 20_000  # fields; a walk goes through each
_FIXED = {1: 8, 5: 4}  # bytes, by the type of a field


def list_parts(content: bytes, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The number, start and end of each field that is bytes, text, or a message of its own."""
    for _ in range(_MOST):
        if start >= end:
            return
        tag, start = _read_number(content, start, end)
        kind, size = tag & 7, _FIXED.get(tag & 7, 0)
        if kind in (0, 2):
            size, start = _read_number(content, start, end)
            size = size if kind == 2 else 0
        if kind not in (0, 1, 2, 5) or size > end - start:
            break
        if kind == 2:
            yield tag >> 3, start, start + size
        start += size
    raise DamagedError("the file is damaged, cut short, or of too many parts")


def _read_number(content: bytes, start: int, end: int) -> tuple[int, int]:
    """A number of variable length, and where it ends."""
    number = 0
    for place in range(start, min(start + 10, end)):
        number |= (content[place] & 0x7F) << (7 * (place - start))
        if content[place] < 0x80:
            return number, place + 1
    raise DamagedError("the file is damaged or cut short")
