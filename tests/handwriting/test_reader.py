"""Photos, scans and drawings -> the MNIST format: people's own digits and the stress set."""

import csv
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from support import stress
from support.pictures import saved

from mnist_cli import load_images, load_labels, load_network, read_digit
from mnist_cli.errors import FormatError
from mnist_cli.handwriting.mnist_format import (
    bring_to_format,
    is_in_mnist_format,
    measure_stroke_widths,
)
from mnist_cli.handwriting.reader import DOUBT, read_digits

MANY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FIRST = 20_000  # of the training images that are drawn
# What takes long is prepared in one process of pytest-xdist only, with --dist loadgroup.
PEOPLE = pytest.mark.xdist_group("people's digits")


def png(pixels):
    return saved(Image.fromarray(pixels), "PNG")


def drawn_row(digits, gap=35):
    """Training digits side by side, dark on white."""
    rng = np.random.default_rng(len(digits))
    inks = [stress.coverage(digit, rng, (200, 200), 100) for digit in digits]
    inks = [np.pad(ink[:, np.flatnonzero(ink.any(axis=0))], ((0, 0), (gap, 0))) for ink in inks]
    return stress.png(stress.sheet(np.pad(np.hstack(inks), 40)))


@pytest.fixture(scope="session")
def training(shared_data):
    images = load_images(shared_data / "train-images-idx3-ubyte.gz")
    labels = load_labels(shared_data / "train-labels-idx1-ubyte.gz")
    return images, labels


@pytest.fixture(scope="session")
def shipped():
    return load_network()


@pytest.fixture(scope="session")
def peoples_digits(shared_digits):
    """Every fifth development picture as the net sees it, its label, and what was read."""
    with (shared_digits / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[1 :: 1 if MANY else 5]
    digits = [read_digit(shared_digits / row["file"]) for row in rows]
    images = np.stack([digit.image for digit in digits])
    return images, np.array([int(row["label"]) for row in rows]), digits


# People's digits


@PEOPLE
def test_peoples_digits_are_read(peoples_digits, shipped, book_weights):
    images, labels, digits = peoples_digits
    assert (shipped.predict(images) == labels).mean() >= 0.99
    assert (load_network(book_weights).predict(images) == labels).mean() >= 0.88
    single = [digit for digit in digits if digit.count == 1]
    assert len(single) >= 0.99 * len(digits)
    assert sum(DOUBT in digit.warnings for digit in digits) <= 0.03 * len(digits)


@PEOPLE
def test_what_the_net_sees_is_in_mnist_format(peoples_digits):
    images, _, digits = peoples_digits
    prepared = images[[digit.preprocessed and not digit.empty for digit in digits]]
    mass = prepared.astype(float) / prepared.sum(axis=(1, 2), keepdims=True)
    across = (mass.sum(axis=1) @ np.arange(28), mass.sum(axis=2) @ np.arange(28))
    assert np.abs(np.array(across) - 14).max() < 0.05
    assert (prepared.max(axis=(1, 2)) == 255).all()
    ink = prepared > 100
    height, width = ink.any(axis=2).sum(axis=1), ink.any(axis=1).sum(axis=1)
    longest = np.maximum(height, width)
    assert longest.min() >= 18
    assert longest.max() <= 20


# The stress set


@pytest.mark.xdist_group("stress")
def test_spoilt_pictures_are_read_as_clean_ones_are(training, shipped):
    """Of what is read when clean, all pictures of a kind but one, of the hardest kinds but two."""
    images, labels = training
    count = 300 if MANY else 6
    truth = labels[FIRST : FIRST + count]

    def read(kind):
        pictures = [stress.draw(kind, images[FIRST + i], seed=i) for i in range(count)]
        digits = [read_digit(picture) for picture in pictures]
        correct = shipped.predict(np.stack([digit.image for digit in digits])) == truth
        return (correct & [not digit.empty for digit in digits]).mean()

    shares = {kind: read(kind) for kind in stress.KINDS}
    clean = shares.pop("clean")
    assert clean > 0.9
    assert np.mean(list(shares.values())) >= 0.97 * clean
    for kind, share in shares.items():
        hard = kind in ("phone", "tiny")
        least = (0.93 if hard else 0.97) if MANY else 1 - (2 if hard else 1) / count
        assert share >= least * clean, shares


# Pictures in the MNIST format already


def test_mnist_pictures_pass_untouched(training):
    test_images = load_images()
    assert all(is_in_mnist_format(image) for image in test_images)
    assert all(is_in_mnist_format(image) for image in training[0][:: 1 if MANY else 20])


def test_an_exported_test_image_is_the_same_bytes():
    for image in load_images()[:30]:
        for source in (png(image), image, image.astype(np.float32) / np.float32(255)):
            for digit in (read_digit(source), *read_digits(source)):
                assert not digit.preprocessed
                np.testing.assert_array_equal(digit.image, image)


def test_test_images_in_other_forms_are_read_nearly_as_well(shipped):
    count = 400 if MANY else 12
    images, labels = load_images()[:count], load_labels()[:count]
    rng = np.random.default_rng(0)

    def score(change):
        digits = [read_digit(change(image)) for image in images]
        assert all(digit.preprocessed for digit in digits)
        return (shipped.predict(np.stack([d.image for d in digits])) == labels).sum()

    def moved(image):
        down, across = rng.integers(0, 17, 2)
        return np.pad(image, ((down, 16 - down), (across, 16 - across)))

    least = (shipped.predict(images) == labels).sum() - max(count // 40, 1)
    assert score(lambda image: 255 - image) >= least
    assert score(moved) >= least
    assert score(lambda image: 255 - image.repeat(10, axis=0).repeat(10, axis=1)) >= least


# Options


def test_without_preprocessing_a_picture_is_only_resized():
    image = load_images()[0]
    large = image.repeat(4, axis=0).repeat(4, axis=1)
    for picture in (large, image):
        digit = read_digit(png(picture), preprocess=False)
        np.testing.assert_array_equal(digit.image, image)
        assert not digit.preprocessed
    inverted = read_digit(png(large), preprocess=False, invert=True)
    np.testing.assert_array_equal(inverted.image, 255 - image)


def test_invert_overrides_the_guess(training, shipped):
    images, labels = training
    page = stress.draw("clean", images[0], seed=0)
    assert shipped.predict(read_digit(page, invert=True).image) == labels[0]
    as_bright_ink = read_digit(page, invert=False)
    assert not np.array_equal(as_bright_ink.image, read_digit(page).image)


def test_steps_tell_what_was_done(training):
    steps = read_digit(stress.draw("phone", training[0][0], seed=0)).steps
    names = [step.name for step in steps]
    assert names[:3] == ["picture", "closer look", "ink"]
    assert names[-3:] == ["components", "strokes", "digit"]
    assert steps[-1].picture.shape == (28, 28)
    assert all(step.picture.dtype == np.uint8 and step.done for step in steps)
    assert "darker" in steps[2].done


# Nothing to read, or too much


def blank_pages():
    rng = np.random.default_rng(0)
    size = (300, 400, 3)
    pages = {
        "white": np.full(size, 255.0),
        "black": np.zeros(size),
        "one pixel": np.full((1, 1, 3), 128.0),
        "tiny": np.full((28, 28, 3), 200.0),
        "noise": 230 + rng.normal(0, 8, size),
        "strong noise": rng.uniform(0, 255, size),
        "slope": np.broadcast_to(np.linspace(90, 240, 400)[:, None], size),
        "shadow": stress.shadow(size[:2], rng, 0.4)[..., None] * 240 + rng.normal(0, 4, size),
    }
    blocks = np.random.default_rng(3).integers(0, 2, (12, 16, 1)) * np.full(3, 255.0)
    pages["blocks"] = blocks.repeat(25, axis=0).repeat(25, axis=1)
    for name in ("ruled", "strip", "specks"):
        pages[name] = np.full(size, 250.0)
    pages["ruled"][20::40] = pages["ruled"][21::40] = 150
    pages["strip"][:12] = 20
    pages["specks"][40:43, 50:53] = pages["specks"][200:204, 300:303] = 30
    return pages


def test_an_empty_page_holds_no_digit():
    for name, page in blank_pages().items():
        digit = read_digit(page.clip(0, 255).astype(np.uint8))
        assert digit.empty.startswith(("no ", "ink everywhere")), name
        assert digit.count == 0
        assert not digit.image.any()
    (only,) = read_digits(np.ones((50, 80)))
    assert only.empty


@pytest.mark.parametrize("count", [2, 3, 5])
def test_digits_side_by_side_are_counted_and_split(training, shipped, count):
    images, labels = training
    chosen = slice(100, 100 + count)
    page = drawn_row(images[chosen])
    one = read_digit(page)
    assert one.count == count
    assert one.warnings == (f"this looks like {count} digits",)
    digits = read_digits(page)
    assert shipped.predict(np.stack([d.image for d in digits])).tolist() == labels[chosen].tolist()
    assert not any(digit.warnings for digit in digits)


# Anything at all


@settings(max_examples=1000 if MANY else 3)
@given(
    st.tuples(st.integers(1, 70), st.integers(1, 70)),
    st.integers(0, 2**32 - 1),
    st.sampled_from(["noise", "blocks", "strokes"]),
    st.sampled_from([None, True, False]),
)
def test_every_picture_is_read(shape, seed, texture, invert):
    rng = np.random.default_rng(seed)
    pixels = rng.random((*shape, 3), np.float32)
    if texture == "blocks":
        pixels = np.rint(pixels)
    if texture == "strokes":
        pixels = np.repeat(pixels[:, :1], shape[1], axis=1)
    for digit in (read_digit(pixels, invert=invert), *read_digits(pixels, invert=invert)):
        assert digit.image.shape == (28, 28)
        assert digit.image.any() != bool(digit.empty)


def test_grain_of_any_shape_is_read():
    for shape in [(1, 2000), (2000, 1), (3, 1600), (1600, 900)]:
        digit = read_digit(np.random.default_rng(0).integers(0, 2, shape) > 0)
        assert digit.image.shape == (28, 28)


def test_what_is_no_picture_is_refused():
    for read in (read_digit, read_digits):
        with pytest.raises(FormatError):
            read(b"<html>")
        with pytest.raises(ValueError, match="expected \\(H, W\\)"):
            read(np.zeros(784, np.uint8))


# The parts


def test_stroke_width_is_that_of_a_ring():
    y, x = np.mgrid[-50:51, -50:51]
    radius = np.hypot(y, x)
    ring = (radius > 33) & (radius < 43)  # 10 wide, 86 long
    assert measure_stroke_widths(ring[..., None]) == pytest.approx(10, rel=0.05)


def test_strokes_come_to_the_width_of_mnists():
    bars = [np.ones((80, width), bool) for width in (2, 8, 30)]
    bits = bring_to_format(bars).strokes > 0.5
    widths = measure_stroke_widths(bits) * 18.7 / 80
    assert ((widths > 1.9) & (widths < 4.5)).all()  # the ends of a bar move too


def test_the_centre_of_mass_comes_to_the_middle():
    drawn = np.zeros((80, 50), bool)
    drawn[:, 10:20] = True
    drawn[70:, 20:50] = True
    image = bring_to_format([drawn]).images[0].astype(float)
    mass = image / image.sum()
    assert mass.sum(axis=1) @ np.arange(28) == pytest.approx(14, abs=0.02)
    assert mass.sum(axis=0) @ np.arange(28) == pytest.approx(14, abs=0.02)
