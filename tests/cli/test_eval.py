"""`mnist eval` as its user sees it."""

import dataclasses
import json
import re
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from support.commands import mnist

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.evaluation.compared import Compared, Model, pair_up
from mnist_cli.evaluation.confusion import Confusion
from mnist_cli.evaluation.evaluation import VIEWS, Evaluation, Files, evaluate, evaluate_files
from mnist_cli.evaluation.setup import Predictions, UsedFiles
from mnist_cli.evaluation.sweep import SweepRow
from mnist_cli.evaluation.timing import Timing, TimingComparison
from mnist_cli.paths import FoundFile
from mnist_cli.render.text import Surface, drawing_on, plain
from mnist_cli.render.views import compared
from mnist_cli.render.views import evaluate as render

QUICK = ("--mode", "batched", "--runs", "1")
VIEW_OPTIONS = ("--confusion", "--wrong", "3", "--min-confidence", "0.9", "--sweep", "1,100,all",
                "--robustness")  # fmt: skip
SURFACES = [Surface(True, True), Surface(False, True), Surface(False, False)]


def shown(*arguments):
    done = mnist("eval", *arguments)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout


def document(*arguments):
    return json.loads(shown(*arguments, "--json"))


def test_accuracy_speed_and_one_sentence(book_weights):
    text = shown("--batch-size", "100", "--runs", "2", "-w", book_weights)
    assert text.startswith(
        f"weights  {book_weights}\nimages   t10k-images-idx3-ubyte (embedded)\n\n"
    )
    assert text.count("accuracy") == 1  # in the head of the table
    per_sample, batched = text.splitlines()[4:6]
    assert per_sample.startswith("per sample       0.9352  9352/10000")
    assert batched.startswith("batched (100)    0.9352  9352/10000")
    assert re.search(
        r"batched is \d+\.\dx faster than per sample, and every prediction is the same", text
    )
    assert re.search(r"\n2 runs +median +min +max\n", text)


def test_a_view_is_shown_without_timing_unless_that_is_asked_for(book_weights, tmp_path):
    limited = ("-w", book_weights, "--limit", "100")
    for view in (
        ("--confusion",),
        ("--wrong",),
        ("--min-confidence", "0.5"),
        ("--output", tmp_path / "a.csv", "--force", "-q"),
        ("--sweep", "1,10"),
        ("--robustness",),
        ("-w", "weights.pkl"),
    ):
        assert shown(*limited, *view).startswith(
            f"accuracy 0.9600  96 of 100 correct\nweights  {book_weights}\n"
            "images   t10k-images-idx3-ubyte (embedded)\n"
        )
        found = document(*limited, *view)
        assert (found["samples"], found["correct"], found["accuracy"]) == (100, 96, 0.96)
        timed = ("per_sample", "batched", "speedup", "predictions_identical", "runs", "library")
        assert [found[name] for name in timed] == [None] * 6
    found = document(*limited, "--mode", "batched")
    assert (found["per_sample"], found["speedup"], found["runs"]) == (None, None, 5)
    assert found["predictions_identical"] is None
    assert found["batched"]["correct"] == found["correct"]
    assert found["textbook"] is None
    assert found["library"].startswith("NumPy ")
    textbook = ("--mode", "textbook", "--runs", "1")
    assert "\ntextbook         0.9600   96/100 " in shown(*limited, *textbook)
    assert document(*limited, *textbook)["textbook"]["correct"] == 96
    for option in ("--runs=1", "-b100", "--mode=both", "--threads=1"):
        assert document(*limited, "--confusion", option)["speedup"] is not None


def test_the_gallery_and_the_next_step(book_weights):
    text = shown("-w", book_weights, "--wrong", "2")
    assert "2 of 648 mistakes, the most confident first" in text
    found = document("-w", book_weights, "--wrong", "2")
    assert found["wrong_count"] == 648
    first, second = found["wrong"]
    assert first["confidence"] >= second["confidence"]
    assert f"{first['label']} read as {first['prediction']}, confidence" in text
    (command,) = re.findall("to look closer: mnist (.*)", text)
    closer = mnist(*command.replace("'", "").split())
    assert closer.code == 0
    assert (
        f"prediction {first['prediction']}  confidence {first['confidence']:.4f}" in closer.stdout
    )


def test_the_next_step_names_what_is_not_usual(book_weights):
    text = mnist(
        "eval", "-w", book_weights, "--wrong", "1", "--limit", "9", "--activation", "relu"
    ).stdout
    assert f"--explain --weights {book_weights} --activation relu\n" in text
    assert "to look closer" not in shown("-w", book_weights, "--wrong", "1", "--shift", "1,0")


def test_arrays_are_shown_without_names_of_files(book_weights):
    images, labels = load_images()[:100], load_labels()[:100]
    result = evaluate(load_network(book_weights), images, labels, views=["wrong"])
    text = plain(render.lines(result))
    assert text.startswith("accuracy 0.9600  96 of 100 correct\n\n4 of 4 mistakes")
    assert (render.as_json(result)["weights"], render.as_json(result)["images"]) == (None, None)


def test_an_accuracy_below_what_is_asked_for_ends_with_1_and_one_line():
    command = ("eval", "--limit", "2000", "--min-confidence", "0.5", "--fail-under")
    enough, too_little = mnist(*command, "0.989"), mnist(*command, "0.994", "--json")
    assert (enough.code, enough.stderr) == (0, "")
    assert "accuracy 0.9890" in enough.stdout
    assert json.loads(too_little.stdout)["accuracy"] == 0.989
    assert too_little.stderr == "Error: the accuracy is 0.9890, expected 0.994 or more.\n"
    assert too_little.code == 1
    assert mnist(*command, "1.1").code == mnist(*command, "nan").code == 2


def test_all_mistakes_in_json_where_no_number_is_given_and_their_count_for_0(book_weights):
    wrong = document("-w", book_weights, "--wrong")["wrong"]
    assert len(wrong) == 648
    assert min(mistake["index"] for mistake in wrong) == 8
    assert shown("-w", book_weights, "--wrong", "0").endswith("\n\n648 mistakes\n")
    found = document("-w", book_weights, "--wrong", "0")
    assert (found["wrong_count"], found["wrong"]) == (648, [])
    assert shown("--limit", "1", "--wrong").endswith("\n\nno mistakes\n")


def test_a_sweep_marks_the_best(book_weights):
    text = shown("-w", book_weights, "--limit", "300", "--sweep", "1,10,all")
    assert len(re.findall(r"B  best", text)) == 1
    assert "best here: batches of" in text
    found = document("-w", book_weights, "--limit", "300", "--sweep", "1,10,all")
    assert [row["batch_size"] for row in found["sweep"]] == [1, 10, 300]
    assert list(found["sweep"][0]) == [
        "batch_size", "median_seconds", "images_per_second", "activation_bytes",
    ]  # fmt: skip
    found = document("-w", book_weights, "--limit", "60", "--sweep")
    assert [row["batch_size"] for row in found["sweep"]] == [1, 2, 5, 10, 20, 50, 60]


def test_corruption_is_told(book_weights):
    text = shown(*QUICK, "-w", book_weights, "--shift", "-1,2", "--rotate", "5", "--noise", "0.1")
    assert text.startswith(
        "corrupted images: turned by 5 degrees, shifted by 1 left, 2 down, noise of 0.1 added\n"
    )
    assert shown(*QUICK, "--shift", "3,-2").startswith(
        "corrupted images: shifted by 3 right, 2 up\n"
    )
    found = document(*QUICK, "-w", book_weights, "--shift", "1,0", "--no-normalize", "--invert")
    assert found["corruption"] == {
        "rotate": 0,
        "shift": [1, 0],
        "invert": True,
        "noise": 0,
        "normalize": False,
    }
    assert document(*QUICK, "-w", book_weights, "--shift", "1,0")["accuracy"] == 0.8784
    for mode in ("textbook", "batched"):  # at 0..255 the lecture's formulas find as many
        undivided = document("--mode", mode, "--runs", "1", "-w", book_weights, "--no-normalize")
        assert (undivided["accuracy"], undivided["correct"]) == (0.9207, 9207)


def test_output_writes_a_row_for_each_image(book_weights, tmp_path):
    shown("-w", book_weights, "--limit", "20", "-q", "--output", tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 21
    limited = ("-w", book_weights, "--limit", "5", "--confusion")
    shown(*limited, "-q", "--output", tmp_path / "a.csv", "--force")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 6
    assert shown(*limited, "--output", "-") == (tmp_path / "a.csv").read_text()


@pytest.mark.parametrize("count", [20, 5_000])  # Python reads no number of 5,000 digits
def test_numbers_of_many_digits_are_wrong_usage_or_more_than_there_is(count):
    many = "9" * count
    for option in ("--runs", "--rotate", "--noise", "--min-confidence", "--sweep"):
        done = mnist("eval", option, many)
        assert (done.code, done.stdout) == (2, ""), option
        assert len(done.stderr.splitlines()[-1]) < 500
    assert mnist("eval", "--shift", f"{many},0").code == 2
    for option in ("--batch-size", "--limit", "--wrong", "--threads"):
        done = mnist("eval", "--limit", "9", "--runs", "1", option, many)
        assert done.code == (2 if count == 5_000 else 0), option


def test_what_was_really_used_is_said():
    limited = ("--limit", "50", "--runs", "1", "-b", "5000", "--threads", "999")
    assert "\nbatched (50) " in shown(*limited)
    assert re.search(r"\n1 run +median ", shown(*limited))
    found = document(*limited)
    assert (found["batch_size"], found["threads"]) == (50, 1)


@pytest.mark.parametrize("width", [60, 80])
def test_every_view_fits_the_terminal_on_every_surface(width, tmp_path):
    """Only sentences, which are wrapped between words, and names of files may be longer."""
    views = {name: {} for name in VIEWS} | {
        "output": {"path": tmp_path / "a.csv"},
        "sweep": {"sizes": (1, 10, None), "runs": 1},
        "timing": {"mode": "textbook", "runs": 2},
    }
    result = evaluate_files(
        Files(["weights.pkl"] * 4, limit=500, corruption=Corruption(rotate=3)),
        views=views,
    )
    for surface in SURFACES:
        with drawing_on(dataclasses.replace(surface, width=width)):
            text = plain(render.lines(result))
        longer = [row for row in text.splitlines() if len(row) > width]
        assert all(
            re.fullmatch(r"(\S+ )+\S+", row) and (width < 80 or str(tmp_path.parent) in row)
            for row in longer
        )
        assert text.isascii() or surface.unicode


def test_a_million_images_fit_80_columns():
    def timing(seconds):
        return Timing((seconds, seconds * 1.5), seconds, 1_000_000 / seconds, 999_999)

    counts = [[0 if i != j else 99_000 for i in range(10)] for j in range(10)]
    counts[4][9] = 10_000
    file = FoundFile(Path("w.pkl"), "given")
    labels, others = np.zeros((2, 1_000_000))
    others[-10:] = 1
    found = [Predictions(labels, predictions, labels) for predictions in (labels, others)]
    pair = pair_up(found, 0, 1)
    model = Model(file.path, file.origin, (784, 10), 7850, 999_999, 0.999_999)
    result = Evaluation(
        samples=1_000_000, correct=999_999, accuracy=0.999_999,
        batch_size=1_000_000, threads=2,
        views={
            "timing": TimingComparison(
                timing(149.1), timing(0.9), timing(160.2), 149.1 / 0.9, False, 999_999,
                samples=1_000_000, batch_size=1_000_000, threads=2, runs=2, warmup=1, library="",
            ),
            "confusion": Confusion(np.array(counts)),
            "sweep": tuple(SweepRow(n, 3.0, 333_333.3, n * 3776) for n in (1, 1_000_000)),
            "compared": Compared(1_000_000, (model, model), (pair,)),
        },
        source=UsedFiles((file,), file, "sigmoid", UNCORRUPTED),
    )  # fmt: skip
    sentence = "batched is 165.7x faster than per sample, and 999,999 predictions differ"
    for surface in SURFACES:
        with drawing_on(surface):
            text = plain(render.lines(result))
        assert [row for row in text.splitlines() if len(row) > 80] == []
        assert sentence in text


def test_a_p_value_too_small_for_floating_point_is_not_0():
    rows = {}
    for only_first in (700, 2000):
        labels = np.zeros(only_first)
        found = [Predictions(labels, labels + n, labels) for n in (0, 1)]
        rows[only_first] = plain(compared.lines(Compared(2000, (), (pair_up(found, 0, 1),))))
    assert "p = 8.1e-154\n" in rows[700]
    assert "p < 1e-300\n" in rows[2000]


def test_every_view_has_a_json_form_with_the_same_numbers():
    arguments = (*VIEW_OPTIONS, "-w", "weights.pkl", "-w", "weights.pkl", "--limit", "600")
    found = document(*arguments)
    text = shown(*arguments)
    assert f"coverage {found['coverage']:.4f}" in text
    assert f"{found['wrong'][0]['confidence']:.4f}" in text
    for row in found["robustness"]:
        numbers = [f"{accuracy:.4f}" for accuracy in row["accuracy"]]
        assert re.search(rf"{row['strength']:g} +{numbers[0]} .*{numbers[1]}", text)
    table = [text.split() for text in text.splitlines()]
    for row in found["per_class"]:
        scores = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1")]
        assert [str(row["digit"]), *scores, str(row["support"])] in table
    assert f" {sum(found['confusion'][0])}\n" in text
    (pair,) = found["mcnemar"]
    assert f"only #1 correct: {len(pair['only_first'])}" in text
    assert f"both correct {pair['both']}, both incorrect {pair['neither']}" in text


def test_a_net_from_pytorch_that_predicts_badly_comes_with_what_to_try(tmp_path):
    layers = load_network()
    sizes = range(1, 4)
    tensors = {f"fc{i}.weight": np.ascontiguousarray(layers.arrays[f"W{i}"].T) for i in sizes}
    tensors |= {f"fc{i}.bias": layers.arrays[f"b{i}"] for i in sizes}
    good, bad = tmp_path / "good.safetensors", tmp_path / "bad.safetensors"
    save_file(tensors, good)
    save_file(tensors | {"fc3.bias": np.arange(10, dtype="f4") * 100}, bad)
    notes = {name: shown_notes("-w", name) for name in (good, bad)}
    assert [len(each) for each in notes.values()] == [1, 2]  # the activation had to be assumed
    assert f"mnist convert {bad} ours.safetensors --mean 0.1307 --std 0.3081" in notes[bad][1]
    assert "--activation relu, or sigmoid" in notes[bad][1]
    assert len(shown_notes("-w", bad, "--invert")) == 1  # which does it without anybody's fault
    mnist("convert", bad, tmp_path / "ours.npz", "--activation", "sigmoid")
    assert shown_notes("-w", tmp_path / "ours.npz") == []


def shown_notes(*options):
    return mnist("eval", *options, "--confusion").stderr.splitlines()


def test_quiet_shows_the_result_and_no_note(tmp_path):
    """Without it a net whose activation nothing names comes with a note."""
    zeros = {"W1": (784, 20), "b1": 20, "W2": (20, 10), "b2": 10}
    np.savez(tmp_path / "w.npz", **{name: np.zeros(shape) for name, shape in zeros.items()})
    arguments = ("-w", tmp_path / "w.npz", "--limit", "10", "--confusion")
    done, quiet = mnist("eval", *arguments), mnist("eval", *arguments, "-q")
    assert done.stderr.startswith("Note: ")
    assert quiet == dataclasses.replace(done, stderr="")
