"""Image files as untrusted bytes: which format they are, and their pixels.

A table says what is read, and how large it may be. Pillow's class for the recognised format decodes
the pixels; no other is tried. PNG, JPEG and GIF files are cleaned first, down to what shows of the
first picture: Pillow gathers and unpacks much that nobody sees, ignores the checksum of PNG's
pixels, and says nothing where libjpeg fills up missing ones.
"""

import re
import struct
import zlib
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.filetypes import recognise

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_FILE_BYTES = 20_000_000
_MAX_PIXELS = 20_000_000
_MAX_SIDE = 65_535
_MAX_PARTS = 50_000  # of a file; of the usual 8 KiB of pixel data, 20 MB hold 2,500
_AT_A_TIME = 1 << 14  # bytes of a file; they may unpack to 16 MB, for which Ctrl-C waits

_SHOWN_CHUNKS = (b"IHDR", b"PLTE", b"IDAT", b"IEND")  # of PNG

_MARKER = re.compile(rb"\xff+([\xc0-\xfe]..)", re.DOTALL)  # of JPEG, behind fill bytes; a length
_SCAN, _PROGRESSIVE = 0xDA, 0xC2
_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)  # baseline, extended: what is in use
_SHOWN_SEGMENTS = (*_FRAMES, 0xC4, 0xDB, 0xDD, 0xE0, 0xEE)  # tables; of colours: JFIF, Adobe
_MAX_HEADER = 200_000  # bytes of these; tables can take some thousand, JFIF's thumbnail 64 KiB
_MAX_SCANS = 100  # progressive files have about ten
_MAX_SCANNED_PIXELS = 400_000_000  # each scan is a pass over the whole picture
_MAX_COEFFICIENTS = 60_000_000  # of 2 bytes; all are held unless there is a single scan
_NOTHING = bytes(16)  # twice what libjpeg looks ahead; less than some blocks of pixels

_Cleaned: TypeAlias = tuple[bytes, bytes]  # what Pillow is to see, and EXIF


def decode(data: bytes, long_side: int | None = None) -> tuple["ImageFile", tuple[int, int]]:
    """Decode the first picture of a file: the image, and its width and height there.

    JPEG may be reduced, to no less than `long_side`. What EXIF says is left to be done.

    Raises FormatError for a file that is not whole, not of a format that is read, or too large, and
    MnistError where memory runs out.
    """
    found = recognise(data) or "something else"
    if found not in _FORMATS:
        raise FormatError(
            f"found {found}, expected a picture",
            hint="Save it as PNG or JPEG. mnist reads PNG, JPEG, GIF, WebP or BMP.",
        )
    # Pillow unpacks run lengths in Python.
    form = _BMP_WITH_RUNS if _WITH_RUNS.match(data) else _FORMATS[found]
    try:
        return _open(data, form, long_side)
    except MnistError:
        raise
    except (struct.error, IndexError):
        raise _damaged(f"found only a part of {found}") from None
    except MemoryError:
        raise MnistError(f"there is not enough memory for {found}") from None
    except Exception as error:  # Pillow raises nearly everything for a damaged file
        reason = printable(str(error)) or type(error).__name__
        raise _damaged(f"the pixels of {found} are damaged ({reason})") from None


def _open(
    data: bytes, form: "_Format", long_side: int | None
) -> tuple["ImageFile", tuple[int, int]]:
    if len(data) > form.most_bytes:
        raise FormatError(
            f"found {len(data):,} bytes, expected at most {form.most_bytes:,} in such a file",
            hint="Save it as PNG or JPEG.",
        )
    cleaned, exif = form.clean(data)
    module, _, class_name = form.pillow.rpartition(".")
    image: ImageFile = getattr(import_module(module), class_name)(BytesIO(cleaned))
    if exif:
        image.info["exif"] = exif
    width, height = image.size
    _check_size(width, height, form.most_pixels)
    scale = _draft_scale(width, height, long_side)
    image.draft(None, (max(1, width // scale), max(1, height // scale)))
    image.decodermaxblock = _AT_A_TIME
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


def _clean_png(data: bytes) -> _Cleaned:
    """Check every chunk of a PNG file (https://www.w3.org/TR/png-3), and keep those that show."""
    kept: list[bytes | memoryview] = [data[:8]]
    exif, at = b"", 8
    for _ in range(_MAX_PARTS):
        length, name = struct.unpack_from(">I4s", data, at)
        chunk = memoryview(data)[at : at + 12 + length]
        if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise _damaged(f"a PNG chunk, at byte {at:,}, is cut or has a wrong checksum")
        # Pillow knows no transparent value of 16 bits, the depth that byte 24 says.
        if name in _SHOWN_CHUNKS or (name == b"tRNS" and data[24] < 16):
            kept.append(chunk)
        elif name == b"eXIf":
            exif = bytes(chunk[8:-4])
        if name == b"IEND":
            return b"".join(kept), exif
        at += len(chunk)
    raise _damaged(f"found more than {_MAX_PARTS:,} chunks in a PNG picture")


def _clean_jpeg(data: bytes) -> _Cleaned:
    """Keep of a JPEG file (ITU-T T.81) what shows, up to the end of its first picture.

    Phones put previews and films behind that. Where there is a single scan a few bytes of nothing
    replace the mark of the end: a decoder that still needs pixels runs out of data there, which
    Pillow reports, unlike pixels that libjpeg fills up.
    """
    kept, exif, frame, at = [data[:2]], b"", b"", 2
    for _ in range(_MAX_PARTS):
        found = _MARKER.match(data, at)
        if found is None:
            raise _damaged("a JPEG picture is cut, or has no marker where one has to be")
        marker, length = struct.unpack(">BH", found[1])
        if marker == _SCAN:
            break
        at = found.end() - 2 + length
        segment = data[found.start(1) - 1 : at]
        if marker in _SHOWN_SEGMENTS:
            kept.append(segment)
        elif segment[4:10] == b"Exif\0\0":
            exif = exif or segment[4:]
        if marker in _FRAMES:
            frame = segment
    else:
        raise _damaged(f"found more than {_MAX_PARTS:,} segments in a JPEG picture")
    header, end = b"".join(kept), data.find(b"\xff\xd9", at)
    if not frame or len(header) > _MAX_HEADER:
        raise FormatError(
            "found a JPEG picture of a rare kind, or with far too large tables",
            hint="Save it as PNG, or as an ordinary JPEG.",
        )
    if end < 0:
        raise _damaged("found only a part of a JPEG picture")
    height, width, layers = struct.unpack_from(">HHB", frame, 5)
    scans = data.count(b"\xff\xda", at, end)
    in_one_scan = scans == 1 and frame[1] != _PROGRESSIVE
    if not in_one_scan:
        _check_size(width, height, min(_MAX_PIXELS, _MAX_COEFFICIENTS // max(layers, 1)))
        most = min(_MAX_SCANS, _MAX_SCANNED_PIXELS // (width * height))
        if scans > most:
            raise _damaged(f"found {scans:,} scans in a JPEG picture, expected at most {most}")
    ending = _NOTHING if in_one_scan else b"\xff\xd9"
    return b"".join((header, memoryview(data)[at:end], ending)), exif


def _clean_gif(data: bytes) -> _Cleaned:
    """Keep of a GIF file its first frame, on a canvas of its size.

    Specification: https://www.w3.org/Graphics/GIF/spec-gif89a.txt.
    """
    at = colours_end = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    control = b""
    while data[at] == 0x21:  # extensions: comments, programs, and one about the frame
        extension, at = at, at + 2
        while data[at]:  # a chain of blocks, each behind its length
            at += 1 + data[at]
        at += 1
        if data[extension + 1] == 0xF9:
            control = data[extension:at]
    size = data[at + 5 : at + 9]
    start = data[:6] + size + data[10:colours_end] + control + data[at : at + 1] + bytes(4) + size
    return b"".join((start, memoryview(data)[at + 9 :])), b""


def _clean_heic(data: bytes) -> _Cleaned:
    try:
        import pillow_heif  # noqa: F401 - only whether it can be
    except ImportError:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint="Run \"python3 -m pip install 'mnist-cli[heic]'\", or save it as PNG or JPEG.",
        ) from None
    return data, b""


class _Format(NamedTuple):
    """Pillow's class for a format, its bounds, and what cleans a file of it."""

    pillow: str
    most_pixels: int = _MAX_PIXELS
    most_bytes: int = MAX_FILE_BYTES
    clean: Callable[[bytes], _Cleaned] = lambda data: (data, b"")


_FORMATS = {
    "a PNG picture": _Format("PIL.PngImagePlugin.PngImageFile", clean=_clean_png),
    # Of a single scan, and decoded reduced; of several the bound is that of the others.
    "a JPEG picture": _Format("PIL.JpegImagePlugin.JpegImageFile", 100_000_000, clean=_clean_jpeg),
    "a GIF picture": _Format("PIL.GifImagePlugin.GifImageFile", clean=_clean_gif),
    # The decoder holds four copies of 4 bytes a pixel, and three of all that is in the file.
    "a WebP picture": _Format("PIL.WebPImagePlugin.WebPImageFile", 10_000_000, 8_000_000),
    "a BMP picture": _Format("PIL.BmpImagePlugin.BmpImageFile"),
    "a HEIC picture": _Format("pillow_heif.HeifImageFile", clean=_clean_heic),
}
_WITH_RUNS = re.compile(rb"BM.{28}[\1\2]\0\0\0", re.DOTALL)  # lengths of them, for pixels
_BMP_WITH_RUNS = _Format("PIL.BmpImagePlugin.BmpImageFile", 2_000_000, 2_000_000)
