"""`mnist eval` as its user sees it."""

import hashlib
import json
import re

import numpy as np
from safetensors.numpy import save_file
from support.commands import mnist

from mnist_cli import load_network
from mnist_cli.evaluation.compared import Compared, pair_up
from mnist_cli.evaluation.setup import Predictions
from mnist_cli.render.text import plain
from mnist_cli.render.views import compared

QUICK = ("--mode", "batched", "--runs", "1")


def shown(*arguments):
    done = mnist("eval", *arguments)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout


def document(*arguments):
    return json.loads(shown(*arguments, "--json"))


def test_a_view_is_shown_without_timing_unless_that_is_asked_for(book_weights, tmp_path):
    limited = ("-w", book_weights, "--limit", "100")
    timed = ("per_sample", "batched", "speedup", "predictions_identical", "runs", "library")
    for view in (
        *(("--confusion",), ("--min-confidence", "0.5"), ("--sweep",), ("-w", "weights.pkl")),
        ("--output", tmp_path / "a.csv", "--force", "-q"),
    ):
        told = f"accuracy 0.9600  96 of 100 correct\nweights  {book_weights}\n"
        assert shown(*limited, *view).startswith(told)
        found = document(*limited, *view)
        assert (found["samples"], found["correct"], found["accuracy"]) == (100, 96, 0.96)
        assert [found[name] for name in timed] == [None] * 6
        if view == ("--sweep",):
            sizes = [row["batch_size"] for row in found["sweep"]]
            assert sizes == [1, 2, 5, 10, 20, 50, 100]
    assert shown(*limited, "--output", "-") == (tmp_path / "a.csv").read_text()
    found = document(*limited, "--mode", "batched")
    assert [found[name] for name in (*timed[:1], *timed[2:5])] == [None, None, None, 5]
    assert (found["batched"]["correct"], found["textbook"]) == (96, None)
    for option in ("--runs=1", "-b5000", "--mode=both", "--threads=1"):
        found = document(*limited, "--confusion", option)
        assert found["speedup"] is not None
        assert found["batch_size"] == 100  # which was really used


def test_the_gallery_and_the_next_step(book_weights):
    wrong = ("-w", book_weights, "--wrong")
    text, (first, _) = shown(*wrong, "2"), document(*wrong, "2")["wrong"]
    (command,) = re.findall("to look closer: mnist (.*)", text)
    closer = mnist(*command.replace("'", "").split()).stdout
    assert f"prediction {first['prediction']}  confidence {first['confidence']:.4f}" in closer
    relu = mnist("eval", *wrong, "1", "--limit", "9", "--activation", "relu").stdout
    assert f"--explain --weights {book_weights} --activation relu\n" in relu
    assert "to look closer" not in shown(*wrong, "1", "--shift", "1,0")

    every = document(*wrong)["wrong"]  # without a number all of them, for 0 how many
    assert (len(every), min(mistake["index"] for mistake in every)) == (648, 8)
    assert shown(*wrong, "0").endswith("\n\n648 mistakes\n")
    few = document("-w", book_weights, "--limit", "999")  # timed only where that is asked for
    assert (few["batched"], few["runs"]) == (None, None)
    assert document("--limit", "1000")["runs"] == 5
    assert shown("--limit", "1", "--wrong").endswith("\n\nno mistakes\n")


def test_corruption_is_told(book_weights):
    few = (*QUICK, "-w", book_weights, "--limit", "9")
    told = "corrupted images: turned by 5 degrees, shifted by 1 left, 2 down\n"
    assert shown(*few, "--shift", "-1,2", "--rotate", "5").startswith(told)
    found = document(*few, "--shift", "1,0", "--no-normalize", "--invert")["corruption"]
    applied = {"rotate": 0, "shift": [1, 0], "invert": True, "noise": 0, "normalize": False}
    assert found == applied
    assert document(*QUICK, "-w", book_weights, "--shift", "1,0")["accuracy"] == 0.8784
    textbook = ("--mode", "textbook", "--runs", "1")
    for mode in (textbook, QUICK):  # at 0..255 the lecture's formulas find as many
        assert document(*mode, "-w", book_weights, "--no-normalize")["correct"] == 9207


def test_numbers_of_many_digits_are_wrong_usage_or_more_than_there_is():
    many, too_many = "9" * 20, "9" * 5_000  # Python reads no number of 5,000 digits
    for option in ("--runs", "--rotate", "--min-confidence", "--sweep", "--shift"):
        done = mnist("eval", option, too_many)
        assert (done.code, len(done.stderr.splitlines()[-1]) < 500) == (2, True), option
    for option in ("--batch-size", "--limit", "--wrong", "--threads"):
        few = ("eval", *(() if option == "--limit" else ("--limit", "9")), "--runs", "1", option)
        assert (mnist(*few, many).code, mnist(*few, too_many).code) == (0, 2), option


def test_the_weights_are_named_by_their_hash(book_weights):
    few = ("--limit", "100", "-w", book_weights)
    expected = hashlib.sha256(book_weights.read_bytes()).hexdigest()
    compared = document(*few, "-w", "weights.pkl")["compared"]
    assert document(*few)["sha256"] == compared[0]["sha256"] == expected
    assert len(compared[1]["sha256"]) == 64


def test_an_accuracy_below_what_is_asked_for_ends_with_1_and_one_line(book_weights):
    command = ("eval", "--limit", "2000", "--min-confidence", "0.5", "--fail-under")
    assert mnist(*command, "0.989").code == 0
    too_little = mnist(*command, "0.98901", "--json")
    assert too_little.document["accuracy"] == 0.989
    assert too_little.stderr == "Error: the accuracy is 0.98900, expected 0.98901 or more.\n"
    assert too_little.code == 1
    assert mnist(*command, "1.1").code == mnist(*command, "nan").code == 2
    both = ("-w", "weights.pkl", "-w", book_weights)  # neither may be below
    done = mnist(*command, "0.95", *both)
    assert (done.code, str(book_weights) in done.stderr) == (1, True)
    assert mnist(*command, "0.9", *both).code == 0


def test_whether_a_difference_may_be_chance_is_said_in_a_sentence():
    labels = np.zeros(2000)
    for incorrect, words in ((2000, "is hardly"), (6, "is hardly"), (5, "may be"), (0, "may be")):
        found = [Predictions(labels, np.arange(2000) < n, labels) for n in (0, incorrect)]
        shown = plain(compared.lines(Compared(2000, (), (pair_up(found, 0, 1),))))
        assert f"  the difference {words} chance\n" in shown


def test_every_view_has_a_json_form_with_the_same_numbers():
    views = ("--confusion", "--wrong", "3", "--min-confidence", "0.9", "--robustness")
    arguments = (*views, "-w", "weights.pkl", "-w", "weights.pkl", "--limit", "600")
    found, text = document(*arguments), shown(*arguments)
    (pair,) = found["mcnemar"]
    for words in (
        *(f"coverage {found['coverage']:.4f}", f"{found['wrong'][0]['confidence']:.4f}"),
        *(f" {sum(found['confusion'][0])}\n", f"only #1 correct: {len(pair['only_first'])}"),
    ):
        assert words in text
    for row in found["robustness"]:
        numbers = [f"{accuracy:.4f}" for accuracy in row["accuracy"]]
        assert re.search(rf"{row['strength']:g} +{numbers[0]} .*{numbers[1]}", text)
    for row in found["per_class"]:
        scores = (f"{row[score]:.4f}" for score in ("precision", "recall", "f1"))
        assert re.search(rf"\b{' +'.join((str(row['digit']), *scores))} ", text)


def shown_notes(*options):
    return mnist("eval", *options, "--confusion").stderr.splitlines()


def test_a_net_from_pytorch_that_predicts_badly_comes_with_what_to_try(tmp_path):
    arrays = load_network().arrays
    tensors = {f"fc{i}.weight": np.ascontiguousarray(arrays[f"W{i}"].T) for i in (1, 2, 3)}
    tensors |= {f"fc{i}.bias": arrays[f"b{i}"] for i in (1, 2, 3)}
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    save_file(tensors, good)
    save_file(tensors | {"fc3.bias": arrays["b3"] + np.arange(10, dtype="f4") * -2}, bad)
    assert len(shown_notes("-w", good)) == 1  # the activation had to be assumed
    assert 0.5 < json.loads(mnist("eval", "-w", bad, "--json").stdout)["accuracy"] < 0.97
    _, note = shown_notes("-w", bad)
    assert f"mnist convert {bad} ours.safetensors --mean 0.1307 --std 0.3081" in note
    assert len(shown_notes("-w", bad, "--invert")) == 1  # which does it without anybody's fault
