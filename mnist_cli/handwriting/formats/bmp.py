"""BMP: the header is compared with the length of the file.

The file length and the image length that the header declares are wrong in many honest files, and
writers pad the end; what has to be there follows from width, height and depth.
"""

import struct

from mnist_cli.handwriting.formats.container import Container, check_size, damaged

_RLE = (1, 2)
_MAX_RLE_BYTES = 2_000_000  # Pillow unpacks run lengths in Python, about 2 million a second


def check(data: bytes) -> Container:
    """Return the picture in a BMP file. Raises `FormatError` for any that is not whole."""
    compression = 0
    try:
        offset, header_size = struct.unpack_from("<II", data, 10)
        if header_size == 12:
            width, height, _, depth = struct.unpack_from("<HHHH", data, 18)
        else:
            width, height, _, depth, compression = struct.unpack_from("<iiHHI", data, 18)
    except struct.error:
        raise damaged("the header of a BMP file is cut") from None
    check_size(width, abs(height))
    if compression in _RLE:
        if len(data) > _MAX_RLE_BYTES:
            raise damaged(
                f"found {len(data):,} bytes in a run-length coded BMP file,"
                f" at most {_MAX_RLE_BYTES:,} are read"
            )
    else:
        row = (width * depth + 31) // 32 * 4  # rows end on four bytes
        if len(data) < offset + row * abs(height):
            raise damaged(
                f"found {len(data):,} bytes in a BMP file,"
                f" expected at least {offset + row * abs(height):,}"
            )
    return Container(data, width, abs(height))
