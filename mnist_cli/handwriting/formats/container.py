"""What the checks of an image file hand on to the decoder."""

from dataclasses import dataclass

from mnist_cli.errors import FormatError

ORIENTATION = 0x0112  # the tag in EXIF
MAX_SIDE = 65_535
MAX_PIXELS = 20_000_000


@dataclass(frozen=True)
class Container:
    """An image file that was found whole, and only those of its parts that the decoder needs.

    `orientation` is that of EXIF, 1 to 8.
    """

    data: bytes
    width: int
    height: int
    orientation: int = 1


def damaged(problem: str) -> FormatError:
    """Return the error for a file that breaks the rules of its format."""
    return FormatError(problem, hint="The file is damaged or cut short; save or copy it again.")


def check_size(width: int, height: int, *, limit: int = MAX_PIXELS) -> None:
    """Refuse a picture of no pixels or too many, before anything is decoded.

    Raises
    ------
    FormatError
        For less than 1 or more than `limit` pixels, or a side above 65,535.
    """
    if width < 1 or height < 1:
        raise damaged(f"found a picture of {width} x {height} pixels")
    if width * height > limit or max(width, height) > MAX_SIDE:
        raise FormatError(
            f"found {width:,} x {height:,} pixels, expected at most {limit:,} in all"
            f" and {MAX_SIDE:,} on a side",
            hint="Make the picture smaller, or cut the digit out of it.",
        )


def read_orientation(exif: bytes) -> int:
    """Return the EXIF orientation, 1 to 8; 1, upright, where it says nothing sensible.

    Damage in EXIF is no reason to refuse a picture, whose pixels lie elsewhere.
    """
    from PIL import Image

    tags = Image.Exif()
    try:
        tags.load(exif)
        found = tags.get(ORIENTATION, 1)
    except Exception:  # Pillow raises nearly everything for damaged data
        return 1
    return found if found in range(1, 9) else 1
