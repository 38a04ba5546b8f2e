"""How well handwriting is read: for each set a floor, and what is no digit doubted."""

import contextlib
import csv
import os
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from support import scenes, stress
from support.pictures import are_correct

from mnist_cli import (
    Digit,
    load_images,
    load_labels,
    load_network,
    read_digit,
    read_digits,
    read_pictures,
)
from mnist_cli.errors import NoDigitError
from mnist_cli.handwriting.digit import DOUBT
from mnist_cli.prediction.prediction import predict_digit, predict_digits

MANY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
FIRST = 20_000  # of the training images that are drawn
# What takes long is prepared in one process of pytest-xdist only, with --dist loadgroup.
PEOPLE = pytest.mark.xdist_group("people's digits")


def list_pictures(folder):
    """The rows of the manifest: each with the path of a picture, its label, its kind."""
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        return [row | {"file": folder / row["file"]} for row in csv.DictReader(file)]


def is_doubted(one):
    return not isinstance(one, Digit) or DOUBT in one.warnings


# People's digits and numbers


@pytest.fixture(scope="module")
def peoples_digits(shared_digits):
    """Every tenth picture as it was read, and its label."""
    rows = list_pictures(shared_digits)[1 :: 1 if MANY else 10]
    return read_pictures([row["file"] for row in rows]), [int(row["label"]) for row in rows]


@PEOPLE
def test_peoples_digits_are_read(peoples_digits, network, book_weights):
    digits, labels = peoples_digits
    for net, floor in ((network, 0.99), (load_network(book_weights), 0.88)):
        assert are_correct(net, digits, labels).mean() >= floor
    assert np.mean([isinstance(one, Digit) and one.count == 1 for one in digits]) >= 0.99
    assert np.mean([is_doubted(one) for one in digits]) <= 0.03


@PEOPLE
def test_what_the_net_sees_is_in_mnist_format(peoples_digits):
    read = (one for one in peoples_digits[0] if isinstance(one, Digit))
    prepared = np.stack([digit.image for digit in read if digit.way == "converted"])
    mass = prepared.astype(float) / prepared.sum(axis=(1, 2), keepdims=True)
    centres = mass.sum(axis=1) @ np.arange(28), mass.sum(axis=2) @ np.arange(28)
    np.testing.assert_allclose(centres, 14, atol=0.05)
    assert (prepared.max(axis=(1, 2)) == 255).all()
    ink = prepared > 100
    longest = np.maximum(*(ink.any(axis=axis).sum(axis=1) for axis in (1, 2)))
    assert longest.min() >= 18
    assert longest.max() <= 20


@pytest.mark.parametrize(
    ("folder", "kind", "step", "whole", "as_long", "common"),
    [  # of the pictures, and of the characters
        pytest.param("shared_rows", "page", 1, 11 - 4, 0, 0.0, id="pages"),
        pytest.param("shared_strings", None, 8, 28, 40, 0.85, id="amounts of cheques"),
    ],
)
def test_peoples_numbers_are_read(request, network, folder, kind, step, whole, as_long, common):
    rows = list_pictures(request.getfixturevalue(folder))
    pairs = [
        (predict_digits(network, read_digits(row["file"]), source="").text, row["label"])
        for row in [row for row in rows if row.get("kind") == kind][::step]
    ]
    pairs = [(text.replace("\n", "/"), label) for text, label in pairs]
    blocks = [SequenceMatcher(None, *pair, autojunk=False).get_matching_blocks() for pair in pairs]
    same = sum(block.size for found in blocks for block in found)
    assert sum(text == label for text, label in pairs) >= whole
    assert sum(len(text) == len(label) for text, label in pairs) >= as_long
    assert same >= common * sum(max(map(len, pair)) for pair in pairs)


# Drawn digits: spoilt pictures, and what is round a digit

DRAWN = dict.fromkeys(stress.KINDS, stress.draw) | dict.fromkeys(scenes.SCENES, scenes.draw)
HARD = {"phone", "tiny", *scenes.SCENES}


@pytest.mark.xdist_group("drawn digits")
def test_spoilt_pictures_are_read_as_clean_ones_are(training, network):
    """Of what is read when clean, nearly all, and of each kind all but one."""
    images, labels = training
    first, count = (FIRST, 300) if MANY else (FIRST + 6, 4)
    truth = labels[first : first + count]

    def read(kind):
        pictures = [DRAWN[kind](kind, images[first + i], seed=i) for i in range(count)]
        return are_correct(network, read_pictures(pictures), truth).mean()

    shares = {kind: read(kind) for kind in DRAWN}
    clean = shares["clean"]
    assert clean > 0.9
    assert np.mean(list(shares.values())) >= 0.96 * clean
    for kind, share in shares.items():
        least = (0.93 if kind in HARD else 0.97) if MANY else 1 - 1 / count
        assert share >= least * clean, shares


def test_of_a_long_row_no_digit_is_lost(network):
    images, labels = load_images(), load_labels()
    for start in (0, 100):
        row = np.pad(np.hstack([np.pad(each, 2) for each in images[start : start + 40]]), 16)
        read = read_digits(255 - np.kron(row, np.ones((3, 3), np.uint8)))
        assert len(read) == 40
        correct = network.predict(np.stack(read)) == labels[start : start + 40]
        assert correct.sum() >= 38


@pytest.mark.parametrize("letter", ["W", "#", ""])
def test_what_is_left_out_of_a_line_is_said(network, letter):
    image = Image.new("L", (28, 28))
    font = ImageFont.load_default(24)
    ImageDraw.Draw(image).text((14, 14), letter, 255, font, anchor="mm", stroke_width=1)
    seven, two, one, *_ = load_images()
    row = np.pad(np.hstack([np.pad(each, 4) for each in (seven, two, np.asarray(image), one)]), 16)
    page = 255 - np.kron(row, np.ones((4, 4), np.uint8))
    read = predict_digits(network, read_digits(page), source="")
    said = ["1 part of line 1 was not read"] if letter else []
    assert (read.text, read.warnings) == ("721", said)
    whole = replace(read_digit(page), digits=read_digits(page))
    assert list(predict_digit(network, whole, source="").warnings[1:]) == said
    assert read.unsure == bool(letter)


def test_where_people_wrote_several_digits_it_is_said(shared_rows):
    rows = [row["file"] for row in list_pictures(shared_rows)]
    lying = [file for file in rows if "05221859_1" in file.name or "2222-2222" in file.name]
    assert len(lying) == 2
    for read in read_pictures([*lying, *rows[:: 1 if MANY else 6]]):
        assert read.count > 1
        assert read.warnings[0] == f"this looks like {read.count} digits"


@pytest.mark.parametrize(("touching", "incorrect"), [(False, 1), (True, 2)])
def test_lines_of_digits_are_read(training, network, touching, incorrect):
    images, labels = training
    missed = 0
    for seed in range(2):
        chosen = FIRST + np.arange(12 * seed, 12 * seed + 12).reshape(2, 6)
        page = scenes.page(images[chosen], seed, touching)
        read = read_digits(page)
        assert read_digit(page).warnings[0] == f"this looks like {len(read)} digits"
        assert touching or not any(digit.warnings for digit in read)
        lines = predict_digits(network, read, source="").text.split("\n")
        expected = ["".join(map(str, labels[line])) for line in chosen]
        missed += sum(line != text for line, text in zip(lines, expected, strict=True))
    assert missed <= incorrect


def test_a_space_stands_for_a_sign_between_digits(training, network):
    images, labels = (part[FIRST + 6 : FIRST + 12] for part in training)
    page = np.zeros((100, 600), np.uint8)
    for number, image in enumerate(images):
        left = 20 + 72 * number + 110 * (number > 2)
        page[22:78, left : left + 56] = np.kron(image, np.ones((2, 2), np.uint8))
    page[48:54, 252:302] = 255  # a dash
    found = predict_digits(network, read_digits(255 - page), source="")
    text = "".join(map(str, labels))
    assert (found.text, found.text_with_gaps) == (text, f"{text[:3]} {text[3:]}")
    assert found.warnings == []


# What is no digit


def test_letters_and_textures_are_doubted():
    read = read_pictures(scenes.no_digit(seed) for seed in range(20))
    assert np.mean([is_doubted(one) for one in read]) >= 0.85


@pytest.mark.parametrize("seed", [6, 39, 45])  # the first is too fine to be read at all
def test_no_texture_is_a_row_of_certain_digits(network, seed):
    with contextlib.suppress(NoDigitError):
        found = predict_digits(network, read_digits(scenes.no_digit(seed)), source="")
        assert sum(not (one.doubted or one.unsure) for one in found.digits) < 6


@pytest.mark.parametrize("gap", [0, 8, 16])
@pytest.mark.parametrize("tones", [(255, 0), (0, 255)])
def test_what_repeats_on_a_grid_is_doubted(gap, tones):
    y, x = np.mgrid[:32, :352]
    squares = ((x - gap) % 32 < 16) & ((y - gap) % 32 < 16)
    with contextlib.suppress(NoDigitError):
        read = read_digits(np.where(squares, tones[1], tones[0]).astype(np.uint8))
        assert all(is_doubted(digit) for digit in read)


def test_the_same_digit_three_times_is_a_pattern():
    zero = 255 - np.kron(load_images()[3], np.ones((4, 4), np.uint8))
    read = [read_digits(np.hstack([zero] * count)) for count in (2, 3)]
    assert [[is_doubted(digit) for digit in digits] for digits in read] == [[False] * 2, [True] * 3]


def test_a_filled_rectangle_is_doubted_unless_it_is_as_slender_as_a_stroke(network):
    for width, height in [(60, 60), (30, 120), (25, 120), (120, 30), (80, 140), (15, 120)]:
        page = np.full((200, 200), 255, np.uint8)
        page[30 : 30 + height, 40 : 40 + width] = 20
        (read,) = read_pictures([page])
        assert is_doubted(read) == (width > 15), (width, height)
    assert network.predict(read) == 1
