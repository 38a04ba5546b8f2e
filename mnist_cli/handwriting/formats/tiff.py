"""TIFF: the first page goes on alone, with no other tags than its pixels need.

Specification: TIFF 6.0 (1992). A new directory of checked tags is put at the end of the file, so
that the decoder sees no other.
"""

import struct

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.container import Container, check_size, damaged

SIGNATURES = (b"II*\0", b"MM\0*")

_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 256, 257, 258, 259, 262
_STRIP_OFFSETS, _ORIENTATION, _SAMPLES, _ROWS_PER_STRIP, _STRIP_BYTES = 273, 274, 277, 278, 279
_PLANES, _TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_BYTES = 284, 322, 323, 324, 325
_EXTRA_SAMPLES, _SAMPLE_FORMAT = 338, 339
_FILL_ORDER, _FAX3, _FAX4, _PREDICTOR, _PALETTE, _JPEG_TABLES = 266, 292, 293, 317, 320, 347
_YCC_SUBSAMPLING, _YCC_POSITION = 530, 531

_ONE_NUMBER = {_WIDTH, _HEIGHT, _COMPRESSION, _PHOTOMETRIC, _SAMPLES, _ROWS_PER_STRIP, _PLANES}
_ONE_NUMBER |= {_TILE_WIDTH, _TILE_HEIGHT, _FILL_ORDER, _FAX3, _FAX4, _PREDICTOR, _YCC_POSITION}
_NUMBERS = {_BITS, _STRIP_OFFSETS, _STRIP_BYTES, _TILE_OFFSETS, _TILE_BYTES, _EXTRA_SAMPLES}
_NUMBERS |= {_SAMPLE_FORMAT, _PALETTE, _YCC_SUBSAMPLING}
_KEPT = _ONE_NUMBER | _NUMBERS | {_JPEG_TABLES}

_MAX_NUMBERS = 300_000  # strips of one row, four planes of the greatest height

_SHORT, _LONG = 3, 4
_ITEM_SIZES = {1: 1, 2: 1, _SHORT: 2, _LONG: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_NO_COMPRESSION, _JPEG = 1, 7
_COMPRESSIONS = (1, 2, 3, 4, 5, _JPEG, 8, 32773, 32946)  # fax, LZW, JPEG, deflate, PackBits
_COLOURS = {  # photometric interpretation: (samples without alpha, bits per sample)
    0: (1, (1, 2, 4, 8)),  # white is 0
    1: (1, (1, 2, 4, 8, 16)),  # black is 0
    2: (3, (8, 16)),  # RGB
    3: (1, (1, 2, 4, 8)),  # palette
    5: (4, (8,)),  # CMYK
    6: (3, (8,)),  # YCbCr, in JPEG
}
_YCC = 6


def check(data: bytes) -> Container:
    """Return the first page of a TIFF file. Raises `FormatError` for any that is not whole."""
    order = "<" if data[:2] == b"II" else ">"
    try:
        tags, entries = _directory(data, order)
    except struct.error:
        raise damaged("a TIFF file ends before its directory does") from None
    if _WIDTH not in tags or _HEIGHT not in tags:
        raise damaged("found no size in a TIFF file")
    width, height = tags[_WIDTH][0], tags[_HEIGHT][0]
    check_size(width, height)
    _check_colours(tags)
    _check_pieces(tags, width, height, len(data))
    data += bytes(len(data) % 2)
    directory = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    (upright,) = tags.get(_ORIENTATION, (1,))[:1]
    return Container(
        data[:4] + struct.pack(f"{order}I", len(data)) + data[8:] + directory,
        width,
        height,
        upright if 1 <= upright <= 8 else 1,
    )


def _directory(data: bytes, order: str) -> tuple[dict[int, tuple[int, ...]], list[bytes]]:
    """Return the numbers behind the tags of the first page, and its entries that are kept."""
    (at,) = struct.unpack_from(f"{order}I", data, 4)
    (count,) = struct.unpack_from(f"{order}H", data, at)
    tags: dict[int, tuple[int, ...]] = {}
    entries = []
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, length, offset = struct.unpack_from(f"{order}HHII", data, place)
        if tag not in _KEPT and tag != _ORIENTATION:
            continue
        size = _ITEM_SIZES.get(kind, 0) * length
        start = place + 8 if size <= 4 else offset
        numeric = kind in (_SHORT, _LONG) or tag == _JPEG_TABLES
        if tag in tags or not numeric or not 0 < size <= len(data) - start:
            raise damaged(f"the TIFF tag {tag} is damaged or cut")
        most = 1 if tag in _ONE_NUMBER else _MAX_NUMBERS
        if length > most and tag != _JPEG_TABLES:
            raise damaged(
                f"found {length:,} values in the TIFF tag {tag}, expected at most {most:,}"
            )
        if tag != _JPEG_TABLES:
            letter = "H" if kind == _SHORT else "I"
            tags[tag] = struct.unpack_from(f"{order}{length}{letter}", data, start)
        if tag in _KEPT:
            entries.append(data[place : place + 12])
    struct.unpack_from(f"{order}I", data, at + 2 + 12 * count)  # where the next page is
    return tags, sorted(entries, key=lambda entry: struct.unpack(f"{order}H", entry[:2]))


def _check_colours(tags: dict[int, tuple[int, ...]]) -> None:
    (colours,) = tags.get(_PHOTOMETRIC, (-1,))
    (compression,) = tags.get(_COMPRESSION, (_NO_COMPRESSION,))
    (samples,) = tags.get(_SAMPLES, (1,))
    bits = tags.get(_BITS, (1,))
    needed, depths = _COLOURS.get(colours, (0, ()))
    extra = len(tags.get(_EXTRA_SAMPLES, ()))
    readable = (
        set(tags.get(_SAMPLE_FORMAT, (1,))) == {1}  # unsigned integers
        and compression in _COMPRESSIONS
        and (colours != _YCC or compression == _JPEG)
        and samples == needed + extra
        and extra <= 1
        and len(set(bits)) == 1
        and bits[0] in depths
    )
    if not readable:
        raise FormatError(
            f"found a TIFF file of a kind that mnist does not read (photometric {colours},"
            f" compression {compression}, {samples} samples of {bits[0]} bits,"
            f" sample format {tags.get(_SAMPLE_FORMAT, (1,))[0]})",
            hint="Save it as a PNG file.",
        )


def _check_pieces(tags: dict[int, tuple[int, ...]], width: int, height: int, size: int) -> None:
    """See that there are as many strips or tiles as needed, each within the file."""
    (samples,) = tags.get(_SAMPLES, (1,))
    separate = tags.get(_PLANES, (1,)) == (2,)
    bits = tags.get(_BITS, (1,))[0] * (1 if separate else samples)
    if _TILE_WIDTH in tags:
        (columns,), (rows,) = tags[_TILE_WIDTH], tags.get(_TILE_HEIGHT, (0,))
        check_size(columns, rows)
        pieces = -(-width // columns) * -(-height // rows)
        last_rows = rows  # tiles are always whole
        offsets, lengths = tags.get(_TILE_OFFSETS, ()), tags.get(_TILE_BYTES, ())
    else:
        columns, rows = width, min(tags.get(_ROWS_PER_STRIP, (height,))[0], height)
        check_size(columns, rows)
        pieces = -(-height // rows)
        last_rows = height - (pieces - 1) * rows
        offsets, lengths = tags.get(_STRIP_OFFSETS, ()), tags.get(_STRIP_BYTES, ())
    expected = pieces * (samples if separate else 1)
    if not len(offsets) == len(lengths) == expected:
        raise damaged(
            f"found {len(offsets):,} pieces of pixels in a TIFF file, expected {expected:,}"
        )
    raw = tags.get(_COMPRESSION, (_NO_COMPRESSION,)) == (_NO_COMPRESSION,)
    for number, (offset, length) in enumerate(zip(offsets, lengths, strict=True), start=1):
        present = last_rows if number % pieces == 0 else rows
        needed = present * ((columns * bits + 7) // 8) if raw else 1
        if length < needed or offset + length > size:
            raise damaged(
                f"a piece of the pixels of a TIFF file is cut: found"
                f" {max(0, min(length, size - offset)):,} bytes, expected {max(length, needed):,}"
            )
