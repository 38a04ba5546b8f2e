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


def test_both_extremes_of_a_form_have_the_same_strokes_points_and_corners():
    def shape(text):
        return [[point.endswith("!") for point in line.split()] for line in text.split("/")]

    assert [form.digit for form in FORMS] == sorted(form.digit for form in FORMS)
    for form in FORMS:
        assert shape(form.first) == shape(form.last), form
        assert all(len(stroke) > 1 for stroke in shape(form.first)), form


def test_every_digit_is_drawn_and_4_and_7_most_often(drawn):
    images, labels = drawn
    assert images.shape == (300, 28, 28)
    assert images.dtype == labels.dtype == np.uint8
    assert all(map(is_in_mnist_format, images))
    counts = np.bincount(labels, minlength=10)
    assert counts.min() >= 4
    assert set(np.argsort(counts)[-2:]) == {4, 7}


def test_the_seed_decides(drawn):
    for again, same in ((draw_digits(300, seed=0), True), (draw_digits(300, seed=1), False)):
        assert np.array_equal(again[0], drawn[0]) == same
        assert np.array_equal(again[1], drawn[1]) == same
    assert len({image.tobytes() for image in drawn[0]}) == 300


def test_a_drawn_digit_has_as_many_holes_as_its_form_has_rings():
    rng = np.random.default_rng(0)

    def holes(digit, index):
        form = [form for form in FORMS if form.digit == digit][index]
        found = []
        for _ in range(40):
            ink = np.pad(draw_form(form, rng), 2)
            found.append(ndimage.label(~ink)[1] - 1)
        return np.median(found)

    assert holes(1, 0) == 0
    assert holes(8, 1) == 2
    assert holes(0, 0) == 1
    assert holes(4, 0) == 1


def test_the_net_reads_them_and_learns_from_them():
    """Those of another seed are read better by a net that has learnt some, MNIST as well."""
    images, labels = mnist_cli.load_images()[:2000], mnist_cli.load_labels()[:2000]
    recipe = {"recipe": "quick", "epochs": 20, "held_out": 0}
    without, with_drawn = (
        mnist_cli.train(images, labels, **recipe, drawn=share) for share in (0.0, 0.3)
    )
    assert with_drawn.card.drawn_images == 600
    assert with_drawn.card.training_images == 2600
    others = draw_digits(300, seed=9)

    def accuracies(network):
        return [
            np.mean(network.predict(x) == t)
            for x, t in (others, (mnist_cli.load_images()[5000:], mnist_cli.load_labels()[5000:]))
        ]

    (drawn_before, before), (drawn_after, after) = (
        accuracies(net.network) for net in (without, with_drawn)
    )
    assert drawn_after > drawn_before + 0.05
    assert after > before - 0.005


def test_digits_are_drawn_beside_those_that_are_known_and_none_is_held_out():
    images, labels = mnist_cli.load_images()[:500], mnist_cli.load_labels()[:500]
    network = mnist_cli.load_network()
    recipe = RECIPES["tune"].change({"drawn": 0.5, "epochs": 1})
    known = mnist_cli.load_images()[1000:1010], mnist_cli.load_labels()[1000:1010]
    trainer = Trainer(images, labels, recipe, 0, network, known)
    assert (trainer.drawn, len(trainer.validation_labels), len(trainer.labels)) == (200, 100, 610)
    expected = draw_digits(200, seed=0)
    assert np.array_equal(trainer.images[400:600], expected[0])
    assert np.array_equal(trainer.labels[400:600], expected[1])
    assert np.array_equal(trainer.images[600:], known[0])
