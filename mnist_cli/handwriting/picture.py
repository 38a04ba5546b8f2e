"""A picture as numbers: upright, in full colour, on its background; from a file or from Python."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias, Union

import numpy as np
import numpy.typing as npt

from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.files import AnyPath, read_bytes, read_up_to, too_large
from mnist_cli.handwriting.formats import decode
from mnist_cli.handwriting.formats.container import MAX_SIDE, ORIENTATION
from mnist_cli.handwriting.pixels import (
    TILE,
    Floats,
    gather,
    lay_on_background,
    read_array_part,
    read_image_part,
)

if TYPE_CHECKING:
    from PIL import Image

MAX_FILE_BYTES = 20_000_000

_MAX_PIXELS = 6_000_000  # with alpha, or turned, they take 160 MB
_QUARTER_TURNS = (5, 6, 7, 8)

Source: TypeAlias = Union[AnyPath, BinaryIO, bytes, "Image.Image", npt.NDArray[Any]]


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    `pixels` is (H, W, 3) float32 from 0 (black) to 1; it may be smaller than the `width` and
    `height` of the upright picture. `gray_28` is (28, 28) uint8 where the picture is one of 28x28
    gray pixels of 8 bits, the values as they are, else None. `format` is that of the file, or how
    the picture was given.
    """

    pixels: Floats
    gray_28: npt.NDArray[np.uint8] | None
    format: str
    width: int
    height: int


def load_picture(source: Source, *, long_side: int | None = None) -> Picture:
    """Bring a picture into numbers: that of a file, told by its content, or one from Python.

    Orientation of EXIF is applied, depth is scaled, and transparent pixels are laid on white or, if
    the ink is bright, on black. Of animations it is the first picture. Where the longer side is at
    least twice `long_side` the picture is reduced by a whole factor, by averaging, to no less than
    that, unless it would still have more than 6 million pixels.

    Parameters
    ----------
    source:
        A path, an open binary file or the bytes of a PNG, JPEG, GIF, WebP, BMP or HEIC file; a PIL
        image; or an array, (H, W) or (H, W, 3 or 4), of uint8, of floats from 0 (black) to 1, or of
        bool.

    Raises
    ------
    FileError
        For a file that cannot be read.
    FormatError
        For one that is not a whole picture in one of these formats or has too many pixels.
    ValueError
        For any other source, and a `long_side` below 1.
    """
    if long_side is not None and long_side < 1:
        raise ValueError(f"long_side is {long_side}, it must be at least 1")
    if isinstance(source, np.ndarray):
        return _from_array(source, long_side)
    from PIL import Image

    if isinstance(source, Image.Image):
        return _from_image(source, long_side)
    try:
        return _from_file(source, long_side)
    except MnistError as error:
        raise type(error)(error.problem, source=_name(source), hint=error.hint) from None


def _name(source: AnyPath | BinaryIO | bytes) -> str | None:
    """Return the name for messages, where there is one."""
    given = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    # It is a number where a file has only a descriptor.
    return os.fspath(given) if isinstance(given, str | os.PathLike) else None


def _read(source: AnyPath | BinaryIO | bytes) -> bytes:
    """Return at most the allowed number of bytes."""
    if isinstance(source, str | os.PathLike):
        return read_bytes(source, MAX_FILE_BYTES)
    if isinstance(source, bytes):
        data = source
    elif hasattr(source, "read"):
        data = read_up_to(source, MAX_FILE_BYTES + 1, _name(source) or "the picture")
    else:
        raise ValueError(
            f"found a {type(source).__name__}, expected a path, an open binary file, bytes,"
            " a PIL image or an array"
        )
    if len(data) > MAX_FILE_BYTES:
        raise too_large(_name(source), len(data), MAX_FILE_BYTES)
    return data


def _from_file(source: AnyPath | BinaryIO | bytes, long_side: int | None) -> Picture:
    decoded = decode(_read(source), long_side)
    pixels = _read_image(decoded.image, long_side)
    facts = decoded.format, (decoded.width, decoded.height), decoded.orientation
    del decoded  # and with it the decoded picture, before more memory is needed
    return _finish(pixels, *facts)


def _from_image(image: "Image.Image", long_side: int | None) -> Picture:
    orientation = image.getexif().get(ORIENTATION, 1)
    try:
        image.load()
    except Exception as error:  # it may have been opened only, and its file be damaged
        raise FormatError(f"Pillow cannot load the image ({printable(str(error))})") from None
    return _finish(_read_image(image, long_side), "PIL image", image.size, orientation)


def _read_image(image: "Image.Image", long_side: int | None) -> Floats:
    part, factor = read_image_part(image), _choose_factor(*image.size, long_side)
    return lay_on_background(*gather(part, *image.size, factor))


def _from_array(array: npt.NDArray[Any], long_side: int | None) -> Picture:
    found = f"found an array of shape {array.shape} and dtype {array.dtype}, "
    shaped = array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))
    if not (shaped and array.size and (array.dtype in (np.uint8, np.bool_) or _is_float(array))):
        raise ValueError(
            f"{found}expected (H, W), (H, W, 3) or (H, W, 4) of uint8, of floats from 0 to 1"
            " or of bool"
        )
    if _is_float(array) and not (array.min() >= 0 and array.max() <= 1):
        raise ValueError(f"{found}with values outside 0 to 1")
    height, width = array.shape[:2]
    factor = _choose_factor(width, height, long_side)
    pixels = lay_on_background(*gather(read_array_part(array), width, height, factor))
    return _finish(pixels, "array", (width, height))


def _is_float(array: npt.NDArray[Any]) -> bool:
    return bool(np.issubdtype(array.dtype, np.floating))


def _choose_factor(width: int, height: int, long_side: int | None) -> int:
    """Return by how much a picture is reduced while its tiles are read."""
    factor = max(1, max(width, height) // (long_side or MAX_SIDE))
    while width * height > _MAX_PIXELS * factor**2:
        factor += 1
    return min(TILE, factor)


def _finish(pixels: Floats, name: str, size: tuple[int, int], orientation: int = 1) -> Picture:
    """Turn (H, W, 1 or 3) pixels upright, and gray ones into three channels."""
    pixels = _UPRIGHT.get(orientation, _UPRIGHT[1])(pixels)
    pixels = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else np.ascontiguousarray(pixels)
    width, height = size[::-1] if orientation in _QUARTER_TURNS else size
    return Picture(pixels, _gray_28(pixels), name, width, height)


def _gray_28(pixels: Floats) -> npt.NDArray[np.uint8] | None:
    if pixels.shape[:2] != (28, 28) or (pixels != pixels[..., :1]).any():
        return None
    levels = pixels[..., 0] * 255
    rounded = np.rint(levels)
    if abs(levels - rounded).max() > 1e-3:  # finer than 8 bits
        return None
    return rounded.astype(np.uint8)


# EXIF 2.3, 4.6.4: what the first row and the first column of the stored picture are.
_UPRIGHT: dict[int, Callable[[Floats], Floats]] = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}
