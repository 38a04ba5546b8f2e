"""The gallery's choice of mistakes, and the table of all answers."""

import csv
import json

import numpy as np
import pytest
from mnist_cli.evaluation.rows import row_writer

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.errors import FileError
from mnist_cli.evaluation.mistakes import MistakeCollector
from mnist_cli.evaluation.predictions import collect


@pytest.fixture(scope="module")
def network(book_weights):
    return load_network(book_weights)


def collected(network, **options):
    collector = MistakeCollector(**options)
    with open_labelled() as data:
        collect(network, data, 100, consumers=[collector.take])
    return collector.mistakes()


def test_the_book_s_net_makes_648_the_first_at_index_8(network):
    mistakes = collected(network)
    assert mistakes.total == len(mistakes.ranked) == 648
    assert min(mistake.index for mistake in mistakes.ranked) == 8
    assert sum(mistake.image is not None for mistake in mistakes.ranked) == 6


def test_the_most_confident_come_first(network):
    probabilities = network.predict_proba(load_images())
    answer, truth = probabilities.argmax(axis=1), load_labels()
    wrong = [i for i in range(10_000) if answer[i] != truth[i]]
    expected = sorted(wrong, key=lambda i: -probabilities[i].max())[:20]
    mistakes = collected(network, count=20)
    assert mistakes.total == 648
    assert [mistake.index for mistake in mistakes.ranked] == expected
    for mistake in mistakes.ranked:
        assert mistake.label == truth[mistake.index]
        assert mistake.prediction == answer[mistake.index]
        assert mistake.confidence == pytest.approx(probabilities[mistake.index].max())
        np.testing.assert_array_equal(mistake.image, load_images()[mistake.index])


def test_label_and_prediction_narrow_it(network):
    both = collected(network, label=4, prediction=9)
    assert both.total == 35
    assert {(m.label, m.prediction) for m in both.ranked} == {(4, 9)}
    assert {m.label for m in collected(network, label=4).ranked} == {4}
    assert {m.prediction for m in collected(network, prediction=9).ranked} == {9}
    assert collected(network, label=9, prediction=9).ranked == ()


def written(network, path):
    with open_labelled(limit=1234) as data, row_writer(path) as writer:
        answers = collect(network, data, 100, consumers=[writer])
    return answers, network.predict_proba(load_images()[:1234], batch_size=100)


def test_csv_has_a_row_for_each_image(network, tmp_path):
    answers, probabilities = written(network, tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["index", "label", "prediction", "confidence", *(f"p{i}" for i in range(10))]
    numbers = np.array(rows, float)
    np.testing.assert_array_equal(numbers[:, 0], np.arange(1234))
    np.testing.assert_array_equal(numbers[:, 1], load_labels()[:1234])
    np.testing.assert_array_equal(numbers[:, 2], answers.predictions)
    np.testing.assert_array_equal(numbers[:, 3].astype("f4"), answers.confidences)
    np.testing.assert_array_equal(numbers[:, 4:].astype("f4"), probabilities)


def test_json_lines_have_an_object_for_each_image(network, tmp_path):
    answers, probabilities = written(network, tmp_path / "a.JSONL")
    rows = [json.loads(text) for text in (tmp_path / "a.JSONL").read_text().splitlines()]
    assert len(rows) == 1234
    assert rows[8] == {
        "index": 8,
        "label": 5,
        "prediction": 6,
        "confidence": float(answers.confidences[8]),
        "probabilities": probabilities[8].astype(float).tolist(),
    }


def test_a_row_file_is_not_replaced_unless_asked(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("mine")
    with pytest.raises(FileError, match="exists already"), row_writer(path):
        pass
    assert path.read_text() == "mine"
    with row_writer(path, overwrite=True):
        pass
    assert path.read_text().startswith("index,")


def test_no_row_file_is_left_after_a_failure(tmp_path):
    with pytest.raises(RuntimeError), row_writer(tmp_path / "a.csv"):
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_a_value_error():
    with pytest.raises(ValueError, match=r"'\.txt', takes \.csv \.jsonl"), row_writer("a.txt"):
        pass
