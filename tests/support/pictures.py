"""PNG files written by hand with `struct` and `zlib`: the oracle for pictures, and their faults."""

import struct
import zlib

import numpy as np
import numpy.typing as npt

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)]  # x, y, step x, step y
ADAM7 += [(0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(width: int, height: int, depth: int, colour: int, interlace: int = 0) -> bytes:
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlace))


def rows(samples: npt.NDArray[np.unsignedinteger], depth: int) -> bytes:
    """Each row of (H, W, samples) behind filter byte 0, each sample in `depth` bits."""
    height = len(samples)
    if depth == 16:
        packed = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    else:
        bits = np.unpackbits(samples.astype(np.uint8).reshape(height, -1, 1), axis=2)
        packed = np.packbits(bits[..., 8 - depth :].reshape(height, -1), axis=1)
    return np.hstack([np.zeros((height, 1), np.uint8), packed]).tobytes()


def png(
    samples: npt.NDArray[np.unsignedinteger],
    depth: int,
    colour: int,
    *,
    interlaced: bool = False,
    before: bytes = b"",
    pieces: int = 1,
) -> bytes:
    """A PNG file of (H, W, samples); `before` are the chunks that precede the pixels."""
    height, width, _ = samples.shape
    if interlaced:
        passes = [samples[y::step_y, x::step_x] for x, y, step_x, step_y in ADAM7]
        pixels = b"".join(rows(part, depth) for part in passes if part.size)
    else:
        pixels = rows(samples, depth)
    packed = zlib.compress(pixels)
    step = -(-len(packed) // pieces)
    data = [chunk(b"IDAT", packed[at : at + step]) for at in range(0, len(packed), step)]
    start = SIGNATURE + header(width, height, depth, colour, int(interlaced)) + before
    return start + b"".join(data) + chunk(b"IEND", b"")
