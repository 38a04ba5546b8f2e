"""`mnist inspect` as its user sees it."""

import hashlib
import json
import re
import shutil

import numpy as np
from support.commands import mnist
from support.nets import random_arrays

from mnist_cli.weights.card import find_card
from mnist_cli.weights.weights_file import read_weights


def test_the_fields_of_json_and_stats_as_in_the_table(book_weights):
    document = mnist("inspect", book_weights, "--stats", "--json").document
    first = document["arrays"][0]
    stats = first.pop("stats")
    del document["arrays"]
    assert document == {
        "file": str(book_weights), "origin": "given", "format": "pickle", "protocol": 3,
        "layer_sizes": [784, 50, 100, 10], "activation": "sigmoid", "parameters": 45360,
        "bytes": 181_853, "sha256": hashlib.sha256(book_weights.read_bytes()).hexdigest(),
        "finite": True, "card": None,
    }  # fmt: skip
    assert first == {"name": "W1", "shape": [784, 50], "dtype": "float32", "parameters": 39200}
    shown = mnist("inspect", book_weights, "--stats").stdout
    (row,) = [text for text in shown.splitlines() if text.startswith("W1") and "." in text]
    numbers = [f"{stats[key]:.4f}" for key in ("min", "max", "mean", "std", "near_zero")]
    assert row.split()[1:6] == numbers


def test_a_neuron_is_drawn_with_its_scale(book_weights):
    shown = mnist("inspect", book_weights, "--neuron", "7").stdout
    assert shown.startswith(f"file     {book_weights}\n\n")  # the table of arrays is not repeated
    assert "what neuron 7 of the first layer looks for" in shown
    assert "weights -0.2301 to 0.2532" in shown
    sheet = mnist("inspect", book_weights, "--neurons").stdout
    assert re.search("\n45: .* 46: .* 47: .* 48: .* 49: ", sheet)
    document = mnist("inspect", book_weights, "--neurons", "--json").document
    assert [neuron["index"] for neuron in document["neurons"]] == list(range(50))
    W1 = read_weights(book_weights).arrays["W1"]
    np.testing.assert_array_equal(np.ravel(document["neurons"][7]["weights"]), W1[:, 7])


def test_two_files_side_by_side(book_weights):
    shown = mnist("inspect", book_weights, "weights.pkl").stdout
    document = mnist("inspect", book_weights, "weights.pkl", "--json").document
    first, second = document["files"]
    assert (first["origin"], second["origin"]) == ("given", "embedded")
    disagreements, share = document["disagreements"], document["disagreement_share"]
    assert f"predictions differ: {disagreements} ({share:.4f})" in shown
    assert re.search("#1 +0.9352 +9352/10000 +45,360\n", shown)


def test_the_card_beside_a_file_is_in_json():
    embedded = read_weights()
    card = find_card(embedded.file, embedded.sha256).training  # it names the weights that ship
    names = ("recipe", "seed", "seconds", "train_accuracy", "validation_accuracy", "test_accuracy")
    expected = {"epochs": len(card.loss_by_epoch)} | {name: getattr(card, name) for name in names}
    assert mnist("inspect", "--json").document["card"] == expected


def test_a_hostile_card_breaks_nothing(tmp_path):
    embedded = read_weights()
    shutil.copy(embedded.file, tmp_path)
    original = json.loads(embedded.file.with_name("weights.json").read_text())
    for change in (
        {"recipe": "\x1b[2J" + "x" * 100_000},
        {"test_accuracy": -1e19, "seed": -1},
        {"loss_by_epoch": [{}, [], "x"]},
    ):
        (tmp_path / "weights.json").write_text(json.dumps(original | change))
        done = mnist("inspect", tmp_path / "weights.pkl")
        assert (done.code, done.stderr) == (0, "")
        assert "\x1b" not in done.stdout
        assert max(map(len, done.stdout.splitlines())) < 250
        assert mnist("inspect", tmp_path / "weights.pkl", "--json").document


def test_weights_that_are_not_finite_are_shown_with_a_warning(tmp_path):
    path = tmp_path / "nan.npz"
    arrays = random_arrays(784, 10)
    arrays["W1"][3, 4], arrays["W1"][5, 4] = np.nan, np.inf
    np.savez(path, **arrays)
    done = mnist("inspect", path, "--stats", "--neurons")
    assert done.code == 0
    assert done.stderr.startswith("Warning: the weights hold NaN or infinity")
    document = mnist("inspect", path, "--stats", "--neurons", "--json").document
    assert (document["finite"], document["neurons"][4]["weights"][0][3]) == (False, None)
    assert "no predictions to compare" in mnist("inspect", path, "weights.pkl").stdout
