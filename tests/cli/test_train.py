"""`mnist train` as its user runs it."""

import re

import pytest
from support.commands import mnist
from support.folders import names
from support.sets import write_images, write_labels

from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.training.recipes import HYPERPARAMETERS, RECIPES
from mnist_cli.weights.weights_file import read_weights


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The options that name 1,000 real digits as training files."""
    folder = tmp_path_factory.mktemp("idx")
    images = write_images(folder / "images", load_images()[:1000])
    return ("--images", images, "--labels", write_labels(folder / "labels", load_labels()[:1000]))


def test_help_and_list_name_every_recipe_and_hyperparameter():
    shown = mnist("train", "--help").stdout
    assert all(f"\n  {recipe.name:<9} {recipe.about}\n" in shown for recipe in RECIPES.values())
    lines = mnist("train", "--recipes").stdout.splitlines()
    assert max(map(len, lines)) <= 60  # the narrowest terminal
    document = mnist("train", "--recipes", "--json").document
    assert [recipe["recipe"] for recipe in document["recipes"]] == list(RECIPES)
    assert [each["name"] for each in document["hyperparameters"]] == list(HYPERPARAMETERS)
    for each in document["hyperparameters"]:
        (row,) = [line.split() for line in lines if line.startswith(each["name"] + " ")]
        assert list(map(float, row[1:])) == list(each["values"].values())


def test_json_has_the_agreed_fields_and_weights_go_to_the_current_folder(
    files, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    test_set = ("--test-images", files[1], "--test-labels", files[3])
    done = mnist("train", *files, *test_set, "--epochs", "2", "--seed", "7", "--json")
    assert done.code == 0
    assert names(tmp_path) == ["mnist-weights.json", "mnist-weights.pkl"]
    document = done.document
    card = read_weights("mnist-weights.pkl").card
    assert document.pop("seconds") > 0
    accuracies = ("train_accuracy", "validation_accuracy", "test_accuracy")
    assert document == {
        "recipe": "quick", "changes": {"epochs": 2}, "hidden": [50, 100], "activation": "sigmoid",
        "epochs": 2, "seed": 7, **{name: getattr(card, name) for name in accuracies},
        "output": "mnist-weights.pkl", "snapshots": None,
    }  # fmt: skip


def test_a_pipe_gets_plain_lines_on_stderr_and_not_too_many(files, tmp_path):
    done = mnist("train", *files, "--epochs", "120", "--limit", "50", "-o", tmp_path / "w.pkl")
    lines = done.stderr.splitlines()
    assert lines[-1].startswith("epoch 120/120  loss ")
    assert 40 < len(lines) < 60
    assert [" left" in row for row in (lines[0], lines[-1])] == [True, False]
    assert "\x1b" not in done.stderr + done.stdout


def test_a_terminal_shows_progress_and_a_curve(files, tmp_path):
    few = ("--recipe", "best", "--epochs", "4", "--limit", "200")
    done = mnist("train", *files, *few, "-o", tmp_path / "w.pkl", columns=80)
    assert (done.code, "▁" in done.stdout) == (0, True)
    assert all(words in done.stderr for words in ("epoch 4/4", "images/s", "left", "▁", "█"))


def test_recipe_and_net_can_be_changed_and_the_result_says_what_differs(files, tmp_path):
    options = ("--hidden", "30, 20", "--activation", "relu", "--epochs", "1", "--set", "shift=0.5")
    options += ("--set", "held-out=10")
    shown = mnist("train", *files, *options, "-o", tmp_path / "w.npz").stdout
    changes = "hidden 30,20, activation relu, epochs 1, held_out 10, shift 0.5"
    assert "\nnet         784-30-20-10, relu\n" in shown
    assert f"\nchanged     {changes}\n" in shown
    written = read_weights(tmp_path / "w.npz")
    assert written.layer_sizes == (784, 30, 20, 10)
    assert (written.card.training_images, written.card.validation_images) == (990, 10)

    done = mnist("train", *files, "--hidden", "none", "-o", tmp_path / "x.npz", "--json")
    assert done.document["changes"] == {"hidden": []}
    assert read_weights(tmp_path / "x.npz").layer_sizes == (784, 10)


def test_quiet_prints_the_result_and_nothing_else(files, tmp_path):
    arguments = ("train", *files, "--epochs", "1", "--quiet", "--force", "-o", tmp_path / "w.pkl")
    quiet = mnist(*arguments, "--export", tmp_path / "w.svg")
    assert (quiet.code, "784-50-100-10" in quiet.stdout, quiet.stderr) == (0, True, "")
    assert "784-50-100-10" in (tmp_path / "w.svg").read_text()
    assert mnist(*arguments, "--json").document["recipe"] == "quick"


def test_without_data_and_after_divergence_the_error_says_what_to_do(files, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    wild = ("--learning-rate", "50", "--set", "weight_decay=1000")
    for arguments, words in (
        ((), "mnist download"),
        ((*files, *wild), "diverged in epoch 1: .*Use a lower learning rate than 50\\."),
        ((*files[:3], "t10k-labels-idx1-ubyte"), "found 10,000 labels, expected 1,000"),
    ):
        done = mnist("train", *arguments)
        assert (done.code, done.stdout) == (1, "")
        assert re.search(words, done.stderr.splitlines()[-1])
        assert names(tmp_path) == []


def test_a_start_brings_its_layers_its_activation_and_a_recipe(files, tmp_path):
    relu = tmp_path / "relu.npz"
    mnist("train", *files, "--hidden", "30", "--activation", "relu", "--epochs", "1", "-o", relu)
    options = ("--start", relu, "--epochs", "1", "-o", tmp_path / "w.npz")
    shown = mnist("train", *files, *options).stdout
    assert shown.startswith("recipe      tune, 1 epoch, seed 0\n")
    assert "\nnet         784-30-10, relu\n" in shown
    assert "800 to learn from, 200 held out, 0 of MNIST's mixed in" in shown
