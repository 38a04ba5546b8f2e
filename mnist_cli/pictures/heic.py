"""What a HEIC file costs, before libheif sees it (ISO/IEC 14496-12 and 23008-12).

A small file can be a large task: many items may have the same data, an item may describe many
pictures, and a picture may be made of others, or of one of them again and again.
"""

import struct
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from io import BytesIO

from mnist_cli.errors import FormatError

_MOST_PARTS = 1000  # items, references, boxes in a box; photos of phones have a hundred or two
_MOST_EXTENTS = 32  # of an item; libheif takes no more either
_MOST_DESCRIBED = 8_000_000  # bytes of EXIF, profiles and the like, for each picture again
_MOST_WORK = 200_000_000  # pixels of one picture, of all it is made of, and for each byte of data
_BYTE = 6  # pixels: to decode it takes as long


def check_heic(data: bytes) -> bytes:
    """Return a file whose items hold, describe and are made of no more than the bounds allow."""
    meta = list(_boxes(_find_only(b"meta", _boxes(memoryview(data)))[4:]))
    sizes = _measure_data(_find_only(b"iloc", meta))
    properties = list(_boxes(_find_only(b"iprp", meta)))
    shared = _find_only(b"ipco", properties)
    pixels = _measure_pictures(shared, [box for name, box in properties if name == b"ipma"])
    described = len(shared) * len(sizes)
    parts: defaultdict[int, list[int]] = defaultdict(list)
    for name, item, others in _read_references(_find_only(b"iref", meta)):
        if name == b"dimg":
            parts[item] += others
        elif name == b"cdsc":
            described += sizes[item] * len(others)

    @cache
    def weigh(item: int) -> int:
        return pixels[item] + _BYTE * sizes[item] + sum(map(weigh, parts[item]))

    _count("bytes of descriptions", described, _MOST_DESCRIBED)
    _count("pixels to decode", max(map(weigh, [*pixels]), default=0), _MOST_WORK)
    return data


def _count(what: str, found: int, most: int) -> range:
    """Return so many turns of a loop; refuse more than `most`."""
    if found > most:
        raise FormatError(
            f"found {found:,} {what} in a HEIC picture, expected at most {most:,}",
            hint="Save it as PNG or JPEG.",
        )
    return range(found)


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield the name and the content of each box."""
    found = 0
    while len(content) >= 8:
        found += 1
        _count("boxes", found, _MOST_PARTS)
        start = 8
        size, name = struct.unpack_from(">I4s", content)
        if size == 1:
            start, (size,) = 16, struct.unpack_from(">Q", content, 8)
        size = size or len(content)  # 0: to the end
        if size < start:
            raise ValueError(f"a box of {size} bytes")
        yield name, content[start:size]
        content = content[size:]


def _find_only(name: bytes, boxes: Iterable[tuple[bytes, memoryview]]) -> memoryview:
    """Return the content of the box of this name, empty where there is none; refuse several."""
    found = [content for own, content in boxes if own == name]
    if len(found) > 1:
        raise ValueError(f"{len(found)} boxes {name.decode()}")
    return found[0] if found else memoryview(b"")


def _reader(content: memoryview) -> Callable[[int], int]:
    """Return a function that reads the next integer of so many bytes."""
    stream = BytesIO(content)
    return lambda size: int.from_bytes(stream.read(size), "big")


def _measure_data(iloc: memoryview) -> Counter[int]:
    """Count the bytes of each item, in all its extents."""
    read = _reader(iloc)
    version, _flags, widths = read(1), read(3), read(2)
    offset, length, base, index = (widths >> shift & 15 for shift in (12, 8, 4, 0))
    wide = 4 if version == 2 else 2
    sizes: Counter[int] = Counter()
    for _ in _count("items", read(wide), _MOST_PARTS):
        item = read(wide)
        read(base + (4 if version else 2))
        for _ in _count("extents of an item", read(2), _MOST_EXTENTS):
            read(offset + (index if version else 0))
            sizes[item] += read(length)
    return sizes


def _measure_pictures(ipco: memoryview, associations: list[memoryview]) -> Counter[int]:
    """Count the pixels of each item."""
    areas = [0]
    for name, content in _boxes(ipco):
        width, height = struct.unpack_from(">II", content, 4) if name == b"ispe" else (0, 0)
        areas.append(width * height)
    pixels: Counter[int] = Counter()
    for box in associations:
        read = _reader(box)
        version, wide = read(1), read(3) & 1
        for _ in _count("items", read(4), _MOST_PARTS):
            item = read(4 if version else 2)
            for _ in range(read(1)):
                pixels[item] += areas[read(1 + wide) & (0x7FFF if wide else 0x7F)]
    return pixels


def _read_references(iref: memoryview) -> Iterator[tuple[bytes, int, list[int]]]:
    """Yield what kind of reference goes from an item to which others."""
    wide = 4 if bytes(iref[:1]) == b"\1" else 2
    for name, content in _boxes(iref[4:]):
        read = _reader(content)
        yield name, read(wide), [read(wide) for _ in _count("references", read(2), _MOST_PARTS)]
