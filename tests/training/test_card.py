"""Cards: read as they were written, believed beside the weights they name, refused otherwise."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from mnist_cli.errors import FileError, FormatError
from mnist_cli.weights.card import Card, card_of, card_path, read_card, write_card

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


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert card_path(tmp_path / "w.pkl") == tmp_path / "w.json"
    write_card(CARD, tmp_path / "w.json")
    assert read_card(tmp_path / "w.json") == CARD
    with pytest.raises(FileError, match="exists already"):
        write_card(CARD, tmp_path / "w.json")


def test_a_card_counts_for_the_weights_it_names(tmp_path: Path) -> None:
    weights = tmp_path / "w.pkl"
    assert card_of(weights, CARD.weights_sha256) is None
    write_card(CARD, tmp_path / "w.json")
    assert card_of(weights, CARD.weights_sha256) == CARD
    assert card_of(weights, "1" * 64) is None
    (tmp_path / "w.json").write_text("{}")
    assert card_of(weights, CARD.weights_sha256) is None


def test_what_is_not_a_card_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"NaN"):
        (tmp_path / "w.json").write_bytes(content)
        with pytest.raises(FormatError, match="not the card of a training run"):
            read_card(tmp_path / "w.json")


def test_a_card_with_a_field_of_another_sort_is_refused(tmp_path: Path) -> None:
    for name in set(asdict(CARD)) - {"test_accuracy"}:
        for value in ([["x"]], {"x": [1]}, True, -1.5):
            (tmp_path / "w.json").write_text(json.dumps(asdict(CARD) | {name: value}))
            with pytest.raises(FormatError, match=f"its field {name} holds something else"):
                read_card(tmp_path / "w.json")


def test_a_card_may_not_be_huge(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(b" " * (2 << 20))
    with pytest.raises(FileError, match="too large"):
        read_card(tmp_path / "w.json")
