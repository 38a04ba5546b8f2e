"""PBM, PGM and PPM, in text and binary, as arrays.

Specification: https://netpbm.sourceforge.net/doc/ppm.html. Read here because it takes a few lines,
keeps 16 bits, and takes no loop over the numbers of a text file.
"""

import re
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli.handwriting.formats.container import check_size, damaged

SIGNATURES = tuple(b"P%d" % number for number in range(1, 7))

Samples: TypeAlias = npt.NDArray[Any]  # of some unsigned integer type

_SPACE = rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+"
_BITMAP_HEADER = re.compile(rb"P[14]" + 2 * (_SPACE + rb"(\d{1,9})") + rb"[ \t\r\n\v\f]")
_HEADER = re.compile(rb"P[2356]" + 3 * (_SPACE + rb"(\d{1,9})") + rb"[ \t\r\n\v\f]")
_COMMENT = re.compile(rb"#[^\r\n]*")
_NO_NUMBER = re.compile(rb"\d{10}")  # it would not fit into 32 bits
_MAX_HEADER = 10_000  # bytes; each comment costs the pattern many times its size in memory
_MAX_COMMENTS = 1_000
_WHITESPACE = b" \t\r\n\v\f"


def read(data: bytes) -> tuple[Samples, int]:
    """Return samples, (H, W, 1 or 3) of unsigned integers, and the value that means white.

    Raises `FormatError` for any file that is not whole.
    """
    kind = int(data[1:2])
    found = (_BITMAP_HEADER if kind in (1, 4) else _HEADER).match(data, 0, _MAX_HEADER)
    if found is None:
        raise damaged(f"found no header of a P{kind} file")
    width, height, white = (*map(int, found.groups()), 1)[:3]
    check_size(width, height)
    if not 1 <= white <= 65535:
        raise damaged(f"found the largest value {white} in a P{kind} file, expected 1 to 65,535")
    shape = (height, width, 3 if kind in (3, 6) else 1)
    body = memoryview(data)[found.end() :]
    samples = _text(bytes(body), kind, shape) if kind <= 3 else _binary(body, kind, shape, white)
    if samples.max() > white:
        raise damaged(
            f"found the value {samples.max()} in a P{kind} file, expected at most {white}"
        )
    if kind in (1, 4):  # in a bitmap 1 is black
        samples = 1 - samples
    return samples.astype(np.uint8 if white < 256 else np.uint16, copy=False), white


def _binary(body: memoryview, kind: int, shape: tuple[int, int, int], white: int) -> Samples:
    height, width, samples = shape
    row = (width + 7) // 8 if kind == 4 else width * samples * (1 if white < 256 else 2)
    if len(body) != row * height:
        raise damaged(f"found {len(body):,} bytes of pixels, expected {row * height:,}")
    if kind == 4:
        packed = np.frombuffer(body, np.uint8).reshape(height, row)
        return np.unpackbits(packed, axis=1)[:, :width, np.newaxis]
    return np.frombuffer(body, np.uint8 if white < 256 else ">u2").reshape(shape)


def _text(body: bytes, kind: int, shape: tuple[int, int, int]) -> Samples:
    if body.count(b"#") > _MAX_COMMENTS:
        raise damaged(f"found more than {_MAX_COMMENTS:,} comments in a P{kind} file")
    body = _COMMENT.sub(b" ", body)
    if body.translate(None, b"0123456789" + _WHITESPACE):
        raise damaged(f"found something that is not a number in a P{kind} file")
    if kind == 1:  # the digits of a bitmap need no space between them
        numbers = np.frombuffer(body.translate(None, _WHITESPACE), np.uint8) - np.uint8(ord("0"))
    else:
        if _NO_NUMBER.search(body):
            raise damaged(f"found a number of ten digits in a P{kind} file")
        numbers = np.fromstring(body, np.int32, sep=" ")
    if len(numbers) != shape[0] * shape[1] * shape[2]:
        raise damaged(
            f"found {len(numbers):,} pixel values, expected {shape[0] * shape[1] * shape[2]:,}"
        )
    return numbers.reshape(shape)
