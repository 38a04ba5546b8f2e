"""BMP, GIF, WebP and HEIC: Pillow decodes what is not too large, and notices a cut file itself."""

import struct
from importlib.util import find_spec
from typing import TYPE_CHECKING

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.opening import MAX_PIXELS, check_size, damaged, open_with

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

# One of its brands, and nowhere among those that follow one of AVIF.
HEIC_START = rb"....ftyp(?!.{,52}avi[fs])(hei[cxms]|hev[cx]|mif1|msf1)"

_MAX_RUNS = 2_000_000  # bytes and pixels of a BMP file: Pillow unpacks run lengths in Python
_MAX_WEBP_PIXELS = 10_000_000  # Pillow's decoder holds four copies of 4 bytes a pixel
_IMAGE, _EXTENSION, _GRAPHIC_CONTROL = 0x2C, 0x21, 0xF9  # of GIF


def open_bmp(data: bytes) -> "ImageFile":
    """Open a BMP file; with run lengths it must be small."""
    image = open_with("PIL.BmpImagePlugin.BmpImageFile", data)
    has_runs = image.info["compression"] in (1, 2)
    check_size(*image.size, limit=_MAX_RUNS if has_runs else MAX_PIXELS)
    if has_runs and len(data) > _MAX_RUNS:
        raise FormatError(
            f"found {len(data):,} bytes in a run-length coded BMP file,"
            f" expected at most {_MAX_RUNS:,}",
            hint="Save it as PNG or JPEG.",
        )
    return image


def open_gif(data: bytes) -> "ImageFile":
    """Open the first frame of a GIF file, on a canvas of its size, and nothing that is around it.

    Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt. Pillow would gather comments and
    keep what may be needed for frames that follow.
    """
    at = 13 + _table_size(data[10])
    colours = data[13:at]
    control = b""
    while data[at] == _EXTENSION:
        end = _end_of_blocks(data, at + 2)
        if data[at + 1] == _GRAPHIC_CONTROL:
            control = data[at:end]
        at = end
    if data[at] != _IMAGE:
        raise damaged(f"found 0x{data[at]:02x} in a GIF file where a frame has to begin")
    pixels = at + 10 + _table_size(data[at + 9])
    if not colours and pixels == at + 10:
        raise damaged("found no table of colours in a GIF file")
    if control:  # say nothing about what to do after the frame
        control = control[:3] + bytes([control[3] & 1]) + control[4:]
    size = data[at + 5 : at + 9]
    check_size(*struct.unpack("<HH", size))
    frame = data[at + 9 : _end_of_blocks(data, pixels + 1)]
    kept = (data[:6], size, data[10:13], colours, control, b",\0\0\0\0", size, frame, b";")
    return open_with("PIL.GifImagePlugin.GifImageFile", b"".join(kept))


def _table_size(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    """Return where a chain of data blocks ends, each behind its length, the last of length 0."""
    while data[at]:
        at += 1 + data[at]
    return at + 1


def open_webp(data: bytes) -> "ImageFile":
    """Open a WebP file (RFC 9649) of the length that it declares."""
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
    return open_with("PIL.WebPImagePlugin.WebPImageFile", data)


def open_heic(data: bytes) -> "ImageFile":
    """Open the first picture of a HEIC file, which comes upright, where pillow-heif is there."""
    if find_spec("pillow_heif") is None:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint="Run \"python3 -m pip install 'mnist-cli[heic]'\", or save it as PNG or JPEG.",
        )
    image = open_with("pillow_heif.HeifImageFile", data)
    check_size(*image.size)
    return image
