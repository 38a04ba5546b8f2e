"""Cards: read as they were written, and ignored where they are not what they have to be."""

import json
from dataclasses import asdict, replace

import pytest

from mnist_cli.errors import FormatError
from mnist_cli.weights.card import (
    Card,
    FoundCard,
    card_path,
    encode_card,
    find_card,
    short_card_path,
)

CARD = Card(
    recipe="quick",
    hyperparameters={"epochs": 2, "learning_rate": 0.004},
    seed=1,
    training_images=800,
    validation_images=200,
    versions={"numpy": "2.0"},
    seconds=1.5,
    train_accuracy=0.98,
    validation_accuracy=0.97,
    test_accuracy=None,
    weights_sha256="0" * 64,
    loss_by_epoch=(0.5, 0.25),
    validation_accuracy_by_epoch=(0.9, 0.97),
)


def read_card(path):
    """The card of the weights that it names, if it is one of a training."""
    found = find_card(path.with_name("w.pkl"), CARD.weights_sha256)
    return found.training if found else None


def test_a_card_is_read_as_it_was_written(tmp_path):
    (tmp_path / "w.json").write_bytes(encode_card(CARD.weights_sha256, "sigmoid", CARD))
    assert read_card(tmp_path / "w.json") == CARD


def test_a_card_counts_for_the_weights_it_names(tmp_path):
    weights, card = tmp_path / "w.pkl", tmp_path / "w.json"
    assert (card_path(weights), short_card_path(weights)) == (card, tmp_path / "w.pkl.json")
    assert find_card(weights, CARD.weights_sha256) is None
    card.write_bytes(encode_card(CARD.weights_sha256, "sigmoid", CARD))
    assert find_card(weights, CARD.weights_sha256) == FoundCard(card, "sigmoid", CARD)
    assert find_card(weights, "1" * 64) is None
    (tmp_path / "w.pkl.json").write_bytes(encode_card("1" * 64, "relu"))  # of a second file
    assert find_card(weights, CARD.weights_sha256) == FoundCard(card, "sigmoid", CARD)
    assert find_card(weights, "1" * 64) == FoundCard(tmp_path / "w.pkl.json", "relu", None)
    for nothing in ({}, {"weights_sha256": CARD.weights_sha256}):
        card.write_text(json.dumps(nothing))
        assert find_card(weights, CARD.weights_sha256) is None


def test_an_activation_on_a_card_is_read_without_case_or_refused(tmp_path):
    weights, card = tmp_path / "w.pkl", tmp_path / "w.json"
    card.write_text(json.dumps(asdict(CARD) | {"activation": "ReLU"}))
    found = find_card(weights, CARD.weights_sha256)
    assert found == FoundCard(card, "relu", replace(CARD, activation="relu"))
    for stated, name in (("tanh", "'tanh'"), ("\x1b[3m", r"'.*x1b\[3m'"), ([[1]], "'list'")):
        card.write_text(json.dumps(asdict(CARD) | {"activation": stated}))
        words = f"w.json: the activation is {name}, expected sigmoid or relu"
        with pytest.raises(FormatError, match=words):
            find_card(weights, CARD.weights_sha256)
        assert find_card(weights, "1" * 64) is None  # what is said of other weights is nothing


def test_a_file_whose_name_leaves_no_room_for_a_card_has_none(tmp_path):
    assert find_card(tmp_path / ("w" * 250), "1" * 64) is None


def test_what_is_not_a_card_is_none(tmp_path):
    file = tmp_path / "w.json"
    assert read_card(file) is None
    good = json.dumps(asdict(CARD)).encode()
    for content in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"NaN", b"9" * 5_000):
        file.write_bytes(content)
        assert read_card(file) is None
    for value in (b"NaN", b"-Infinity", b"1e999", b"1" + b"0" * 400, b'"1"', b"true", b"[[]]"):
        file.write_bytes(good.replace(b"1.5", value))
        assert read_card(file) is None
    for name in ("recipe", "seed", "train_accuracy", "test_accuracy"):
        file.write_text(json.dumps(asdict(CARD) | {name: [1]}))
        assert read_card(file) is None
    file.write_bytes(good + b" " * (2 << 20))
    assert read_card(file) is None
    file.write_bytes(good)
    assert read_card(file) == CARD


def test_fields_of_later_versions_are_ignored_and_those_of_earlier_ones_have_a_default(
    tmp_path,
):
    fields = asdict(CARD)
    del fields["activation"]
    (tmp_path / "w.json").write_text(json.dumps(fields | {"later": [1]}))
    assert read_card(tmp_path / "w.json") == CARD
