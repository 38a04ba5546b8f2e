"""HEIC files that are large tasks, put together by hand, and such as phones write."""

import io
from contextlib import suppress
from functools import partial

import numpy as np
import pytest
from PIL import Image
from support.heic import box, full, heic
from support.pictures import SMOOTH, exif
from support.refusals import refusal_of

from mnist_cli.errors import MnistError
from mnist_cli.pictures.picture import load_picture

pillow_heif = pytest.importorskip("pillow_heif", reason="needs the extra heic")
refusal = partial(refusal_of, load_picture)


NUMBERS = range(2, 902)
DEAR = {
    "data that many items share": (
        heic({1: [9]} | {i: [10**6] for i in NUMBERS}, tuple((b"cdsc", i, [1]) for i in NUMBERS)),
        "found 900,025,",
    ),
    "an item that describes many": (
        heic({i: [9] for i in NUMBERS} | {1: [10**5]}, ((b"cdsc", 1, [*NUMBERS]),)),
        "found 90,0",
    ),
    "a profile of many pictures": (heic({i: [9] for i in NUMBERS}, profile=10**5), "found 90,0"),
    "a tile again and again": (
        heic({1: [9], 2: [10**6]}, ((b"dimg", 1, [2] * 48),), (4000, 5000)),
        "found 1,268,00",
    ),
    "tiles of tiles": (
        heic({i: [9] for i in range(9)}, tuple((b"dimg", i, [i - 1] * 8) for i in range(1, 9))),
        "pixels to decode",
    ),
    "many items": (heic({i: [9] for i in range(1, 1002)}), "found 1,001 items"),
    "many extents": (heic({1: [9] * 33}), "found 33 extents"),
    "many references": (heic({1: [9]}, ((b"cdsc", 1, [1] * 1001),)), "found 1,001 references"),
    "many boxes": (heic({1: [9]}, boxes=box(b"free") * 1000), "found 1,001 boxes"),
    "two tables of items": (heic({1: [9]}, boxes=full(b"iloc", 0, bytes(4))), "2 boxes iloc"),
    "a tile of itself": (heic({1: [9]}, ((b"dimg", 1, [1]),)), "recursion"),
    "items of wide numbers": (heic({1: [9] * 33}, version=2), "found 33 extents"),
    "a box of no length": (heic({1: [9]}) + b"\0\0\0\7free", "a box of 7 bytes"),
}


@pytest.mark.parametrize("name", DEAR)
def test_a_small_file_that_is_a_large_task_is_refused_before_it_is_opened(name, monkeypatch):
    monkeypatch.setattr(pillow_heif, "HeifImageFile", None)
    data, said = DEAR[name]
    assert said in refusal(data)


def phone_photo(width: int, height: int, orientation: int, **options: object) -> bytes:
    """As phones write them: a grid of tiles, a thumbnail, EXIF."""
    y, x = np.mgrid[:height, :width]
    image = Image.fromarray((x * 200 // width + y * 55 // height).astype(np.uint8)).convert("RGB")
    image.info["thumbnails"] = [128]
    file = io.BytesIO()
    photo = pillow_heif.from_pillow(image)
    photo.save(file, quality=80, tile_size=64, exif=exif(orientation), **options)
    return file.getvalue()


@pytest.mark.parametrize(("size", "tiles"), [((512, 384), 48), ((640, 610), 100)])
def test_a_photo_of_a_phone_is_read(size, tiles):
    data = phone_photo(*size, 6)
    assert data.count(b"infe") == 1 + tiles + 2
    found = load_picture(data)
    assert (found.width, found.height) == size[::-1]
    gray = found.pixels[..., 0] * 255
    y, x = np.mgrid[: size[1], : size[0]]
    expected = np.rot90(x * 200 // size[0] + y * 55 // size[1], -1)
    assert abs(gray - expected).mean() < 3


def test_a_picture_with_alpha_has_half_the_pixels(monkeypatch):
    file = io.BytesIO()
    image = Image.fromarray(SMOOTH).convert("RGBA").resize((64, 64))
    pillow_heif.from_pillow(image).save(file)
    assert load_picture(file.getvalue()).pixels.shape == (64, 64, 3)
    monkeypatch.setattr("mnist_cli.pictures.formats._MAX_PIXELS", 2 * 64 * 64 - 2)
    assert "found 64 x 64 pixels" in refusal(file.getvalue())


def test_cut_and_mutated_files_are_read_or_refused():
    data = phone_photo(128, 128, 1)
    for length in range(0, len(data), 7):
        refusal(data[:length])
    rng = np.random.default_rng(0)
    for at in rng.integers(0, data.index(b"mdat") + 9, 200).tolist():
        for value in (0, 255, int(rng.integers(256))):
            with suppress(MnistError):
                load_picture(data[:at] + bytes([value]) + data[at + 1 :])
