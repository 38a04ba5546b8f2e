"""PNG: every chunk's checksum and every row is checked, and only what shows goes on.

Specification: https://www.w3.org/TR/png-3. Pillow does not look at the checksum of pixel data, and
fills missing rows with black. Text, colour profiles and animation are skipped, so that nothing
compressed but the pixels is ever unpacked.
"""

import struct
import zlib
from collections.abc import Iterator

from mnist_cli.handwriting.formats.container import Container, check_size, damaged, read_orientation

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_CHUNKS = 50_000  # of the usual 8 KiB of pixel data, 20 MB hold 2,500
_AT_A_TIME = 1 << 16  # bytes; what is larger would be copied again and again
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


def check(data: bytes) -> Container:
    """Return the picture in a PNG file.

    Raises
    ------
    FormatError
        For a file that is not whole, or with too many pixels.
    """
    chunks = _chunks(data)
    kind, header = next(chunks)
    if kind != b"IHDR" or len(header) != 13:
        raise damaged("found no IHDR chunk at the start of a PNG file")
    width, height, depth, colour, compression, filtering, interlace = struct.unpack(
        ">IIBBBBB", header
    )
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlace > 1:
        raise damaged(f"found a PNG header with colour type {colour} and bit depth {depth}")
    check_size(width, height)
    parts = _sorted_out(chunks)
    palette, transparency = parts.get(b"PLTE", b""), parts.get(b"tRNS", b"")
    if colour == _PALETTE and (not palette or len(palette) % 3 or len(palette) > 768):
        raise damaged("found no proper palette in a PNG file")
    bits = depth * _SAMPLES[colour]
    _check_pixels(parts[b"IDAT"], _expected_bytes(width, height, bits, interlace == 1))

    kept = [(b"IHDR", header)]
    if colour == _PALETTE:
        kept += [(b"PLTE", palette)]
    if transparency and depth < 16:  # Pillow knows no transparent value of 16 bits
        kept += [(b"tRNS", transparency[:256])]
    kept += [(b"IDAT", parts[b"IDAT"]), (b"IEND", b"")]
    return Container(
        _SIGNATURE + b"".join(_chunk(name, body) for name, body in kept),
        width,
        height,
        read_orientation(parts.get(b"eXIf", b"")),
    )


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and body of each chunk up to IEND, which has to end the file."""
    at = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if len(data) < at + 12:
            raise damaged("a PNG file ends before its IEND chunk")
        (length,) = struct.unpack_from(">I", data, at)
        name, end = data[at + 4 : at + 8], at + 12 + length
        if not name.isalpha() or length > 2**31 - 1:
            raise damaged("found no PNG chunk where one has to be")
        if len(data) < end:
            raise damaged(
                f"the PNG chunk {name.decode()} is cut:"
                f" found {len(data) - at - 12:,} bytes, expected {length:,}"
            )
        body = data[at + 8 : end - 4]
        if zlib.crc32(body, zlib.crc32(name)) != int.from_bytes(data[end - 4 : end], "big"):
            raise damaged(f"the PNG chunk {name.decode()} has a wrong checksum")
        yield name, body
        if name == b"IEND":
            if end != len(data):
                raise damaged(f"found {len(data) - end:,} bytes after the end of a PNG file")
            return
        at = end
    raise damaged(f"found more than {_MAX_CHUNKS:,} chunks in a PNG file")


def _sorted_out(chunks: Iterator[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return the chunks that show, by type, with all pixel data in one piece."""
    parts: dict[bytes, bytes] = {}
    pixel_data: list[bytes] = []
    previous = b"IHDR"
    for name, body in chunks:
        if name == b"IDAT":
            if pixel_data and previous != b"IDAT":
                raise damaged("found IDAT chunks of a PNG file that do not follow one another")
            pixel_data.append(body)
        elif name in (b"PLTE", b"tRNS", b"eXIf"):
            if name in parts or (pixel_data and name != b"eXIf"):
                raise damaged(f"found a PNG chunk {name.decode()} where none may be")
            parts[name] = body
        elif name[:1].isupper() and name != b"IEND":  # a capital: not to be skipped
            raise damaged(f"found the PNG chunk {name.decode()}, which nobody may skip")
        previous = name
    if not pixel_data:
        raise damaged("found no pixel data in a PNG file")
    return parts | {b"IDAT": b"".join(pixel_data)}


def _expected_bytes(width: int, height: int, bits: int, interlaced: bool) -> int:
    """How many bytes the pixels take: each row has a filter byte and ends on a whole byte."""
    if not interlaced:
        return height * (1 + (width * bits + 7) // 8)
    total = 0
    for left, top, step_x, step_y in _ADAM7:
        columns = (width - left + step_x - 1) // step_x
        rows = (height - top + step_y - 1) // step_y
        if columns > 0 and rows > 0:
            total += rows * (1 + (columns * bits + 7) // 8)
    return total


def _check_pixels(compressed: bytes, expected: int) -> None:
    """Unpack the pixels, a little at a time, to see that exactly as many as expected are there."""
    found = 0
    try:
        for count in _unpacked_lengths(compressed):
            found += count
            if found > expected:
                raise damaged(f"found more than {expected:,} bytes of pixels in a PNG file")
    except zlib.error:
        raise damaged("the pixel data of a PNG file is damaged") from None
    if found != expected:
        raise damaged(f"found {found:,} bytes of pixels in a PNG file, expected {expected:,}")


def _unpacked_lengths(compressed: bytes) -> Iterator[int]:
    """Yield how much each little part of a zlib stream unpacks to; nothing may follow it."""
    stream = zlib.decompressobj()
    for at in range(0, len(compressed), _AT_A_TIME):
        rest = compressed[at : at + _AT_A_TIME]
        full = True
        while (rest or full) and not stream.eof:
            unpacked = len(stream.decompress(rest, _AT_A_TIME))
            yield unpacked
            rest, full = stream.unconsumed_tail, unpacked == _AT_A_TIME
        if stream.eof and (stream.unused_data or at + _AT_A_TIME < len(compressed)):
            raise damaged("found other data after the pixels of a PNG file")
    if not stream.eof:
        raise damaged("the pixel data of a PNG file is cut")


def _chunk(name: bytes, body: bytes) -> bytes:
    return (
        struct.pack(">I", len(body))
        + name
        + body
        + zlib.crc32(body, zlib.crc32(name)).to_bytes(4, "big")
    )
