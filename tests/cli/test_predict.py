"""`mnist predict` on pictures, as its user runs it."""

import csv
import json
import sys

import numpy as np
import pytest
from PIL import Image
from support import stress
from support.commands import mnist, mnist_process, on_a_terminal

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.errors import printable

IMAGES = load_images()


@pytest.fixture
def page(tmp_path):
    """Test image 0, a 7, as dark ink on a large sheet of paper."""
    path = tmp_path / "7_page.png"
    path.write_bytes(stress.draw("clean", IMAGES[0], seed=0))
    return path


@pytest.fixture
def several(tmp_path):
    """A folder with three exported test images, a picture without ink, and a damaged one."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(3):
        Image.fromarray(IMAGES[index]).save(folder / f"{load_labels()[index]}_{index}.png")
    Image.new("L", (60, 60), 255).save(folder / "8_blank.png")
    (folder / "9_cut.png").write_bytes((folder / "7_0.png").read_bytes()[:60])
    return folder


def answers(*arguments, **options):
    done = mnist("predict", *arguments, "--json", **options)
    return json.loads(done.stdout)


def test_a_drawing_is_read_and_shown(page):
    done = mnist("predict", page)
    assert done.code == 0
    assert "digit 7  confidence 0.9" in done.stdout
    assert "brought to MNIST's form" in done.stdout
    assert done.stderr == ""


def test_an_exported_test_image_has_the_answer_of_its_index(tmp_path):
    Image.fromarray(IMAGES[42]).save(tmp_path / "42.png")
    (from_file,) = answers(tmp_path / "42.png")
    (from_set,) = answers("--index", "42")
    same = ("digit", "confidence", "probabilities", "preprocessed", "warnings")
    assert {name: from_file[name] for name in same} == {name: from_set[name] for name in same}
    assert "in MNIST's form already" in mnist("predict", tmp_path / "42.png").stdout


def test_json_has_the_fields_of_the_contract(page):
    (document,) = answers(page)
    assert list(document) == [
        "source", "digit", "confidence", "probabilities", "preprocessed", "warnings",
    ]  # fmt: skip
    assert document["source"] == str(page)
    assert document["preprocessed"] is True
    assert len(document["probabilities"]) == 10


def test_standard_input_is_read_for_a_dash(page):
    done = mnist_process("predict", "-", "--json", stdin=page.read_bytes())
    (document,) = json.loads(done.stdout)
    assert (document["source"], document["digit"]) == ("-", 7)


def test_many_make_a_table_and_a_summary(several):
    done = mnist("predict", several, "--labels-from-names")
    assert done.code == 1
    assert "accuracy 0.7500  3 of 4 right" in done.stdout
    assert "8 read as no digit: 1 time" in done.stdout
    assert "3 digits, 1 without a digit, 1 not read" in done.stdout
    (error,) = done.stderr.splitlines()
    assert error.startswith("Error: ")
    assert "9_cut.png" in error


def test_many_in_json_keep_their_order_and_name_the_failed(several):
    done = mnist("predict", several / "9_cut.png", several / "7_0.png", "--json")
    failed, read = json.loads(done.stdout)
    assert list(failed) == ["source", "error"]
    assert read["digit"] == 7
    assert done.code == 1


def test_a_single_file_at_fault_prints_nothing_but_the_error(several):
    done = mnist("predict", several / "9_cut.png")
    assert (done.code, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1


def test_files_and_indices_go_together(page):
    assert [one["source"] for one in answers("--index", "3", page)] == ["index 3", str(page)]


def test_an_empty_page_is_no_digit_and_no_error(tmp_path):
    Image.new("RGB", (200, 100), "white").save(tmp_path / "empty.png")
    done = mnist("predict", tmp_path / "empty.png")
    assert done.code == 0
    assert "no ink" in done.stdout
    (document,) = answers(tmp_path / "empty.png")
    assert document["digit"] is document["confidence"] is document["probabilities"] is None
    assert document["warnings"]


def test_split_reads_every_digit(tmp_path):
    row = np.full((60, 190), 255, np.uint8)
    for place in range(3):
        row[16:44, 30 + 50 * place : 58 + 50 * place] -= IMAGES[place]
    Image.fromarray(row).save(tmp_path / "row.png")
    parts = answers("--split", tmp_path / "row.png")
    assert [(one["part"], one["digit"]) for one in parts] == [(1, 7), (2, 2), (3, 1)]
    warned = mnist("predict", tmp_path / "row.png")
    assert "this looks like 3 digits; mnist reads one at a time" in warned.stdout
    assert "row.png #2" in mnist("predict", "--split", tmp_path / "row.png").stdout


def test_preprocessing_and_inversion_can_be_forced(page, tmp_path):
    Image.fromarray(255 - IMAGES[0]).save(tmp_path / "inverted.png")
    (raw,) = answers("--no-preprocess", tmp_path / "inverted.png")
    (mended,) = answers("--no-preprocess", "--invert", tmp_path / "inverted.png")
    (plain,) = answers("--index", "0")
    assert raw["preprocessed"] is False
    assert raw["probabilities"] != mended["probabilities"] == plain["probabilities"]
    assert answers("--invert", page) == answers(page) != answers("--no-invert", page)


def test_steps_are_shown(page):
    shown = mnist("predict", page, "--show-steps").stdout
    for step in ("picture", "ink", "pieces", "strokes", "digit"):
        assert f"{step} " in shown
    assert "the ink is darker than the ground" in shown
    assert max(len(text) for text in shown.splitlines() if "7_page" not in text) <= 80


def test_steps_and_the_digit_are_written(page, tmp_path):
    digit, steps = tmp_path / "digit.png", tmp_path / "steps"
    done = mnist("predict", page, "--save-digit", digit, "--save-steps", steps)
    assert done.code == 0
    names = sorted(path.name for path in steps.iterdir())
    assert names[0] == "1-picture.png"
    assert names[-1].endswith("-digit.png")
    written = np.asarray(Image.open(digit))
    assert (written.shape, written.dtype) == ((28, 28), np.uint8)
    assert load_network().predict(written) == 7


def test_nothing_is_replaced_without_force(page, tmp_path):
    digit = tmp_path / "digit.png"
    digit.write_text("mine")
    assert mnist("predict", page, "--save-digit", digit).code == 1
    assert digit.read_text() == "mine"
    assert mnist("predict", page, "--save-digit", digit, "--force").code == 0


def test_answers_go_to_a_table_and_to_lines(several, tmp_path):
    mnist("predict", several, "--labels-from-names", "--output", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["digit"] for row in rows] == ["1", "2", "7", "", ""]
    assert [row["correct"] for row in rows] == ["true", "true", "true", "false", ""]
    assert "9_cut.png" in rows[-1]["error"]
    mnist("predict", several, "--output", tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(text) for text in lines] == answers(several)
    assert float(rows[0]["p1"]) == json.loads(lines[0])["probabilities"][1]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--split", "--no-preprocess", "x.png"),
        ("--show-steps", "--index", "1"),
        ("--save-digit", "x.jpg", "x.png"),
        ("--output", "x.txt", "x.png"),
        ("--threads", "0", "x.png"),
    ],
)
def test_wrong_usage(arguments):
    done = mnist("predict", *arguments)
    assert (done.code, done.stdout) == (2, "")


def test_one_digit_is_saved_and_no_more(several, tmp_path):
    done = mnist(
        "predict", several / "7_0.png", several / "2_1.png", "--save-digit", tmp_path / "d.png"
    )
    assert done.code == 2
    assert not (tmp_path / "d.png").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="such names cannot be on Windows")
def test_names_of_any_kind_are_shown_escaped(tmp_path, page):
    strange = tmp_path / "7_\x1b[31m\n[bold]x.png"
    strange.write_bytes(page.read_bytes())
    done = mnist("predict", strange, page)
    assert "\x1b" not in done.stdout
    assert "[bold]x.png" in done.stdout
    assert answers(strange)[0]["source"] == str(strange)
    mnist("predict", strange, "--output", tmp_path / "a.csv")
    table = (tmp_path / "a.csv").read_text(encoding="utf-8")
    assert "\x1b" not in table
    assert printable(str(strange), limit=1000) in table  # whole, or nobody would find the file


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals on Windows")
def test_a_terminal_gets_colour(page):
    assert "\x1b[" in on_a_terminal("predict", page).stdout


def test_a_picture_that_is_none_is_refused(tmp_path):
    (tmp_path / "page.png").write_text("<html>")
    done = mnist("predict", tmp_path / "page.png")
    assert (done.code, done.stdout) == (1, "")
    assert "page.png" in done.stderr


def test_what_save_digit_wrote_is_read_as_it_is(tmp_path):
    for number in range(12):
        Image.fromarray(255 - IMAGES[number]).resize((140, 140)).save(tmp_path / "page.png")
        (first,) = answers(tmp_path / "page.png", "--save-digit", tmp_path / "digit.png", "--force")
        (again,) = answers(tmp_path / "digit.png")
        assert (first["preprocessed"], again["preprocessed"]) == (True, False)
        assert again["probabilities"] == first["probabilities"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--index", "3", "--invert"),
        ("--index", "3", "--no-preprocess"),
        ("--index", "3", "--split"),
        ("--index", "3", "--threads", "4"),
        ("--index", "3", "--labels-from-names"),
        ("page.png", "--images", "x", "--labels", "y"),
        ("-", "-"),
    ],
)
def test_an_option_that_would_do_nothing_is_wrong_usage(arguments):
    done = mnist("predict", *arguments)
    assert (done.code, done.stdout) == (2, "")


def test_nothing_is_shown_or_written_when_no_file_can_be_read(tmp_path):
    done = mnist("predict", tmp_path / "a.png", tmp_path / "b.png", "-o", tmp_path / "x.csv")
    assert (done.code, done.stdout) == (1, "")
    assert done.stderr.count("Error: ") == 2
    assert not list(tmp_path.iterdir())


def test_an_empty_page_has_no_digit_to_save(tmp_path):
    Image.new("L", (90, 90), 255).save(tmp_path / "blank.png")
    done = mnist("predict", tmp_path / "blank.png", "--save-digit", tmp_path / "digit.png")
    assert (done.code, done.stdout) == (1, "")
    assert "no digit to save" in done.stderr
    assert not (tmp_path / "digit.png").exists()
