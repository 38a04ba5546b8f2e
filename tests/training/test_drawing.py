"""Drawn digits: the table of forms, and what comes of it."""

import numpy as np
import pytest
from scipy import ndimage

import mnist_cli
from mnist_cli.handwriting.mnist_format import is_in_mnist_format
from mnist_cli.training.drawing import draw_digits, draw_form, load_forms
from mnist_cli.training.recipes import RECIPES
from mnist_cli.training.trainer import Trainer

FORMS = load_forms()


@pytest.fixture(scope="module")
def drawn():
    return draw_digits(300, seed=0)


def test_every_digit_is_drawn_and_4_and_7_most_often(drawn):
    images, labels = drawn
    assert images.shape == (300, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert all(map(is_in_mnist_format, images))
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 4
    assert set(np.argsort(counts)[-2:]) == {4, 7}


def test_the_seed_decides(drawn):
    first, again, other = (draw_digits(40, seed) for seed in (0, 0, 1))
    for i in range(2):
        assert np.array_equal(first[i], again[i])
        assert not np.array_equal(first[i], other[i])
    assert len({image.tobytes() for image in drawn[0]}) == 300


@pytest.mark.parametrize(("digit", "index", "rings"), [(1, 0, 0), (8, 1, 2), (0, 0, 1), (4, 0, 1)])
def test_a_drawn_digit_has_as_many_holes_as_its_form_has_rings(digit, index, rings):
    rng = np.random.default_rng(0)
    form = [form for form in FORMS if form.digit == digit][index]
    holes = [ndimage.label(~np.pad(draw_form(form, rng), 2))[1] - 1 for _ in range(40)]
    assert np.median(holes) == rings


def test_the_net_reads_them_and_learns_from_them(drawn):
    """Those of another seed are read better by a net that has learnt some, MNIST as well."""
    images, labels = mnist_cli.load_images(), mnist_cli.load_labels()
    recipe = {"recipe": "quick", "epochs": 20, "held_out": 0, "seed": 9}
    without, with_drawn = (
        mnist_cli.train(images[:2000], labels[:2000], **recipe, drawn=part) for part in (0, 0.15)
    )
    card = with_drawn.card
    assert (card.drawn_images, card.training_images) == (300, 2300)

    tests = (drawn, (images[5000:], labels[5000:]))
    (drawn_before, before), (drawn_after, after) = (
        [np.mean(trained.network.predict(x) == t) for x, t in tests]
        for trained in (without, with_drawn)
    )
    assert drawn_after > drawn_before + 0.05
    assert after > before - 0.005


def test_digits_are_drawn_beside_those_that_are_known_and_none_is_held_out():
    images, labels = mnist_cli.load_images(), mnist_cli.load_labels()
    recipe = RECIPES["tune"].change({"drawn": 0.5, "epochs": 1})
    known = images[1000:1010], labels[1000:1010]
    trainer = Trainer(images[:100], labels[:100], recipe, 0, mnist_cli.load_network(), known)
    assert (trainer.drawn, len(trainer.validation_labels), len(trainer.labels)) == (40, 20, 130)
    expected = draw_digits(40, seed=0)
    assert np.array_equal(trainer.images[80:120], expected[0])
    assert np.array_equal(trainer.labels[80:120], expected[1])
    assert np.array_equal(trainer.images[120:], known[0])
