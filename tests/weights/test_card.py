"""Cards: read as they were written, and ignored where they are not what they have to be."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from mnist_cli.errors import FileError, FormatError
from mnist_cli.weights.card import Card, card_path, find_card, read_card, write_card

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
    assert find_card(weights, CARD.weights_sha256) is None
    write_card(CARD, tmp_path / "w.json")
    assert find_card(weights, CARD.weights_sha256) == CARD
    assert find_card(weights, "1" * 64) is None
    (tmp_path / "w.json").write_text("{}")
    assert find_card(weights, CARD.weights_sha256) is None


def test_what_is_not_a_card_is_refused(tmp_path: Path) -> None:
    for content in (b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"NaN", b"9" * 5_000):
        (tmp_path / "w.json").write_bytes(content)
        with pytest.raises(FormatError, match="not the card of a training run"):
            read_card(tmp_path / "w.json")


def test_a_card_with_a_field_of_another_sort_is_refused(tmp_path: Path) -> None:
    for name in asdict(CARD):
        for value in (True, [1] if type(getattr(CARD, name)) is not tuple else {"x": 1}, 10**400):
            (tmp_path / "w.json").write_text(json.dumps(asdict(CARD) | {name: value}))
            with pytest.raises(FormatError, match="not the card of a training run"):
                read_card(tmp_path / "w.json")
    for value in ("NaN", "-Infinity", "1e999"):
        text = json.dumps(asdict(CARD)).replace("1.5", value)
        (tmp_path / "w.json").write_text(text)
        with pytest.raises(FormatError, match="holds NaN or a huge number"):
            read_card(tmp_path / "w.json")


def test_fields_of_later_versions_are_ignored(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_text(json.dumps(asdict(CARD) | {"later": [1]}))
    assert read_card(tmp_path / "w.json") == CARD


def test_a_card_may_not_be_huge(tmp_path: Path) -> None:
    (tmp_path / "w.json").write_bytes(b" " * (2 << 20))
    with pytest.raises(FileError, match="too large"):
        read_card(tmp_path / "w.json")
