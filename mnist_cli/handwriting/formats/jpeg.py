"""JPEG: the file is walked from marker to marker, and only what shows goes on.

Specification: ITU-T T.81. Of the application segments JFIF's and Adobe's, which tell how colours
are stored, are kept, and EXIF is taken out. What follows the end of the picture is ignored, because
phones put previews and films there.

A decoder fills up what is missing with gray and Pillow says nothing. So a progressive file must
have all its scans. In an ordinary one the mark of the end is replaced by a few bytes of nothing: a
decoder that still needs pixels runs out of data there, and that Pillow does report.
"""

import re
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mnist_cli.errors import FormatError
from mnist_cli.handwriting.formats.opening import MAX_PIXELS, check_size, damaged, open_with

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_END, _SCAN = 0xD9, 0xDA
_JFIF, _EXIF, _ADOBE = 0xE0, 0xE1, 0xEE
_TABLES = (0xC4, 0xDB, 0xDD)  # Huffman, quantization, restart interval
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive: what is in use
_PROGRESSIVE = 0xC2
_IGNORED = {*range(0xE0, 0xF0), 0xFE} - {_JFIF, _ADOBE}  # application segments and comments
_MARKER = re.compile(rb"\xff+([^\xff])", re.DOTALL)  # behind fill bytes
_END_OF_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # a marker, but not a restart
_NOTHING = bytes(16)  # twice what libjpeg looks ahead; less than some blocks of pixels
_MAX_SCANS = 100  # progressive files have about ten
_MAX_SCANNED_PIXELS = 400_000_000  # each scan is a pass over the whole picture
_MAX_TABLES = 4_096  # bytes in a segment; all that there can be take 2,186
_MAX_SEGMENTS = 10_000
_MAX_REDUCIBLE_PIXELS = 100_000_000  # in a single scan, which is decoded reduced
_CUT = "a JPEG file ends before its picture does"
_MAX_COEFFICIENTS = 60_000_000  # of 2 bytes; all are held unless there is a single scan


def open_jpeg(data: bytes) -> "ImageFile":
    """Open a JPEG file; a `FormatError` says why one is not whole, rare or too large."""
    kept = [b"\xff\xd8"]
    frame = None
    exif = b""
    for marker, segment in _read_segments(data):
        if marker in _FRAMES and frame is None:
            frame = _Frame(marker, segment)
            check_size(frame.width, frame.height, limit=_MAX_REDUCIBLE_PIXELS)
        elif marker == _SCAN and frame is not None:
            frame.add_scan(segment)
        elif marker in _TABLES and len(segment) > _MAX_TABLES:
            raise damaged(f"found {len(segment):,} bytes of tables in a segment of a JPEG file")
        elif marker not in (*_TABLES, _JFIF, _ADOBE, *_IGNORED):
            raise damaged(f"found the JPEG marker 0x{marker:02x} where mnist reads none")
        if marker not in _IGNORED:
            kept.append(segment)
        elif marker == _EXIF and segment[4:10] == b"Exif\0\0":
            exif = exif or segment[4:]
    if frame is None or not frame.is_complete():
        raise damaged("found only a part of the pixels of a JPEG file")
    if not frame.in_one_scan():
        limit = min(MAX_PIXELS, int(_MAX_COEFFICIENTS / frame.samples_per_pixel))
        check_size(frame.width, frame.height, limit=limit)
    kept.append(_NOTHING if frame.in_one_scan() else b"\xff\xd9")
    return open_with("PIL.JpegImagePlugin.JpegImageFile", b"".join(kept), exif)


def _read_segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield each segment up to the end of the picture, a scan with the pixels that follow it."""
    at = 2
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.match(data, at)
        if found is None:
            raise damaged("found no JPEG marker where one has to be" if data[at:] else _CUT)
        marker, at = found[1][0], found.end() - 2
        if marker == _END:
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
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
