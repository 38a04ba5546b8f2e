"""HEIC files by hand: boxes as in ISO/IEC 14496-12, items as in 23008-12."""

import io
import struct

import numpy as np
from PIL import Image


def box(name, *content):
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def full(name, version, *content):
    return box(name, bytes([version, 0, 0, 0]), *content)


def heic(items, references=(), size=(64, 64), profile=0, version=1, boxes=b""):
    """A file of `items`, the lengths of the extents of each, which all begin at the same byte.

    Each is as large as the others and has a colour profile of `profile` bytes. A reference is a
    name, an item, and those that it refers to.
    """
    number = ">I" if version == 2 else ">H"
    located = b"".join(
        struct.pack(number, item)
        + (b"\0\0" if version else b"")
        + struct.pack(">HH", 0, len(lengths))
        + b"".join(struct.pack(">II", 0, length) for length in lengths)
        for item, lengths in items.items()
    )
    iloc = full(b"iloc", version, b"\x44\0", struct.pack(number, len(items)), located)
    referring = [
        box(name, struct.pack(f">HH{len(others)}H", item, len(others), *others))
        for name, item, others in references
    ]
    properties = full(b"ispe", 0, struct.pack(">II", *size)) + box(b"colr", bytes(profile))
    associated = b"".join(struct.pack(">HBB", item, 1, 0x81) for item in items)
    ipma = full(b"ipma", 0, struct.pack(">I", len(items)), associated)
    iprp = box(b"iprp", box(b"ipco", properties), ipma)
    meta = full(b"meta", 0, iloc, iprp, full(b"iref", 0, *referring), boxes)
    return box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta + box(b"mdat", bytes(9))


def grid_of_one_tile(columns, rows, side=512):
    """A picture that shows one tile of noise, which is in the file once, in all its places."""
    import pillow_heif

    file = io.BytesIO()
    noise = np.random.default_rng(0).integers(256, size=(side, side, 3), dtype=np.uint8)
    pillow_heif.from_pillow(Image.fromarray(noise)).save(file, quality=60)
    tile = file.getvalue()
    data = tile[tile.index(b"mdat") + 4 :]
    at = tile.index(b"hvcC") - 4
    properties = tile[at : at + int.from_bytes(tile[at : at + 4], "big")]
    width, height = columns * side, rows * side
    for size in ((side, side), (width, height)):
        properties += full(b"ispe", 0, struct.pack(">II", *size))
    tiles = columns * rows
    start = box(b"ftyp", b"heic\0\0\0\0mif1heic") + box(b"mdat", data)
    located = struct.pack(">HHHHII", 1, 1, 0, 1, 0, 8)  # in idat
    located += struct.pack(">HHHHII", 2, 0, 0, 1, len(start) - len(data), len(data))
    kinds = ((1, b"grid"), (2, b"hvc1"))
    infe = [full(b"infe", 2, struct.pack(">HH4sB", item, 0, kind, 0)) for item, kind in kinds]
    associated = struct.pack(">IHBBHBBB", 2, 1, 1, 3, 2, 2, 0x81, 2)
    return start + full(
        b"meta",
        0,
        full(b"hdlr", 0, b"\0\0\0\0pict", bytes(13)),
        full(b"pitm", 0, b"\0\1"),
        full(b"iloc", 1, b"\x44\0\0\2", located),
        full(b"iinf", 0, b"\0\2", *infe),
        full(b"iref", 0, box(b"dimg", struct.pack(">HH", 1, tiles), b"\0\2" * tiles)),
        box(b"iprp", box(b"ipco", properties), full(b"ipma", 0, associated)),
        box(b"idat", struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)),
    )
