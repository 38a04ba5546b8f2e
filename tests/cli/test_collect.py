"""`mnist collect` as its user runs it, and what the set is then good for."""

import re
import shutil

import numpy as np
import pytest
from support.commands import mnist
from support.folders import names
from support.pictures import to_png
from support.zips import digits, write_zip

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.arrays import load_labelled

IMAGES, LABELS = "class-images-idx3-ubyte.gz", "class-labels-idx1-ubyte.gz"
COUNT = 20


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, in which `digits/` holds twenty test images by their labels."""
    monkeypatch.chdir(tmp_path)
    images, labels = load_images(), load_labels()
    for index in range(COUNT):
        path = tmp_path / "digits" / str(labels[index]) / f"{index:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(to_png(images[index]))
    return tmp_path


def by_label():
    order = sorted(range(COUNT), key=lambda index: (load_labels()[index], index))
    return load_images()[order], load_labels()[order]


def test_the_set_holds_the_pictures_and_their_labels_the_same_from_an_archive(here):
    done = mnist("collect", "digits", "-o", "class", "--sheet")
    assert (done.code, done.stderr) == (0, "")
    counts = "  ".join(f"{digit}: {(by_label()[1] == digit).sum()}" for digit in range(10))
    assert f"\n{COUNT} digits  {counts}\n" in done.stdout
    assert all(f"{load_labels()[index]}/{index:02}.png" in done.stdout for index in range(COUNT))
    for found, expected in zip(load_labelled(IMAGES, LABELS), by_label(), strict=True):
        assert np.array_equal(found, expected)

    shutil.make_archive("digits", "zip", "digits")
    done = mnist("collect", "digits.zip", "-o", "zipped", "--json")
    assert (done.code, done.document["samples"]) == (0, COUNT)
    for name in (IMAGES, LABELS):
        assert (here / name).read_bytes() == (here / f"zipped{name[5:]}").read_bytes()


def test_one_name_stands_for_both_files_in_every_command(here):
    mnist("collect", "digits", "-o", "class")
    images, labels = by_label()
    correct = int((load_network().predict(images) == labels).sum())
    evaluated = mnist("eval", "--images", "class", "--confusion", "--json").document
    assert (evaluated["samples"], evaluated["correct"]) == (COUNT, correct)
    drawn = mnist("draw", "--images", "class", "--no-open", "--json").document
    assert (drawn["images"], drawn["samples"]) == (IMAGES, COUNT)
    (here / LABELS).unlink()
    gone = mnist("eval", "--images", "class")
    assert gone.stderr.startswith(f"Error: {LABELS}: there is no such file")


def test_what_is_doubtful_has_no_label_or_cannot_be_read_is_listed(here):
    (here / "digits" / "7" / "cut.png").write_bytes(to_png(load_images()[0])[:60])
    (here / "digits" / "photo.png").write_bytes(to_png(load_images()[1]))
    (here / "digits" / "3" / "unsure.png").write_bytes(to_png(load_images()[6011]))
    (here / "digits" / "3" / "blank.png").write_bytes(to_png(np.full((90, 90), 255, np.uint8)))
    done = mnist("collect", "digits", "-o", "class")
    assert done.code == 1
    assert done.stderr.startswith("Error: digits/7/cut.png: ")
    rows = [re.split("  +", row.strip()) for row in done.stdout.splitlines() if ".png" in row]
    listed = {name: reason for name, *_, reason in rows}
    assert listed.pop("3/blank.png")
    assert listed == {"photo.png": "no label in its name", "3/unsure.png": "not sure: 3 or 9"}
    assert "\n22 predictions, 1 of them not sure, 1 without a digit, 1 not read\n" in done.stdout
    document = mnist("collect", "digits", "-o", "class", "--force", "--json").document
    assert (document["images"], sum(document["per_label"])) == (IMAGES, COUNT + 1)
    assert {"error" in one for one in document["doubted"]} == {True, False}


def test_the_folder_of_a_class_is_no_label_and_each_picture_counts_once(here):
    shutil.copytree("digits", "3b")
    (here / "3b" / "anna0.png").write_bytes(to_png(load_images()[0]))
    document = mnist("collect", "3b", "./3b/", "-o", "class", "--json").document
    assert document["samples"] == COUNT
    unlabelled = [one["source"] for one in document["doubted"] if "no label" in str(one)]
    assert unlabelled == ["3b/anna0.png"]
    shutil.make_archive("3b", "zip", base_dir="3b")
    document = mnist("collect", "3b.zip", "-o", "zipped", "--json").document
    assert (document["samples"], len(document["doubted"])) == (COUNT, len(unlabelled))
    for folder, names_are in (("3반", "no picture"), ("3-b", "no picture"), ("7", "7: 1")):
        (here / folder).mkdir()
        shutil.copy("3b/anna0.png", folder)
        done = mnist("collect", f"{folder}/anna0.png", "-o", "one", "--force")
        assert names_are in done.stdout + done.stderr
    assert "7: 1" in mnist("collect", "7", "-o", "sevens").stdout


@pytest.mark.usefixtures("here")
def test_what_lies_first_in_an_archive_does_not_say_what_it_is():
    for first in ("metadata.json", "config.json", "x/data.pkl"):
        archive = write_zip("a.zip", {first: b"{}"} | digits(*by_label()))
        done = mnist("collect", archive, "-o", "a", "--force", "--json")
        assert done.document["samples"] == COUNT


def test_where_nothing_was_read_it_says_why(here):
    shutil.make_archive("good", "zip", "digits")
    (here / "cut.zip").write_bytes((here / "good.zip").read_bytes()[:-30])
    for name in ("missing", "cut.zip"):
        said = mnist("collect", name, "-o", "class").stderr
        assert said == mnist("predict", name).stderr
        assert said.startswith(f"Error: {name}: ")
        assert said.count("\n") == 1
    for name in (".", "..", "digits/"):
        done = mnist("collect", "digits", "-o", name)
        assert "found a folder, expected a name for two files" in done.stderr
    assert not list(here.glob(".*"))


def test_what_is_only_resized_is_not_looked_for(here):
    off_centre = np.roll(load_images()[0], 4, axis=1)
    (here / "7.png").write_bytes(to_png(off_centre))
    for options, same in ((("--size-only",), True), ((), False)):
        mnist("collect", "7.png", "-o", "class", "--force", *options)
        (image,), _ = load_labelled(IMAGES, LABELS)
        assert np.array_equal(image, off_centre) == same


def test_nothing_is_replaced_and_without_any_label_there_is_no_set(here):
    (here / "photo.png").write_bytes(to_png(load_images()[0]))
    (here / LABELS).write_text("precious")
    for source, target, words in (
        ("photo.png", "other", "no picture here shows a digit and has its label"),
        ("missing", "class", f"{LABELS}: the file exists already"),  # before anything is read
    ):
        done = mnist("collect", source, "-o", target)
        assert (done.code, done.stdout, words in done.stderr) == (1, "", True)
    assert names(here) == [LABELS, "digits", "photo.png"]
