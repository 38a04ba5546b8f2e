"""Image files as untrusted bytes: which format they are, whether they are whole, their pixels.

Pillow decodes the pixels, but it fills up what is missing, ignores some checksums and unpacks much
that nobody sees. So a format's module first looks at the file's structure, refuses what does not
fit or is too large, and hands on only what shows.
"""

import re
import struct
from collections.abc import Callable
from typing import TYPE_CHECKING

from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.handwriting.formats import jpeg, others, png
from mnist_cli.handwriting.formats.opening import MAX_PIXELS, damaged

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_AT_A_TIME = 1 << 14  # bytes of a file; they may unpack to 16 MB, for which Ctrl-C waits


# Of each format how its files begin, a regular expression, and what checks and opens them.
_FORMATS: dict[str, tuple[bytes, Callable[[bytes], "ImageFile"]]] = {
    "PNG": (rb"\x89PNG\r\n\x1a\n", png.open_png),
    "JPEG": (rb"\xff\xd8\xff", jpeg.open_jpeg),
    "GIF": (rb"GIF8[79]a", others.open_gif),
    "WebP": (rb"RIFF....WEBP", others.open_webp),
    "BMP": (rb"BM", others.open_bmp),
    "HEIC": (others.HEIC_START, others.open_heic),
}
_OTHERS = {  # what people may take for a picture: how it begins
    "an empty file": rb"\Z",
    "a TIFF picture": rb"II[*+]\0|MM\0[*+]",
    "a PGM, PPM or PBM picture": rb"P[1-7]\s",
    "an AVIF picture or a film": rb"....ftyp",
    "a PDF document": rb"%PDF",
    "a PostScript document": rb"%!PS|\xc5\xd0\xd3\xc6",
    "a gzip archive": rb"\x1f\x8b",
    "a zip archive or office document": rb"PK\x03\x04",
    "a Photoshop picture": rb"8BPS",
    "an icon": rb"\0\0\x01\0",
    "a JPEG 2000 picture": rb"\0\0\0\x0cjP",
    "a JPEG XL picture": rb"\xff\x0a",
    "an SVG drawing or other XML": rb"\s*<\?xml|.{,500}<svg",
    "a web page": rb"\s*<(!doctype|html)",
    "something else": rb"",
}


def decode(data: bytes, long_side: int | None = None) -> tuple["ImageFile", tuple[int, int]]:
    """Decode the first picture of a file: the image, and its width and height there.

    JPEG may be reduced, to no less than `long_side`. What EXIF says is left to be done.

    Raises FormatError for a file that is not whole, not of a format that is read, or has too many
    pixels; MnistError where memory runs out, or a library that decodes cannot be loaded.
    """
    kind = _recognise(data)
    try:
        image = _FORMATS[kind][1](data)
        width, height = image.size
        scale = _draft_scale(width, height, long_side)
        image.draft(None, (max(1, width // scale), max(1, height // scale)))
        image.decodermaxblock = _AT_A_TIME
        file = image.fp
        image.load()
        if file:
            file.close()  # the image may keep it
    except MnistError:
        raise
    except (struct.error, IndexError):
        raise damaged(f"a {kind} file ends before its picture does") from None
    except MemoryError:
        raise MnistError(f"there is not enough memory for this {kind} picture") from None
    except ImportError as error:
        raise MnistError(
            f"the library for {kind} files cannot be loaded ({printable(str(error))})",
            hint="Install mnist-cli again.",
        ) from None
    except Exception as error:  # Pillow raises nearly everything for a damaged file
        reason = printable(str(error)) or type(error).__name__
        if "could not create decoder" in reason:  # of WebP, which does not say which of the two
            raise MnistError(f"this {kind} picture is damaged, or memory ran out") from None
        raise damaged(f"the pixels of a {kind} file are damaged ({reason})") from None
    return image, (width, height)


def _recognise(data: bytes) -> str:
    for name, (start, _) in _FORMATS.items():
        if re.match(start, data, re.DOTALL):
            return name
    found = next(name for name, start in _OTHERS.items() if re.match(start, data, re.I | re.S))
    raise FormatError(
        f"found {found}, expected a picture",
        hint="Save it as PNG or JPEG. mnist reads PNG, JPEG, GIF, WebP or BMP.",
    )


def _draft_scale(width: int, height: int, long_side: int | None) -> int:
    """By how much libjpeg reduces: as far as `long_side` allows, and below the general limit."""
    scale = 1
    while scale < 8 and (
        width * height > MAX_PIXELS * scale**2
        or (long_side and max(width, height) // (2 * scale) >= long_side)
    ):
        scale *= 2
    return scale
