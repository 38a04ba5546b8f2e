"""JPEG: the file is walked from marker to marker, and only what shows goes on.

Specification: ITU-T T.81. Of the application segments only Adobe's, which tells how colours are
stored, is kept, and EXIF's orientation is read. What follows the end of the picture is ignored,
because phones put previews and films there.

A decoder fills up what is missing with gray and Pillow says nothing. So a progressive file must
have all its scans. In an ordinary one the mark of the end is replaced by a few bytes of nothing: a
decoder that still needs pixels runs out of data there, and that Pillow does report.
"""

import re
import struct
from collections.abc import Iterator

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.container import (
    MAX_PIXELS,
    Container,
    check_size,
    damaged,
    read_orientation,
)

_END, _SCAN = 0xD9, 0xDA
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_TABLES = (0xC4, 0xDB, 0xDD)  # Huffman, quantization, restart interval
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive: what is in use
_PROGRESSIVE = 0xC2
_IGNORED = (*range(0xE0, 0xF0), 0xFE)  # application segments and comments
_END_OF_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker, but not a restart
_PLAIN_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"  # a thumbnail may follow in the file
_NOTHING = bytes(16)  # twice what libjpeg looks ahead; less than some blocks of pixels
_MAX_SCANS = 100  # progressive files have about ten
_MAX_SCANNED_PIXELS = 400_000_000  # each scan is a pass over the whole picture
_MAX_TABLES = 4_096  # bytes in a segment; all that there can be take 2,186
_MAX_SEGMENTS = 10_000
_MAX_REDUCIBLE_PIXELS = 100_000_000  # in a single scan, which is decoded reduced
_CUT = "a JPEG file ends before its picture does"
_MAX_COEFFICIENTS = 60_000_000  # of 2 bytes; all are held unless there is a single scan


def check(data: bytes) -> Container:
    """Return the picture in a JPEG file.

    Raises
    ------
    FormatError
        For a file that is not whole, of a rare kind, or with too many pixels.
    """
    kept = [b"\xff\xd8"]
    frame = None
    upright = 1
    for marker, segment in _segments(data):
        if marker in _FRAMES and frame is None:
            frame = _Frame(marker, segment)
            check_size(frame.width, frame.height, limit=_MAX_REDUCIBLE_PIXELS)
        elif marker == _SCAN and frame is not None:
            frame.add_scan(segment)
        elif marker == _EXIF and segment[4:10] == b"Exif\0\0" and upright == 1:
            upright = read_orientation(segment[4:])
        elif marker == _JFIF and segment[4:9] == b"JFIF\0":
            kept.append(_PLAIN_JFIF)
        elif marker in _TABLES and len(segment) > _MAX_TABLES:
            raise damaged(f"found {len(segment):,} bytes of tables in a segment of a JPEG file")
        elif marker not in _TABLES and marker not in _IGNORED:
            raise damaged(f"found the JPEG marker 0x{marker:02x} where mnist reads none")
        if marker not in _IGNORED or marker == _ADOBE:
            kept.append(segment)
    if frame is None or not frame.is_complete():
        raise damaged("found only a part of the pixels of a JPEG file")
    if not frame.in_one_scan():
        limit = min(MAX_PIXELS, int(_MAX_COEFFICIENTS / frame.samples_per_pixel))
        check_size(frame.width, frame.height, limit=limit)
    kept.append(_NOTHING if frame.in_one_scan() else b"\xff\xd9")
    return Container(b"".join(kept), frame.width, frame.height, upright)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each segment up to the end of the picture, a scan with the pixels that follow it."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        if data[at : at + 1] != b"\xff":
            raise damaged(_CUT if at >= len(data) else "found no JPEG marker where one has to be")
        while data[at + 1 : at + 2] == b"\xff":  # fill bytes
            at += 1
        marker = data[at + 1] if at + 1 < len(data) else None
        if marker == _END:
            return
        if marker is None or len(data) < at + 4:
            raise damaged(_CUT)
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if end < at + 4 or end > len(data):
            raise damaged(_CUT)
        if marker == _SCAN:
            following = _END_OF_PIXELS.search(data, end)
            if following is None:
                raise damaged(_CUT)
            end = following.start()
        yield marker, data[at:end]
        at = end
    raise damaged(f"found more than {_MAX_SEGMENTS:,} segments in a JPEG file")


class _Frame:
    """The frame header, and which coefficients of which component the scans brought."""

    def __init__(self, marker: int, segment: bytes) -> None:
        if len(segment) < 13 or len(segment) != 10 + 3 * segment[9]:
            raise damaged("found a JPEG frame header of a wrong length")
        precision, self.height, self.width, count = struct.unpack_from(">BHHB", segment, 4)
        if precision != 8 or count not in (1, 3, 4):
            raise FormatError(
                f"found a JPEG file of {count} components of {precision} bits,"
                " expected 1, 3 or 4 components of 8 bits",
                hint="Save it as an ordinary JPEG or PNG file.",
            )
        factors = [(byte >> 4, byte & 15) for byte in segment[11::3]]  # across, down
        if not all(1 <= a <= 4 and 1 <= d <= 4 for a, d in factors):
            raise damaged("found wrong sampling factors in a JPEG file")
        largest = max(a for a, _ in factors) * max(d for _, d in factors)
        self.samples_per_pixel = sum(a * d for a, d in factors) / largest
        self._progressive = marker == _PROGRESSIVE
        self._scans = 0
        # component: for each of the 64 coefficients how many low bits are still to come
        self._missing = {name: [1] * 64 for name in segment[10::3]}

    def add_scan(self, segment: bytes) -> None:
        """Note what a scan brings; `segment` begins with its header."""
        self._scans += 1
        most = min(_MAX_SCANS, _MAX_SCANNED_PIXELS // (self.width * self.height))
        if self._scans > max(most, 1):
            raise damaged(f"found more than {most} scans in a JPEG file")
        count = segment[4] if len(segment) > 4 else 0
        if not 1 <= count <= 4 or int.from_bytes(segment[2:4], "big") != 6 + 2 * count:
            raise damaged("found a JPEG scan header of a wrong length")
        first, last, bits = segment[5 + 2 * count : 8 + 2 * count]
        if not self._progressive:
            first, last, bits = 0, 63, 0
        for name in segment[5 : 5 + 2 * count : 2]:
            if name not in self._missing or not first <= last <= 63:
                raise damaged("found a JPEG scan of something that is not in the picture")
            self._missing[name][first : last + 1] = [bits & 15] * (last + 1 - first)

    def in_one_scan(self) -> bool:
        """Whether pixels can be decoded row by row as they come."""
        return self._scans == 1 and not self._progressive

    def is_complete(self) -> bool:
        """Whether the scans brought every bit of every coefficient."""
        return not any(map(any, self._missing.values()))
