"""Image files as untrusted bytes: every fault that one can have, and bounds on what it costs."""

import io
import random
import struct
import sys
import warnings
import zlib
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile
from support.limited import run_measured
from support.pictures import (
    GRAY,
    NOISE,
    PALETTE,
    RGB,
    RGBA,
    SIGNATURE,
    SMOOTH,
    chunk,
    exif,
    header,
    levels,
    png,
    rows,
    saved,
)
from support.refusals import refusal_of

from mnist_cli.errors import FileError, FormatError, MnistError
from mnist_cli.handwriting import picture
from mnist_cli.handwriting.picture import load_picture

refusal = partial(refusal_of, load_picture)

# Cut files, missing pixels, wrong checksums


def bmp(width: int, height: int, depth: int, compression: int, pixels: bytes) -> bytes:
    """A BMP file with a palette of grays."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, compression, 0, 0, 0, 0, 0)
    start = b"BM" + struct.pack("<IHHI", 0, 0, 0, 14 + 40 + 1024)
    return start + info + np.repeat(np.arange(256, dtype=np.uint8), 4).tobytes() + pixels


def packed_bmp() -> bytes:
    """One of 8 bits whose rows are two runs of 5 pixels each, from the lowest row up."""
    row = [bytes([5, 20 * y, 5, 20 * y + 9, 0, 0]) for y in range(12)]
    return bmp(10, 12, 8, 1, b"".join(row) + b"\0\1")


def samples_of_each_format() -> dict[str, bytes]:
    image = Image.fromarray(SMOOTH[:12, :10])
    gray, few = image.convert("L"), image.quantize(30)
    several = {"save_all": True, "append_images": [few.rotate(90)]}
    return {
        "png": saved(image, "PNG"),
        "png adam7": png(SMOOTH[:12, :10], 8, RGB, interlaced=True, pieces=3),
        "png palette": saved(few, "PNG"),
        "jpeg": saved(image, "JPEG"),
        "jpeg gray": saved(gray, "JPEG", restart_marker_blocks=1),
        "jpeg progressive": saved(image, "JPEG", progressive=True),
        "gif": saved(few, "GIF"),
        "gif animated": saved(few, "GIF", duration=90, comment=b"by hand", **several),
        "webp": saved(image, "WEBP"),
        "webp lossless": saved(image.convert("RGBA"), "WEBP", lossless=True),
        "webp animated": saved(image, "WEBP", save_all=True, append_images=[image.rotate(90)]),
        "bmp": saved(image, "BMP"),
        "bmp palette": saved(few, "BMP"),
        "bmp runs": packed_bmp(),
    }


SAMPLES = samples_of_each_format()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_anywhere_is_refused_or_shows_the_same(name):
    data = SAMPLES[name]
    whole = load_picture(data).pixels
    assert whole.shape == (12, 10, 3)
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


def test_run_lengths_of_a_bmp_are_unpacked():
    expected = [[20 * y] * 5 + [20 * y + 9] * 5 for y in reversed(range(12))]
    assert levels(SAMPLES["bmp runs"])[..., 0].tolist() == expected


GRAY_ROWS = rows(NOISE[..., np.newaxis], 8)


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


IEND = chunk(b"IEND", b"")
GOOD = png(NOISE[..., np.newaxis], 8, GRAY)
IDAT_AT = 8 + 25
START, REST = GOOD[:IDAT_AT], GOOD[IDAT_AT:]
STREAM = zlib.compress(GRAY_ROWS)
NO_PALETTE = png(NOISE[..., np.newaxis], 8, PALETTE)


def with_data(*parts: bytes) -> bytes:
    """The good PNG file with these pixel data, a chunk that may be skipped between two of them."""
    chunks = [chunk(b"IDAT", part) for part in parts]
    return START + chunk(b"tEXt", b"a\0b").join(chunks) + IEND


BROKEN = {
    # PngSuite's broken files, by their classes
    "signature with bit 7 cleared": patched(GOOD, 0, b"\x09"),
    "signature of a text transfer, LF only": GOOD.replace(b"\r\n", b"\n", 1),
    "colour type 9": SIGNATURE + header(29, 37, 8, 9) + REST,
    "bit depth 3": SIGNATURE + header(29, 37, 3, GRAY) + REST,
    "bit depth 4 in RGB": SIGNATURE + header(29, 37, 4, RGB) + REST,
    "wrong checksum of the header": patched(GOOD, 8 + 21, b"\0\0\0\0"),
    "wrong checksum of the pixels": patched(GOOD, len(GOOD) - 16, b"\0\0\0\0"),
    "no pixel data": START + IEND,
    "no IEND": GOOD[:-12],
    # and more
    "no IHDR first": SIGNATURE + chunk(b"tEXt", b"a\0b") + GOOD[8:],
    "two IHDR": START + START[8:] + REST,
    "compression method 1": SIGNATURE + header(29, 37, 8, GRAY, compression=1) + REST,
    "interlace method 2": SIGNATURE + header(29, 37, 8, GRAY, 2) + REST,
    "unknown chunk that may not be skipped": START + chunk(b"ABCD", b"") + REST,
    "no palette": NO_PALETTE,
    "palette of 4 bytes": png(NOISE[..., np.newaxis], 8, PALETTE, before=chunk(b"PLTE", b"1234")),
    "palette after the pixels": NO_PALETTE[:-12] + chunk(b"PLTE", bytes(768)) + IEND,
    "pixels in two places": with_data(STREAM[:50], STREAM[50:]),
    "pixels whose stream is cut": with_data(STREAM[:-4]),
    "pixels whose own checksum is wrong": with_data(STREAM[:-1] + b"\0"),
    "data after the pixels": with_data(STREAM + b"x"),
    "data far after the pixels": with_data(STREAM + bytes(10_000)),
    "filter type 5": with_data(zlib.compress(b"\5" + GRAY_ROWS[1:])),
    "bytes after IEND": GOOD + b"x",
    "a chunk longer than the file": patched(GOOD, IDAT_AT, b"\x7f\xff\xff\xff"),
    "a chunk of a negative length": patched(GOOD, IDAT_AT, b"\xff\xff\xff\xff"),
    "a chunk type that is no text": patched(GOOD, IDAT_AT + 4, b"ID\x1b["),
    "no columns": SIGNATURE + header(0, 37, 8, GRAY) + REST,
    "2**31 rows": SIGNATURE + header(1, 2**31, 8, GRAY) + REST,
}


def test_a_png_with_fewer_or_more_rows_than_its_header_says_is_refused():
    assert load_picture(with_data(STREAM)).height == 37
    for length in (0, 1, 30, len(GRAY_ROWS) - 30, len(GRAY_ROWS) - 1):
        message = refusal(with_data(zlib.compress(GRAY_ROWS[:length])))
        assert f"found {length:,} bytes of pixels in a PNG file, expected 1,110" in message
    assert "more than 1,110" in refusal(with_data(zlib.compress(GRAY_ROWS + b"\0")))


def test_what_does_not_show_is_neither_unpacked_nor_believed():
    bomb = b"a\0\0" + zlib.compress(bytes(50_000_000))
    for name in ("tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "acTL", "gAMA", "prVt"):
        data = png(SMOOTH, 8, RGB, before=chunk(name.encode(), bomb))
        assert np.array_equal(levels(data), SMOOTH)
        wrong = data.replace(bomb[:20], bytes(20), 1)
        assert f"chunk {name} has a wrong checksum" in refusal(wrong)


def test_a_jpeg_with_less_pixels_than_its_header_says_is_refused():
    image = Image.fromarray(np.repeat(NOISE, 3, axis=0))
    for options in ({}, {"restart_marker_rows": 1}, {"progressive": True}):
        data = saved(image, "JPEG", quality=90, **options)
        assert load_picture(data).height == 111
        for length in (len(data) // 4, len(data) // 2):
            refusal(data[:length] + b"\xff\xd9")  # libjpeg would fill up with gray
    data = saved(image, "JPEG", quality=90)
    frame = data.index(b"\xff\xc0")
    refusal(patched(data, frame + 5, struct.pack(">H", 200)))


def test_what_phones_append_to_a_jpeg_is_ignored():
    data = saved(Image.fromarray(SMOOTH), "JPEG")
    film = b"\0\0\0\x18ftypmp42" + bytes(1000)
    for rest in (b"\0", film, saved(Image.fromarray(NOISE), "JPEG"), film[: len(film) // 2]):
        assert np.array_equal(levels(data + rest), levels(data))


JPEG = SAMPLES["jpeg"]
FRAME, SCAN = JPEG.index(b"\xff\xc0"), JPEG.index(b"\xff\xda")
WEBP = SAMPLES["webp"]
GIF = SAMPLES["gif"]
PALETTE_END = 13 + (3 << ((GIF[10] & 7) + 1))
BROKEN |= {
    "jpeg without a frame": JPEG[:FRAME] + JPEG[FRAME + 19 :],
    "jpeg with two frames": JPEG[: FRAME + 19] + JPEG[FRAME:],
    "jpeg, lossless": patched(JPEG, FRAME + 1, b"\xc3"),
    "jpeg of 12 bits": patched(JPEG, FRAME + 4, b"\x0c"),
    "jpeg of 2 components": patched(JPEG, FRAME + 9, b"\2"),
    "jpeg with sampling factor 0": patched(JPEG, FRAME + 11, b"\0"),
    "jpeg with no components in a scan": patched(JPEG, SCAN + 4, b"\0"),
    "jpeg with a scan of another component": patched(JPEG, SCAN + 5, b"\x63"),
    "jpeg with a segment of length 0": patched(JPEG, FRAME + 2, b"\0\0"),
    "jpeg with bytes between segments": JPEG[:FRAME] + b"\0" + JPEG[FRAME:],
    "jpeg with large tables": JPEG[:FRAME] + b"\xff\xdb\xff\xff" + bytes(65_533) + JPEG[FRAME:],
    "webp longer than it says": WEBP + b"JUNK" + bytes(4),
    "webp of another sort": WEBP.replace(b"VP8 ", b"VP9 "),
    "webp without start code": WEBP.replace(b"\x9d\x01\x2a", bytes(3)),
    "webp with an empty first chunk": b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8L" + bytes(4),
    "webp of no chunks": b"RIFF" + struct.pack("<I", 4) + b"WEBP",
    "gif of no frames": GIF[:PALETTE_END] + b";",
    "gif without colours": patched(GIF, 10, b"\0")[:13] + GIF[PALETTE_END:],
    "gif with an unknown block": b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0, 0, 0) + b"?;",
    "bmp of a cut header": SAMPLES["bmp"][:28],
    "bmp of another depth": bmp(3, 3, 7, 0, bytes(99)),
    "bmp of a PNG inside": bmp(3, 3, 8, 5, bytes(99)),
}


def test_broken_files_are_refused():
    accepted = []
    for name, data in BROKEN.items():
        try:
            refusal(data)
        except (Exception, pytest.fail.Exception) as error:
            accepted.append(f"{name}: {error!r}")
    assert accepted == []


# Sizes, other content


def jpeg_header(width: int, height: int, marker: int = 0xC0) -> bytes:
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, height, width, 3)
    return b"\xff\xd8" + frame + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])


HUGE = {
    "png": SIGNATURE + header(5000, 4001, 8, RGBA) + REST,
    "png of a long side": SIGNATURE + header(70_000, 1, 1, GRAY) + REST,
    "jpeg": jpeg_header(10_001, 10_000),
    "jpeg, largest": jpeg_header(65_535, 65_535),
    "gif frame": b"GIF89a"
    + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
    + bytes(6)
    + struct.pack("<BHHHHB", 0x2C, 0, 0, 60_000, 60_000, 0)
    + b"\2\1\x44\0;",
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\xff" * 10,
    "bmp": bmp(30_000, -30_000, 24, 0, b""),
    "bmp, most negative": bmp(1, -(2**31), 24, 0, b""),
    "bmp of run lengths": bmp(2_000, 1_001, 8, 1, b""),
}


def test_too_many_pixels_are_refused_from_the_header_alone(monkeypatch):
    monkeypatch.setattr(ImageFile.ImageFile, "load", None)  # nothing is decoded
    for name, data in HUGE.items():
        assert "pixels, expected at most" in refusal(data), name


def test_a_file_above_the_cap_is_refused_by_its_size(tmp_path):
    path = tmp_path / "large.png"
    with path.open("wb") as file:
        file.truncate(picture.MAX_FILE_BYTES + 1)
    with pytest.raises(FileError, match="too large: 20,000,001 bytes, at most 20,000,000"):
        load_picture(path)

    class Endless(io.RawIOBase):
        given = 0

        def read(self, size=-1):
            self.given += size
            return bytes(size)

    endless = Endless()
    with pytest.raises(FileError, match="too large"):
        load_picture(endless)
    assert endless.given == picture.MAX_FILE_BYTES + 1


OTHERS = {
    b"": "an empty file",
    b"<!DOCTYPE html><html>": "a web page",
    b"<?xml version='1.0'?><svg/>": "an SVG drawing or other XML",
    b"<!-- drawn -->\n<svg/>": "an SVG drawing or other XML",
    b"%PDF-1.7": "a PDF document",
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n": "a PostScript document",
    b"\xc5\xd0\xd3\xc6" + bytes(30): "a PostScript document",
    b"PK\3\4": "a zip archive or office document",
    b"\0\0\0\x1cftypavif" + bytes(20): "an AVIF picture or a film",
    b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif": "an AVIF picture or a film",
    b"\x1b[31mred": "something else",
    b"\xff\xd8": "something else",
    b"P2 1 1 9 5": "a PGM, PPM or PBM picture",
    b"P7\nWIDTH 1\n": "a PGM, PPM or PBM picture",
    b"II*\0" + bytes(20): "a TIFF picture",
    b"MM\0+" + bytes(20): "a TIFF picture",
}


def test_other_content_is_refused_whatever_the_name_says(tmp_path):
    path = tmp_path / "picture.png"
    for data, found in OTHERS.items():
        path.write_bytes(data)
        with pytest.raises(FormatError) as caught:
            load_picture(path)
        assert str(caught.value) == (
            f"{path}: found {found}, expected a picture."
            " Save it as PNG or JPEG. mnist reads PNG, JPEG, GIF, WebP or BMP."
        )


def test_every_format_pillow_can_write_but_the_listed_is_refused():
    Image.init()
    supported = {"PNG", "JPEG", "GIF", "WEBP", "BMP", "MPO"}
    tried = 0
    for kind in sorted(set(Image.SAVE) - supported):
        try:
            data = saved(Image.fromarray(NOISE), kind)
        except (OSError, ValueError, KeyError, AttributeError, DeprecationWarning):
            continue
        refusal(data)
        tried += 1
    assert tried > 5


def test_heic_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    message = refusal(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(100))
    assert "found a HEIC picture" in message
    assert "'mnist-cli[heic]', or save it as PNG or JPEG" in message.replace('"', "")


def test_heic_is_read_with_the_extra():
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(SMOOTH).resize((64, 64))).save(file, quality=90)
    data = file.getvalue()
    found = load_picture(data)
    assert (found.width, found.height) == (64, 64)
    expected = np.asarray(Image.fromarray(SMOOTH).resize((64, 64))) / 255
    assert abs(found.pixels - expected).mean() < 0.05
    for length in range(0, len(data), 7):
        refusal(data[:length])


def test_any_file_name_works_and_is_escaped_in_errors(tmp_path):
    for name in ("a\x1b[31m", "a\nb", "[bold]a[red]", "a\u202eb", "a\udcff"):
        try:
            path = tmp_path / name
            path.write_bytes(GOOD)
        except (OSError, UnicodeError):
            continue  # this file system has no such names
        assert load_picture(path).height == 37
        path.write_bytes(b"")
        with pytest.raises(FormatError) as caught:
            load_picture(path)
        assert str(caught.value).isprintable()


# Budgets, and the user's own settings


# Reads each file; tells its processor seconds, and the most that pass before Python can look at a
# signal such as Ctrl-C. A clock of the processor's seconds does not mind a busy machine.
READ = """
import os, signal, time
from mnist_cli.errors import MnistError
from mnist_cli.handwriting.reader import read_digit
import numpy as np

def tick(*_):
    global last, longest
    now = time.process_time()
    last, longest = now, max(longest, now - last)

signal.signal(signal.SIGPROF, tick)
read_digit(np.eye(40))  # what is loaded at first is loaded once
for path in sys.argv[1:]:
    if os.fork():  # what one file leaves in memory is not counted for the next
        os.wait()
        continue
    start = last = time.process_time()
    longest = 0
    signal.setitimer(signal.ITIMER_PROF, 0.01, 0.01)
    try:
        read_digit(path)
        outcome = "read"
    except MnistError:
        outcome = "refused"
    signal.setitimer(signal.ITIMER_PROF, 0)
    tick()
    print(time.process_time() - start, longest, peak_megabytes(), outcome, path, flush=True)
    os._exit(0)
"""


def png_of(width: int, height: int, depth: int, colour: int, noisy: int = 0) -> bytes:
    """A PNG file of one tone with some rows of noise, all predicted by the slowest filter."""
    size = {GRAY: 1, RGB: 3, RGBA: 4}[colour] * depth // 8 * width
    packer = zlib.compressobj(1)
    noise = np.random.default_rng(0)
    parts = [packer.compress(b"\4" + noise.bytes(size)) for _ in range(noisy)]
    parts += [packer.compress(b"\4" + bytes([77]) * size) for _ in range(height - noisy)]
    body = chunk(b"IDAT", b"".join(parts) + packer.flush())
    turned = chunk(b"eXIf", exif(6)[6:])
    return SIGNATURE + header(width, height, depth, colour) + turned + body + IEND


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
    colour = (200, 150, 100, 255)[: len(mode)] if len(mode) > 1 else 200
    return saved(Image.new(mode, (width, height), colour), kind, **options)


def dear_files() -> dict[str, bytes]:
    """The dearest files of each kind that could be thought of: name to content."""
    side = 2449  # the most that is neither reduced by libjpeg nor while it is read
    grain = np.random.default_rng(0).integers(2, size=(side, side), dtype=np.uint8) * 255
    blank = zlib.compress(bytes(len(GRAY_ROWS)))
    long_text = chunk(b"tEXt", bytes(19_000_000))
    empty_blocks = blank[:2] + b"\0\0\0\xff\xff" * 3_800_000 + blank[2:]
    comments = b"!\xfe" + b"\1x" * 9_900_000 + b"\0"
    return {
        "deep.png": png_of(5000, 4000, 16, RGBA),
        "noisy turned.png": png_of(side, side, 8, RGBA, noisy=1900),
        "grain.png": saved(Image.fromarray(grain), "PNG", compress_level=1),
        "long text.png": START + long_text + with_data(blank)[IDAT_AT:],
        "empty blocks.png": with_data(empty_blocks),
        "reduced.jpg": flat("RGB", 10_000, 10_000, "JPEG"),
        "scans.jpg": progressive(4472, 20),
        "coefficients.jpg": flat("CMYK", 3872, 3872, "JPEG", progressive=True),
        "large.gif": flat("P", 4472, 4472, "GIF"),
        "comments.gif": GIF[:PALETTE_END] + comments + GIF[PALETTE_END:],
        "frames.gif": GIF[:-1] + GIF[PALETTE_END:-1] * 50_000 + b";",
        "large.webp": flat("RGBA", 3162, 3162, "WEBP", method=0),
        "runs.bmp": bmp(60_000, 33, 8, 1, b"\1\5\0\0" * 400_000),
        "pairs.bmp": bmp(1400, 1400, 8, 1, b"\1\5" * 900_000),
    }


def test_no_picture_takes_more_than_5_seconds_or_250_mb_or_keeps_ctrl_c_waiting(tmp_path):
    files = dear_files()
    for name, data in files.items():
        assert len(data) <= picture.MAX_FILE_BYTES
        (tmp_path / name).write_bytes(data)
    lines = run_measured(READ, *sorted(tmp_path.iterdir())).splitlines()
    assert len(lines) == len(files)
    for line in lines:
        seconds, longest, megabytes, outcome, path = line.split(maxsplit=4)
        assert float(seconds) < 5, line
        assert float(longest) < 1, line
        assert int(megabytes) < 250, line
        assert outcome == "read" or path.endswith("pairs.bmp"), line


def test_progressive_jpegs_have_a_budget_of_scans():
    assert "more than 100 scans" in refusal(progressive(200, 101))
    assert "more than 20 scans" in refusal(progressive(4472, 21))
    assert load_picture(progressive(200, 100)).height == 200


def test_many_small_parts_have_budgets():
    assert "more than 50,000 chunks" in refusal(START + chunk(b"IDAT", b"") * 60_000 + REST)
    assert "more than 10,000 segments" in refusal(JPEG[:2] + b"\xff\xfe\0\2" * 10_001 + JPEG[2:])
    assert "run-length coded" in refusal(bmp(100, 100, 8, 1, bytes(3_000_000)))


def test_warnings_and_settings_of_pillow_are_left_alone(monkeypatch):
    """The user may have made Pillow lenient: a cut file is refused all the same."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    before = (warnings.filters[:], Image.MAX_IMAGE_PIXELS)
    for name, data in SAMPLES.items():
        assert load_picture(data).height == 12
        if not name.startswith(("gif", "bmp")):
            refusal(data[:-9])
    assert before == (warnings.filters[:], Image.MAX_IMAGE_PIXELS)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (MemoryError(), "there is not enough memory for this PNG picture"),
        (ImportError("gone"), "the library for PNG files cannot be loaded (gone). Install mnist-"),
        (OSError("could not create decoder object"), "this PNG picture is damaged, or memory ran"),
    ],
)
def test_what_is_not_the_files_fault_is_said(monkeypatch, error, message):
    def fail(_image):
        raise error

    monkeypatch.setattr(ImageFile.ImageFile, "load", fail)
    with pytest.raises(MnistError) as caught:
        load_picture(GOOD)
    assert message in str(caught.value)


# Any bytes at all


def load_or_refuse(data: bytes) -> None:
    try:
        found = load_picture(data, long_side=28)
    except MnistError:
        return
    assert found.pixels.dtype == np.float32
    assert found.pixels.shape[2] == 3
    assert found.pixels.min() >= 0
    assert found.pixels.max() <= 1


@given(
    start=st.sampled_from([b"", SIGNATURE, *(data[:20] for data in SAMPLES.values())]),
    content=st.binary(max_size=200),
)
def test_arbitrary_bytes_are_loaded_or_refused(start, content):
    load_or_refuse(start + content)


def with_right_checksums(data: bytes) -> bytes:
    """A mutated PNG file with its checksums mended, so that the mutation gets further."""
    at, mended = 8, data[:8]
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data):
            break
        crc = zlib.crc32(data[at + 4 : end - 4])
        mended, at = mended + data[at : end - 4] + crc.to_bytes(4, "big"), end
    return mended + data[at:]


@given(
    name=st.sampled_from(list(SAMPLES)),
    place=st.randoms(use_true_random=False),
    patch=st.binary(max_size=4),
    removed=st.integers(0, 4),
)
def test_mutated_pictures_are_loaded_or_refused(
    name: str, place: random.Random, patch: bytes, removed: int
):
    good = SAMPLES[name]
    at = place.choice([place.randrange(len(good)), place.randrange(60)]) % len(good)
    mutated = good[:at] + patch + good[at + removed :]
    load_or_refuse(mutated)
    if name.startswith("png"):
        load_or_refuse(with_right_checksums(mutated))
        if mutated != good:
            with pytest.raises(FormatError):  # some checksum or length is wrong
                load_picture(mutated)
