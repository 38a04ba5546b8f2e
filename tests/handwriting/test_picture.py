"""Pictures in every format against arrays.

The oracle for PNG are files written by hand (`pictures.py`); for the other formats Pillow writes
what is read back.
"""

import io
import re
import struct
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image, ImageOps
from support.pictures import (
    GRAY,
    GRAY_ALPHA,
    NOISE,
    PALETTE,
    RGB,
    RGBA,
    SMOOTH,
    chunk,
    exif,
    levels,
    png,
    saved,
)

from mnist_cli.errors import FormatError
from mnist_cli.pictures.picture import load_picture

RNG = np.random.default_rng(1)

# PNG in any colour type and depth


@pytest.mark.parametrize("interlaced", [False, True], ids=["rows", "adam7"])
@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_png_of_every_depth_and_size(depth, interlaced):
    for size in ((37, 29), (1, 1), (1, 9), (9, 1), (8, 8)):
        samples = RNG.integers(0, 2**depth, (*size, 1))
        pixels = load_picture(png(samples, depth, GRAY, interlaced=interlaced)).pixels
        expected = np.repeat(samples / (2**depth - 1), 3, axis=2)
        np.testing.assert_allclose(pixels, expected, atol=1e-6)
        if depth <= 8:
            palette = RNG.integers(0, 256, (2**depth, 3)).astype(np.uint8)
            before = chunk(b"PLTE", palette.tobytes())
            data = png(samples, depth, PALETTE, interlaced=interlaced, before=before)
            assert np.array_equal(levels(data), palette[samples[..., 0]])
    if depth >= 8:
        fine = SMOOTH.astype(np.uint16) * (257 if depth == 16 else 1)
        assert np.array_equal(levels(png(fine, depth, RGB, interlaced=interlaced)), SMOOTH)


@pytest.mark.parametrize(("ink", "background"), [(51, 255), (204, 0)])
@pytest.mark.parametrize("depth", [8, 16])
def test_transparency_is_laid_on_the_background_that_contrasts_with_the_ink(ink, background, depth):
    alpha = np.zeros((37, 29, 1))  # soft strokes of one brightness
    alpha[5:30, 12:15] = 1
    binary = alpha.astype(np.uint8)
    alpha[5:30, 15] = 51 / 255
    scale = 2**depth - 1
    gray = np.full_like(alpha, ink / 255)
    soft = [np.concatenate([gray] * count + [alpha], axis=2) * scale for count in (1, 3)]
    keyed = np.where(binary == 1, ink, 100)
    palette = chunk(b"PLTE", bytes([9, 9, 9] + [ink] * 3)) + chunk(b"tRNS", b"\0\xff")
    two_colours = Image.fromarray(binary[..., 0]).convert("P")
    two_colours.putpalette([9, 9, 9] + [ink] * 3)
    gray_key, rgb_key = (chunk(b"tRNS", struct.pack(">H", 100) * count) for count in (1, 3))
    for shows, data in [
        (alpha, png(np.rint(soft[0]).astype(np.uint16), depth, GRAY_ALPHA)),
        (alpha, png(np.rint(soft[1]).astype(np.uint16), depth, RGBA)),
        (binary, png(binary, 1, PALETTE, before=palette)),
        (binary, saved(two_colours, "GIF", transparency=0)),
        (binary, png(keyed, 8, GRAY, before=gray_key)),
        (binary, png(np.repeat(keyed, 3, axis=2), 8, RGB, before=rgb_key)),
    ]:
        expected = np.repeat(ink * shows + background * (1 - shows), 3, axis=2) / 255
        np.testing.assert_allclose(load_picture(data).pixels, expected, atol=1e-6)


def test_the_transparent_gray_of_shallow_pictures_is_in_their_own_scale():
    for depth in (1, 2, 4):
        white = 2**depth - 1
        samples = np.full((9, 9, 1), white)
        samples[3:6, 4] = 0
        data = png(samples, depth, GRAY, before=chunk(b"tRNS", struct.pack(">H", white)))
        assert np.array_equal(levels(data)[..., 0], samples[..., 0] // white * 255)
        data = png(samples, depth, GRAY, before=chunk(b"tRNS", struct.pack(">H", 0)))
        assert levels(data)[4, 4, 0] == 0  # white shows, and is most: black goes on as its ink
    fine = SMOOTH.astype(np.uint16) * 257  # of 16 bits none is transparent: Pillow knows no such
    data = png(fine, 16, RGB, before=chunk(b"tRNS", struct.pack(">HHH", *fine[9, 9])))
    assert np.array_equal(levels(data), SMOOTH)


def test_a_page_with_transparent_corners_keeps_its_paper():
    page = np.full((40, 40, 4), 255, np.uint8)
    page[10:30, 18:22, :3] = 0
    page[:3, :3, 3] = 0
    assert levels(png(page, 8, RGBA))[0, 0].tolist() == [255] * 3
    page[..., :3] = 255 - page[..., :3]
    assert levels(png(page, 8, RGBA))[0, 0].tolist() == [0] * 3
    assert levels(png(page * 0, 8, RGBA)).min() == 255  # nothing shows


def test_gray_28_is_for_gray_pictures_of_28x28_and_8_bits_in_any_form():
    gray = NOISE[:28, :28, np.newaxis]
    opaque = np.full_like(gray, 255)
    for data in (
        png(gray, 8, GRAY),
        png(gray.astype(np.uint16) * 257, 16, GRAY),
        png(np.dstack([gray, opaque]), 8, GRAY_ALPHA),
        png(np.dstack([gray, gray, gray, opaque]), 8, RGBA),
        saved(Image.fromarray(gray[..., 0]), "GIF"),
    ):
        assert np.array_equal(load_picture(data).gray_28, gray[..., 0])
    larger, finer = NOISE[..., np.newaxis], np.full((28, 28, 1), 1000, np.uint16)
    for other in ((larger, 8, GRAY), (SMOOTH[:28, :28], 8, RGB), (finer, 16, GRAY)):
        assert load_picture(png(*other)).gray_28 is None


# Other formats, orientation, sources


LOSSLESS = {"WEBP": {"lossless": True}, "JPEG": {"quality": 95}}  # or nearly


@pytest.mark.parametrize(
    ("kind", "modes"),
    [
        ("BMP", ("1", "L", "P", "RGB", "RGBA")),
        ("GIF", ("1", "L", "P")),
        ("WEBP", ("RGB",)),
        ("JPEG", ("L", "RGB", "CMYK")),  # CMYK as Adobe writes it, inverted, comes out upright
    ],
)
def test_other_formats_are_what_pillow_makes_of_the_first_picture(kind, modes):
    for mode in modes:
        first = Image.fromarray(SMOOTH)
        first = first.quantize(40) if mode == "P" else first.convert(mode)
        several = {"append_images": [first.rotate(90)], "save_all": kind in ("GIF", "WEBP")}
        data = saved(first, kind, **several, **LOSSLESS.get(kind, {}))
        shown = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        assert np.array_equal(levels(data), shown), mode
        change = abs(shown.astype(int) - np.asarray(first.convert("RGB"))).mean()
        assert change < 8 if kind == "JPEG" else change == 0, mode


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied(kind):
    options = LOSSLESS.get(kind, {})
    for orientation in range(1, 9):
        data = saved(Image.fromarray(SMOOTH), kind, exif=exif(orientation), **options)
        image = Image.open(io.BytesIO(data))
        expected = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
        for source in (data, image):
            found = load_picture(source)
            assert (found.height, found.width) == expected.shape[:2]
            assert np.array_equal(np.rint(found.pixels * 255), expected)


def test_threads_that_read_leave_the_settings_of_others_alone(monkeypatch):
    data = saved(Image.fromarray(np.kron(SMOOTH, np.ones((9, 9, 1), np.uint8))), "PNG")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 123_456)
    before = [*warnings.filters]
    with ThreadPoolExecutor(8) as pool:
        [*pool.map(load_picture, 200 * [data])]
    assert (warnings.filters, Image.MAX_IMAGE_PIXELS) == (before, 123_456)


@pytest.mark.filterwarnings("ignore")  # Pillow's, which only the command line keeps silent
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_damaged_exif_data_are_no_reason_to_refuse(kind):
    tags = Image.Exif()
    tags.update({0x010E: "ink", 0x0112: 6, 0x011A: 72.5, 0x8298: "me", 0x9C9B: b"a" * 9})
    tags.get_ifd(0x8769).update({0x9003: "2000:01:01 00:00:00", 0x927C: b"b" * 30, 0xA002: 9})
    tags.get_ifd(0x8825).update({1: "N", 2: (1.0, 2.0, 3.5)})
    good = tags.tobytes()
    damaged = [exif(9), *(good[:length] for length in range(0, len(good), 3))]
    for at in range(6, 60):
        damaged += [good[:at] + value + good[at + 1 :] for value in (b"\0", b"\xff")]
    image = Image.fromarray(SMOOTH)
    files = [saved(image, kind, exif=body, **LOSSLESS.get(kind, {})) for body in damaged]
    opened = [Image.open(io.BytesIO(data)) for data in files]
    for source in (*files, *opened):
        assert load_picture(source).pixels.size == SMOOTH.size


def test_a_path_a_file_and_bytes_are_the_same(tmp_path):
    data = png(SMOOTH, 8, RGB)
    path = tmp_path / "no.suffix"
    path.write_bytes(data)
    with path.open("rb") as file:
        for source in (data, str(path), path, io.BytesIO(data), file):
            found = load_picture(source)
            assert np.array_equal(found.pixels, SMOOTH.astype(np.float32) / np.float32(255))
            assert (found.pixels.dtype, found.pixels.flags.c_contiguous) == (np.float32, True)
            assert (found.width, found.height) == (29, 37)


# Pictures from Python


@pytest.mark.parametrize(("shape", "kind"), [((28, 28), GRAY), ((9, 5, 3), RGB), ((9, 5, 4), RGBA)])
def test_arrays_are_as_the_same_picture_in_a_file(shape, kind):
    array = RNG.integers(0, 256, shape).astype(np.uint8)
    expected = load_picture(png(array.reshape(*shape[:2], -1), 8, kind))
    same = [array, array[::-1, ::-1][::-1, ::-1], Image.fromarray(array)]
    same += [(array / 255).astype(kind) for kind in (np.float32, np.float64)]
    for source in same:
        found = load_picture(source)
        np.testing.assert_allclose(found.pixels, expected.pixels, atol=1e-6)
        assert (found.pixels.dtype, found.width, found.height) == (np.float32, shape[1], shape[0])
        assert (found.gray_28 is None) == (expected.gray_28 is None)
    white = load_picture(array > 99).pixels
    np.testing.assert_array_equal(white, load_picture((array > 99) * np.uint8(255)).pixels)


@pytest.mark.parametrize("mode", ["1", "LA", "PA", "RGBA", "CMYK", "I;16"])
def test_pil_images_of_every_mode(mode):
    image = Image.fromarray(SMOOTH).convert("L" if mode == "I;16" else mode)
    expected = np.asarray(image.convert("RGB"))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image).astype(np.uint16) * 257)
    np.testing.assert_array_equal(levels(image), expected)


def test_other_sources_are_refused_with_what_is_taken():
    arrays = [np.zeros(shape, np.uint8) for shape in ((5,), (0, 3), (2, 2, 2), (1, 2, 2, 3), ())]
    arrays += [np.zeros((2, 2), kind) for kind in (np.int64, np.uint16, complex, object, "U1")]
    outside = [np.full((2, 2), value) for value in (1.5, -0.1, np.nan, np.inf)]
    others = [None, [[0, 1]], bytearray(9)]
    refused = [(f"shape {a.shape} and dtype {a.dtype}, expected (H, W), ", a) for a in arrays]
    refused += [("values outside 0 to 1", array) for array in outside]
    refused += [(f"found a {type(other).__name__}, expected a path", other) for other in others]
    for said, source in refused:
        with pytest.raises(ValueError, match=re.escape(said)):
            load_picture(source)


def test_an_image_that_pillow_only_opened_and_cannot_load_is_a_format_error():
    data = saved(Image.fromarray(NOISE), "BMP")
    image = Image.open(io.BytesIO(data[:-50]))
    with pytest.raises(FormatError, match="Pillow cannot load the image"):
        load_picture(image)


# Reducing


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_long_side_reduces_by_averaging_and_never_below(kind):
    y, x = np.mgrid[0:301, 0:400]
    image = Image.fromarray((y / 3 + x / 3).astype(np.uint8))
    data = saved(image, kind)
    for long_side in (1, 28, 100, 399, 400, 401):
        found = load_picture(data, long_side=long_side)
        longest = max(found.pixels.shape)
        assert long_side <= longest < max(2 * long_side, 60) or long_side >= 400
        assert (found.width, found.height) == (400, 301)
        expected = np.asarray(image.resize(found.pixels.shape[1::-1], Image.Resampling.BOX))
        assert abs(found.pixels[..., 0] * 255 - expected).max() < 6  # its blocks are of other sizes
    with pytest.raises(ValueError, match="long_side is 0, it must be at least 1"):
        load_picture(data, long_side=0)


def test_reduced_blocks_are_means_also_at_the_edges():
    samples = RNG.integers(0, 256, (7, 8, 4)).astype(np.uint8)
    values = samples / 255
    values[..., :3] *= values[..., 3:]
    blocks = [[values[y : y + 4, x : x + 4] for x in (0, 4)] for y in (0, 4)]
    means = np.array([[block.mean(axis=(0, 1)) for block in row] for row in blocks])
    found = load_picture(png(samples, 8, RGBA), long_side=2).pixels  # 8 // 2 = 4
    candidates = [means[..., :3] + (1 - means[..., 3:]) * background for background in (0, 1)]
    assert min(abs(found - candidate).max() for candidate in candidates) < 1e-5
    large = np.zeros((2500, 2500), np.uint8)  # more than 6 million pixels
    assert load_picture(large).pixels.shape == (1250, 1250, 3)
