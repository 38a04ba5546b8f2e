"""The one thing in EXIF data that changes what a picture shows: its orientation."""

import struct

_ORIENTATION = 0x0112
_SHORT = 3


def orientation(exif: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1, upright, where it says nothing sensible.

    `exif` is a TIFF structure, in JPEG files after the mark ``Exif\\0\\0``. Damage in it is no
    reason to refuse a picture, whose pixels lie elsewhere.
    """
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (directory,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, directory)
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, kind, values, value = struct.unpack_from(f"{order}HHIH", tiff, at)
            if tag == _ORIENTATION:
                return value if (kind, values) == (_SHORT, 1) and 1 <= value <= 8 else 1
    except struct.error:  # it points outside of itself
        pass
    return 1
