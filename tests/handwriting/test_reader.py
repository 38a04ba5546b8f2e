"""What is read of a picture: the MNIST format, the options, nothing at all."""

import contextlib
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import stress
from support.pictures import to_png

from mnist_cli import load_images, load_labels, read_digit, read_digits, read_pictures
from mnist_cli.errors import NoDigitError
from mnist_cli.handwriting.mnist_format import (
    bring_to_format,
    is_in_mnist_format,
    measure_stroke_widths,
)

MANY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"


def enlarge(pixels, times):
    return pixels.repeat(times, axis=0).repeat(times, axis=1)


# Pictures in the MNIST format already


def test_mnist_pictures_pass_untouched(training):
    for images, step in ((load_images(), 4), (training[0], 40)):
        assert all(is_in_mnist_format(image) for image in images[:: 1 if MANY else step])


def test_an_exported_test_image_is_the_same_bytes():
    for image in load_images()[:8]:
        for source in (to_png(image), image, image.astype(np.float32) / np.float32(255)):
            for digit in (read_digit(source), *read_digits(source)):
                assert digit.way == "untouched"
                np.testing.assert_array_equal(digit.image, image)


def test_test_images_in_other_forms_are_read_nearly_as_well(network):
    count = 400 if MANY else 12
    images, labels = load_images()[:count], load_labels()[:count]
    rng = np.random.default_rng(0)

    def score(change):
        digits = [read_digit(change(image)) for image in images]
        assert {digit.way for digit in digits} == {"converted"}
        return (network.predict(np.stack([d.image for d in digits])) == labels).sum()

    def moved(image):
        down, across = rng.integers(0, 17, 2)
        return np.pad(image, ((down, 16 - down), (across, 16 - across)))

    least = (network.predict(images) == labels).sum() - max(count // 40, 1)
    for change in (lambda image: 255 - image, moved, lambda image: 255 - enlarge(image, 10)):
        assert score(change) >= least


# Options


def test_without_preprocessing_a_picture_is_only_resized():
    image = load_images()[0]
    large = enlarge(image, 4)
    for picture in (large, image):
        digit = read_digit(to_png(picture), preprocess=False)
        np.testing.assert_array_equal(digit.image, image)
        assert digit.way == "resized"
    inverted = read_digit(to_png(large), preprocess=False, invert=True)
    np.testing.assert_array_equal(inverted.image, 255 - image)


def test_invert_overrides_the_guess(training, network):
    images, labels = training
    page = stress.draw("clean", images[0], seed=0)
    assert network.predict(read_digit(page, invert=True).image) == labels[0]
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
    paper = np.full(size, 250.0)
    ruled, strip, specks = paper.copy(), paper.copy(), paper.copy()
    ruled[20::40] = ruled[21::40] = 150
    strip[:12] = 20
    specks[40:43, 50:53] = specks[200:204, 300:303] = 30
    return {
        "black": np.zeros(size),
        "one pixel": np.full((1, 1, 3), 128.0),
        "tiny": np.full((28, 28, 3), 200.0),
        "noise": 230 + rng.normal(0, 8, size),
        "strong noise": rng.uniform(0, 255, size),
        "slope": np.broadcast_to(np.linspace(90, 240, 400)[:, None], size),
        "shadow": stress.shadow(size[:2], rng, 0.4)[..., None] * 240 + rng.normal(0, 4, size),
        "blocks": enlarge(rng.integers(0, 2, (12, 16, 1)) * np.full(3, 255.0), 25),
        "ruled": ruled,
        "strip": strip,
        "specks": specks,
    }


def test_an_empty_page_holds_no_digit():
    for name, page in blank_pages().items():
        for read in (read_digit, read_digits):
            with pytest.raises(NoDigitError) as error:
                read(page.clip(0, 255).astype(np.uint8))
            assert error.value.problem.startswith(("no ", "ink everywhere")), name
            assert error.value.steps


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
    for read in (read_digit, read_digits):
        with contextlib.suppress(NoDigitError):
            found = read(pixels, invert=invert)
            for digit in found if read is read_digits else (found,):
                assert digit.image.shape == (28, 28)
                assert digit.image.any()


@pytest.mark.parametrize("shape", [(1, 2000), (2000, 1), (1600, 900)])
def test_grain_of_any_shape_is_read(shape):
    (read,) = read_pictures([np.random.default_rng(0).integers(0, 2, shape) > 0])
    assert isinstance(read, NoDigitError) or read.image.shape == (28, 28)


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
    for axis in (0, 1):
        middle = image.sum(axis=axis) @ np.arange(28) / image.sum()
        assert middle == pytest.approx(14, abs=0.02)
