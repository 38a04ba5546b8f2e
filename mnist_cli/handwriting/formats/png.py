"""PNG: every chunk's checksum and every row is checked, and only what shows goes on.

Specification: https://www.w3.org/TR/png-3. Pillow does not look at the checksum of pixel data, and
fills missing rows with black. Text, colour profiles and animation are skipped, so that nothing
compressed but the pixels is ever unpacked.
"""

import struct
import zlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from mnist_cli.handwriting.formats.opening import check_size, damaged, open_with

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 50_000  # of the usual 8 KiB of pixel data, 20 MB hold 2,500
_AT_A_TIME = 1 << 12  # bytes of pixel data; they may unpack to 4 MB
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # colour type: samples per pixel
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_PALETTE = 3
_ADAM7 = (  # of each pass: first column, first row, step between columns, between rows
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)

_Chunk: TypeAlias = tuple[bytes, memoryview]  # its type, and all of it
_BODY = slice(8, -4)  # of a chunk: without length, type and checksum


def open_png(data: bytes) -> "ImageFile":
    """Open a PNG file that is whole; a `FormatError` says why another is not."""
    chunks = _read_chunks(memoryview(data))
    name, first = next(chunks)
    if name != b"IHDR" or len(first[_BODY]) != 13:
        raise damaged("found no IHDR chunk at the start of a PNG file")
    width, height, depth, colour, *methods = struct.unpack(">IIBBBBB", first[_BODY])
    if depth not in _DEPTHS.get(colour, ()) or methods not in ([0, 0, 0], [0, 0, 1]):
        raise damaged(f"found a PNG header with colour type {colour} and bit depth {depth}")
    check_size(width, height)
    parts = _sort(chunks)
    shown = [b"IDAT", b"IEND"]
    if depth < 16:  # Pillow knows no transparent value of 16 bits
        shown.insert(0, b"tRNS")
    if colour == _PALETTE:
        shown.insert(0, b"PLTE")
        size = sum(len(chunk[_BODY]) for chunk in parts.get(b"PLTE", ()))
        if not 0 < size <= 768 or size % 3:
            raise damaged("found no proper palette in a PNG file")
    bits = depth * _SAMPLES[colour]
    _check_pixels(parts[b"IDAT"], _expected_bytes(width, height, bits, methods[2] == 1))
    kept = (chunk for name in shown for chunk in parts.get(name, ()))
    exif = b"".join(chunk[_BODY] for chunk in parts.get(b"eXIf", ()))
    return open_with("PIL.PngImagePlugin.PngImageFile", b"".join((_SIGNATURE, first, *kept)), exif)


def _read_chunks(data: memoryview) -> Iterator[_Chunk]:
    """Yield each chunk up to IEND, which has to end the file."""
    at = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if len(data) < at + 12:
            raise damaged("a PNG file ends before its IEND chunk")
        (length,) = struct.unpack_from(">I", data, at)
        name, end = bytes(data[at + 4 : at + 8]), at + 12 + length
        if not name.isalpha() or length > 2**31 - 1:
            raise damaged("found no PNG chunk where one has to be")
        if len(data) < end:
            raise damaged(
                f"the PNG chunk {name.decode()} is cut:"
                f" found {len(data) - at - 12:,} bytes, expected {length:,}"
            )
        if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
            raise damaged(f"the PNG chunk {name.decode()} has a wrong checksum")
        yield name, data[at:end]
        if name == b"IEND":
            if end != len(data):
                raise damaged(f"found {len(data) - end:,} bytes after the end of a PNG file")
            return
        at = end
    raise damaged(f"found more than {_MAX_CHUNKS:,} chunks in a PNG file")


def _sort(chunks: Iterator[_Chunk]) -> dict[bytes, list[memoryview]]:
    """Return the chunks by their type, those that show being where they may be."""
    parts: dict[bytes, list[memoryview]] = {}
    previous = b""
    for name, chunk in chunks:
        if name == b"IDAT":
            if name in parts and previous != name:
                raise damaged("found IDAT chunks of a PNG file that do not follow one another")
        elif name in (b"PLTE", b"tRNS", b"eXIf"):
            if name in parts or (b"IDAT" in parts and name != b"eXIf"):
                raise damaged(f"found a PNG chunk {name.decode()} where none may be")
        elif name[:1].isupper() and name != b"IEND":  # a capital: not to be skipped
            raise damaged(f"found the PNG chunk {name.decode()}, which nobody may skip")
        parts.setdefault(name, []).append(chunk)
        previous = name
    if b"IDAT" not in parts:
        raise damaged("found no pixel data in a PNG file")
    return parts


def _expected_bytes(width: int, height: int, bits: int, interlaced: bool) -> int:
    """Count the bytes of the pixels: each row has a filter byte and ends on a whole byte."""
    total = 0
    for left, top, step_x, step_y in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = len(range(left, width, step_x)), len(range(top, height, step_y))
        if columns:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _check_pixels(chunks: list[memoryview], expected: int) -> None:
    """Unpack the pixels, a little at a time, to see that exactly as many as expected are there."""
    stream, found = zlib.decompressobj(), 0
    pieces = (
        chunk[at : min(at + _AT_A_TIME, len(chunk) - 4)]
        for chunk in chunks
        for at in range(8, len(chunk) - 4, _AT_A_TIME)
    )
    try:
        for piece in pieces:
            found += len(stream.decompress(piece))
            if found > expected:
                raise damaged(f"found more than {expected:,} bytes of pixels in a PNG file")
            if stream.eof:
                break
    except zlib.error:
        raise damaged("the pixel data of a PNG file is damaged") from None
    if not stream.eof:
        raise damaged("the pixel data of a PNG file is cut")
    if stream.unused_data or next(pieces, None):
        raise damaged("found other data after the pixels of a PNG file")
    if found != expected:
        raise damaged(f"found {found:,} bytes of pixels in a PNG file, expected {expected:,}")
