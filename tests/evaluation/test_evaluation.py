"""The comparison: the same answers in every way, and times that are those of the runs."""

import statistics
import tracemalloc

import numpy as np
import pytest
from support import textbook
from support.sets import write_images, write_labels

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets import labelled
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.errors import FormatError
from mnist_cli.evaluation.evaluation import Views, evaluate
from mnist_cli.evaluation.timing import Way, measure
from mnist_cli.net.network import Network
from mnist_cli.weights.weights_file import save_network


def quick(*arguments, **options):
    """One run in batches, for what does not depend on times."""
    return evaluate(*arguments, **{"mode": "batched", "runs": 1, "warmup": 0} | options)


def test_the_book_s_weights_one_by_one_and_in_batches(book_weights):
    result = evaluate(book_weights, runs=2, warmup=1)
    assert result.samples == 10_000
    assert result.per_sample.correct == result.batched.correct == 9352
    assert result.best.accuracy == 0.9352
    assert result.different == 0
    assert result.textbook is None


@pytest.mark.parametrize("batch_size", [1, 7, 100, 128, 333, 10_000, 20_000])
def test_any_batch_size_gives_the_same_accuracy(book_weights, batch_size):
    result = quick(book_weights, batch_size=batch_size)
    assert result.best.correct == 9352
    assert (result.per_sample, result.speedup, result.different) == (None, None, None)


def test_the_lecture_s_own_formulas_agree(book_weights):
    result = evaluate(book_weights, mode="textbook", runs=1, warmup=0, limit=500)
    assert result.different == 0
    assert result.textbook.correct == result.per_sample.correct == result.batched.correct


def test_a_relu_net_agrees_with_the_textbook(tmp_path):
    rng = np.random.default_rng(0)
    net = Network(
        (rng.normal(0, 0.1, (784, 20)), rng.normal(0, 0.1, (20, 10))),
        (np.zeros(20), np.zeros(10)),
        "relu",
    )
    save_network(net, tmp_path / "relu.npz")
    result = evaluate(
        tmp_path / "relu.npz", mode="textbook", activation="relu", runs=1, warmup=0, limit=300
    )
    x = load_images()[:300].reshape(-1, 784) / 255
    answers = textbook.forward(net.weights, net.biases, x, textbook.relu).argmax(axis=1)
    assert result.different == 0
    assert result.best.correct == np.count_nonzero(answers == load_labels()[:300])


def test_times_are_those_of_the_runs(book_weights):
    result = evaluate(book_weights, runs=3, warmup=0, limit=50)
    for way in (result.per_sample, result.batched):
        assert len(way.seconds) == 3
        assert way.median_seconds == statistics.median(way.seconds)
        assert way.images_per_second == 50 / way.median_seconds
    assert result.speedup == result.per_sample.median_seconds / result.batched.median_seconds


def test_warming_up_is_not_counted(book_weights, monkeypatch):
    calls = []
    original = Network.predict
    monkeypatch.setattr(
        Network, "predict", lambda net, *args, **kw: calls.append(1) or original(net, *args, **kw)
    )
    result = evaluate(book_weights, mode="batched", runs=3, warmup=2, limit=10)
    assert len(calls) == 5
    assert len(result.batched.seconds) == 3


def test_progress_counts_every_way_and_run(book_weights):
    seen = []
    evaluate(book_weights, runs=2, warmup=1, limit=30, progress=lambda done, _: seen.append(done))
    assert seen == [30, 60, 90, 120]


@pytest.mark.parametrize("name", ["batch_size", "runs", "threads", "limit"])
def test_numbers_below_one_are_refused(name):
    with pytest.raises(ValueError, match=f"{name} is 0: expected 1 or more"):
        evaluate(**{name: 0})


def test_a_negative_warmup_is_refused():
    with pytest.raises(ValueError, match="warmup is -1: expected 0 or more"):
        evaluate(warmup=-1)


def test_images_and_labels_of_other_counts_are_refused(tmp_path):
    images = write_images(tmp_path / "i", load_images()[:5])
    labels = write_labels(tmp_path / "l", load_labels()[:4])
    with pytest.raises(FormatError, match="found 4 labels, expected 5"):
        evaluate(images=images, labels=labels)


def test_one_image_is_a_set(tmp_path, book_weights):
    images = write_images(tmp_path / "i", load_images()[:1])
    labels = write_labels(tmp_path / "l", load_labels()[:1])
    result = evaluate(book_weights, images, labels, runs=1)
    assert (result.samples, result.best.correct) == (1, 1)


@pytest.fixture
def in_pieces(monkeypatch):
    """A set above 100 images counts as large."""
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 100 * 784)


@pytest.mark.usefixtures("in_pieces")
@pytest.mark.parametrize(
    ("limit", "batch_size"), [(None, 7), (None, 100), (None, 333), (250, 100), (100, 30)]
)
def test_a_set_read_in_pieces_gives_the_same_results(tmp_path, book_weights, limit, batch_size):
    images = write_images(tmp_path / "i", load_images()[:1000])
    labels = write_labels(tmp_path / "l", load_labels()[:1000])
    views = Views(confusion=True, mistakes=True, min_confidence=0.9, output=tmp_path / "o.csv")
    corruption = Corruption(noise=0.3, shift=(1, 0))
    result = evaluate(
        book_weights, images, labels, limit=limit, batch_size=batch_size, runs=2, warmup=1,
        views=views, corruption=corruption,
    )  # fmt: skip
    whole = load_images()[:limit][:1000]
    corrupted = corruption.apply(whole, np.random.default_rng(0))
    net = load_network(book_weights)
    expected = net.predict(corrupted)
    truth = load_labels()[: len(whole)]
    assert result.samples == len(whole)
    assert result.per_sample.correct == np.count_nonzero(expected == truth)
    assert result.batched.correct == np.count_nonzero(expected == truth)
    assert result.different == 0
    wrong = np.flatnonzero(expected != truth).tolist()
    assert sorted(mistake.index for mistake in result.mistakes.ranked) == wrong
    for mistake in result.mistakes.ranked[:6]:
        np.testing.assert_array_equal(mistake.image, corrupted[mistake.index])
    assert len((tmp_path / "o.csv").read_text().splitlines()) == len(whole) + 1


def test_a_large_set_needs_no_more_memory_than_a_piece(tmp_path, book_weights, monkeypatch):
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 1 << 20)
    count = 20_000  # 15 MB
    images = write_images(tmp_path / "i", np.concatenate([load_images()] * 2))
    labels = write_labels(tmp_path / "l", np.concatenate([load_labels()] * 2))
    views = Views(confusion=True, mistakes=True, min_confidence=0.9, output=tmp_path / "o.jsonl")
    tracemalloc.start()
    result = quick(book_weights, images, labels, views=views)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.best.correct == 2 * 9352
    assert result.confusion.counts.sum() == count
    assert peak < 8 << 20


def test_a_sweep_times_each_size_once_in_order(book_weights):
    result = quick(book_weights, limit=200, runs=2, views=Views(sweep=(50, 1, None, 500, 50)))
    assert [row.batch_size for row in result.sweep] == [1, 50, 200]
    right = result.best.correct
    assert [row.timing.correct for row in result.sweep] == [right] * 3
    assert all(len(row.timing.seconds) == 2 for row in result.sweep)
    # x, z1, z2 and a3 of the book's net, 4 bytes each
    assert result.sweep[1].activation_bytes == 50 * (784 + 50 + 100 + 10) * 4


def test_no_view_is_run_that_was_not_asked_for(book_weights):
    result = quick(book_weights, limit=10)
    views = ("confusion", "mistakes", "reliability", "sweep", "robustness")
    assert [getattr(result, view) for view in views] == [None] * 5
    assert result.contenders == result.duels == ()


def test_several_weights_are_held_against_each_other(book_weights, tmp_path):
    book = load_network(book_weights)
    worse = Network((book.weights[0] * 0.7, *book.weights[1:]), book.biases)
    save_network(worse, tmp_path / "worse.npz")
    result = quick(book_weights, rivals=[tmp_path / "worse.npz", book_weights])
    truth = load_labels()
    right = book.predict(load_images()) == truth
    worse_right = worse.predict(load_images()) == truth
    assert result.best.correct == 9352
    assert [rival.correct for rival in result.contenders] == [9352, worse_right.sum(), 9352]
    assert [rival.parameters for rival in result.contenders] == [45360] * 3
    assert [(duel.first, duel.second) for duel in result.duels] == [(0, 1), (0, 2), (1, 2)]
    counts = result.duels[0].counts
    assert counts.only_first.tolist() == np.flatnonzero(right & ~worse_right).tolist()
    assert counts.only_second.tolist() == np.flatnonzero(worse_right & ~right).tolist()
    assert result.duels[1].counts.p_value == 1


def test_answers_that_differ_are_counted_by_image():
    with open_labelled(limit=10) as data:
        all_right = Way(lambda _: data.labels)
        two_wrong = Way(lambda _: np.where(np.arange(10) < 2, 99, data.labels))
        one_wrong = Way(lambda _: np.where(np.arange(10) == 1, 98, data.labels))
        ways = {"a": all_right, "b": two_wrong, "c": one_wrong}
        timings, different = measure(ways, data, 10, 3, 0, lambda *_: None)
    assert [timing.correct for timing in timings.values()] == [10, 8, 9]
    assert different == 2
