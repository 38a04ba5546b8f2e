"""Image files as untrusted bytes: every fault that one can have, and bounds on what it costs."""

import io
import re
import struct
import sys
import zlib
from functools import partial
from itertools import starmap

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile
from support.heic import grid_of_one_tile
from support.limited import run_measured
from support.mutated import mutated
from support.pictures import (
    ADAM7,
    GRAY,
    NOISE,
    RGB,
    RGBA,
    SIGNATURE,
    SMOOTH,
    chunk,
    exif,
    header,
    levels,
    png,
    saved,
)
from support.refusals import refusal_of

from mnist_cli.errors import FileError, FormatError, MnistError
from mnist_cli.pictures.formats import MAX_FILE_BYTES
from mnist_cli.pictures.picture import load_picture

refusal = partial(refusal_of, load_picture)

# Cut and damaged files


def bmp(width: int, height: int, depth: int, compression: int, pixels: bytes) -> bytes:
    """A BMP file with a palette of grays."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, 0, 0, 0, 0, 0)
    start = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 40 + 1024)
    return start + info + np.repeat(np.arange(256, dtype=np.uint8), 4).tobytes() + pixels


SMALL = Image.fromarray(SMOOTH[:12, :10])
FEW = SMALL.quantize(30)  # colours
SEVERAL = {"save_all": True, "append_images": [FEW.rotate(90)]}
RUNS = [bytes([5, 20 * y, 5, 20 * y + 9, 0, 0]) for y in range(12)]  # two in each row
SAMPLES = {
    "png": saved(SMALL, "PNG"),
    "png adam7": png(SMOOTH[:12, :10], 8, RGB, interlaced=True, pieces=3),
    "png palette": saved(FEW, "PNG"),
    "jpeg": saved(SMALL, "JPEG"),
    "jpeg gray": saved(SMALL.convert("L"), "JPEG", restart_marker_blocks=1),
    "jpeg progressive": saved(SMALL, "JPEG", progressive=True),
    "gif": saved(FEW, "GIF"),
    "gif animated": saved(FEW, "GIF", duration=90, comment=b"by hand", **SEVERAL),
    "webp": saved(SMALL, "WEBP"),
    "webp lossless": saved(SMALL.convert("RGBA"), "WEBP", lossless=True),
    "webp animated": saved(SMALL, "WEBP", save_all=True, append_images=[SMALL.rotate(90)]),
    "bmp": saved(SMALL, "BMP"),
    "bmp palette": saved(FEW, "BMP"),
    "bmp runs": bmp(10, 12, 8, 1, b"".join(RUNS) + b"\0\1"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_anywhere_is_refused_or_shows_the_same(name):
    data = SAMPLES[name]
    whole = load_picture(data).pixels
    assert whole.shape == (12, 10, 3)
    if name == "bmp runs":  # from the lowest row up
        assert levels(data)[::-1, ::5, 0].tolist() == [[row[1], row[3]] for row in RUNS]
    shown = 0
    for length in range(len(data)):
        try:
            found = load_picture(data[:length]).pixels
        except FormatError:
            continue
        np.testing.assert_array_equal(found, whole)
        shown += 1
    # What follows the first frame of a GIF, and the last row of a BMP, is not looked at.
    assert shown == 0 or name.startswith(("gif", "bmp"))


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


IEND = chunk(b"IEND", b"")
GOOD = png(NOISE[..., np.newaxis], 8, GRAY)
IDAT_AT = 8 + 25
START, REST = GOOD[:IDAT_AT], GOOD[IDAT_AT:]
JPEG = SAMPLES["jpeg"]
FRAME = JPEG.index(b"\xff\xc0")
WEBP, GIF, PROGRESSIVE = SAMPLES["webp"], SAMPLES["gif"], SAMPLES["jpeg progressive"]
PALETTE_END = 13 + (3 << ((GIF[10] & 7) + 1))

BROKEN = {
    "signature with bit 7 cleared": patched(GOOD, 0, b"\x09"),
    "interlace method 2": SIGNATURE + header(29, 37, 8, GRAY, 2) + REST,
    "wrong checksum of the pixels": patched(GOOD, len(GOOD) - 16, b"\0\0\0\0"),
    "no pixel data": START + IEND,
    "a chunk of a negative length": patched(GOOD, IDAT_AT, b"\xff\xff\xff\xff"),
    "no columns": SIGNATURE + header(0, 37, 8, GRAY) + REST,
    "jpeg without a frame": JPEG[:FRAME] + JPEG[FRAME + 19 :],
    "jpeg of no rows": patched(PROGRESSIVE, PROGRESSIVE.index(b"\xff\xc2") + 5, b"\0\0"),
    "jpeg of 12 bits": patched(JPEG, FRAME + 4, b"\x0c"),
    "jpeg with a segment of length 0": patched(JPEG, FRAME + 2, b"\0\0"),
    "webp without start code": WEBP.replace(b"\x9d\x01\x2a", bytes(3)),
    "gif of no frames": GIF[:PALETTE_END] + b";",
    "bmp of another depth": bmp(3, 3, 7, 0, bytes(99)),
    "bmp of a PNG inside": bmp(3, 3, 8, 5, bytes(99)),
}


def test_broken_files_are_refused():
    for name, data in BROKEN.items():
        assert refusal(data), name


def test_what_does_not_show_is_not_believed():
    bomb = b"a\0\0" + zlib.compress(bytes(50_000_000))
    for name in ("tEXt", "iTXt", "eXIf", "acTL", "gAMA", "prVt", "zTXt", "iCCP"):
        data = png(SMOOTH, 8, RGB, before=chunk(name.encode(), bomb))
        assert np.array_equal(levels(data), SMOOTH)
        assert "checksum" in refusal(data.replace(bomb[:20], bytes(20), 1))
    long = chunk(b"tEXt", b"XML:com.adobe.xmp\0" + bytes(3_000_000))
    assert np.array_equal(levels(png(SMOOTH, 8, RGB, before=long)), SMOOTH)


def test_what_phones_append_to_a_jpeg_is_ignored():
    data = saved(Image.fromarray(SMOOTH), "JPEG")
    film = b"\0\0\0\x18ftypmp42" + b"\xff\xda" * 500  # which looks like the start of many scans
    for rest in (b"\0", film, saved(Image.fromarray(NOISE), "JPEG"), film[: len(film) // 2]):
        assert np.array_equal(levels(data + rest), levels(data))


# Sizes, other content


LOSSLESS = SAMPLES["webp lossless"]  # width, height and alpha are bits from byte 21 on
HUGE = {
    "png": SIGNATURE + header(5000, 4001, 8, RGBA) + REST,
    "png of a long side": SIGNATURE + header(70_000, 1, 1, GRAY) + REST,
    "jpeg": patched(JPEG, FRAME + 5, struct.pack(">HH", 10_001, 10_000)),
    "jpeg of several scans": patched(
        PROGRESSIVE, PROGRESSIVE.index(b"\xff\xc2") + 5, b"\x13\x88" * 2
    ),
    "gif frame": patched(GIF, GIF.index(b",\0\0\0\0") + 5, struct.pack("<HH", 60_000, 60_000)),
    "webp": patched(LOSSLESS, 21, struct.pack("<I", 4999 | 2000 << 14 | 1 << 28)),
    "bmp": bmp(30_000, -30_000, 24, 0, b""),
    "bmp of run lengths": bmp(2_000, 1_001, 8, 1, b""),
}


def test_too_many_pixels_are_refused_from_the_header_alone(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)  # nothing is decoded
    for name, data in HUGE.items():
        assert re.search("pixels, expected at most|Image size .* exceeds", refusal(data)), name


def test_a_file_above_the_cap_is_refused_by_its_size(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    with pytest.raises(FileError, match="too large: 20,000,001 bytes, at most 20,000,000"):
        load_picture(path)

    endless = io.BytesIO(bytes(MAX_FILE_BYTES + 2))
    with pytest.raises(FileError, match="too large"):
        load_picture(endless)
    assert endless.tell() == MAX_FILE_BYTES + 1


OTHERS = {
    b"": "an empty file",
    b"<!DOCTYPE html><html>": "a web page",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n": "a PostScript document",
    b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif": "an AVIF picture or a film",
    b"\x1b[31mred": "something else",
    b"\xff\xd8": "something else",
    saved(Image.fromarray(NOISE), "TIFF"): "a TIFF picture",
    saved(Image.fromarray(NOISE), "TGA"): "something else",
}


def test_other_content_is_refused_whatever_the_name_says(tmp_path):
    path = tmp_path / "picture.png"
    for data, found in OTHERS.items():
        path.write_bytes(data)
        assert refusal(path) == (
            f"{path}: found {found}, expected a picture."
            " Save it as PNG or JPEG. mnist reads PNG, JPEG, GIF, WebP or BMP."
        )


def test_heic_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    message = refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    assert "found a HEIC picture" in message
    assert "Save it as PNG or JPEG. Run: " in message
    assert message.endswith(" install pillow-heif")


# Budgets, and the user's own settings


# Reads a file; tells its processor seconds, and the most that pass before Python can look at a
# signal such as Ctrl-C. A clock of the processor's seconds does not mind a busy machine.
READ = """
import contextlib, signal, time
from mnist_cli.errors import NoDigitError
from mnist_cli.handwriting.reader import read_digit
import numpy as np

def tick(*_):
    global last, longest
    now = time.process_time()
    last, longest = now, max(longest, now - last)

signal.signal(signal.SIGPROF, tick)
read_digit(np.eye(40))  # what is loaded at first is loaded once
start = last = time.process_time()
longest = 0
signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
with contextlib.suppress(NoDigitError):
    read_digit(sys.argv[1])
signal.setitimer(signal.ITIMER_PROF, 0)
tick()
print(time.process_time() - start, longest, peak_megabytes())
"""


def deep_png() -> bytes:
    """Turned, of 16 bits RGBA, one tone, interlaced, behind a long text; its filter is slow."""
    packer = zlib.compressobj(1)
    body = b""
    for left, top, step_x, step_y in ADAM7:
        row = b"\4" + bytes([77]) * (8 * len(range(left, 5000, step_x)))
        body += b"".join(packer.compress(row) for _ in range(top, 4000, step_y))
    chunks = (b"tEXt", bytes(18_000_000)), (b"eXIf", exif(6)[6:]), (b"IDAT", body + packer.flush())
    return SIGNATURE + header(5000, 4000, 16, RGBA, 1) + b"".join(starmap(chunk, chunks)) + IEND


def progressive(side: int, scans: int) -> bytes:
    """A gray JPEG file of very short scans, each of which is a pass over all coefficients."""
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC2, 11, 8, side, side, 1) + b"\1\x11\0"
    tables = b"\xff\xdb\0\x43\0" + b"\1" * 64
    for kind, symbol in ((0, 0), (16, 0xE0)):  # one code each: no difference, and a run of blocks
        tables += b"\xff\xc4\0\x14" + bytes([kind, 1]) + bytes(15) + bytes([symbol])
    blocks = (-(-side // 8)) ** 2
    data = b"\xff\xda\0\x08\1\1\0\0\0\0" + bytes(blocks // 8 + 2)
    for count in range(scans - 1):
        bits = max(0, 13 - count)
        approximation = bits if count == 0 else (bits + 1) << 4 | bits
        data += b"\xff\xda\0\x08\1\1\0\1\x3f" + bytes([approximation])
        data += bytes(blocks // 16384 * 15 // 8 + 4)
    return b"\xff\xd8" + tables + frame + data + b"\xff\xd9"


def flat(mode: str, width: int, height: int, kind: str, **options: object) -> bytes:
    return saved(Image.new(mode, (width, height), "gray"), kind, **options)


def webp_of_many_chunks() -> bytes:
    """The largest WebP picture behind as many chunks of nothing as fit."""
    picture = flat("RGBA", 3162, 3162, "WEBP", lossless=True, method=0)[12:]
    canvas = b"VP8X" + struct.pack("<II", 10, 0x10) + 2 * (3161).to_bytes(3, "little")
    body = b"WEBP" + canvas + b"JUNK\0\0\0\0" * 990_000 + picture
    return b"RIFF" + struct.pack("<I", len(body)) + body


def jpeg_of_many_coefficients() -> bytes:
    data = flat("CMYK", 3872, 3872, "JPEG", progressive=True)
    text = b"\xff\xe1\xff\xffhttp://ns.adobe.com/xap/1.0/\0" + bytes(65_504)
    return data[:2] + text * 280 + data[2:] + b"film"


def gif_of_many_comments() -> bytes:
    start, frame, pixels = flat("P", 4472, 4472, "GIF").partition(b",\0\0\0\0")
    return start + b"!\xfe" + b"\1x" * 9_900_000 + b"\0" + frame + pixels


# The dearest files of each kind that could be thought of.
DEAR = {
    "deep.png": deep_png,
    "reduced.jpg": partial(flat, "RGB", 10_000, 10_000, "JPEG"),
    "scans.jpg": partial(progressive, 4472, 20),
    "chunks.webp": webp_of_many_chunks,
    "runs.bmp": partial(bmp, 60_000, 33, 8, 1, b"\1\5\0\0" * 400_000),
}
MORE = {
    "coefficients.jpg": jpeg_of_many_coefficients,
    "comments.gif": gif_of_many_comments,
    "frames.gif": lambda: GIF[:-1] + GIF[PALETTE_END:-1] * 50_000 + b";",
    "tiles.heic": partial(grid_of_one_tile, 10, 7),
}


@pytest.mark.parametrize(
    "name", [*DEAR, *(pytest.param(name, marks=pytest.mark.matrix) for name in MORE)]
)
def test_no_picture_takes_5_seconds_or_250_mb_or_keeps_ctrl_c_waiting(tmp_path, name):
    if name.endswith(".heic"):
        pytest.importorskip("pillow_heif", reason="needs the extra heic")
    (tmp_path / name).write_bytes((DEAR | MORE)[name]())
    seconds, longest, megabytes = map(float, run_measured(READ, tmp_path / name).split())
    assert seconds < 5
    assert longest < (3 if name.endswith(".heic") else 1)
    assert megabytes < 250


def test_what_costs_much_has_a_budget():
    assert load_picture(progressive(200, 100)).height == 200
    for said, data in {
        "found 101 scans in a JPEG picture, expected at most 100": progressive(200, 101),
        "found 21 scans in a JPEG picture, expected at most 20": progressive(4472, 21),
        "more than 50,000 chunks": START + chunk(b"IDAT", b"") * 50_001 + REST,
        "more than 500 segments": JPEG[:2] + b"\xff\xfe\0\2" * 501 + JPEG[2:],
        "too much EXIF": JPEG[:2] + b"\xff\xe1\0\x08Exif\0\0" * 11 + JPEG[2:],
        "at most 2,000,000 in such a file": bmp(100, 100, 8, 1, bytes(3_000_000)),
        "at most 8,000,000 in such a file": WEBP + bytes(8_000_000),
    }.items():
        assert said in refusal(data)


def test_memory_that_runs_out_is_not_the_files_fault(monkeypatch):
    def fail(_image):
        raise MemoryError

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    message = refusal(GOOD, error=MnistError)
    assert message == "there is not enough memory for a PNG picture."


# Any bytes at all


def with_right_checksums(data: bytes) -> bytes:
    """A mutated PNG file with its checksums mended, so that the mutation gets further."""
    at, mended = 8, data[:8]
    while (end := at + 12 + int.from_bytes(data[at : at + 4], "big")) <= len(data):
        body = data[at : end - 4]
        mended, at = mended + body + zlib.crc32(body[4:]).to_bytes(4, "big"), end
    return mended + data[at:]


BEGINNINGS = st.sampled_from([b"", SIGNATURE, *(data[:20] for data in SAMPLES.values())])
BEGUN = st.builds(bytes.__add__, BEGINNINGS, st.binary(max_size=200))


@given(mutated(list(SAMPLES.values())) | BEGUN)
def test_mutated_and_arbitrary_bytes_are_loaded_or_refused(data):
    for content in (data, with_right_checksums(data)):
        try:
            found = load_picture(content, long_side=28)
        except MnistError:
            continue
        assert (found.pixels.dtype, found.pixels.shape[2]) == (np.float32, 3)
        assert found.pixels.min() >= 0
        assert found.pixels.max() <= 1
