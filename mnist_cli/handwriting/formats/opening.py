"""What all formats share: the error for damage, the bounds of a size, and Pillow's classes."""

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING

from mnist_cli.errors import FormatError

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

MAX_SIDE = 65_535
MAX_PIXELS = 20_000_000


def damaged(problem: str) -> FormatError:
    """Return the error for a file that breaks the rules of its format."""
    return FormatError(problem, hint="The file is damaged or cut short; save or copy it again.")


def check_size(width: int, height: int, *, limit: int = MAX_PIXELS) -> None:
    """Refuse, with a `FormatError`, no pixels, more than `limit` of them, or too long a side."""
    if width < 1 or height < 1:
        raise damaged(f"found a picture of {width} x {height} pixels")
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise FormatError(
            f"found {width:,} x {height:,} pixels, expected at most {limit:,} in all"
            f" and {MAX_SIDE:,} on a side",
            hint="Make the picture smaller, or cut the digit out of it.",
        )


def open_with(class_name: str, data: bytes, exif: bytes = b"") -> "ImageFile":
    """Read the header of a picture with the one class for its format, such as "PIL.x.XImageFile".

    So Pillow tries no other format, and does not look at its global limits.
    """
    module, _, name = class_name.rpartition(".")
    image: ImageFile = getattr(import_module(module), name)(BytesIO(data))
    if exif:
        image.info["exif"] = exif
    return image
