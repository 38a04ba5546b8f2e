"""Image files as untrusted bytes: a table says which are read, how large, and by what of Pillow."""

import re
import struct
import zlib
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from mnist_cli.checks import install_hint
from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.files.filetypes import recognise
from mnist_cli.pictures.heic import check_heic

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_FILE_BYTES = 20_000_000
_MAX_PIXELS = 20_000_000
_MAX_SIDE = 65_535
_BYTES_AT_A_TIME = 1 << 14  # bytes of a file; they may unpack to 16 MB, for which Ctrl-C waits

_MAX_PARTS = 50_000  # of a PNG file; of the usual 8 KiB of pixel data, 20 MB hold 2,500
_ABOUT_PIXELS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"eXIf")  # which may be megabytes
_OLD_EXIF = b"Raw profile type exif\0"  # a text with the orientation
_MAX_SEGMENTS = 500  # of a JPEG file before its pixels; photos have some twenty
_MAX_EXIF = 10  # of these; usually there is one
_SCAN, _FILL = 0xFFDA, 0xFFFF
# Frames, tables, application segments and comments: those whose length Pillow reads, as we do.
_SEGMENTS = {*range(0xFFC0, 0xFFC8), *range(0xFFC9, 0xFFD0), 0xFFDB, 0xFFDD}
_SEGMENTS |= {*range(0xFFE0, 0xFFF0), 0xFFFE, _FILL}
_MAX_SCANS = 100  # progressive files have about ten
_MAX_SCANNED_PIXELS = 400_000_000  # each scan is a pass over the whole picture
_MAX_COEFFICIENTS = 60_000_000  # of 2 bytes; all are kept unless there is a single scan
_EXTENSION, _CONTROL, _FRAME = 0x21, 0xF9, 0x2C  # of GIF; the second is about the frame


class _Format(NamedTuple):
    """Pillow's class for a format, its bounds, and what checks a file and says what it may see."""

    pillow: str
    most_pixels: int = _MAX_PIXELS
    most_bytes: int = MAX_FILE_BYTES
    check: Callable[[bytes], bytes] = lambda data: data


def decode(data: bytes, long_side: int | None = None) -> tuple["ImageFile", tuple[int, int]]:
    """Decode the first picture of a file, a JPEG perhaps reduced; return it and its size there."""
    found = recognise(data) or "something else"
    if found not in _FORMATS:
        raise FormatError(
            f"found {found}, expected a picture",
            hint="Save it as PNG or JPEG. mnist reads PNG, JPEG, GIF, WebP or BMP.",
        )
    try:
        return _open(data, _BMP_WITH_RUNS if _RUNS.match(data) else _FORMATS[found], long_side)
    except MnistError:
        raise
    except (struct.error, IndexError):
        raise _damaged(f"found only a part of {found}") from None
    except MemoryError:
        raise MnistError(f"there is not enough memory for {found}") from None
    except Exception as error:  # Pillow raises nearly everything for a damaged file
        reason = printable(str(error)) or type(error).__name__
        raise _damaged(f"the pixels of {found} are damaged ({reason})") from None


def _open(data: bytes, form: _Format, long_side: int | None) -> tuple["ImageFile", tuple[int, int]]:
    if len(data) > form.most_bytes:
        raise FormatError(
            f"found {len(data):,} bytes, expected at most {form.most_bytes:,} in such a file",
            hint="Save it as PNG or JPEG.",
        )
    module, _, class_name = form.pillow.rpartition(".")
    try:
        decoder = getattr(import_module(module), class_name)
    except ImportError:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint=f"Save it as PNG or JPEG. {install_hint('pillow-heif')}",
        ) from None
    data = form.check(data)
    image: ImageFile = decoder(BytesIO(data))
    width, height = image.size
    _check_size(width, height, form.most_pixels)
    if image.format == "JPEG":
        _check_scans(data, image)
        scale = _draft_scale(width, height, long_side)
        image.draft(None, (max(1, width // scale), max(1, height // scale)))
    if image.format == "HEIF" and len(image.mode) == 4:  # with alpha, a picture of its own
        _check_size(width, height, _MAX_PIXELS // 2)
    if image.format == "PNG" and data[24] == 16:  # bits: Pillow compares its samples of 8 with it
        image.info.pop("transparency", None)
    image.decodermaxblock = _BYTES_AT_A_TIME
    file = image.fp
    image.load()
    if file:
        file.close()  # the image may keep it
    return image, (width, height)


def _draft_scale(width: int, height: int, long_side: int | None) -> int:
    """By how much libjpeg reduces: as far as `long_side` allows, and below the general limit."""
    scale = 1
    while scale < 8 and (
        width * height > _MAX_PIXELS * scale**2
        or (long_side and max(width, height) // (2 * scale) >= long_side)
    ):
        scale *= 2
    return scale


def _damaged(problem: str) -> FormatError:
    return FormatError(problem, hint="The file is damaged or cut short; save or copy it again.")


def _check_size(width: int, height: int, most_pixels: int) -> None:
    if width < 1 or height < 1:
        raise _damaged(f"found a picture of {width} x {height} pixels")
    if width * height > most_pixels or max(width, height) > _MAX_SIDE:
        raise FormatError(
            f"found {width:,} x {height:,} pixels, expected at most {most_pixels:,} in all"
            f" and {_MAX_SIDE:,} on a side",
            hint="Make the picture smaller, or cut the digit out of it.",
        )


def _check_png(data: bytes) -> bytes:
    """Compare all checksums (https://www.w3.org/TR/png-3); return the chunks about the pixels."""
    at, kept = 8, [data[:8]]
    for _ in range(_MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        chunk = memoryview(data)[at + 4 : at + 12 + length]  # its name, content and checksum
        if zlib.crc32(chunk[:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise _damaged(f"a PNG chunk, at byte {at:,}, is cut or has a wrong checksum")
        if name in _ABOUT_PIXELS or data.startswith(_OLD_EXIF, at + 8):
            kept.append(data[at : at + 12 + length])
        if name == b"IEND":
            return b"".join(kept)
        at += 12 + length
    raise _damaged(f"found more than {_MAX_PARTS:,} chunks in a PNG picture")


def _check_jpeg(data: bytes) -> bytes:
    """Bound the segments before the first scan; return the first picture without what follows."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        marker, length = struct.unpack_from(">HH", data, at)
        if marker == _SCAN:
            end = data.find(b"\xff\xd9", at) + 2
            if end < at or data.count(b"Exif\0\0", 0, at) > _MAX_EXIF:
                raise _damaged("found only a part of a JPEG picture, or too much EXIF in it")
            return data[:end]
        if marker not in _SEGMENTS:
            raise _damaged(f"found no JPEG segment at byte {at:,}")
        at += 1 if marker == _FILL else 2 + length
    raise _damaged(f"found more than {_MAX_SEGMENTS:,} segments in a JPEG picture")


def _check_scans(data: bytes, image: Any) -> None:
    """Bound the scans of a JPEG file (ITU-T T.81), and the coefficients that are kept for them."""
    width, height = image.size
    scan = data.rfind(b"\xff\xda", 0, image.fp.tell())
    if image.info.get("progressive") or data[scan + 4] < image.layers:
        _check_size(width, height, min(_MAX_PIXELS, _MAX_COEFFICIENTS // image.layers))
    scans = data.count(b"\xff\xda", scan)
    most = min(max(_MAX_SCANNED_PIXELS // (width * height), 4), _MAX_SCANS)
    if scans > most:
        raise _damaged(f"found {scans:,} scans in a JPEG picture, expected at most {most:,}")


def _check_gif(data: bytes) -> bytes:
    """Return the first frame of a GIF file (GIF89a) on a canvas of its size, without comments."""
    at = colours_end = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    control = b""
    while data[at] == _EXTENSION:
        start, at = at, at + 2
        while data[at]:  # a chain of blocks, each behind its length
            at += 1 + data[at]
        at += 1
        if data[start + 1] == _CONTROL and at - start == 8:
            control = data[start:at]
    if data[at] != _FRAME:
        raise _damaged(f"found no frame of a GIF picture at byte {at:,}")
    size = data[at + 5 : at + 9]
    width, height = struct.unpack("<HH", size)
    _check_size(width, height, _MAX_PIXELS)
    screen = data[:6] + size + data[10:colours_end]
    return b"".join((screen, control, b",\0\0\0\0", size, memoryview(data)[at + 9 :]))


_FORMATS = {
    "a PNG picture": _Format("PIL.PngImagePlugin.PngImageFile", check=_check_png),
    # Of a single scan, and decoded reduced; of several the bound is that of the others.
    "a JPEG picture": _Format("PIL.JpegImagePlugin.JpegImageFile", 100_000_000, check=_check_jpeg),
    "a GIF picture": _Format("PIL.GifImagePlugin.GifImageFile", check=_check_gif),
    # The decoder holds four copies of 4 bytes a pixel, and three of all that is in the file.
    "a WebP picture": _Format("PIL.WebPImagePlugin.WebPImageFile", 10_000_000, 8_000_000),
    "a BMP picture": _Format("PIL.BmpImagePlugin.BmpImageFile"),
    "a HEIC picture": _Format("pillow_heif.HeifImageFile", check=check_heic),
}
# Pillow unpacks run lengths in Python.
_BMP_WITH_RUNS = _Format("PIL.BmpImagePlugin.BmpImageFile", 2_000_000, 2_000_000)
_RUNS = re.compile(rb"BM.{28}[\1\2]\0\0\0", re.DOTALL)
