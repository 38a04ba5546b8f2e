"""BMP, WebP and HEIC: their sizes are checked; the decoder notices a cut file itself."""

import struct
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.container import (
    Container,
    check_size,
    damaged,
    read_orientation,
)

if TYPE_CHECKING:
    from PIL import Image

# One of its brands, and nowhere among those that follow one of AVIF.
HEIC_START = rb"....ftyp(?!.{,52}avi[fs])(hei[cxms]|hev[cx]|mif1|msf1)"

_MAX_RUNS = 2_000_000  # bytes and pixels of a BMP file: Pillow unpacks run lengths in Python
_MAX_WEBP_PIXELS = 10_000_000  # Pillow's decoder holds four copies of 4 bytes a pixel


def check_bmp(data: bytes) -> Container:
    """Return the picture in a BMP file; with run lengths it must be small."""
    (header_size,) = struct.unpack_from("<I", data, 14)
    layout = "<HH" if header_size == 12 else "<iiII"
    width, height, *rest = struct.unpack_from(layout, data, 18)
    has_runs = rest[1:] in ([1], [2])
    check_size(width, abs(height), **({"limit": _MAX_RUNS} if has_runs else {}))
    if has_runs and len(data) > _MAX_RUNS:
        raise FormatError(
            f"found {len(data):,} bytes in a run-length coded BMP file,"
            f" expected at most {_MAX_RUNS:,}",
            hint="Save it as PNG or JPEG.",
        )
    return Container(data, width, abs(height))


def check_webp(data: bytes) -> Container:
    """Return the picture in a WebP file (RFC 9649), of the length that it declares."""
    (length,) = struct.unpack_from("<I", data, 4)
    if 8 + length != len(data):
        raise damaged(
            f"found {len(data):,} bytes, expected {8 + length:,} as the WebP file declares"
        )
    name, body = data[12:16], data[20:30]
    bits = int.from_bytes(body[1:5], "little")
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":  # lossy
        width, height = (side & 0x3FFF for side in struct.unpack_from("<HH", body, 6))
    elif name == b"VP8L" and body[:1] == b"\x2f":  # lossless
        width, height = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    elif name == b"VP8X" and len(body) == 10:  # extended: a canvas
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    else:
        raise damaged("found no header of a picture in a WebP file")
    check_size(width, height, limit=_MAX_WEBP_PIXELS)
    _, found, exif = data.rpartition(b"EXIF")  # after the pixels; where it is none it says nothing
    return Container(data, width, height, read_orientation(exif[4:] if found else b""))


def check_heic(data: bytes) -> Container:
    """Return the picture in a HEIC file, where pillow-heif is installed."""
    width, height = _open_heif(BytesIO(data)).size
    check_size(width, height)
    return Container(data, width, height)


def open_heic(file: BytesIO) -> "Image.Image":
    """Decode the first picture, which comes upright."""
    image: Image.Image = _open_heif(file).to_pillow()
    return image


def _open_heif(file: BytesIO) -> Any:
    try:
        pillow_heif = import_module("pillow_heif")
    except ImportError:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint="Run \"python3 -m pip install 'mnist-cli[heic]'\", or save it as PNG or JPEG.",
        ) from None
    return pillow_heif.open_heif(file)
