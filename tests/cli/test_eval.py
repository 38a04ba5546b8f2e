"""`mnist eval` as its user sees it."""

import json
import re

import numpy as np
import pytest
from mnist_cli.evaluation.metrics import Confusion, McNemar
from support.commands import mnist

from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.evaluation.evaluation import Contender, Duel, Evaluation, Views, evaluate
from mnist_cli.evaluation.timing import SweepRow, Timing
from mnist_cli.paths import FoundFile
from mnist_cli.render.text import Surface, drawing_on, plain
from mnist_cli.render.views import evaluate as render

QUICK = ("--mode", "batched", "--runs", "1", "--warmup", "0")
VIEWS = ("--confusion", "--wrong", "3", "--min-confidence", "0.9", "--sweep", "1,100,all",
         "--robustness")  # fmt: skip
SURFACES = [Surface(True, True), Surface(False, True), Surface(False, False)]


def quick(*arguments):
    done = mnist("eval", *QUICK, *arguments)
    assert (done.code, done.stderr) == (0, "")
    return done.stdout


def quick_json(*arguments):
    return json.loads(quick(*arguments, "--json"))


def test_accuracy_speed_and_one_sentence(book_weights):
    shown = mnist("eval", "--batch-size", "100", "--runs", "2", "-w", book_weights).stdout
    one, batches = shown.splitlines()[1:3]
    assert one.startswith("one by one        0.9352  9352/10000")
    assert batches.startswith("batches of 100    0.9352  9352/10000")
    assert re.search(r"batches of 100 are \d+\.\dx faster, and every prediction is the same", shown)
    assert "NumPy " in shown
    assert "start-up and reading are not in the times" in shown
    assert str(book_weights) in shown
    assert "(embedded)" in shown


def test_the_fields_of_json(book_weights):
    done = mnist("eval", "--runs", "2", "--limit", "500", "-w", book_weights, "--json")
    document = json.loads(done.stdout)
    assert list(document) == [
        "weights", "images", "samples", "correct", "accuracy", "batch_size", "per_sample",
        "batched", "speedup", "predictions_identical", "threads", "runs", "warmup",
    ]  # fmt: skip
    way = document["per_sample"]
    assert list(way) == ["seconds", "median_seconds", "images_per_second", "correct"]
    assert len(way["seconds"]) == 2
    assert document["samples"] == 500
    assert document["accuracy"] == document["correct"] / 500
    assert document["predictions_identical"] is True


def test_what_was_not_run_is_null(book_weights):
    document = quick_json("-w", book_weights, "--limit", "10")
    assert (document["per_sample"], document["speedup"]) == (None, None)
    assert document["predictions_identical"] is None
    assert "textbook" not in document
    assert "confusion" not in document


def test_the_lecture_s_formulas_are_a_third_row(book_weights):
    arguments = ("--mode", "textbook", "--runs", "1", "--limit", "50", "-w", book_weights)
    assert mnist("eval", *arguments).stdout.splitlines()[1].startswith("textbook ")
    document = json.loads(mnist("eval", *arguments, "--json").stdout)
    assert document["textbook"]["correct"] == document["correct"]


@pytest.mark.parametrize("batch_size", ["1", "333", "20000"])
def test_batch_sizes_of_any_kind(book_weights, batch_size):
    assert quick_json("-b", batch_size, "-w", book_weights)["accuracy"] == 0.9352


def test_the_confusion_matrix_in_numbers_and_words(book_weights):
    shown = quick("-w", book_weights, "--confusion")
    assert "4 read as 9: 35 times" in shown
    assert "5 read as 3: 34 times" in shown
    assert "9 read as 4: 31 times" in shown
    document = quick_json("-w", book_weights, "--confusion")
    assert document["confusion"][4][9] == 35
    assert sum(map(sum, document["confusion"])) == 10_000
    assert document["per_class"][0]["digit"] == 0
    table = [text.split() for text in shown.splitlines()]
    for row in document["per_class"]:
        scores = [f"{row[key]:.4f}" for key in ("precision", "recall", "f1")]
        assert any(
            cells[:5] == [str(row["digit"]), *scores, str(row["support"])] for cells in table
        )


def test_the_gallery_and_the_next_step(book_weights):
    shown = quick("-w", book_weights, "--wrong", "2")
    assert "2 of 648 mistakes, the most confident first" in shown
    document = quick_json("-w", book_weights, "--wrong", "2")
    assert document["wrong_count"] == 648
    first, second = document["wrong"]
    assert first["confidence"] >= second["confidence"]
    assert f"{first['label']} read as {first['prediction']}, confidence" in shown
    (command,) = re.findall("to look closer: mnist (.*)", shown)
    closer = mnist(*command.replace("'", "").split())
    assert closer.code == 0
    assert f"digit {first['prediction']}  confidence {first['confidence']:.4f}" in closer.stdout


def test_json_has_all_mistakes_where_no_number_is_given(book_weights):
    wrong = quick_json("-w", book_weights, "--wrong")["wrong"]
    assert len(wrong) == 648
    assert min(mistake["index"] for mistake in wrong) == 8


def test_mistakes_on_one_digit_read_as_another(book_weights):
    narrowed = ("--show-label", "4", "--show-prediction", "9")
    assert len(quick_json("-w", book_weights, *narrowed)["wrong"]) == 35
    assert "6 of 35 mistakes" in quick("-w", book_weights, *narrowed)
    assert "no mistakes of this kind" in quick("--limit", "1", "--wrong")


def test_i_don_t_know(book_weights):
    document = quick_json("-w", book_weights, "--min-confidence", "0.9")
    assert document["coverage"] == pytest.approx(0.757, abs=5e-4)
    assert document["accuracy_covered"] == pytest.approx(0.993, abs=5e-4)
    shown = quick("-w", book_weights, "--min-confidence", "0.9")
    assert "below 0.9: coverage 0.7572, accuracy of the rest 0.9930" in shown
    error = document["calibration_error"]
    assert f"expected calibration error {error:.4f}" in shown
    assert [row["min_confidence"] for row in document["coverage_table"]] == [
        0.5, 0.8, 0.9, 0.95, 0.99,
    ]  # fmt: skip


def test_a_sweep_marks_the_best(book_weights):
    shown = quick("-w", book_weights, "--limit", "300", "--sweep", "1,10,all")
    assert len(re.findall(r"B  best", shown)) == 1
    assert "best here: batches of" in shown
    document = quick_json("-w", book_weights, "--limit", "300", "--sweep", "1,10,all")
    assert [row["batch_size"] for row in document["sweep"]] == [1, 10, 300]
    assert list(document["sweep"][0]) == [
        "batch_size", "median_seconds", "images_per_second", "activation_bytes",
    ]  # fmt: skip


def test_a_sweep_has_sizes_of_its_own(book_weights):
    document = quick_json("-w", book_weights, "--limit", "60", "--sweep")
    assert [row["batch_size"] for row in document["sweep"]] == [1, 2, 5, 10, 20, 50, 60]


def test_corruption_is_told(book_weights):
    shown = quick("-w", book_weights, "--shift", "-1,2", "--rotate", "5", "--noise", "0.1")
    assert shown.startswith(
        "corrupted images: turned by 5 degrees, shifted by -1 right, 2 down, noise of 0.1 added\n"
    )
    document = quick_json("-w", book_weights, "--shift", "1,0", "--no-normalize", "--invert")
    assert document["corruption"] == {
        "rotate": 0,
        "shift": [1, 0],
        "invert": True,
        "noise": 0,
        "normalize": False,
    }
    assert quick_json("-w", book_weights, "--shift", "1,0")["accuracy"] == 0.8784


def test_robustness_of_several_files_side_by_side(book_weights):
    both = ("-w", book_weights, "-w", "weights.pkl", "--robustness", "--limit", "200")
    shown = quick(*both)
    document = quick_json(*both)
    for row in document["robustness"]:
        numbers = [f"{accuracy:.4f}" for accuracy in row["accuracy"]]
        assert re.search(rf"{row['strength']:g} +{numbers[0]} .*{numbers[1]}", shown)


def test_files_side_by_side_and_mcnemar(book_weights):
    both = ("-w", book_weights, "-w", "weights.pkl")
    document = quick_json(*both)
    assert document["accuracy"] == 0.9352
    assert [file["parameters"] for file in document["compared"]] == [45360, 45360]
    (duel,) = document["mcnemar"]
    counts = [len(duel["only_first"]), len(duel["only_second"]), duel["both"], duel["neither"]]
    assert sum(counts) == 10_000
    assert document["compared"][1]["correct"] == counts[1] + counts[2]
    shown = quick(*both)
    assert f"only #1 right: {counts[0]} " in shown
    assert f"both right {counts[2]}, both wrong {counts[3]}" in shown


def test_output_writes_a_row_for_each_image(book_weights, tmp_path):
    quick("-w", book_weights, "--limit", "20", "--output", tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 21
    again = mnist("eval", *QUICK, "--output", tmp_path / "a.csv")
    assert (again.code, again.stdout) == (1, "")
    quick("-w", book_weights, "--limit", "5", "--output", tmp_path / "a.csv", "--force")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 6
    assert mnist("eval", *QUICK, "--output", tmp_path / "a.txt").code == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ("--shift", "1"),
        ("--shift", "1,2,3"),
        ("--shift", "a,b"),
        ("--sweep", "0"),
        ("--sweep", "1,,2"),
        ("--sweep", "some"),
        ("--wrong", "-1"),
        ("--show-label", "10"),
        ("--min-confidence", "1.5"),
        ("--min-confidence", "nan"),
        ("--noise", "-1"),
        ("--noise", "nan"),
        ("--rotate", "inf"),
        ("--output", "a.json"),
    ],
)
def test_wrong_usage(arguments):
    done = mnist("eval", *arguments)
    assert (done.code, done.stdout) == (2, "")


def test_a_file_at_fault_among_several_is_named(tmp_path):
    done = mnist("eval", *QUICK, "-w", "weights.pkl", "-w", tmp_path / "nothing.pkl")
    assert (done.code, done.stdout) == (1, "")
    assert "nothing.pkl" in done.stderr


@pytest.mark.parametrize("surface", SURFACES)
def test_every_view_fits_80_columns_on_every_surface(book_weights, surface):
    views = Views(
        confusion=True, mistakes=True, min_confidence=0.9, sweep=(1, 10, None), robustness=True
    )
    result = evaluate(
        book_weights, rivals=[book_weights] * 3, runs=1, warmup=0, mode="textbook", limit=500,
        views=views, corruption=Corruption(rotate=3),
    )  # fmt: skip
    with drawing_on(surface):
        text = plain(render.lines(result))
    names_no_file = [row for row in text.splitlines() if str(book_weights) not in row]
    assert max(map(len, names_no_file)) <= 80
    assert text.isascii() or surface.unicode


def test_a_million_images_fit_80_columns():
    def timing(seconds):
        return Timing((seconds, seconds * 1.5), 1_000_000, 999_999)

    counts = [[0 if i != j else 99_000 for i in range(10)] for j in range(10)]
    counts[4][9] = 10_000
    file = FoundFile("w.pkl", "given")
    result = Evaluation(
        weights=file, images=file, samples=1_000_000, batch_size=1_000_000,
        layer_sizes=(784, 50, 100, 10), activation="sigmoid", per_sample=timing(149.1),
        batched=timing(0.9), textbook=timing(160.2), different=999_999, threads=2, runs=2,
        warmup=1, numpy="2.0.0", blas="openblas 0.3.31.188.0",
        confusion=Confusion(np.array(counts)),
        sweep=tuple(SweepRow(n, timing(3.0), n * 3776) for n in (1, 1_000_000)),
        contenders=(Contender(file, (784, 10), 7850, 1_000_000, 999_999),) * 2,
        duels=(Duel(0, 1, McNemar(np.arange(999_990, 1_000_000), np.arange(9), 10**6, 0)),),
    )  # fmt: skip
    for surface in SURFACES:
        with drawing_on(surface):
            rows = plain(render.lines(result)).splitlines()
            assert [row for row in rows if len(row) > 80] == []


def test_every_view_has_a_json_form_with_the_same_numbers(book_weights):
    arguments = (*VIEWS, "-w", book_weights, "--limit", "400")
    document = quick_json(*arguments)
    shown = quick(*arguments)
    assert f"coverage {document['coverage']:.4f}" in shown
    assert f"{document['wrong'][0]['confidence']:.4f}" in shown
    assert f"{document['robustness'][3]['accuracy'][0]:.4f}" in shown
    assert f"{document['per_class'][3]['f1']:.4f}" in shown
    assert f" {sum(document['confusion'][0])}\n" in shown


def test_export_shows_the_same_figures(book_weights, tmp_path):
    shown = quick("-w", book_weights, "--confusion", "--export", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text("utf-8") == shown
    quick("-w", book_weights, "--confusion", "--export", tmp_path / "a.svg")
    picture = (tmp_path / "a.svg").read_text("utf-8").replace("&#160;", " ")
    assert "4 read as 9: 35 times" in picture
