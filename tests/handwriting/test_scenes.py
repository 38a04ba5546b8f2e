"""What is round a digit, rows and pages, and what is none: the judge, other readings and lines."""

import csv
from difflib import SequenceMatcher

import numpy as np
import pytest
from support import scenes

from mnist_cli import load_images, load_labels, load_network, read_digit, read_digits
from mnist_cli.handwriting.judge import judge
from mnist_cli.handwriting.reader import DOUBT
from mnist_cli.prediction.prediction import predict_digits

FIRST, COUNT = 45_000, 6  # of the training images that are drawn

pytestmark = pytest.mark.xdist_group("scenes")


@pytest.fixture(scope="module")
def digits(shared_data):
    images = load_images(shared_data / "train-images-idx3-ubyte.gz")[FIRST : FIRST + 60]
    labels = load_labels(shared_data / "train-labels-idx1-ubyte.gz")[FIRST : FIRST + 60]
    return images, labels


@pytest.fixture(scope="module")
def network():
    return load_network()


@pytest.mark.parametrize("kind", scenes.SCENES)
def test_a_digit_is_found_in_every_scene(kind, digits, network):
    images, labels = digits
    read = [read_digit(scenes.draw(kind, images[i], seed=i)) for i in range(COUNT)]
    predictions = network.predict(np.stack([digit.image for digit in read]))
    found = np.array([not digit.empty for digit in read])
    assert (found & (predictions == labels[:COUNT])).sum() >= COUNT - 1


def test_peoples_pages_are_read(shared_rows, network):
    with (shared_rows / "manifest.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "page"]
    exact = 0
    for row in rows:
        read = read_digits(shared_rows / row["file"])
        text = predict_digits(network, read, source="").text
        exact += text.replace("\n", "/") == row["label"]
    assert exact >= len(rows) - 4


def test_a_space_stands_for_a_sign_between_digits(digits, network):
    images, labels = digits
    page = np.zeros((100, 600), np.uint8)
    for number, image in enumerate(images[:6]):
        left = 20 + 72 * number + 110 * (number > 2)
        page[22:78, left : left + 56] = np.kron(image, np.ones((2, 2), np.uint8))
    page[48:54, 252:302] = 255  # a dash
    found = predict_digits(network, read_digits(255 - page), source="")
    text = "".join(map(str, labels[:6]))
    assert (found.text, found.text_with_gaps) == (text, f"{text[:3]} {text[3:]}")


def test_amounts_of_cheques_are_read(shared_strings, network):
    with (shared_strings / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[::8]
    as_long = whole = common = length = 0
    for row in rows:
        text = predict_digits(network, read_digits(shared_strings / row["file"]), source="").text
        same = SequenceMatcher(None, text, row["label"], autojunk=False).get_matching_blocks()
        as_long += len(text) == len(row["label"])
        whole += text == row["label"]
        common += sum(block.size for block in same)
        length += max(len(text), len(row["label"]))
    assert as_long >= 40  # of 50
    assert whole >= 28
    assert common >= 0.85 * length


@pytest.mark.parametrize("touching", [False, True])
def test_lines_of_digits_are_read(touching, digits, network):
    images, labels = digits
    incorrect = 0
    for seed in range(2):
        chosen = np.arange(12 * seed, 12 * seed + 12).reshape(2, 6)
        page = scenes.page(images[chosen], seed, touching)
        read = read_digits(page)
        predictions = network.predict(np.stack([digit.image for digit in read]))
        for line in (0, 1):
            text = [
                int(p) for p, digit in zip(predictions, read, strict=True) if digit.line == line + 1
            ]
            incorrect += text != labels[chosen[line]].tolist()
        assert all(digit.box.left < digit.box.right for digit in read)
    assert incorrect <= (2 if touching else 1)


def test_what_is_no_digit_is_doubted():
    read = [read_digit(scenes.no_digit(seed)) for seed in range(40)]
    doubted = [bool(digit.empty) or DOUBT in digit.warnings for digit in read]
    assert np.mean(doubted) >= 0.85


@pytest.mark.parametrize("gap", [0, 8, 16])
@pytest.mark.parametrize("tones", [(255, 0), (0, 255)])
def test_what_repeats_on_a_grid_is_doubted(gap, tones):
    y, x = np.mgrid[:32, :352]
    squares = ((x - gap) % 32 < 16) & ((y - gap) % 32 < 16)
    read = read_digits(np.where(squares, tones[1], tones[0]).astype(np.uint8))
    assert all(digit.empty or DOUBT in digit.warnings for digit in read)


def test_a_filled_rectangle_is_doubted_unless_it_is_as_slender_as_a_stroke(network):
    page = np.full((200, 200), 255, np.uint8)
    for width, height in [(60, 60), (30, 120), (25, 120), (120, 30), (80, 140)]:
        rectangle = page.copy()
        rectangle[30 : 30 + height, 40 : 40 + width] = 20
        digit = read_digit(rectangle)
        assert digit.empty or DOUBT in digit.warnings, (width, height)
    page[30:150, 90:105] = 20
    digit = read_digit(page)
    assert network.predict(digit.image) == 1
    assert not digit.warnings


def test_the_judge_knows_digits_from_their_halves():
    images = load_images()[:500]
    halves = images.copy()
    halves[:, 14:] = 0
    assert np.median(judge(images)) > 1.5
    assert np.median(judge(halves)) < 0


def test_no_texture_is_a_row_of_certain_digits(network):
    certain = []
    for seed in (6, 27, 33, 39, 42, 45):
        found = predict_digits(network, read_digits(scenes.no_digit(seed)), source="")
        certain.append(sum(not (one.doubted or one.unsure or one.empty) for one in found.digits))
    assert max(certain) < 6
