"""GIF: the blocks are walked to the trailer, and the first frame goes on alone.

Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt. The canvas around a smaller first
frame holds nothing that could be read, so the frame is the picture.
"""

import struct

from mnist_cli.handwriting.formats.container import Container, check_size, damaged

SIGNATURES = (b"GIF87a", b"GIF89a")

_IMAGE, _EXTENSION, _TRAILER = 0x2C, 0x21, 0x3B
_GRAPHIC_CONTROL = 0xF9
_MAX_BLOCKS = 1_000_000  # 20 MB hold 80,000 full ones


def check(data: bytes) -> Container:
    """Return the first frame of a GIF file. Raises `FormatError` for any that is not whole."""
    try:
        return _check(data)
    except (struct.error, IndexError):
        raise damaged("a GIF file ends before its trailer") from None


def _check(data: bytes) -> Container:
    canvas_width, canvas_height, flags = struct.unpack_from("<HHB", data, 6)
    check_size(canvas_width, canvas_height)
    start = at = 13 + _table_size(flags)
    colours = data[13:start]
    budget = [_MAX_BLOCKS]
    control = b""
    first: Container | None = None
    while data[at] != _TRAILER:
        block = at
        if data[at] == _EXTENSION:
            at = _end_of_blocks(data, at + 2, budget)
            if data[block + 1] == _GRAPHIC_CONTROL and first is None:
                control = data[block:at]
        elif data[at] == _IMAGE:
            width, height, local = struct.unpack_from("<HHB", data, at + 5)
            pixels = at + 10 + _table_size(local)
            at = _end_of_blocks(data, pixels + 1, budget)
            if first is None:
                check_size(width, height)
                if not (colours or pixels > block + 10):
                    raise damaged("found no table of colours in a GIF file")
                first = _alone(data[:13] + colours, control, data[block:at], width, height)
        else:
            raise damaged(f"found 0x{data[at]:02x} in a GIF file where a block has to begin")
    if at + 1 != len(data):
        raise damaged(f"found {len(data) - at - 1:,} bytes after the end of a GIF file")
    if first is None:
        raise damaged("found no picture in a GIF file")
    return first


def _alone(start: bytes, control: bytes, image: bytes, width: int, height: int) -> Container:
    """A GIF file of one frame that fills its canvas."""
    size = struct.pack("<HH", width, height)
    if control:  # say nothing about what to do after the frame
        control = control[:3] + bytes([control[3] & 1]) + control[4:]
    return Container(
        start[:6] + size + start[10:] + control + image[:1] + bytes(4) + size + image[9:] + b";",
        width,
        height,
    )


def _table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int, budget: list[int]) -> int:
    """Return where a chain of data blocks ends, each behind its length, the last of length 0."""
    while data[at]:
        at += 1 + data[at]
        budget[0] -= 1
        if budget[0] < 0:
            raise damaged(f"found more than {_MAX_BLOCKS:,} blocks in a GIF file")
    return at + 1
