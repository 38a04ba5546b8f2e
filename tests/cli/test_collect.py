"""`mnist collect` as its user runs it, and what the set is then good for."""

import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image
from support.commands import mnist

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.arrays import load_labelled

IMAGES, LABELS = "class-images-idx3-ubyte.gz", "class-labels-idx1-ubyte.gz"
COUNT = 40


def png(image):
    content = io.BytesIO()
    Image.fromarray(image).save(content, "PNG")
    return content.getvalue()


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, in which `digits/` holds forty test images by their labels."""
    monkeypatch.chdir(tmp_path)
    images, labels = load_images(), load_labels()
    for index in range(COUNT):
        path = tmp_path / "digits" / str(labels[index]) / f"{index:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png(images[index]))
    return tmp_path


@pytest.fixture
def zipped(here):
    with zipfile.ZipFile(here / "digits.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((here / "digits").rglob("*.png")):
            archive.writestr(path.relative_to(here / "digits").as_posix(), path.read_bytes())
        archive.writestr("__MACOSX/7/._01.png", b"not for us")
    return here / "digits.zip"


def by_label():
    order = sorted(range(COUNT), key=lambda index: (load_labels()[index], index))
    return load_images()[order], load_labels()[order]


@pytest.mark.usefixtures("here")
def test_the_set_holds_the_pictures_and_their_labels():
    done = mnist("collect", "digits", "-o", "class")
    assert (done.code, done.stderr) == (0, "")
    counts = "  ".join(f"{digit}: {(by_label()[1] == digit).sum()}" for digit in range(10))
    assert f"\n40 digits  {counts}\n" in done.stdout
    images, labels = load_labelled(IMAGES, LABELS)
    assert np.array_equal(images, by_label()[0])
    assert np.array_equal(labels, by_label()[1])


def test_the_same_pictures_give_the_same_bytes_in_a_zip_archive_too(here, zipped):
    mnist("collect", "digits", "-o", "class")
    done = mnist("collect", zipped, "-o", "zipped", "--json")
    assert done.code == 0
    assert json.loads(done.stdout)["samples"] == COUNT
    for name in (IMAGES, LABELS):
        assert (here / name).read_bytes() == (here / f"zipped{name[5:]}").read_bytes()
    predicted = [mnist("predict", source, "--json").stdout for source in ("digits", "digits.zip")]
    assert predicted[0] == predicted[1].replace("digits.zip/", "digits/")


def test_one_name_stands_for_both_files_in_every_command(here):
    mnist("collect", "digits", "-o", "class")
    images, labels = by_label()
    correct = int((load_network().predict(images) == labels).sum())
    evaluated = json.loads(mnist("eval", "--images", "class", "--confusion", "--json").stdout)
    assert (evaluated["samples"], evaluated["correct"]) == (COUNT, correct)
    (one,) = json.loads(mnist("predict", "-i", "5", "--images", "class", "--json").stdout)
    assert one["label"] == labels[5]
    train = ("train", "--images", "class", "--epochs", "1", "--json")
    assert mnist(*train, "-o", "w.pkl").code == 0
    drawn = json.loads(mnist("draw", "--images", "class", "--no-open", "--json").stdout)
    assert (drawn["images"], drawn["samples"]) == (IMAGES, COUNT)
    assert mnist("eval", "--images", "klass").code == 1
    (here / LABELS).unlink()
    gone = mnist("eval", "--images", "class")
    assert (gone.code, gone.stdout) == (1, "")
    assert gone.stderr.startswith(f"Error: {LABELS}: there is no such file")


def test_what_is_doubtful_has_no_label_or_cannot_be_read_is_listed(here):
    (here / "digits" / "7" / "cut.png").write_bytes(png(load_images()[0])[:60])
    (here / "digits" / "photo.png").write_bytes(png(load_images()[1]))
    (here / "digits" / "3" / "unsure.png").write_bytes(png(load_images()[6011]))
    (here / "digits" / "3" / "blank.png").write_bytes(png(np.full((90, 90), 255, np.uint8)))
    done = mnist("collect", "digits", "-o", "class")
    assert done.code == 1
    assert done.stderr.startswith("Error: digits/7/cut.png: ")
    listed = {
        line.split()[0]: line.split("  ")[-1].strip()
        for line in done.stdout.splitlines()
        if ".png" in line
    }
    assert listed.keys() == {"photo.png", "3/blank.png", "3/unsure.png"}
    assert listed["photo.png"] == "no label in its name"
    assert listed["3/unsure.png"] == "not sure: 3 or 9"
    assert "\n42 predictions, 1 of them not sure, 1 without a digit, 1 not read\n" in done.stdout
    assert len(load_labelled(IMAGES, LABELS)[1]) == COUNT + 1
    document = json.loads(mnist("collect", "digits", "-o", "class", "--force", "--json").stdout)
    assert list(document) == ["images", "labels", "samples", "per_label", "doubted"]
    assert (document["images"], sum(document["per_label"])) == (IMAGES, COUNT + 1)
    assert {"error" in one for one in document["doubted"]} == {True, False}


def test_a_sheet_shows_all(here):
    shown = mnist("collect", "digits", "-o", "class", "--sheet").stdout
    assert all(f"{load_labels()[index]}/{index:02}.png" in shown for index in range(COUNT))
    assert (here / IMAGES).is_file()


def test_what_is_only_resized_is_not_looked_for(here):
    off_centre = np.roll(load_images()[0], 4, axis=1)
    (here / "7.png").write_bytes(png(off_centre))
    for options, same in ((("--size-only",), True), ((), False)):
        mnist("collect", "7.png", "-o", "class", "--force", *options)
        (image,), _ = load_labelled(IMAGES, LABELS)
        assert np.array_equal(image, off_centre) == same


@pytest.mark.parametrize("taken", [IMAGES, LABELS])
def test_nothing_is_replaced_and_neither_is_written(here, taken):
    (here / taken).write_text("precious")
    done = mnist("collect", "missing", "-o", "class")  # refused before anything is read
    assert (done.code, done.stdout) == (1, "")
    assert f"{taken}: the file exists already" in done.stderr
    assert {path.name for path in here.iterdir()} == {"digits", taken}


def test_without_any_label_there_is_no_set(here):
    (here / "photo.png").write_bytes(png(load_images()[0]))
    done = mnist("collect", "photo.png", "-o", "class")
    assert (done.code, done.stdout) == (1, "")
    assert "no picture here shows a digit and has its label" in done.stderr
    assert not (here / IMAGES).exists()
