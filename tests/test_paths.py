"""Which file a name means."""

import os
from pathlib import Path

import pytest

from mnist_cli import paths
from mnist_cli.errors import FileError
from mnist_cli.spec import TEST_LABELS, TRAIN_IMAGES


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """An empty current folder."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def data(tmp_path):
    """An empty data directory."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def test_as_given_then_data_directory_then_embedded(here, data):
    name = TEST_LABELS
    embedded = paths.FoundFile(paths.embedded_directory() / name, "embedded")
    assert paths.find(name, data) == paths.find(name, data / "missing") == embedded
    (data / name).touch()
    assert paths.find(name, data) == paths.FoundFile(data / name, "data directory")
    (here / name).touch()
    assert paths.find(name, data) == paths.FoundFile(Path(name), "given")
    assert paths.find_or_embedded(name, name, data) == paths.FoundFile(Path(name), "given")
    assert paths.find_or_embedded(None, name, data) == embedded  # whatever lies around


def test_the_data_directory_is_the_option_then_the_variable_then_the_users(data, monkeypatch):
    monkeypatch.setenv("MNIST_DATA_DIR", str(data / "variable"))
    assert paths.data_directory(data) == data
    assert paths.data_directory() == data / "variable"
    monkeypatch.setenv("MNIST_DATA_DIR", "")
    users_own = paths.data_directory()
    monkeypatch.delenv("MNIST_DATA_DIR")
    assert paths.data_directory() == users_own
    assert users_own.is_absolute()
    assert "mnist-cli" in str(users_own)


def test_a_tilde_is_the_home_folder(data, monkeypatch):
    monkeypatch.setenv("USERPROFILE" if os.name == "nt" else "HOME", str(data))
    assert paths.data_directory("~/mnist") == data / "mnist"
    assert paths.data_directory("~nobody-of-this-name/mnist").name == "mnist"


def test_a_name_with_a_folder_is_looked_up_only_there(here, data):
    (data / "w.pkl").touch()
    for name in ("./w.pkl", "sub/w.pkl", str(here / "w.pkl"), f".{os.sep}weights.pkl"):
        with pytest.raises(FileError, match=r"no such file or folder\. Check the path"):
            paths.find(name, data)
    assert paths.find("w.pkl", data).path == data / "w.pkl"
    (here / "sub").mkdir()
    (here / "sub" / "w.pkl").touch()
    assert paths.find("sub/w.pkl", data).origin == "given"


def test_every_spelling_finds_every_other_and_itself_first(here, data):
    every = ("a-idx3-ubyte", "a-idx3-ubyte.gz", "a.idx3-ubyte", "a.idx3-ubyte.gz")
    (here / "sub").mkdir()
    for folder, place in ((data, ""), (here / "sub", "sub/")):
        for there in every:
            (folder / there).touch()
            assert {paths.find(place + asked, data).path.name for asked in every} == {there}
            (folder / there).unlink()
    for name in every:
        (data / name).touch()
    assert [paths.find(name, data).path.name for name in every] == [*every]
    for name in ("weights.pkl", "photo.png.gz"):
        assert paths.spellings(name) == [name]


@pytest.mark.parametrize("name", ["", "none/", "a\0b", "\ud800", "none" * 1000])
def test_what_is_nowhere_is_a_file_error_of_one_line(data, name):
    with pytest.raises(FileError, match="there is no such file or folder") as caught:
        paths.find(name, data)
    assert str(caught.value).isprintable()


def test_a_name_near_to_one_in_any_of_the_places_is_suggested(data):
    (data / "sample_weight.pkl").touch()
    for name, near in (("weigths.pkl", "weights"), ("smaple_weight.pkl", "sample_weight")):
        with pytest.raises(FileError, match=rf"Did you mean '.*{near}\.pkl'\?"):
            paths.find(name, data)


def test_training_files_come_from_the_data_directory_only(here, data):
    (here / TRAIN_IMAGES).touch()
    with pytest.raises(FileError, match="Run 'mnist download train' first"):
        paths.find_training_files(data)
    files = data / "train-images.idx3-ubyte.gz", data / "train-labels-idx1-ubyte"
    for file in files:
        file.touch()
    assert paths.find_training_files(data) == files


def test_one_name_stands_for_images_and_labels_in_every_spelling(here, data):
    pair = ("class-images-idx3-ubyte.gz", "class-labels-idx1-ubyte.gz")
    assert paths.name_pair("class", None, data) == ("class", None)
    (here / "class").mkdir()  # the folder of the pictures
    for folder, spelling in ((data, "class-images.idx3-ubyte"), (here, "class-images-idx3-ubyte")):
        (folder / spelling).touch()
        assert paths.name_pair("class", None, data) == pair
        assert paths.find(pair[0], data).path.name == spelling
    assert paths.name_pair(here / "class", None) == tuple(str(here / name) for name in pair)
    assert paths.name_pair("class", "labels", data) == ("class", "labels")
    assert paths.name_pair("t10k", None, data)[1] == "t10k-labels-idx1-ubyte.gz"
    assert paths.name_pair(None, None, data) == (None, None)
    (here / "t10k").touch()  # a file of this very name
    assert paths.name_pair("t10k", None, data) == ("t10k", None)
