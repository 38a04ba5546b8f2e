"""What corruption does to images, against SciPy, NumPy, Pillow and known accuracies."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption

IMAGES = load_images()[:50]


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
        (UNCORRUPTED, 0.935),
    ):
        predictions = network.predict(apply(corruption, load_images()), batch_size=1000)
        correct = (predictions == load_labels()).mean()
        assert correct == pytest.approx(accuracy, abs=0.0005 + 1e-9), corruption  # as rounded


@given(st.integers(-30, 30), st.integers(-30, 30))
@settings(max_examples=settings().max_examples // 4)
def test_a_shift_moves_right_and_down_and_paper_comes_in(right, down):
    expected = ndimage.shift(IMAGES[:7], (0, down, right), order=0)
    np.testing.assert_array_equal(apply(Corruption(shift=(right, down)), IMAGES[:7]), expected)


@pytest.mark.parametrize("degrees", [-90, 90, 180, -33.5])
def test_a_turn_is_counter_clockwise_as_that_of_pillow(degrees):
    ours = apply(Corruption(rotate=degrees), IMAGES).astype(int)
    margin = np.pad(IMAGES, ((0, 0), (8, 8), (8, 8)))  # Pillow cuts the edge, where ours fades
    theirs = [
        np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR))[8:-8, 8:-8]
        for image in margin
    ]
    assert np.abs(ours - theirs).max() <= (1 if degrees % 90 else 0)  # quarter turns are exact


def test_noise_has_the_deviation_asked_for_and_is_the_same_every_time():
    grey = np.full((2000, 28, 28), 128, np.uint8)
    noisy = apply(Corruption(noise=0.1), grey)
    assert noisy.std() / 255 == pytest.approx(0.1, rel=0.01)
    assert noisy.mean() == pytest.approx(128, abs=0.1)
    np.testing.assert_array_equal(noisy, apply(Corruption(noise=0.1), grey))
    assert (grey == 128).all()  # the images given are left alone
