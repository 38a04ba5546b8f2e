"""Training between files: what is read, what is written, and that no trained net is lost."""

import hashlib
import os
import re
import tempfile
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from support.folders import names
from support.nets import same_bits
from support.refusals import refusal_of
from support.sets import write_images, write_labels

from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.errors import FileError
from mnist_cli.training.arrays import train
from mnist_cli.training.files import TrainingFiles, train_file
from mnist_cli.training.recipes import Recipe
from mnist_cli.weights.weights_file import load_network, read_weights

SHORT = Recipe("short", "adamw", epochs=3, weight_decay=0.05, held_out=100, shift=1)
RELU = replace(SHORT, activation="relu")


def at_the_last_epoch(act):
    """A report that does `act` before what was trained is written."""
    return lambda epoch: epoch.epoch == epoch.epochs and act()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """1,000 real digits."""
    folder = tmp_path_factory.mktemp("idx")
    images = write_images(folder / "images", load_images()[:1000])
    return TrainingFiles((images, write_labels(folder / "labels", load_labels()[:1000])))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_weights_and_card_are_written_together(files, tmp_path):
    reported = []
    output, some = tmp_path / "w.pkl", replace(files, limit=900)
    card = train_file(output, SHORT, some, seed=5, report=reported.append)

    assert names(tmp_path) == ["w.json", "w.pkl"]
    assert read_weights(output).card == card
    network, _ = train(load_images()[:900], load_labels()[:900], SHORT, seed=5)
    assert same_bits(load_network(output).arrays, network.arrays)
    assert (card.recipe, card.seed, card.versions["numpy"]) == ("short", 5, np.__version__)
    assert (card.training_images, card.validation_images) == (800, 100)
    assert card.validation_accuracy_by_epoch == tuple(e.validation_accuracy for e in reported)
    assert card.validation_accuracy == reported[-1].validation_accuracy
    assert card.test_accuracy is None  # these are not MNIST's own files, and none to test on given
    assert card.weights_sha256 == hashlib.sha256(output.read_bytes()).hexdigest()


def test_the_finished_net_is_measured_on_the_test_set(files, shared_data, tmp_path):
    test = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    mnist = TrainingFiles(data_dir=shared_data, limit=500)  # on the embedded set, unasked
    for chosen in (replace(files, test=test), mnist):
        card = train_file(tmp_path / "w.npz", SHORT, chosen, overwrite=True)
        assert read_weights(tmp_path / "w.npz").card == card
        correct = load_network(tmp_path / "w.npz").predict(load_images()) == load_labels()
        assert card.test_accuracy == pytest.approx(correct.mean(), abs=1e-4)


def stopped(output, files, recipe=SHORT, act=lambda: None):
    """What is said of a run that is stopped after its second epoch, once `act` was done."""
    notes = []

    def report(epoch):
        if epoch.epoch == 2:
            act()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_file(output, recipe, files, report=report, note=notes.append)
    (note,) = notes
    return note


def test_an_interrupted_training_leaves_the_best_so_far(files, tmp_path):
    path = tmp_path / "w.pkl.partial"
    note = stopped(tmp_path / "w.pkl", files, RELU)
    found = re.fullmatch("the best weights so far, of epoch ([12]) of 3, are in (.*)", note)
    assert names(tmp_path) == ["w.pkl.json", "w.pkl.partial"]
    network, card = load_network(path), read_weights(path).card
    assert found.groups() == (str(card.epochs), str(path))
    accuracy = np.mean(network.predict(load_images()[:1000]) == load_labels()[:1000])
    assert accuracy > 0.3
    assert network.activation == "relu"
    assert card.validation_accuracy == max(card.validation_accuracy_by_epoch)
    of_both = 0.9 * card.train_accuracy + 0.1 * card.validation_accuracy
    assert accuracy == pytest.approx(of_both, abs=1e-9)


def test_while_the_teacher_learns_there_is_nothing_to_keep(files, tmp_path):
    note = stopped(tmp_path / "w.pkl", files, replace(SHORT, teacher_epochs=3))
    assert note == "nothing was learnt yet, and nothing was written"
    assert names(tmp_path) == []


def test_weights_whose_name_was_taken_meanwhile_are_kept_as_partial(files, tmp_path):
    for taken in ("w.pkl", "w.json"):
        folder = tmp_path / taken
        folder.mkdir()
        path = folder / "w.pkl.partial"
        report = at_the_last_epoch(partial((folder / taken).write_text, "precious"))
        with pytest.raises(FileError, match=r"exists already\. The trained weights") as caught:
            train_file(folder / "w.pkl", SHORT, files, report=report)
        assert str(caught.value).endswith(f" are in {path}.")
        assert (folder / taken).read_text() == "precious"
        assert names(folder) == [taken, "w.pkl.json", "w.pkl.partial"]
        assert read_weights(path).card.recipe == "short"


@pytest.mark.parametrize("is_stopped", [True, False])
def test_weights_whose_folder_is_gone_are_written_to_the_temporary_folder(
    files, tmp_path, temporary, is_stopped
):
    folder = tmp_path / "folder"
    folder.mkdir()
    if is_stopped:
        said = stopped(folder / "w.npz", files, RELU, act=folder.rmdir)
    else:
        gone = at_the_last_epoch(folder.rmdir)
        said = refusal_of(train_file, folder / "w.npz", RELU, files, report=gone, error=FileError)
        assert "no such folder" in said
    _, name = names(temporary)
    assert f"are in {temporary / name}" in said
    assert load_network(temporary / name).activation == "relu"


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_that_nothing_can_be_written_anywhere_is_said(files, tmp_path, temporary):
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    fill = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (100_000, before[1]))
    output = tmp_path / "folder" / "w.pkl"
    output.parent.mkdir()
    try:
        with pytest.raises(FileError, match=r"too large.*The trained weights are lost\."):
            train_file(output, SHORT, files, report=at_the_last_epoch(fill))
        assert stopped(output, files).endswith("are lost")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert names(output.parent) == names(temporary) == []


def test_nothing_is_replaced_without_leave(tmp_path):
    for taken in ("w.pkl", "w.json", "w.pkl.partial", "w.pkl.json"):
        (tmp_path / taken).write_text("precious")
        with pytest.raises(FileError, match="exists already"):
            train_file(tmp_path / "w.pkl", SHORT, TrainingFiles(("no", "files")))
        assert (tmp_path / taken).read_text() == "precious"
        (tmp_path / taken).unlink()


def test_a_start_is_gone_on_from_with_mnists_images_mixed_in_where_they_are(
    files, shared_data, tmp_path
):
    start = read_weights(shared_data / "sample_weight.pkl")
    recipe = SHORT.from_net(start.layer_sizes, "sigmoid")
    for data_dir, mixed in ((shared_data, 3_000), (tmp_path, 0)):
        chosen = replace(files, start=start, limit=250, data_dir=data_dir)
        card = train_file(tmp_path / "w.pkl", recipe, chosen, overwrite=True)
        assert (card.mnist_images, card.training_images) == (mixed, 200 + mixed)
        assert (card.validation_images, card.start_sha256) == (50, start.sha256)
        assert card.test_accuracy is not None  # MNIST's
        assert card.test_accuracy > 0.8
