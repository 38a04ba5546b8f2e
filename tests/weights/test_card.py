"""Cards: read as they were written, and ignored where they are not what they have to be."""

import json
from dataclasses import asdict, replace

import pytest
from safetensors.numpy import save
from support.nets import random_arrays
from support.refusals import refusal_of

from mnist_cli.errors import FormatError
from mnist_cli.weights.card import FoundCard, encode_card, find_card
from mnist_cli.weights.weights_file import read_weights

CARD = replace(read_weights().card, seconds=1.5, test_accuracy=None, weights_sha256="0" * 64)
GOOD = json.dumps(asdict(CARD)).encode()


def changed(**fields):
    return json.dumps(asdict(CARD) | fields).encode()


def test_a_card_counts_for_the_weights_it_names(tmp_path):
    weights, card = tmp_path / "w.pkl", tmp_path / "w.json"
    assert find_card(weights, CARD.weights_sha256) is None
    card.write_bytes(encode_card(CARD.weights_sha256, "sigmoid", asdict(CARD)))
    assert find_card(weights, CARD.weights_sha256) == FoundCard(card, "sigmoid", CARD)
    assert find_card(weights, "1" * 64) is None
    (tmp_path / "w.pkl.json").write_bytes(encode_card("1" * 64, "relu"))  # of a second file
    assert find_card(weights, CARD.weights_sha256) == FoundCard(card, "sigmoid", CARD)
    assert find_card(weights, "1" * 64) == FoundCard(tmp_path / "w.pkl.json", "relu", None)
    assert find_card(tmp_path / ("w" * 250), "1" * 64) is None  # no room for a card's name


def test_an_activation_on_a_card_is_read_without_case_or_refused(tmp_path):
    weights, card = tmp_path / "w.pkl", tmp_path / "w.json"
    card.write_bytes(changed(activation="ReLU"))
    found = find_card(weights, CARD.weights_sha256)
    assert found == FoundCard(card, "relu", replace(CARD, activation="relu"))
    card.write_bytes(changed(activation="\x1b[3m"))
    with pytest.raises(FormatError, match=r"w\.json: the activation is '.*x1b\[3m', expected sig"):
        find_card(weights, CARD.weights_sha256)
    assert find_card(weights, "1" * 64) is None  # what is said of other weights is nothing


def test_activations_are_one_or_as_many_as_hidden_layers(tmp_path):
    path = tmp_path / "net.safetensors"
    for hidden, stated in (((9,), "relu, tanh"), ((), "relu, tanh"), ((9, 8, 7), "relu, tanh")):
        path.write_bytes(save(random_arrays(784, *hidden, 10), {"activation": stated}))
        said = f"2 activations, expected one for each of {len(hidden)} hidden layers. Name another"
        for use in (read_weights(path).network, lambda: read_weights(path).activation):
            assert said in refusal_of(use)
    assert read_weights(path, activation="tanh").network().activation == "tanh"


def test_what_is_not_a_card_is_none(tmp_path):
    for content in (
        *(b"", b"[]", b"{}", b"\xff\xfe", b"[" * 100_000, b"NaN", b"9" * 5_000),
        *(GOOD.replace(b"1.5", value) for value in (b"NaN", b"1" + b"0" * 400, b'"1"', b"true")),
        *(changed(**{name: [1]}) for name in ("recipe", "seed", "train_accuracy", "test_accuracy")),
        GOOD + b" " * (2 << 20),
    ):
        (tmp_path / "w.json").write_bytes(content)
        found = find_card(tmp_path / "w.pkl", CARD.weights_sha256)
        assert (found and found.training) is None


def test_fields_of_later_versions_are_ignored_and_those_of_earlier_ones_have_a_default(tmp_path):
    fields = asdict(CARD) | {"later": [1]}
    del fields["activation"]
    (tmp_path / "w.json").write_text(json.dumps(fields))
    assert find_card(tmp_path / "w.pkl", CARD.weights_sha256).training == CARD
