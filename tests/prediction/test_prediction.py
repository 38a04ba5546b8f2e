"""Predictions of pictures: which files, which labels, in what order, on how many processes."""

import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support import stress

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.errors import FileError
from mnist_cli.prediction.batch import Reading, Unread, predict_files
from mnist_cli.prediction.prediction import Prediction, predict_picture
from mnist_cli.prediction.sources import find_pictures, label_in_name


@pytest.fixture(scope="module")
def network():
    return load_network()


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


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("7_12.png", 7), ("7.png", 7), ("7/12.png", 7), ("a/7-sevens/img.png", 7),
        ("7/3.png", 7), ("3_1.png", 3), ("12.png", None), ("img7.png", None), ("77/a.png", None),
        ("٣_1.png", None),
    ],
)  # fmt: skip
def test_labels_begin_names(path, label):
    assert label_in_name(path) == label


def test_a_folder_means_its_pictures_in_order(folder):
    write(folder / "below" / "5_a.jpg", load_images()[0])
    found = find_pictures([str(folder), "-", "missing.png"])
    names = [os.path.relpath(path, folder) for path in found.paths[:-2]]
    assert names == [
        *sorted(n for n in names if "below" not in n),
        str(Path("below", "5_a.jpg")),
    ]
    assert len(names) == 31
    assert found.paths[-2:] == ("-", "missing.png")
    assert found.skipped == 1


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(FileError, match="holds no pictures"):
        find_pictures([str(tmp_path)])


def test_files_give_the_answers_of_their_images_in_order(folder, network):
    paths = find_pictures([str(folder)]).paths
    results = list(predict_files(network, paths, labels_from_names=True))
    indices = [int(path[-6:-4]) for path in paths]
    assert [result.source for result in results] == list(paths)
    assert [r.digit for r in results] == network.predict(load_images()[indices]).tolist()
    assert [r.label for r in results] == load_labels()[indices].tolist()
    assert not any(r.preprocessed for r in results)


def test_processes_give_the_same_answers(folder, network):
    (folder / "9_broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    paths = [*find_pictures([str(folder)]).paths, "-"]
    page = stress.draw("clean", load_images()[0], seed=0)
    steps = []

    def read(threads):
        return list(
            predict_files(
                network,
                paths,
                threads=threads,
                standard_input=io.BytesIO(page),
                progress=lambda done, total: steps.append((done, total)),
            )
        )

    alone, together = read(1), read(2)
    assert [as_text(result) for result in alone] == [as_text(result) for result in together]
    assert sum(isinstance(result, Unread) for result in together) == 1
    assert steps == 2 * [(done, 32) for done in range(1, 33)]


def as_text(result):
    return repr(result) if isinstance(result, Unread) else (result.source, result.probabilities)


def test_one_that_stops_early_leaves_no_process_behind(folder, network):
    import multiprocessing

    paths = find_pictures([str(folder)]).paths
    results = predict_files(network, paths, threads=2)
    next(results)
    results.close()
    assert not multiprocessing.active_children()


def test_a_split_picture_gives_a_part_each(tmp_path, network):
    page = np.full((60, 140), 255, np.uint8)
    for place, index in enumerate((0, 1)):
        page[16:44, 30 + 50 * place : 58 + 50 * place] -= load_images()[index]
    path = write(tmp_path / "page.png", page)
    results = list(predict_files(network, [path], Reading(split=True)))
    assert [(result.part, result.digit) for result in results] == [(1, 7), (2, 2)]
    (whole,) = predict_files(network, [path])
    assert whole.part is None
    assert "2 digits" in whole.warnings[0]


def test_steps_are_kept_on_request_only(tmp_path, network):
    path = write(tmp_path / "7.png", 255 - load_images()[0])
    (plain,) = predict_files(network, [path])
    (kept,) = predict_files(network, [path], Reading(keep_steps=True))
    assert plain.steps == ()
    assert kept.steps[-1].picture.shape == (28, 28)


def test_an_empty_page_has_no_digit_but_a_reason(tmp_path, network):
    path = write(tmp_path / "3_blank.png", np.full((90, 90), 255, np.uint8))
    (nothing,) = predict_files(network, [path], labels_from_names=True)
    assert nothing.digit is nothing.confidence is nothing.probabilities is None
    assert nothing.second_best is None
    assert nothing.warnings == (nothing.empty,)
    assert nothing.correct is False


def test_doubt_is_said_in_words(network):
    images = load_images()
    predictions = [predict_picture(network, image, source="") for image in images[:2000]]
    unsure = [one for one in predictions if one.warnings]
    assert 0 < len(unsure) < 100
    for one in unsure:
        second, probability = one.second_best
        assert one.warnings == (f"not sure: {one.digit} or {second}",)
        assert one.confidence < 0.6 or one.confidence - probability < 0.3
    right = np.array([one.digit for one in predictions]) == load_labels()[:2000]
    doubted = np.array([bool(one.warnings) for one in predictions])
    assert right[doubted].mean() < 0.8 < 0.98 < right[~doubted].mean()


def test_second_best_is_the_runner_up(network):
    prediction = predict_picture(network, load_images()[0], source="")
    ranked = np.argsort(prediction.probabilities)
    assert prediction.second_best == (ranked[-2], prediction.probabilities[ranked[-2]])
    assert isinstance(prediction, Prediction)
