"""Predictions of pictures and of a set: which files, which labels, in what order."""

import gzip
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.limited import run_measured
from support.sets import write_images, write_labels

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.errors import FileError, FormatError
from mnist_cli.handwriting.reader import Digit
from mnist_cli.prediction.collection import collect
from mnist_cli.prediction.indices import predict_indices
from mnist_cli.prediction.pictures import Reading, predict_files
from mnist_cli.prediction.prediction import NoDigit, Unread, predict_digit, predict_picture
from mnist_cli.prediction.results import Results, count_confusions
from mnist_cli.prediction.sources import find_pictures, label_in_name

NETWORK = load_network()


def write(path, image):
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(image).save(path)
    return str(path)


@pytest.fixture
def folder(tmp_path):
    """Thirty exported test images, `<label>_<index>.png`, and what is none of them."""
    images, labels = load_images(), load_labels()
    for index in range(30):
        write(tmp_path / "digits" / f"{labels[index]}_{index:02}.png", images[index])
    (tmp_path / "digits" / "notes.txt").write_text("not a picture")
    (tmp_path / "digits" / ".hidden.png").write_text("not for us")
    return tmp_path / "digits"


def test_labels_begin_names():
    expected = {
        "7_12.png": 7, "7.png": 7, "7/12.png": 7, "a/7-sevens/img.png": 7, "7/3.png": 7,
        "3_1.png": 3, "12.png": None, "img7.png": None, "77/a.png": None, "٣_1.png": None,
    }  # fmt: skip
    assert {path: label_in_name(path) for path in expected} == expected


def test_a_folder_means_its_pictures_in_order(folder):
    write(folder / "below" / "5_a.jpg", load_images()[0])
    found = find_pictures([str(folder)])
    names = [found.name(path) for path in found.paths]
    assert names == [*sorted(names[:-1]), str(Path("below", "5_a.jpg"))]
    assert (len(names), len(found.skipped)) == (31, 1)
    several = find_pictures([str(folder), "-", "missing.png"])
    assert several.paths == (*found.paths, "-", "missing.png")
    assert several.name(found.paths[0]) == found.paths[0]  # or it would not say which folder
    (folder / "empty").mkdir()
    with pytest.raises(FileError, match="holds no pictures"):
        find_pictures([str(folder / "empty")])


def test_what_cannot_be_read_or_listed_is_named_and_the_others_read(folder):
    for name, target in {"5_loop.png": "5_loop.png", "6.png": "missing.png", "deep": "."}.items():
        (folder / name).symlink_to(target)
    (folder / "loop").symlink_to("loop")
    here = os.open(folder, os.O_RDONLY)
    for _ in range(20):  # a path that is longer than the system takes stops even its superuser
        os.mkdir("d" * 250, dir_fd=here)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    pictures = find_pictures([str(folder)])
    (folder / pictures.paths[0]).unlink()
    results = list(predict_files(NETWORK, pictures))
    unread = {one.source: one.error for one in results if isinstance(one, Unread)}
    assert len(results) - len(unread) == 29
    assert "too many levels" in unread.pop(str(folder / "5_loop.png")).replace("symbolic ", "")
    assert "no such file" in unread.pop(str(folder / "6.png"))
    assert "no such file" in unread.pop(pictures.paths[0])
    ((deepest, error),) = unread.items()
    assert deepest.endswith("d" * 250)
    assert "cannot open it: file name too long" in error
    assert len(pictures.skipped) == 2  # notes.txt and the link that is its own target
    with pytest.raises(FileError, match="file name too long"):
        find_pictures([str(folder / ("d" * 250))])


def read_files(name, labels=(), **how):
    return list(predict_files(NETWORK, find_pictures([str(name)], labels), Reading(**how)))


def test_files_come_in_order_with_the_labels_in_their_names(folder):
    (folder / "9_broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    *files, broken = read_files(folder, labels_from_names=True)
    indices = [int(one.name[2:4]) for one in files]
    assert broken == Unread(str(folder / "9_broken.png"), broken.error)
    assert sorted(indices) == list(range(30))
    assert [one.source for one in files] == sorted(one.source for one in files)
    assert [one.prediction for one in files] == NETWORK.predict(load_images()[indices]).tolist()
    assert [one.label for one in files] == load_labels()[indices].tolist()
    assert not any(one.preprocessed for one in files)
    sevens = read_files(folder, labels=[7])  # the broken one is not among them
    assert [one.source for one in sevens] == [one.source for one in files if one.label == 7]


def test_each_prediction_is_taken_apart_where_that_is_wanted():
    predictions = tuple(predict_indices(NETWORK, range(3)))
    empty = NoDigit("blank.png", ("no ink",))
    results = Results((*predictions, empty, Unread("a.png", "cut")), network=NETWORK)
    explained = [results.explain(one) for one in results.everything]
    assert [one and one.prediction for one in explained] == [7, 2, 1, None, None]
    assert Results(predictions).explain(predictions[0]) is None


def indices_of(*arguments, **options):
    predictions = predict_indices(NETWORK, *arguments, **options)
    return [int(one.source.removeprefix("index ")) for one in predictions]


def test_images_are_drawn_at_random_or_taken_by_their_label():
    labels, random = load_labels(), None
    fours = indices_of(of_labels=[4])
    assert fours == np.flatnonzero(labels == 4).tolist()
    assert indices_of(range(10), of_labels=[4, 7]) == [0, 4, 6]
    assert indices_of([0], of_labels=[4]) == []
    drawn = indices_of([3, *[random] * 30, 5], seed=1)
    assert (drawn[0], drawn[-1], len({*drawn[1:-1]})) == (3, 5, 30)
    assert drawn == indices_of([3, *[random] * 30, 5], seed=1)
    assert drawn != indices_of([3, *[random] * 30, 5], seed=2)
    assert sorted(indices_of([random] * 982, of_labels=[4])) == fours  # each once
    with pytest.raises(IndexError, match="983 images are to be drawn of 982"):
        indices_of([random] * 983, of_labels=[4])
    with pytest.raises(IndexError, match="10000"):
        indices_of([10_000], of_labels=[4])


def test_images_of_a_set_are_those_of_their_indices(tmp_path):
    images, labels = load_images()[:5000], load_labels()[:5000]
    path = write_images(tmp_path / "images", images)
    path.write_bytes(gzip.compress(path.read_bytes(), 1))
    indices = [4999, 3, 4100, 3, 0]

    def read(indices, labels=None):
        return list(predict_indices(NETWORK, indices, images=path, labels=labels))

    found = read(indices, write_labels(tmp_path / "labels", labels))
    assert [one.label for one in found] == labels[indices].tolist()
    np.testing.assert_array_equal([one.image for one in found], images[indices])
    (unlabelled,) = read([7])
    assert unlabelled.correct is unlabelled.label is None
    with pytest.raises(IndexError, match=r"index 5000 is not in the range 0\.\.4999"):
        read([0, 5000])
    with pytest.raises(FormatError, match="expected 5,000"):
        read([0], write_labels(tmp_path / "few", labels[:10]))


@pytest.fixture
def page():
    """The picture of a 7 and a 2 beside each other."""
    page = np.full((60, 140), 255, np.uint8)
    for place, index in enumerate((0, 1)):
        page[16:44, 30 + 50 * place : 58 + 50 * place] -= load_images()[index]
    return page


def test_a_split_picture_has_its_digits_and_where_they_are(tmp_path, page):
    path = write(tmp_path / "page.png", page)
    (found,) = read_files(path, split=True)
    assert found.text == "72"
    assert found.lines == [list(found.digits)]
    places = [(one.part, one.line, one.position) for one in found.digits]
    assert places == [(1, 1, 1), (2, 1, 2)]
    left, top, width, height = found.digits[1].box
    assert 80 <= left < left + width <= 108
    assert 16 <= top < top + height <= 44
    assert not any("--split" in words for words in found.warnings)
    (whole,) = read_files(path)
    assert "2 digits" in whole.warnings[0]
    assert whole.warnings[0].endswith("; --split reads them all: 72")


def test_a_split_picture_is_compared_with_the_number_in_its_name(tmp_path, page):
    results = []
    for name in ("72_01.png", "027.png", "page72.png"):
        path = write(tmp_path / name, page)
        results += read_files(path, split=True, labels_from_names=True)
    assert [(one.label, one.correct) for one in results] == [
        ("72", True), ("027", False), (None, None)
    ]  # fmt: skip
    assert count_confusions(results) == [(("027", "72"), 1)]
    for name, correct in (("7_2.png", True), ("7_3.png", False), ("7_2_2.png", False)):
        path = write(tmp_path / name, np.vstack([page[:, :70], page[:, 70:]]))
        (two_lines,) = read_files(path, split=True, labels_from_names=True)
        assert (two_lines.prediction, two_lines.correct) == ("7 / 2", correct)
    (unasked,) = read_files(tmp_path / "72_01.png", split=True)
    assert unasked.label is None


def test_dark_ink_that_is_only_resized_gets_a_hint(tmp_path):
    dark = write(tmp_path / "7.png", 255 - load_images()[0])
    bright = write(tmp_path / "bright.png", load_images()[0])
    for path, how, is_hinted in (
        (dark, {"preprocess": False}, True),
        (dark, {"preprocess": False, "invert": True}, False),
        (dark, {"preprocess": False, "invert": False}, False),  # whoever says so knows
        (dark, {}, False),
        (bright, {"preprocess": False}, False),
    ):
        (one,) = read_files(path, **how)
        assert any("--invert" in words for words in one.warnings) is is_hinted


def test_an_empty_page_has_no_digit_but_a_reason(tmp_path):
    path = write(tmp_path / "3_blank.png", np.full((90, 90), 255, np.uint8))
    (nothing,) = read_files(path, labels_from_names=True)
    assert nothing.prediction is nothing.confidence is nothing.probabilities is None
    assert nothing.warnings == ("no ink: the picture is of one tone",)
    assert nothing.correct is nothing.unsure is False


def test_standard_input_may_be_closed_or_hold_something_else():
    assert read_files("-") == [Unread("-", "-: standard input is closed. Name a file.")]
    (one,) = predict_files(NETWORK, find_pictures(["-"]), standard_input=io.BytesIO(b"garbage"))
    assert one.error.startswith("-: found something else, expected a picture")


def test_what_a_set_cannot_have_is_listed_with_each_reason():
    seven = predict_picture(NETWORK, load_images()[0], source="7.png", label=7)
    found = collect([seven, NoDigit("a.png", ("no ink",))], (Path("images"), Path("labels")))
    assert [one["warnings"] for one in found.doubted] == [("no ink", "no label in its name")]


def test_doubt_is_said_in_words():
    images = load_images()
    predictions = [predict_picture(NETWORK, image, source="") for image in images[:2000]]
    unsure = [one for one in predictions if one.unsure]
    assert 0 < len(unsure) < 100
    for one in unsure:
        *_, probability, _ = sorted(one.probabilities)
        second = one.probabilities.index(probability)
        assert one.second_best == (second, probability)
        assert one.warnings == (f"not sure: {one.prediction} or {second}",)
        assert one.confidence < 0.6 or one.confidence - probability < 0.3
    correct = np.array([one.prediction for one in predictions]) == load_labels()[:2000]
    doubted = np.array([bool(one.warnings) for one in predictions])
    assert correct[doubted].mean() < 0.8 < 0.98 < correct[~doubted].mean()


def test_what_judge_and_net_are_not_sure_of_is_perhaps_no_digit():
    unsure, sure = load_images()[[2582, 0]]
    assert NETWORK.predict_proba(unsure).max() < 0.7
    for image, score, is_doubted in (
        (unsure, -0.5, True),
        (unsure, 0.5, False),
        (sure, -0.5, False),
    ):
        digit = Digit(image, "converted", (), score=score)
        assert predict_digit(NETWORK, digit, source="a.png").doubted is is_doubted


SPARSE = """
import json
from mnist_cli import MnistError, load_network
from mnist_cli.prediction.indices import predict_indices

images, labels = sys.argv[1:]
count = 10**8
for path, header, size in ((images, [2051, count, 28, 28], 784), (labels, [2049, count], 1)):
    with open(path, "wb") as file:
        file.write(b"".join(number.to_bytes(4, "big") for number in header))
        file.write(b"\\0\\4")  # the second image is the one with the label 4
        file.truncate(4 * len(header) + count * size)

def sources(*indices, **how):
    predictions = predict_indices(load_network(), *indices, images=images, labels=labels, **how)
    return [one.source for one in predictions]

def refusal(of_labels):
    try:
        sources(of_labels=of_labels)
    except MnistError as error:
        return str(error)

assert len(sources([None] * 3, seed=0)) == 3
assert sources(of_labels=[4]) == sources([None], of_labels=[4]) == ["index 1"]
assert sources([0, 1, count - 1], of_labels=[4]) == ["index 1"]
assert "more than 1,000,000 images have the label 0" in refusal([0])
assert "found 100,000,000 images" in refusal([])
assert peak_megabytes() < 150, peak_megabytes()
"""


def test_a_set_larger_than_memory_is_drawn_from_in_little(tmp_path):
    run_measured(SPARSE, tmp_path / "images", tmp_path / "labels")
