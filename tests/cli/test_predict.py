"""`mnist predict` on pictures, as its user runs it."""

import csv
import json
import os
import re

import numpy as np
import pytest
from PIL import Image
from support import stress
from support.commands import mnist
from support.folders import names

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.errors import printable
from mnist_cli.render.text import Surface, drawing_on

IMAGES = load_images()
LABELS = load_labels()


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
        Image.fromarray(IMAGES[index]).save(folder / f"{LABELS[index]}_{index}.png")
    Image.new("L", (60, 60), 255).save(folder / "8_blank.png")
    (folder / "9_cut.png").write_bytes((folder / "7_0.png").read_bytes()[:60])
    return folder


@pytest.fixture
def row(tmp_path):
    """The first three test images, 7, 2 and 1, side by side on paper."""
    path = tmp_path / "row.png"
    Image.fromarray(255 - np.hstack(np.pad(IMAGES[:3], ((0, 0), (16, 16), (15, 15))))).save(path)
    return path


@pytest.fixture
def many(tmp_path):
    """A folder with long names: 14 images with their labels, and 12 with each a wrong one."""
    folder = tmp_path / "many"
    folder.mkdir()
    certain = np.flatnonzero(load_network().predict_proba(IMAGES[:40]).max(axis=1) > 0.95)[:26]
    long = "a-long-name-that-says-who-wrote-it-and-where-" * 2
    for number, index in enumerate(certain):
        label = LABELS[index] if number < 14 else (LABELS[index] + 1 + number % 2) % 10
        name = f"{label}_{long}{number:02}.png"
        Image.fromarray(IMAGES[index]).save(folder / name)
    return folder


def documents(*arguments, **options):
    return mnist("predict", *arguments, "--json", **options).document


def test_indices_are_lists_and_ranges_mixed_and_repeated():
    sources = [one["source"] for one in documents("-i", "3,1", "--index", "7-9,0", "-i", "3")]
    assert sources == [f"index {index}" for index in (3, 1, 7, 8, 9, 0, 3)]
    drawn = [one["source"] for one in documents("-i", "random:3,random", "--seed", "1")]
    assert len(set(drawn)) == 4
    for wrong in ("3-", "9-1", "1,,2", "10000", "0-999999999", "٣", "1" * 5000, "random:10001"):
        done = mnist("predict", "-i", wrong)
        assert (done.code, done.stdout, "--index" in done.stderr) == (2, "", True)


def test_a_contact_sheet_marks_what_is_incorrect(several):
    shown = mnist("predict", "-i", "0-3,659", "--label", "2", several, "--labels-from-names",
                  "--sheet").stdout  # fmt: skip
    names, verdicts = shown.split("\n\n3 predictions")[0].splitlines()[-2:]
    assert re.split(" {2,}", names) == ["index 1", "index 659", "2_1.png"]
    assert re.split(" {2,}", verdicts) == ["2", "1, label 2", "2"]
    assert "2 of 3 correct" in shown
    for one, index in zip(documents("-i", "659,0", "--sheet"), (659, 0), strict=True):
        assert one["image"] == IMAGES[index].tolist()


def test_images_are_chosen_by_their_label_and_by_what_is_said_of_them():
    wrong = mnist("predict", "--label", "4", "--only", "wrong").stdout
    assert "978 of 982 correct" in wrong
    assert wrong.count("incorrect: 4") == 4
    none = mnist("predict", "-i", "0", "--label", "4", "--label", "5")
    assert (none.code, none.stderr) == (1, "Error: no image here has the label 4 or 5.\n")
    unsure = documents("-i", "6000-6399", "--only", "unsure")
    assert {"not sure" in one["warnings"][0] for one in unsure} == {True}
    done = mnist("predict", "--only", "wrong").stdout  # alone: of the whole set
    assert len(re.findall(r"^index \d+", done, re.MULTILINE)) == 73
    assert "accuracy 0.9927  9927 of 10000" in done


def test_many_make_a_table_and_a_summary_and_only_errors_are_told_of_when_quiet(several, page):
    done = mnist("predict", several, "--labels-from-names", "-q")
    assert done.code == 1
    assert "accuracy 0.7500  3 of 4 correct" in done.stdout
    assert "3 predictions, 1 without a digit, 1 not read" in done.stdout
    assert re.fullmatch("Error: .*9_cut.png.*\n", done.stderr)
    (several / "notes.txt").write_text("not a picture")
    (several / "also.csv").write_text("not a picture")
    told = "Note: skipped also.csv and 1 other file: no pictures by the name\n"
    assert told in mnist("predict", several).stderr

    failed, read = documents(several / "9_cut.png", "-", stdin=page.read_bytes())  # in their order
    assert list(failed) == ["source", "error"]
    assert len(read.pop("probabilities")) == 10
    assert list(read) == ["source", "prediction", "confidence", "preprocessed", "warnings"]
    assert (read["source"], read["prediction"], read["preprocessed"]) == ("-", 7, True)


def test_what_is_doubtful_comes_last_and_mistakes_beyond_ten_are_counted(many):
    Image.new("L", (60, 60), 255).save(many / "0_blank.png")
    options = (many, "--labels-from-names", "--threads", "1")
    table, summary = mnist("predict", *options).stdout.split("\n\n")
    _, *rows = table.splitlines()  # in a pipe with whole names
    assert {row.split()[0] for row in rows} == {path.name for path in many.iterdir()}
    verdicts = [re.search(r" (correct|incorrect)\b", row)[1] for row in rows]
    assert verdicts == 14 * ["correct"] + 13 * ["incorrect"]
    times = re.findall(r"(?:^\d read as .*|other pairs?): (\d+) time", summary, re.MULTILINE)
    assert (len(times), sum(map(int, times))) == (11, 13)
    shown = mnist("predict", *options, "--only", "wrong").stdout
    assert shown.count("incorrect: ") == 13
    assert "14 of 27 correct" in shown  # the summary is of all


def test_a_terminal_is_filled_and_gets_the_ends_of_long_names(many):
    with drawing_on(Surface(True, True, 120)):
        sheet = mnist("predict", "-i", "0-99", "--sheet").lines
    assert 104 < max(map(len, sheet)) <= 120
    with drawing_on(Surface(False, True, 60)):
        table = mnist("predict", many, "--labels-from-names").lines
    assert max(map(len, table)) <= 60
    numbers = {path.stem[-2:] for path in many.iterdir()}
    assert {found[1] for text in table if (found := re.search(r"….*(\d\d)\.png ", text))} == numbers


def test_an_empty_page_is_told_at_once_and_what_is_not_there_is_not_written(tmp_path):
    Image.new("RGB", (200, 100), "white").save(tmp_path / "empty.png")
    done = mnist("predict", tmp_path / "empty.png")
    assert [text.split(":")[0] for text in done.stdout.splitlines()[1:]] == ["no digit", "no ink"]
    for picture, option, output, words in (
        ("empty.png", "--save-digit", "digit.png", "no digit to save"),
        ("gone.png", "--output", "x.csv", "there is no such file"),
    ):
        done = mnist("predict", tmp_path / picture, option, tmp_path / output)
        assert (done.code, done.stdout, words in done.stderr) == (1, "", True)
    assert names(tmp_path) == ["empty.png"]


def test_split_reads_every_digit_and_begins_with_the_number(row, page):
    (page_,) = documents("--split", row)
    assert list(page_) == ["source", "text", "text_with_gaps", "lines", "warnings"]
    assert (page_["text"], page_["warnings"]) == ("721", [])
    assert list(page_["lines"][0][0]) == ["prediction", "confidence", "doubted", "box"]
    assert mnist("predict", "--split", row).stdout.startswith("721\n")
    assert documents("--split", row, "--only", "unsure") == []
    table = csv.DictReader(mnist("predict", "--split", row, page, "-o", "-").stdout.splitlines())
    assert [each["position"] for each in table] == ["1", "2", "3", "1"]
    both = mnist("predict", "--split", row, page).stdout.splitlines()
    assert [text for text in both if ".png" in text] == [f"721  {row}", f"7  {page}"]


def test_preprocessing_and_inversion_can_be_forced(page, tmp_path):
    Image.fromarray(255 - IMAGES[0]).save(tmp_path / "inverted.png")
    (raw,) = documents("--no-preprocess", tmp_path / "inverted.png")
    (mended,) = documents("--no-preprocess", "--invert", tmp_path / "inverted.png")
    (plain,) = documents("--index", "0")
    assert raw["preprocessed"] is False
    assert raw["probabilities"] != mended["probabilities"] == plain["probabilities"]
    assert documents("--invert", page) == documents(page) != documents("--no-invert", page)


def test_every_digit_of_a_split_picture_is_in_brackets_below_its_number_on_every_surface(row):
    boxes = [one["box"] for one in documents("--split", row)[0]["lines"][0]]
    arguments = ("predict", "--split", row, "--show-steps")
    scale = 68 / 174  # characters a pixel
    for lines in (mnist(*arguments, encoding="ascii").lines, mnist(*arguments, columns=80).lines):
        for number, (left, _, width, _) in enumerate(boxes, start=1):
            at = int(left * scale) + 1
            first = next(n for n, text in enumerate(lines) if text[at : at + 1] == "[")
            end = lines[first].index("]", at)
            assert lines[first - 1][at:end].strip(" ▀") == str(number)
            assert abs(end - (left + width) * scale - 2) <= 1


def test_several_digits_are_saved_into_a_folder(several, row, tmp_path):
    (several / "below").mkdir()
    (several / "7_0.png").rename(several / "below" / "7_0.png")
    Image.fromarray(IMAGES[0]).save(several / "7_0.png")
    folder = tmp_path / "new" / "digits"
    assert mnist("predict", several, "-i", "8", "--save-digit", folder).code == 1  # the damaged one
    expected = ["1_2.png", "2_1.png", "7_0-2.png", "7_0.png", "index-8.png"]
    assert names(folder) == expected
    assert (np.asarray(Image.open(folder / "index-8.png")) == IMAGES[8]).all()
    assert mnist("predict", "--split", row, "--save-digit", folder).code == 0
    assert names(folder) == [*expected, "row-1.png", "row-2.png", "row-3.png"]
    done = mnist("predict", "--split", row, "--save-digit", tmp_path / "d.png")
    assert (done.code, "Name a folder" in done.stderr) == (1, True)
    assert not (tmp_path / "d.png").exists()


def test_predictions_go_to_a_table_and_to_lines(several, tmp_path):
    printed = mnist("predict", several, "--labels-from-names", "-o", "-").stdout
    rows = list(csv.DictReader(printed.splitlines()))  # and nothing else
    assert [row["prediction"] for row in rows] == ["1", "2", "7", "", ""]
    assert [row["correct"] for row in rows] == ["true", "true", "true", "false", ""]
    assert "9_cut.png" in rows[-1]["error"]
    mnist("predict", several, "--only", "unsure", "--output", tmp_path / "a.jsonl")  # still all
    lines = (tmp_path / "a.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(text) for text in lines] == documents(several)
    assert float(rows[0]["p1"]) == json.loads(lines[0])["probabilities"][1]


@pytest.mark.skipif(os.name != "posix", reason="names of POSIX")
def test_names_of_any_kind_are_shown_escaped_before_they_are_laid_out(page):
    strange = page.rename(page.with_name("7_\x1b[31m\n[bold]x.png"))
    for options in ((), ("-o", "-")):  # whole, or nobody would find the file
        shown = mnist("predict", strange, *options).stdout
        assert "\x1b" not in shown
        assert printable(str(strange), limit=1000) in shown
    assert documents(strange)[0]["source"] == str(strange)
    korean = strange.rename(page.with_name("7_한글이름-파일.png"))
    done = mnist("predict", *[korean] * 2, columns=60, encoding="ascii")
    assert r"\uc77c.png" in done.stdout


def test_what_save_digit_wrote_is_read_as_it_is(page, tmp_path):
    (first,) = documents(page, "--save-digit", tmp_path / "digit.png")
    (again,) = documents(tmp_path / "digit.png")
    assert (first["preprocessed"], again["preprocessed"]) == (True, False)
    assert again["probabilities"] == first["probabilities"]
