"""HEIC, as iPhones make it: read where the extra `heic` (pillow-heif) is installed."""

from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, Any

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.container import Container, check_size

if TYPE_CHECKING:
    from PIL import Image

# One of its brands, and nowhere among those that follow one of AVIF.
START = rb"....ftyp(?!.{,52}avi[fs])(hei[cxms]|hev[cx]|mif1|msf1)"


def check(data: bytes) -> Container:
    """Return the picture in a HEIC file.

    Raises
    ------
    FormatError
        For too many pixels, or where pillow-heif is missing.
    """
    width, height = _file(BytesIO(data)).size
    check_size(width, height)
    return Container(data, width, height)


def open_picture(file: BytesIO) -> "Image.Image":
    """Decode the first picture, which comes upright."""
    image: Image.Image = _file(file).to_pillow()
    return image


def _file(file: BytesIO) -> Any:
    try:
        pillow_heif = import_module("pillow_heif")
    except ImportError:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint="Run \"python3 -m pip install 'mnist-cli[heic]'\", or save it as PNG or JPEG.",
        ) from None
    return pillow_heif.open_heif(file)
