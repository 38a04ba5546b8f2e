"""A picture file of any common format as numbers: upright, in full colour, on its ground.

What a file claims is never believed: see `formats`. Decoded pixels are turned into
numbers tile by tile and reduced at once, so that even 20 million pixels take less than 200 MB.
"""

import itertools
import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib import import_module
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli.errors import FormatError, MnistError, printable
from mnist_cli.files import AnyPath, read_bytes, read_up_to, too_large
from mnist_cli.handwriting import formats
from mnist_cli.handwriting.formats import pnm
from mnist_cli.handwriting.formats.container import (
    MAX_PIXELS,
    MAX_SIDE,
    Container,
    check_size,
    damaged,
)
from mnist_cli.handwriting.formats.libtiff import complaints

if TYPE_CHECKING:
    from PIL import Image

MAX_FILE_BYTES = 20_000_000

_TILE = 448  # as many pixels squared are held as floats at a time, before they are reduced
_PLAIN_INK = 0.15  # at a smaller standard deviation of brightness what shows is of one colour
_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)  # Rec. 601
_DECODERS = {
    "PNG": ("PngImagePlugin", "PngImageFile"),
    "JPEG": ("JpegImagePlugin", "JpegImageFile"),
    "GIF": ("GifImagePlugin", "GifImageFile"),
    "WebP": ("WebPImagePlugin", "WebPImageFile"),
    "TIFF": ("TiffImagePlugin", "TiffImageFile"),
    "BMP": ("BmpImagePlugin", "BmpImageFile"),
}

Floats: TypeAlias = npt.NDArray[np.float32]
# Of a box (left, top, right, bottom): colour times alpha (h, w, 1 or 3), alpha (h, w, 1) or None.
_Box: TypeAlias = tuple[int, int, int, int]
_Part: TypeAlias = Callable[[_Box], tuple[Floats, Floats | None]]


@dataclass(frozen=True)
class Picture:
    """A decoded picture.

    `pixels` is (H, W, 3) float32 from 0 (black) to 1; it may be smaller than the `width` and
    `height` of the upright picture in the file. `gray_28` is (28, 28) uint8 where the picture is
    one of 28x28 gray pixels of 8 bits, the values as they are in the file, else None.
    """

    pixels: Floats
    gray_28: npt.NDArray[np.uint8] | None
    format: str
    width: int
    height: int


def load_picture(source: AnyPath | BinaryIO | bytes, *, long_side: int | None = None) -> Picture:
    """Decode a PNG, JPEG, GIF, WebP, TIFF, BMP, PGM, PPM or PBM file, told by its content.

    Orientation of EXIF is applied, depth is scaled, and transparent pixels are laid on white or, if
    the ink is bright, on black. Of animations and documents it is the first picture. Where the
    longer side is at least twice `long_side` the picture is reduced by a whole factor, by
    averaging, to no less than that.

    Raises `FileError` for a file that cannot be read, `FormatError` for one that is not a whole
    picture in one of these formats or has too many pixels.
    """
    if long_side is not None and long_side < 1:
        raise ValueError(f"long_side is {long_side}, it must be at least 1")
    name, data = _read(source)
    try:
        return _decode(data, long_side)
    except MnistError as error:
        raise type(error)(error.problem, source=name, hint=error.hint) from None


def _read(source: AnyPath | BinaryIO | bytes) -> tuple[str | None, bytes]:
    """Return the name for messages, and at most the allowed number of bytes."""
    if isinstance(source, bytes):
        name, data = None, source
    elif isinstance(source, str | os.PathLike):
        return os.fspath(source), read_bytes(source, MAX_FILE_BYTES)
    else:
        given = getattr(source, "name", None)  # a number where the file has only a descriptor
        name = given if isinstance(given, str) else None
        data = read_up_to(source, MAX_FILE_BYTES + 1, name or "the picture")
    if len(data) > MAX_FILE_BYTES:
        raise too_large(name, len(data), MAX_FILE_BYTES)
    return name, data


def _decode(data: bytes, long_side: int | None) -> Picture:
    name = formats.recognise(data)
    container, colour, alpha = _numbers(name, data, long_side)
    shown = _UPRIGHT[container.orientation](_on_ground(colour, alpha))
    pixels = np.repeat(shown, 3, axis=2) if shown.shape[2] == 1 else np.ascontiguousarray(shown)
    width, height = container.width, container.height
    if container.orientation >= 5:  # a quarter turn
        width, height = height, width
    return Picture(pixels, _gray_28(pixels), name, width, height)


def _numbers(
    name: str, data: bytes, long_side: int | None
) -> tuple[Container, Floats, Floats | None]:
    """Return what `_gather` does, and the facts; the decoded picture itself is gone by then."""
    if name == "PNM":
        samples, white = pnm.read(data)
        height, width, _ = samples.shape
        container, part = Container(b"", width, height), _part_of_array(samples, white)
    else:
        if name == "HEIC":
            image = _open_heic(data)
            container = Container(b"", image.width, image.height)
        else:
            container = formats.check(name, data)
            image = _open(name, container, long_side)
        part = _part_of_image(image, container.key)
        width, height = image.size
    factor = min(_TILE, max(1, max(width, height) // (long_side or MAX_SIDE)))
    return container, *_gather(part, width, height, factor)


def _open(name: str, container: Container, long_side: int | None) -> "Image.Image":
    """Decode with Pillow; its own class for the format, so that it tries no other.

    Neither does this way look at Pillow's global limits; the size was checked already.
    """
    module, decoder = _DECODERS[name]
    try:
        image: Image.Image = getattr(import_module(f"PIL.{module}"), decoder)(
            BytesIO(container.data)
        )
        if image.size != (container.width, container.height):
            raise damaged(f"found two sizes in a {name} file")
        if name == "JPEG":
            scale = _draft_scale(*image.size, long_side)
            image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
        listening: AbstractContextManager[list[str]] = (
            complaints() if name == "TIFF" else nullcontext([])
        )
        with listening as heard:
            image.load()
        if heard:
            raise ValueError(heard[0].strip())
    except MnistError:
        raise
    except Exception as error:  # Pillow raises nearly everything for a damaged file
        reason = printable(str(error)) or type(error).__name__
        raise damaged(f"the pixels of a {name} file are damaged ({reason})") from None
    return image


def _draft_scale(width: int, height: int, long_side: int | None) -> int:
    """By how much libjpeg reduces: as far as `long_side` allows, and below the general limit."""
    scale = 1
    while scale < 8 and (
        width * height > MAX_PIXELS * scale**2
        or (long_side and max(width, height) // (2 * scale) >= long_side)
    ):
        scale *= 2
    return scale


def _open_heic(data: bytes) -> "Image.Image":
    try:
        pillow_heif = import_module("pillow_heif")
    except ImportError:
        raise FormatError(
            "found a HEIC picture, as iPhones make them",
            hint="Run \"python3 -m pip install 'mnist-cli[heic]'\", or save it as JPEG or PNG.",
        ) from None
    try:
        heif = pillow_heif.open_heif(BytesIO(data))
        check_size(*heif.size)
        image: Image.Image = heif.to_pillow()  # upright already
    except MnistError:
        raise
    except Exception as error:
        reason = printable(str(error)) or type(error).__name__
        raise damaged(f"the pixels of a HEIC file are damaged ({reason})") from None
    return image


def _part_of_image(image: "Image.Image", key: tuple[int, ...] | None) -> _Part:
    def part(box: _Box) -> tuple[Floats, Floats | None]:
        tile = image.crop(box)
        if tile.mode == "1":
            tile = tile.convert("L")
        elif tile.mode in ("P", "PA"):
            tile = tile.convert("RGBA" if "transparency" in tile.info else "RGB")
        elif tile.mode not in ("L", "LA", "RGB", "RGBA") and not tile.mode.startswith("I"):
            tile = tile.convert("RGB")
        samples = np.asarray(tile).reshape(tile.height, tile.width, -1)
        values = samples.astype(np.float32) / np.float32(255 if tile.mode[0] != "I" else 65535)
        if key is not None:
            alpha = (samples != key).any(axis=2, keepdims=True).astype(np.float32)
            return values * alpha, alpha
        if samples.shape[2] in (2, 4):
            alpha = values[..., -1:]
            return values[..., :-1] * alpha, alpha
        return values, None

    return part


def _part_of_array(samples: pnm.Samples, white: int) -> _Part:
    def part(box: _Box) -> tuple[Floats, Floats | None]:
        left, top, right, bottom = box
        return samples[top:bottom, left:right].astype(np.float32) / np.float32(white), None

    return part


def _gather(part: _Part, width: int, height: int, factor: int) -> tuple[Floats, Floats | None]:
    """Read all parts, each reduced by `factor`: colour times alpha, and alpha."""
    step = _TILE // factor * factor
    size = (-(-height // factor), -(-width // factor))
    wholes: list[Floats | None] = [None, None]
    for top, left in itertools.product(range(0, height, step), range(0, width, step)):
        box = (left, top, min(left + step, width), min(top + step, height))
        for number, values in enumerate(part(box)):
            if values is None:
                continue
            tile = _reduced(values, factor)
            whole = wholes[number]
            if whole is None:
                whole = wholes[number] = np.empty((*size, tile.shape[2]), np.float32)
            y, x = top // factor, left // factor
            whole[y : y + len(tile), x : x + tile.shape[1]] = tile
    colour, alpha = wholes
    assert colour is not None  # noqa: S101 - a picture has at least one pixel
    return colour, alpha


def _reduced(values: Floats, factor: int) -> Floats:
    """Average blocks of `factor` x `factor`; those at the far edges may be smaller."""
    if factor == 1:
        return values
    for axis in (0, 1):
        starts = np.arange(0, values.shape[axis], factor)
        lengths = np.diff(starts, append=values.shape[axis]).astype(np.float32)
        values = np.add.reduceat(values, starts, axis=axis)
        values /= lengths.reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    return values


def _on_ground(colour: Floats, alpha: Floats | None) -> Floats:
    """Lay what shows on white or black, whichever contrasts with the ink.

    What shows is ink, unless it is most of the picture and of several brightnesses. Then it brings
    its own paper, the brightness of which is about its mean, and the ground continues that.
    """
    if alpha is None:
        return colour
    brightness = (colour @ _LUMINANCE if colour.shape[2] == 3 else colour[..., 0]).ravel()
    weight = alpha.ravel()
    total = float(weight.sum(dtype=np.float64))
    if total == 0:
        return np.ones_like(colour)
    mean = float(brightness.sum(dtype=np.float64)) / total
    shows = weight > 0
    square = float((brightness[shows] ** 2 / weight[shows]).sum(dtype=np.float64)) / total
    own_paper = total > 0.5 * weight.size and square - mean**2 > _PLAIN_INK**2
    ground = np.float32((mean > 0.5) == own_paper)
    colour += (1 - alpha) * ground
    return np.clip(colour, 0, 1, out=colour)


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
