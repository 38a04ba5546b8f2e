"""A picture as numbers: upright, in full colour, on its background; from a file or from Python."""

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar, Union

import numpy as np

from mnist_cli.dtypes import Array, Bytes, Floats
from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.files.reading import AnyPath, read_bytes, read_up_to, too_large
from mnist_cli.net.network import as_plain_array
from mnist_cli.pictures.formats import MAX_FILE_BYTES, decode
from mnist_cli.pictures.pixels import read_pixels

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION = 0x0112  # the tag in EXIF

Source: TypeAlias = Union[AnyPath, BinaryIO, bytes, "Image.Image", Array]
T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright."""

    pixels: Floats  # (H, W, 3) from 0 (black) to 1; perhaps reduced
    width: int  # before that
    height: int
    name: str | None = None  # of its file, for messages

    @property
    def gray_28(self) -> Bytes | None:
        """The values of a picture of 28x28 gray pixels of 8 bits, (28, 28); None for any other."""
        if self.pixels.shape[:2] != (28, 28) or (self.pixels != self.pixels[..., :1]).any():
            return None
        levels = self.pixels[..., 0] * 255
        rounded = np.rint(levels)
        finer = abs(levels - rounded).max() > 1e-3  # than 8 bits
        return None if finer else rounded.astype(np.uint8)


def load_picture(source: Source, *, long_side: int | None = None) -> Picture:
    """Bring a picture into numbers, upright, reduced to no less than `long_side`, of any source."""
    if long_side is not None and long_side < 1:
        raise ValueError(f"long_side is {long_side}, it must be at least 1")
    if isinstance(source, np.ndarray):
        source = as_plain_array(source)
        _check_array(source)
        height, width = source.shape[:2]
        return Picture(read_pixels(source, width, height, long_side), width, height)
    return _load(source, long_side)


def attempt(read: Callable[[T], R], source: T) -> R | MnistError:
    """Of one among many pictures what `read` makes of it, or the `MnistError` that it raises."""
    try:
        return read(source)
    except MnistError as error:
        error.__traceback__ = error.__context__ = None  # they would keep the pixels as well
        return error


def _load(source: "AnyPath | BinaryIO | bytes | Image.Image", long_side: int | None) -> Picture:
    from PIL import Image

    name = None
    if isinstance(source, Image.Image):
        if not all(source.size):
            raise ValueError(f"found an image of {source.width} x {source.height} pixels")
        image, (width, height) = source, source.size
        try:
            image.load()
        except Exception as error:  # it may have been opened only, and its file be damaged
            reason = printable(str(error))
            raise FormatError(f"Pillow cannot load the image ({reason})") from None
    else:
        name = _name(source)
        try:
            image, (width, height) = decode(_read(source, name), long_side)
        except MnistError as error:
            raise type(error)(error.problem, source=name, hint=error.hint) from None
    try:
        orientation = int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damage there is no reason to refuse the pixels
        orientation = 1
    if orientation in range(5, 9):  # quarter turns
        width, height = height, width
    pixels = read_pixels(image, *image.size, long_side, orientation)
    return Picture(pixels, width, height, name)


def _name(source: AnyPath | BinaryIO | bytes) -> str | None:
    """Return the name for messages, where there is one."""
    given = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    # It is a number where a file has only a descriptor.
    return os.fspath(given) if isinstance(given, str | os.PathLike) else None


def _read(source: AnyPath | BinaryIO | bytes, name: str | None) -> bytes:
    if isinstance(source, str | os.PathLike):
        return read_bytes(source, MAX_FILE_BYTES)
    if isinstance(source, bytes):
        data = source
    elif hasattr(source, "read") and not isinstance(source, io.TextIOBase):
        data = read_up_to(source, MAX_FILE_BYTES + 1, name or "the picture")
    else:
        raise ValueError(
            f"found a {type(source).__name__}, expected a path, an open binary file, bytes,"
            " a PIL image or an array"
        )
    if len(data) > MAX_FILE_BYTES:
        raise too_large(name, len(data), MAX_FILE_BYTES)
    return data


def _check_array(array: Array) -> None:
    found = f"found an array of shape {array.shape} and dtype {array.dtype}, "
    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    floats = np.issubdtype(array.dtype, np.floating)
    if not (shaped and array.size and (floats or array.dtype in (np.uint8, np.bool_))):
        raise ValueError(
            f"{found}expected (H, W), (H, W, 3) or (H, W, 4) of uint8, of floats from 0 to 1"
            " or of bool"
        )
    if floats and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(f"{found}with values outside 0 to 1")
