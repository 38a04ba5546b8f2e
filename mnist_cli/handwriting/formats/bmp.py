"""BMP: its size is checked; Pillow notices a cut file itself."""

import struct

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.container import Container, check_size

_RLE = (1, 2)
_MAX_RLE = 2_000_000  # bytes and pixels: Pillow unpacks run lengths in Python


def check(data: bytes) -> Container:
    """Return the picture in a BMP file.

    Raises
    ------
    FormatError
        For too many pixels, less of them where they are run-length coded.
    struct.error
        For a cut header.
    """
    (header_size,) = struct.unpack_from("<I", data, 14)
    if header_size == 12:
        width, height = struct.unpack_from("<HH", data, 18)
        compression = 0
    else:
        width, height, _, compression = struct.unpack_from("<iiII", data, 18)
    packed = compression in _RLE
    check_size(width, abs(height), limit=_MAX_RLE) if packed else check_size(width, abs(height))
    if packed and len(data) > _MAX_RLE:
        raise FormatError(
            f"found {len(data):,} bytes in a run-length coded BMP file,"
            f" expected at most {_MAX_RLE:,}",
            hint="Save it as PNG or JPEG.",
        )
    return Container(data, width, abs(height))
