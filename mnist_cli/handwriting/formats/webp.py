"""WebP: the length in its RIFF header and those of its chunks are checked.

Specification: https://www.rfc-editor.org/rfc/rfc9649.
"""

import struct

from mnist_cli.handwriting.formats.container import Container, check_size, damaged
from mnist_cli.handwriting.formats.exif import orientation

_MAX_CHUNKS = 10_000
_MAX_PIXELS = 10_000_000  # Pillow's decoder holds four copies of 4 bytes a pixel


def check(data: bytes) -> Container:
    """Return the picture in a WebP file. Raises `FormatError` for any that is not whole."""
    declared = 8 + int.from_bytes(data[4:8], "little")
    if declared != len(data):
        raise damaged(f"found {len(data):,} bytes, expected {declared:,} as the WebP file declares")
    upright = 1
    size = None
    at = 12
    for _ in range(_MAX_CHUNKS):
        if at == len(data):
            break
        if len(data) < at + 8:
            raise damaged("a chunk of a WebP file is cut")
        name, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        body, at = data[at + 8 : at + 8 + length], at + 8 + length + length % 2
        if at > len(data):
            raise damaged("a chunk of a WebP file is cut")
        if size is None:
            size = _size(name, body)
        if name == b"EXIF":
            upright = orientation(body)
    else:
        raise damaged(f"found more than {_MAX_CHUNKS:,} chunks in a WebP file")
    if size is None:
        raise damaged("found no picture in a WebP file")
    check_size(*size, limit=_MAX_PIXELS)
    return Container(data, *size, upright)


def _size(name: bytes, body: bytes) -> tuple[int, int]:
    """Width and height from the first chunk: lossy, lossless, or extended (a canvas)."""
    try:
        if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
            width, height = struct.unpack_from("<HH", body, 6)
            return width & 0x3FFF, height & 0x3FFF
        if name == b"VP8L" and body[:1] == b"\x2f":
            (bits,) = struct.unpack_from("<I", body, 1)
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        if name == b"VP8X" and len(body) >= 10:
            return (
                int.from_bytes(body[4:7], "little") + 1,
                int.from_bytes(body[7:10], "little") + 1,
            )
    except struct.error:
        pass
    raise damaged("found no header of a picture in a WebP file")
