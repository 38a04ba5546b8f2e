"""What corruption does to images, against plain loops, NumPy, Pillow and known accuracies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption


@pytest.fixture(scope="module")
def images():
    return load_images()[:50]


def apply(corruption, images):
    return corruption.apply(images, np.random.default_rng(0))


def test_what_is_left_of_the_book_s_accuracy(book_weights):
    network = load_network(book_weights)
    for corruption, accuracy in (
        (Corruption(shift=(1, 0)), 0.878),
        (Corruption(shift=(2, 0)), 0.699),
        (Corruption(shift=(3, 0)), 0.485),
        (Corruption(shift=(4, 0)), 0.249),
        (Corruption(invert=True), 0.018),
        (UNCORRUPTED, 0.9352),
    ):
        predictions = network.predict(apply(corruption, load_images()), batch_size=1000)
        digits = len(str(accuracy)) - 2
        # half a unit of the last digit, itself included: 0.4845 is given as 0.485
        error = abs((predictions == load_labels()).mean() - accuracy)
        assert error <= 0.5 * 10**-digits + 1e-9, corruption


@given(st.integers(-30, 30), st.integers(-30, 30))
@settings(max_examples=settings().max_examples // 4)
def test_a_shift_moves_right_and_down_and_paper_comes_in(images, right, down):
    image = images[7]
    expected = np.zeros((28, 28), np.uint8)
    for row in range(28):
        for column in range(28):
            if 0 <= row + down < 28 and 0 <= column + right < 28:
                expected[row + down, column + right] = image[row, column]
    np.testing.assert_array_equal(apply(Corruption(shift=(right, down)), image[None])[0], expected)


def test_quarter_turns_are_exact_and_counter_clockwise(images):
    for quarters in (-1, 1, 2, 3):
        turned = apply(Corruption(rotate=90 * quarters), images)
        np.testing.assert_array_equal(turned, np.rot90(images, quarters, axes=(1, 2)))


def test_a_turn_agrees_with_pillow(images):
    degrees = -33.5
    ours = apply(Corruption(rotate=degrees), images).astype(int)
    margin = np.pad(images, ((0, 0), (8, 8), (8, 8)))  # Pillow cuts the edge, where ours fades
    theirs = [
        np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR))[8:-8, 8:-8]
        for image in margin
    ]
    assert np.abs(ours - theirs).max() <= 1


def test_noise_has_the_deviation_asked_for_and_is_the_same_every_time():
    grey = np.full((2000, 28, 28), 128, np.uint8)
    noisy = apply(Corruption(noise=0.1), grey)
    assert noisy.std() / 255 == pytest.approx(0.1, rel=0.01)
    assert noisy.mean() == pytest.approx(128, abs=0.1)
    np.testing.assert_array_equal(noisy, apply(Corruption(noise=0.1), grey))


def test_the_images_given_are_left_alone(images):
    before = images.copy()
    apply(Corruption(rotate=10, shift=(1, 1), invert=True, noise=0.2), images)
    np.testing.assert_array_equal(images, before)
