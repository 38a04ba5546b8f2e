# hostile-input.md 3.4: cut files, missing pixels, wrong checksums


def samples_of_each_format() -> dict[str, bytes]:
    image = Image.fromarray(SMOOTH[:12, :10])
    gray, few = image.convert("L"), image.quantize(30)
    return {
        "png": saved(image, "PNG"),
        "png adam7": png(SMOOTH[:12, :10], 8, RGB, interlaced=True, pieces=3),
        "png palette": saved(few, "PNG"),
        "jpeg": saved(image, "JPEG"),
        "jpeg gray": saved(gray, "JPEG", restart_marker_blocks=1),
        "jpeg progressive": saved(image, "JPEG", progressive=True),
        "gif": saved(few, "GIF"),
        "gif animated": saved(few, "GIF", save_all=True, append_images=[few.rotate(90)]),
        "webp": saved(image, "WEBP"),
        "webp lossless": saved(image.convert("RGBA"), "WEBP", lossless=True),
        "bmp": saved(image, "BMP"),
        "bmp palette": saved(few, "BMP"),
        "tiff": saved(image, "TIFF"),
        "tiff lzw": saved(image, "TIFF", compression="tiff_lzw"),
        "tiff deflate": saved(image, "TIFF", compression="tiff_adobe_deflate"),
        "tiff fax": saved(image.convert("1"), "TIFF", compression="group4"),
        "pgm": saved(gray, "PPM"),
    }


SAMPLES = samples_of_each_format()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_cut_anywhere_is_refused(name):
    data = SAMPLES[name]
    assert load_picture(data).pixels.shape == (12, 10, 3)
    for length in range(len(data)):
        with pytest.raises(FormatError):
            load_picture(data[:length])


def with_pixels(pixels: bytes) -> bytes:
    """A PNG file, 29 x 37 gray of 8 bits, whose pixel data is `pixels`, compressed."""
    body = chunk(b"IDAT", zlib.compress(pixels))
    return SIGNATURE + header(29, 37, 8, GRAY) + body + chunk(b"IEND", b"")


GRAY_ROWS = rows(NOISE[..., np.newaxis], 8)


def test_a_png_with_fewer_or_more_rows_than_its_header_says_is_refused():
    assert load_picture(with_pixels(GRAY_ROWS)).height == 37
    for length in (0, 1, 30, len(GRAY_ROWS) - 30, len(GRAY_ROWS) - 1):
        message = refusal(with_pixels(GRAY_ROWS[:length]))
        assert f"found {length:,} bytes of pixels in a PNG file, expected 1,110" in message
    assert "more than 1,110" in refusal(with_pixels(GRAY_ROWS + b"\0"))


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


IEND = chunk(b"IEND", b"")
GOOD = png(NOISE[..., np.newaxis], 8, GRAY)
IDAT_AT = 8 + 25
BROKEN_PNGS = {
    # PngSuite's broken files, by their classes
    "signature with bit 7 cleared": patched(GOOD, 0, b"\x09"),
    "signature of a text transfer, CR added": GOOD[:5] + b"\r" + GOOD[5:],
    "signature of a text transfer, LF only": GOOD.replace(b"\r\n", b"\n", 1),
    "signature of an old Mac": GOOD.replace(b"\r\n", b"\r\r", 1),
    "colour type 1": SIGNATURE + header(29, 37, 8, 1) + GOOD[IDAT_AT:],
    "colour type 9": SIGNATURE + header(29, 37, 8, 9) + GOOD[IDAT_AT:],
    "bit depth 0": SIGNATURE + header(29, 37, 0, GRAY) + GOOD[IDAT_AT:],
    "bit depth 3": SIGNATURE + header(29, 37, 3, GRAY) + GOOD[IDAT_AT:],
    "bit depth 99": SIGNATURE + header(29, 37, 99, GRAY) + GOOD[IDAT_AT:],
    "bit depth 4 in RGB": SIGNATURE + header(29, 37, 4, RGB) + GOOD[IDAT_AT:],
    "bit depth 16 with a palette": SIGNATURE + header(29, 37, 16, PALETTE) + GOOD[IDAT_AT:],
    "wrong checksum of the header": patched(GOOD, 8 + 21, b"\0\0\0\0"),
    "wrong checksum of the pixels": patched(GOOD, len(GOOD) - 16, b"\0\0\0\0"),
    "no pixel data": SIGNATURE + header(29, 37, 8, GRAY) + IEND,
    "no IEND": GOOD[:-12],
    # and more
    "signature only": SIGNATURE,
    "no IHDR first": SIGNATURE + chunk(b"tEXt", b"a\0b") + GOOD[8:],
    "two IHDR": GOOD[:IDAT_AT] + header(29, 37, 8, GRAY) + GOOD[IDAT_AT:],
    "compression method 1": SIGNATURE
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 29, 37, 8, 0, 1, 0, 0))
    + GOOD[IDAT_AT:],
    "interlace method 2": SIGNATURE + header(29, 37, 8, GRAY, 2) + GOOD[IDAT_AT:],
    "unknown chunk that may not be skipped": GOOD[:IDAT_AT] + chunk(b"ABCD", b"") + GOOD[IDAT_AT:],
    "no palette": png(NOISE[..., np.newaxis], 8, PALETTE),
    "palette of 4 bytes": png(NOISE[..., np.newaxis], 8, PALETTE, before=chunk(b"PLTE", b"1234")),
    "palette after the pixels": png(NOISE[..., np.newaxis], 8, PALETTE)[:-12]
    + chunk(b"PLTE", bytes(768))
    + IEND,
    "pixels in two places": png(NOISE[..., np.newaxis], 8, GRAY, pieces=2).replace(
        b"IDAT", b"IDAT", 1
    )[:IDAT_AT]
    + chunk(b"IDAT", zlib.compress(GRAY_ROWS)[:50])
    + chunk(b"tEXt", b"a\0b")
    + chunk(b"IDAT", zlib.compress(GRAY_ROWS)[50:])
    + IEND,
    "pixels whose stream is cut": SIGNATURE
    + header(29, 37, 8, GRAY)
    + chunk(b"IDAT", zlib.compress(GRAY_ROWS)[:-4])
    + IEND,
    "pixels whose own checksum is wrong": SIGNATURE
    + header(29, 37, 8, GRAY)
    + chunk(b"IDAT", zlib.compress(GRAY_ROWS)[:-1] + b"\0")
    + IEND,
    "data after the pixels": SIGNATURE
    + header(29, 37, 8, GRAY)
    + chunk(b"IDAT", zlib.compress(GRAY_ROWS) + b"x")
    + IEND,
    "filter type 5": with_pixels(b"\5" + GRAY_ROWS[1:]),
    "bytes after IEND": GOOD + b"x",
    "a chunk longer than the file": patched(GOOD, IDAT_AT, b"\x7f\xff\xff\xff"),
    "a chunk of a negative length": patched(GOOD, IDAT_AT, b"\xff\xff\xff\xff"),
    "a chunk type that is no text": patched(GOOD, IDAT_AT + 4, b"ID\x1b["),
    "no columns": SIGNATURE + header(0, 37, 8, GRAY) + GOOD[IDAT_AT:],
    "2**31 rows": SIGNATURE + header(1, 2**31, 8, GRAY) + GOOD[IDAT_AT:],
}


@pytest.mark.parametrize("fault", BROKEN_PNGS)
def test_broken_pngs_are_refused(fault):
    refusal(BROKEN_PNGS[fault])


@pytest.mark.parametrize("name", ["tEXt", "zTXt", "iTXt", "iCCP", "eXIf", "acTL", "gAMA", "prVt"])
def test_what_does_not_show_is_neither_unpacked_nor_believed(name):
    bomb = b"a\0\0" + zlib.compress(bytes(50_000_000))
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


@pytest.mark.parametrize("name", ["gif", "webp", "pgm", "png"])
def test_bytes_after_the_end_are_refused(name):
    refusal(SAMPLES[name] + b"\0\0")


def test_damage_in_a_fax_is_refused_and_nothing_is_printed(capfd):
    """Libtiff leaves a bad line white, says so on standard error, and goes on."""
    image = Image.fromarray(NOISE).convert("1")
    data = bytearray(saved(image, "TIFF", compression="group4"))
    for at in range(30, 60):
        data[at] ^= 0x55
    assert "of a TIFF file are damaged" in refusal(bytes(data))
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX descriptors")
def test_what_others_write_to_standard_error_meanwhile_is_no_damage(capfd):
    """A progress bar, say, in another thread."""
    with complaints() as heard:
        os.write(2, b"\x1b[1Areading 3 of 9\n")
        os.write(2, b"Fax4Decode: Bad code word at line 31 of strip 0 (x 3).\n")
        os.write(2, b"\rreading 4 of 9")
    assert heard == ["Fax4Decode: Bad code word at line 31 of strip 0 (x 3).\n"]
    assert capfd.readouterr().err == "\x1b[1Areading 3 of 9\n\rreading 4 of 9"


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX descriptors")
def test_a_process_without_standard_error_reads_tiff_too(tmp_path):
    path = tmp_path / "picture.tif"
    path.write_bytes(SAMPLES["tiff fax"])
    code = "import os, sys; os.close(2);"
    code += "from mnist_cli.handwriting.picture import load_picture as load;"
    code += "print(load(sys.argv[1]).pixels.shape)"
    command = [sys.executable, "-c", code, path]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    assert result.stdout == b"(12, 10, 3)\n"


def without(data: bytes, start: bytes, length: int) -> bytes:
    at = data.index(start)
    return data[:at] + data[at + length :]


JPEG = SAMPLES["jpeg"]
FRAME, SCAN = JPEG.index(b"\xff\xc0"), JPEG.index(b"\xff\xda")
WEBP = SAMPLES["webp"]
GIF = SAMPLES["gif"]
BROKEN_OTHERS = {
    "jpeg without a frame": without(JPEG, b"\xff\xc0", 19),
    "jpeg with two frames": JPEG[:FRAME] + JPEG[FRAME : FRAME + 19] + JPEG[FRAME:],
    "jpeg, lossless": patched(JPEG, FRAME + 1, b"\xc3"),
    "jpeg of 12 bits": patched(JPEG, FRAME + 4, b"\x0c"),
    "jpeg of 2 components": patched(JPEG, FRAME + 9, b"\2"),
    "jpeg with sampling factor 0": patched(JPEG, FRAME + 11, b"\0"),
    "jpeg with no components in a scan": patched(JPEG, SCAN + 4, b"\0"),
    "jpeg with a scan of another component": patched(JPEG, SCAN + 5, b"\x63"),
    "jpeg with a segment of length 0": patched(JPEG, FRAME + 2, b"\0\0"),
    "jpeg with bytes between segments": JPEG[:FRAME] + b"\0" + JPEG[FRAME:],
    "webp longer than it says": WEBP + b"JUNK" + bytes(4),
    "webp of another sort": WEBP.replace(b"VP8 ", b"VP9 "),
    "webp without start code": WEBP.replace(b"\x9d\x01\x2a", bytes(3)),
    "webp with an empty first chunk": b"RIFF" + struct.pack("<I", 12) + b"WEBPVP8L" + bytes(4),
    "webp of no chunks": b"RIFF" + struct.pack("<I", 4) + b"WEBP",
    "webp of many chunks": b"RIFF"
    + struct.pack("<I", len(WEBP) - 8 + 8 * 10_000)
    + WEBP[8:]
    + (b"JUNK" + bytes(4)) * 10_000,
    "gif of no frames": GIF[:13] + bytes(3 << ((GIF[10] & 7) + 1)) + b";",
    "gif without colours": patched(GIF, 10, b"\0")[:13] + GIF[13 + (3 << ((GIF[10] & 7) + 1)) :],
    "gif with an unknown block": GIF[:-1] + b"?;",
    "bmp of a cut header": SAMPLES["bmp"][:28],
    "pgm of largest value 0": b"P5 1 1 0\n\0",
    "pgm of largest value 65536": b"P5 1 1 65536\n\0\0\0",
    "pgm with a value above the largest": b"P5 2 1 9\n\5\x0a",
    "pgm with words": b"P2 2 1 9 1 two",
    "pgm with a negative number": b"P2 2 1 9 1 -2",
    "pgm with an enormous number": b"P2 2 1 9 1 4294967297",
    "pgm with too few numbers": b"P2 2 1 9 1",
    "pgm with too many numbers": b"P2 2 1 9 1 2 3",
    "pbm with a 2": b"P1 2 1 0 2",
}


@pytest.mark.parametrize("fault", BROKEN_OTHERS)
def test_other_broken_files_are_refused(fault):
    refusal(BROKEN_OTHERS[fault])


# hostile-input.md 3.4: sizes, other content


def tiff_of(tags: dict[int, tuple[int, int]], after: bytes = bytes(1200)) -> bytes:
    """A little-endian TIFF file of SHORT and LONG tags, {tag: (type, value)}; pixels at 8."""
    entries = [struct.pack("<HHII", tag, kind, 1, value) for tag, (kind, value) in tags.items()]
    directory = struct.pack("<H", len(entries)) + b"".join(entries) + bytes(4)
    return b"II*\0" + struct.pack("<I", 8 + len(after)) + after + directory


TIFF_TAGS = {
    256: (4, 29),
    257: (4, 37),
    258: (3, 8),
    259: (3, 1),
    262: (3, 1),
    273: (4, 8),
    277: (3, 1),
    278: (4, 37),
    279: (4, 29 * 37),
}


def test_a_tiff_by_hand_is_read():
    data = tiff_of(TIFF_TAGS, NOISE.tobytes() + b"\0")
    assert np.array_equal(levels(data)[..., 0], NOISE)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        (256, (4, 2**31)),
        (257, (4, 0)),
        (258, (3, 64)),
        (259, (3, 6)),
        (259, (3, 50000)),
        (262, (3, 8)),
        (262, (3, 32803)),
        (273, (4, 2**32 - 1)),
        (277, (3, 500)),
        (278, (4, 0)),
        (279, (4, 29 * 37 - 1)),
        (279, (4, 2**32 - 1)),
        (339, (3, 2)),
        (339, (3, 3)),
        (322, (4, 2**31)),
        (258, (2, 8)),
    ],
)
def test_tiff_of_another_kind_or_with_impossible_numbers_is_refused(tag, value):
    refusal(tiff_of(dict(sorted({**TIFF_TAGS, tag: value}.items()))))


def test_tiff_of_floats_or_lab_is_refused_with_what_to_do():
    assert "Save it as a PNG" in refusal(saved(Image.fromarray(NOISE.astype(np.float32)), "TIFF"))
    refusal(saved(Image.fromarray(SMOOTH).convert("LAB"), "TIFF"))


def bmp_header(width: int, height: int, depth: int = 24) -> bytes:
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, depth, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def jpeg_header(width: int, height: int, marker: int = 0xC0) -> bytes:
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, height, width, 3)
    return b"\xff\xd8" + frame + bytes([1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])


HUGE = {
    "png": SIGNATURE + header(5000, 4001, 8, RGBA) + GOOD[IDAT_AT:],
    "png of a long side": SIGNATURE + header(70_000, 1, 1, GRAY) + GOOD[IDAT_AT:],
    "jpeg": jpeg_header(10_001, 10_000),
    "jpeg, largest": jpeg_header(65_535, 65_535),
    "gif canvas": b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0) + SAMPLES["gif"][13:],
    "gif frame": b"GIF89a"
    + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0)
    + bytes(6)
    + struct.pack("<BHHHHB", 0x2C, 0, 0, 60_000, 60_000, 0)
    + b"\2\1\x44\0;",
    "webp": b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\xff" * 10,
    "bmp": bmp_header(30_000, -30_000),
    "bmp, most negative": bmp_header(1, -(2**31)),
    "tiff": tiff_of({**TIFF_TAGS, 256: (4, 60_000), 257: (4, 60_000)}),
    "pgm": b"P5 60000 60000 255\n",
    "pbm": b"P4 999999999 999999999\n",
    "ppm text": b"P3 5000 5000 255\n1 2 3",
}


@pytest.mark.parametrize("name", HUGE)
def test_too_many_pixels_are_refused_from_the_header_alone(name, monkeypatch):
    monkeypatch.setattr(picture, "_open", None)  # no decoder is reached
    assert "pixels, expected at most" in refusal(HUGE[name])


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


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "an empty file"),
        (b"<!DOCTYPE html><html>", "a web page"),
        (b"\n\n<HTML>", "a web page"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"%PDF-1.7", "a PDF document"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "a PostScript document"),
        (b"\xc5\xd0\xd3\xc6" + bytes(30), "a PostScript document"),
        (b"PK\3\4", "a zip archive"),
        (b"\0\0\0\x1cftypavif" + bytes(20), "an AVIF picture"),
        (b"hello\n", "something else"),
        (b"\x1b[31mred", "something else"),
        (bytes(100), "something else"),
        (b"\xff\xd8", "something else"),
        (b"P7\nWIDTH 1\n", "something else"),
        (b"II+\0" + bytes(20), "a BigTIFF"),
    ],
)
def test_other_content_is_refused_whatever_the_name_says(tmp_path, data, found):
    path = tmp_path / "picture.png"
    path.write_bytes(data)
    with pytest.raises(FormatError) as caught:
        load_picture(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: found {found}") or found in message
    assert message.endswith(
        "expected a picture. mnist reads PNG, JPEG, GIF, WebP, TIFF, BMP, PGM, PPM or PBM."
    )


def test_every_format_pillow_can_write_but_the_listed_is_refused():
    Image.init()
    supported = {"PNG", "JPEG", "GIF", "WEBP", "TIFF", "BMP", "PPM", "MPO"}
    tried = 0
    for kind in sorted(set(Image.SAVE) - supported):
        try:
            data = saved(Image.fromarray(NOISE), kind)
        except (OSError, ValueError, KeyError, AttributeError, DeprecationWarning):
            continue
        refusal(data)
        tried += 1
    assert tried > 5


HEIC_START = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"


def test_heic_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pillow_heif", None)  # as if it were not installed
    message = refusal(HEIC_START + bytes(100))
    assert "found a HEIC picture" in message
    assert "'mnist-cli[heic]'" in message
    assert "JPEG" in message


def test_heic_is_read_with_the_extra():
    pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
    file = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(SMOOTH).resize((64, 64))).save(file, quality=90)
    data = file.getvalue()
    found = load_picture(data)
    assert (found.format, found.width, found.height) == ("HEIC", 64, 64)
    expected = np.asarray(Image.fromarray(SMOOTH).resize((64, 64))) / 255
    assert abs(found.pixels - expected).mean() < 0.05
    for length in range(0, len(data), 7):
        refusal(data[:length])


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "[bold]a[red]", "a\u202eb", "a\udcff"])
def test_any_file_name_works_and_is_escaped_in_errors(tmp_path, name):
    try:
        path = tmp_path / name
        path.write_bytes(GOOD)
    except (OSError, UnicodeError):
        pytest.skip("this file system has no such names")
    assert load_picture(path).format == "PNG"
    path.write_bytes(b"")
    with pytest.raises(FormatError) as caught:
        load_picture(path)
    assert str(caught.value).isprintable()
    assert json.loads(json.dumps(str(path))) == str(path)


# Budgets, and the user's own settings


LOAD = """
from mnist_cli.handwriting.formats.libtiff import complaints
from mnist_cli.handwriting.picture import load_picture
print(load_picture(sys.argv[1], long_side=1000).pixels.shape, peak_megabytes())
"""


def flat(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(
        mode, (width, height), 200 if mode == "L" else (200, 150, 100, 255)[: len(mode)]
    )


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("JPEG of 100 megapixels", lambda path: flat(10_000, 10_000, "L").save(path, "JPEG")),
        ("PNG of 20 megapixels", lambda path: flat(5000, 4000, "RGBA").save(path, "PNG")),
        ("PNG of the greatest width", lambda path: flat(65_535, 300, "RGBA").save(path, "PNG")),
        ("WebP of 10 megapixels", lambda path: flat(4000, 2500).save(path, "WEBP", method=0)),
        (
            "progressive JPEG",
            lambda path: flat(4400, 3000).save(path, "JPEG", progressive=True, subsampling=0),
        ),
        (
            "PGM in text",
            lambda path: path.write_bytes(b"P2 3162 3162 9\n" + b"7 " * (3162 * 3162 - 1) + b"7"),
        ),
    ],
)
def test_the_largest_pictures_take_less_than_200_mb(tmp_path, kind, make):
    path = tmp_path / "large"
    make(path)
    *_, megabytes = run_measured(LOAD, path).split()
    assert int(megabytes) < 200, kind


def test_progressive_jpegs_have_a_budget_of_scans():
    data = saved(Image.fromarray(SMOOTH), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    scan = data[start:-2]
    assert "more than 100 scans" in refusal(data[:start] + scan * 200 + b"\xff\xd9")


def test_many_small_pieces_have_budgets():
    empty = chunk(b"IDAT", b"")
    assert "more than 50,000 chunks" in refusal(GOOD[:IDAT_AT] + empty * 60_000 + GOOD[IDAT_AT:])
    comment = b"\xff\xfe\0\2"
    jpeg = saved(Image.fromarray(SMOOTH), "JPEG")
    assert "more than 10,000 segments" in refusal(jpeg[:2] + comment * 10_001 + jpeg[2:])
    gif = SAMPLES["gif"]
    extension = b"!\xfe" + b"\1x" * 1_000_001 + b"\0"
    assert "more than 1,000,000 blocks" in refusal(gif[:-1] + extension + b";")
    rle = bytearray(bmp_header(100, 100, 8) + bytes(3_000_000))
    rle[30] = 1
    assert "run-length coded" in refusal(bytes(rle))
    assert "found no header" in refusal(b"P2" + b"#\n" * 100_000 + b" 1 1 1 1")
    assert "more than 1,000 comments" in refusal(b"P2 1 1 1 1 " + b"#\n" * 100_000)
    tiles = {256: (4, 4000), 257: (4, 4000), 258: (3, 8), 259: (3, 1), 262: (3, 1), 277: (3, 1)}
    tiles |= {322: (4, 1), 323: (4, 1), 324: (4, 8), 325: (4, 1)}
    assert "found 1 pieces of pixels in a TIFF file, expected 16,000,000" in refusal(tiff_of(tiles))


def test_warnings_and_settings_of_pillow_are_left_alone(monkeypatch):
    """The user may have made Pillow lenient: a cut file is refused all the same."""
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    before = (warnings.filters[:], Image.MAX_IMAGE_PIXELS)
    for data in SAMPLES.values():
        assert load_picture(data).height == 12
        refusal(data[:-9])
    assert before == (warnings.filters[:], Image.MAX_IMAGE_PIXELS)


def test_threads_read_side_by_side():
    failures = []

    def read_all() -> None:
        for name, data in SAMPLES.items():
            if load_picture(data).pixels.shape != (12, 10, 3):
                failures.append(name)
            try:
                load_picture(data[:-5])
                failures.append(name)
            except FormatError:
                pass

    threads = [threading.Thread(target=read_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


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
