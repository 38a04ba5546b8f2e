"""WebP: the length in its RIFF header has to be that of the file; Pillow decodes the first frame.

Specification: https://www.rfc-editor.org/rfc/rfc9649.
"""

import struct

from mnist_cli.handwriting.formats.container import Container, check_size, damaged
from mnist_cli.handwriting.formats.exif import orientation

_MAX_PIXELS = 10_000_000  # Pillow's decoder holds four copies of 4 bytes a pixel


def check(data: bytes) -> Container:
    """Return the picture in a WebP file.

    Raises
    ------
    FormatError
        For a file of another length than it declares, without a header, or with too many pixels.
    """
    (length,) = struct.unpack_from("<I", data, 4)
    if 8 + length != len(data):
        raise damaged(
            f"found {len(data):,} bytes, expected {8 + length:,} as the WebP file declares"
        )
    width, height = _size(data)
    check_size(width, height, limit=_MAX_PIXELS)
    return Container(data, width, height, orientation(_exif(data)))


def _size(data: bytes) -> tuple[int, int]:
    """Width and height from the first chunk: lossy, lossless, or extended (a canvas)."""
    name, body = data[12:16], data[20:30]
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    if name == b"VP8L" and body[:1] == b"\x2f":
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8X" and len(body) == 10:
        return int.from_bytes(body[4:7], "little") + 1, int.from_bytes(body[7:], "little") + 1
    raise damaged("found no header of a picture in a WebP file")


def _exif(data: bytes) -> bytes:
    """Return the EXIF data, which follow the pixels; none where the chunks do not say."""
    at = 12
    while at + 8 <= len(data):
        name, (length,) = data[at : at + 4], struct.unpack_from("<I", data, at + 4)
        if name == b"EXIF":
            return data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    return b""
