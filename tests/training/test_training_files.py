"""Training between files: what is read, what is written, and that no trained net is lost."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from support.sets import write_images, write_labels

from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.errors import FileError, FormatError
from mnist_cli.training.arrays import train
from mnist_cli.training.files import TrainingFiles, train_file
from mnist_cli.training.recipes import Recipe
from mnist_cli.training.trainer import Epoch
from mnist_cli.weights.card import read_card
from mnist_cli.weights.weights_file import load_network

SHORT = Recipe("short", "adamw", epochs=3, weight_decay=0.05, held_out=100, shift=1)
NO_FILES = TrainingFiles(("none", "none"))  # for runs that end before anything is read


class Stop(KeyboardInterrupt):
    """As a signal's handler may raise."""


def at_the_last_epoch(act):
    """A report that does `act` before what was trained is written."""

    def report(epoch: Epoch) -> None:
        if epoch.epoch == epoch.epochs:
            act()

    return report


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TrainingFiles:
    """1,000 real digits."""
    folder = tmp_path_factory.mktemp("idx")
    images = write_images(folder / "images", load_images()[:1000])
    return TrainingFiles((images, write_labels(folder / "labels", load_labels()[:1000])))


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_weights_and_card_are_written_together(files: TrainingFiles, tmp_path: Path) -> None:
    reported: list[Epoch] = []
    output = tmp_path / "w.pkl"
    card = train_file(output, SHORT, replace(files, limit=900), seed=5, report=reported.append)

    assert names(tmp_path) == ["w.json", "w.pkl"]
    assert read_card(tmp_path / "w.json") == card
    images, labels = load_images()[:900], load_labels()[:900]
    network, _ = train(images, labels, SHORT, seed=5)
    assert all(map(np.array_equal, load_network(output).weights, network.weights))
    assert card.recipe == "short"
    assert card.seed == 5
    assert (card.training_images, card.validation_images) == (800, 100)
    assert card.hyperparameters["epochs"] == len(card.loss_by_epoch) == len(reported) == 3
    assert card.validation_accuracy_by_epoch == tuple(e.validation_accuracy for e in reported)
    assert card.validation_accuracy == reported[-1].validation_accuracy
    assert card.test_accuracy is None  # these are not MNIST's own files, and none to test on given
    assert card.weights_sha256 == hashlib.sha256(output.read_bytes()).hexdigest()
    assert card.versions["numpy"] == np.__version__

    train_file(tmp_path / "again.pkl", SHORT, replace(files, limit=900), seed=5)
    assert (tmp_path / "again.pkl").read_bytes() == output.read_bytes()


def test_the_finished_net_is_measured_on_the_test_set(
    files: TrainingFiles, shared_data: Path, tmp_path: Path
) -> None:
    test = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    mnist = TrainingFiles(data_dir=shared_data, limit=500)  # on the embedded set, unasked
    for chosen in (replace(files, test=test), mnist):
        card = train_file(tmp_path / "w.npz", SHORT, chosen, overwrite=True)
        correct = load_network(tmp_path / "w.npz").predict(load_images()) == load_labels()
        assert card.test_accuracy == pytest.approx(correct.mean(), abs=1e-4)


def test_an_interrupted_training_leaves_the_best_so_far(
    files: TrainingFiles, tmp_path: Path, temporary: Path
) -> None:
    folder = tmp_path / "folder"
    kept: list[tuple[Epoch | None, Path | None]] = []

    def run(stop_after: int, act=lambda: None) -> None:
        stop = Stop()

        def interrupt(epoch: Epoch) -> None:
            if epoch.epoch == stop_after:
                act()
                raise stop

        with pytest.raises(KeyboardInterrupt) as caught:
            train_file(
                folder / "w.pkl",
                SHORT,
                files,
                report=interrupt,
                on_kept=lambda *what: kept.append(what),
            )
        assert caught.value is stop

    folder.mkdir()
    run(2)
    epoch, path = kept[0]
    assert path == folder / "w.pkl.partial"
    assert epoch is not None
    assert epoch.epoch <= 2
    assert names(folder) == ["w.pkl.partial"]
    network = load_network(folder / "w.pkl.partial")
    assert network.layer_sizes == (784, 50, 100, 10)
    assert np.mean(network.predict(load_images()[:1000]) == load_labels()[:1000]) > 0.3

    (folder / "w.pkl.partial").unlink()
    run(2, act=lambda: shutil.rmtree(folder))
    (name,) = names(temporary)
    assert kept[1][1] == temporary / name
    assert load_network(temporary / name).parameter_count == 45360


class Stopping(Recipe):
    """A recipe whose run is stopped in the middle of its first epoch."""

    def learning_rate_at(self, step: int, steps_per_epoch: int) -> float:
        if step == 2:
            raise Stop
        return super().learning_rate_at(step, steps_per_epoch)


def test_before_the_first_epoch_is_done_there_is_nothing_to_keep(
    files: TrainingFiles, tmp_path: Path
) -> None:
    kept: list[tuple[Epoch | None, Path | None]] = []
    with pytest.raises(Stop):
        train_file(
            tmp_path / "w.pkl",
            Stopping("r", "adamw"),
            files,
            on_kept=lambda *what: kept.append(what),
        )
    assert kept == [(None, None)]
    assert names(tmp_path) == []


def test_weights_whose_name_was_taken_meanwhile_are_written_beside(
    files: TrainingFiles, tmp_path: Path
) -> None:
    output = tmp_path / "w.pkl"
    with pytest.raises(FileError, match=r"exists already. The trained weights are in .*w-") as e:
        train_file(
            output,
            SHORT,
            files,
            report=at_the_last_epoch(lambda: output.write_text("precious")),
        )
    (other,) = tmp_path.glob("w-*.pkl")
    assert str(other) in str(e.value)
    assert load_network(other).parameter_count == 45360
    assert output.read_text() == "precious"

    output.unlink()
    card = tmp_path / "w.json"
    with pytest.raises(FileError, match=r"The trained weights are in .*w\.pkl\."):
        train_file(
            output, SHORT, files, report=at_the_last_epoch(lambda: card.write_text("precious"))
        )
    assert load_network(output).parameter_count == 45360
    assert card.read_text() == "precious"


def test_weights_whose_folder_is_gone_are_written_to_the_temporary_folder(
    files: TrainingFiles, tmp_path: Path, temporary: Path
) -> None:
    (tmp_path / "folder").mkdir()
    gone = at_the_last_epoch((tmp_path / "folder").rmdir)
    with pytest.raises(FileError, match=r"w\.npz: there is no such folder.*--activation relu") as e:
        train_file(
            tmp_path / "folder" / "w.npz", replace(SHORT, activation="relu"), files, report=gone
        )
    (name,) = names(temporary)
    assert str(temporary / name) in str(e.value)
    assert load_network(temporary / name).parameter_count == 45360


@pytest.mark.skipif(os.name != "posix", reason="limits of POSIX")
def test_that_nothing_can_be_written_anywhere_is_said(
    files: TrainingFiles, tmp_path: Path, temporary: Path
) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))

    kept: list[tuple[Epoch | None, Path | None]] = []
    (tmp_path / "folder").mkdir()

    def fill_and_stop() -> None:
        fill()
        raise Stop

    output = tmp_path / "folder" / "w.pkl"
    try:
        with pytest.raises(FileError, match=r"too large.*The trained weights are lost\."):
            train_file(output, SHORT, files, report=at_the_last_epoch(fill))
        with pytest.raises(Stop):
            train_file(
                output,
                SHORT,
                files,
                report=at_the_last_epoch(fill_and_stop),
                on_kept=lambda *what: kept.append(what),
            )
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert kept[0][1] is None
    assert names(tmp_path / "folder") == names(temporary) == []


def test_nothing_is_replaced_without_leave(files: TrainingFiles, tmp_path: Path) -> None:
    for taken in ("w.pkl", "w.json", "w.pkl.partial"):
        (tmp_path / taken).write_text("precious")
        with pytest.raises(FileError, match="exists already"):
            train_file(tmp_path / "w.pkl", SHORT, NO_FILES)
        assert (tmp_path / taken).read_text() == "precious"
        (tmp_path / taken).unlink()

    for name in ("w.pkl", "w.json"):
        (tmp_path / name).write_text("old")
    card = train_file(tmp_path / "w.pkl", SHORT, files, overwrite=True)
    assert read_card(tmp_path / "w.json") == card
    assert load_network(tmp_path / "w.pkl").parameter_count == 45360


def test_bad_files_are_refused_before_training(files: TrainingFiles, tmp_path: Path) -> None:
    assert files.training is not None
    images, labels = files.training
    swapped = TrainingFiles((labels, images))
    other = TrainingFiles((images, "t10k-labels-idx1-ubyte"))
    for chosen, kind, words in [
        (swapped, FormatError, "swapped"),
        (other, FormatError, "found 10,000 labels, expected 1,000"),
        (TrainingFiles(), FileError, "mnist download"),
    ]:
        with pytest.raises(kind, match=words):
            train_file(tmp_path / "w.pkl", SHORT, chosen)
    assert names(tmp_path) == []
