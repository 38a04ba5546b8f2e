"""PNG files written by hand with `struct` and `zlib`, the oracle for pictures; and pictures."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from mnist_cli import Digit
from mnist_cli.pictures.picture import load_picture

SIGNATURE = b"\x89PNG\r\n\x1a\n"
GRAY, RGB, PALETTE, GRAY_ALPHA, RGBA = 0, 2, 3, 4, 6

NOISE = np.random.default_rng(0).integers(0, 256, (37, 29)).astype(np.uint8)
# Smooth, so that lossy formats keep it; 3 channels that differ.
_Y, _X = np.mgrid[0:37, 0:29]
SMOOTH = np.stack([_Y * 4, _X * 5, 120 + _Y - _X], axis=2).astype(np.uint8)

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)]  # x, y, step x, step y
ADAM7 += [(0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(width, height, depth, colour, interlace=0):
    values = (width, height, depth, colour, 0, 0, interlace)
    return chunk(b"IHDR", struct.pack(">IIBBBBB", *values))


def rows(samples, depth):
    """Each row of (H, W, samples) behind filter byte 0, each sample in `depth` bits."""
    height = len(samples)
    if depth == 16:
        packed = samples.astype(">u2").reshape(height, -1).view(np.uint8)
    else:
        bits = np.unpackbits(samples.astype(np.uint8).reshape(height, -1, 1), axis=2)
        packed = np.packbits(bits[..., 8 - depth :].reshape(height, -1), axis=1)
    return np.hstack([np.zeros((height, 1), np.uint8), packed]).tobytes()


def png(samples, depth, colour, *, interlaced=False, before=b"", pieces=1):
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


def saved(image, kind, **options):
    """The bytes of a file that Pillow writes."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def to_png(pixels):
    return saved(Image.fromarray(pixels), "PNG")


def exif(orientation):
    """EXIF data that say nothing but this."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes()


def levels(data):
    """The pixels that are read from a file as the integers 0 to 255 that they are."""
    pixels = load_picture(data).pixels * 255
    assert abs(pixels - np.rint(pixels)).max() < 1e-3
    return np.rint(pixels).astype(np.uint8)


def are_correct(network, read, labels):
    """Which of what `read_pictures` gave are digits of which the net says their labels, (N,)."""
    pairs = zip(read, labels, strict=True)
    return np.array(
        [isinstance(one, Digit) and network.predict(one.image) == label for one, label in pairs]
    )
