"""GIF: the blocks are walked to the first frame, which goes on alone.

Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt. The canvas around a smaller first
frame holds nothing that could be read, so the frame is the picture.
"""

import struct

from mnist_cli.handwriting.formats.container import Container, check_size, damaged

_IMAGE, _EXTENSION = 0x2C, 0x21
_GRAPHIC_CONTROL = 0xF9
_MAX_BLOCKS = 1_000_000  # 20 MB hold 80,000 full ones


def check(data: bytes) -> Container:
    """Return the first frame of a GIF file.

    Raises
    ------
    FormatError
        For too many pixels or blocks, and for a file with anything but a frame in its place.
    IndexError, struct.error
        Where it ends within the frame.
    """
    (flags,) = struct.unpack_from("<B", data, 10)
    at = 13 + _table_size(flags)
    colours = data[13:at]
    control = b""
    budget = [_MAX_BLOCKS]
    while data[at] == _EXTENSION:
        end = _end_of_blocks(data, at + 2, budget)
        if data[at + 1] == _GRAPHIC_CONTROL:
            control = data[at:end]
        at = end
    if data[at] != _IMAGE:
        raise damaged(f"found 0x{data[at]:02x} in a GIF file where a frame has to begin")
    width, height, local = struct.unpack_from("<HHB", data, at + 5)
    check_size(width, height)
    pixels = at + 10 + _table_size(local)
    if not colours and pixels == at + 10:
        raise damaged("found no table of colours in a GIF file")
    end = _end_of_blocks(data, pixels + 1, budget)
    if control:  # say nothing about what to do after the frame
        control = control[:3] + bytes([control[3] & 1]) + control[4:]
    size = struct.pack("<HH", width, height)
    frame = data[at : at + 1] + bytes(4) + size + data[at + 9 : end]
    start = data[:6] + size + data[10:13] + colours
    return Container(start + control + frame + b";", width, height)


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
