"""How good a net is on arrays and files, and times that are those of the runs."""

import statistics
import tracemalloc
from functools import partial

import numpy as np
import pytest
from support import textbook
from support.sets import write_images, write_labels

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets import labelled
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.errors import FormatError
from mnist_cli.evaluation.evaluation import Files, evaluate, evaluate_files
from mnist_cli.evaluation.run import Run
from mnist_cli.evaluation.timing import TimingPlan, measure
from mnist_cli.net.network import Network
from mnist_cli.weights.weights_file import save_network

ONCE = TimingPlan("batched", runs=1, warmup=0)


@pytest.fixture(scope="module")
def book(book_weights):
    return load_network(book_weights)


@pytest.fixture(scope="module")
def mnist():
    return load_images(), load_labels()


def test_arrays_of_any_shape_and_type_that_a_net_takes(book, mnist):
    images, labels = mnist[0][:300], mnist[1][:300].tolist()
    expected = evaluate(book, images, labels).correct
    for same in (images.reshape(-1, 784), images / 255, (images / 255).astype("f4")):
        assert evaluate(book, same, labels).correct == expected
    views = ["mistakes", "robustness", "sweep"]
    whole = evaluate(book, images, labels, views=views).views
    floats = evaluate(book, images / 255, labels, views=views).views
    assert floats["robustness"] == whole["robustness"]
    assert floats["sweep"][-1].batch_size == 300
    for one, other in zip(floats["mistakes"].ranked, whole["mistakes"].ranked, strict=True):
        np.testing.assert_array_equal(one.image, other.image)


def test_arrays_that_are_no_labelled_set(book, mnist):
    images, labels = mnist[0][:3], mnist[1][:3]
    for arrays, message in (
        ((images[:, :27], labels), r"images have shape \(3, 27, 28\)"),
        ((images[0], labels), r"images have shape \(28, 28\)"),
        ((images[:0], labels[:0]), r"images have shape \(0, 28, 28\)"),
        ((images, labels[:2]), r"labels have shape \(2,\): expected \(3,\)"),
        ((images, [1, 2, 10]), "labels are not all whole numbers from 0 to 9"),
        ((images, [1, 2, 0.5]), "labels are not all whole numbers from 0 to 9"),
    ):
        with pytest.raises(ValueError, match=message):
            evaluate(book, *arrays)


def test_the_book_s_weights_per_sample_and_batched(book, mnist):
    untimed = evaluate(book, *mnist)
    assert (untimed.samples, untimed.correct, untimed.accuracy) == (10_000, 9352, 0.9352)
    assert (untimed.timing, untimed.views, untimed.source) == (None, {}, None)
    result = evaluate(book, *mnist, timing=True)
    timing = result.timing
    assert list(timing.methods) == ["per-sample", "batched"]
    assert (result.correct, timing.different) == (9352, 0)
    for method in timing.methods.values():
        assert method.correct == 9352
        assert len(method.seconds) == 5
        assert method.median_seconds == statistics.median(method.seconds)
        assert method.images_per_second == 10_000 / method.median_seconds
    per_sample, batched = (method.median_seconds for method in timing.methods.values())
    assert timing.speedup == per_sample / batched


def test_any_batch_size_gives_the_same_accuracy(book, mnist):
    for batch_size in (333, 20_000):
        result = evaluate(book, *mnist, timing=ONCE, batch_size=batch_size, threads=2)
        assert result.correct == 9352
        timing = result.timing
        assert (list(timing.methods), timing.speedup, timing.different) == (["batched"], None, None)
        assert evaluate(book, *mnist, batch_size=batch_size).correct == 9352


@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_the_lecture_s_own_formulas_agree(book, mnist, activation):
    rng = np.random.default_rng(0)
    relu = Network(
        (rng.normal(0, 0.1, (784, 20)), rng.normal(0, 0.1, (20, 10))),
        (np.zeros(20), np.zeros(10)),
        "relu",
    )
    net = relu if activation == "relu" else book
    images, labels = mnist[0][:300], mnist[1][:300]
    result = evaluate(net, images, labels, timing=TimingPlan("textbook", runs=1, warmup=0))
    squash = {"sigmoid": textbook.sigmoid, "relu": textbook.relu}[activation]
    y = textbook.forward(net.weights, net.biases, images.reshape(-1, 784) / 255, squash)
    correct = np.count_nonzero(y.argmax(axis=1) == labels)
    assert result.timing.different == 0
    assert [method.correct for method in result.timing.methods.values()] == [correct] * 3


def test_warming_up_is_not_counted(book, mnist):
    calls, seen = [], []
    images, labels = mnist[0][:10], mnist[1][:10]
    with open_labelled(limit=10) as data:
        run = Run([book], data)
        methods = {"m": lambda images: lambda: calls.append(len(images)) or labels}
        found = measure(run, methods, 10, TimingPlan(runs=3, warmup=2))
    assert len(calls) == 5
    assert len(found.methods["m"].seconds) == 3
    plan = TimingPlan(runs=2, warmup=1)
    evaluate(book, images, labels, timing=plan, progress=lambda done, _: seen.append(done))
    assert seen == [10, 20, 30, 40]  # every method and run


def test_only_the_forward_pass_is_timed(book, monkeypatch):
    """What a method does before it returns its work is not in the times."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    def method(images):
        now[0] += 100  # preparation

        def work():
            now[0] += 1
            return np.zeros(len(images), int)

        return work

    with open_labelled(limit=10) as data:
        found = measure(Run([book], data), {"m": method}, 10, TimingPlan(runs=3))
    assert found.methods["m"].seconds == (1, 1, 1)


def test_predictions_that_differ_are_counted_by_image(book):
    with open_labelled(limit=10) as data:
        two, one = (np.where(np.arange(10) < n, 90 + n, data.labels) for n in (2, 1))
        methods = {
            "all": lambda _: lambda: data.labels,
            "two": lambda _: lambda: two,
            "one": lambda _: lambda: one,
        }
        found = measure(Run([book], data), methods, 10, TimingPlan())
    assert [timing.correct for timing in found.methods.values()] == [10, 8, 9]
    assert found.different == 2


def test_numbers_that_are_too_small_and_views_that_do_not_exist_are_refused():
    for call, message in (
        (partial(evaluate_files, batch_size=0), "batch_size is 0: expected 1 or more"),
        (partial(evaluate_files, threads=0), "threads is 0: expected 1 or more"),
        (partial(evaluate_files, Files(limit=0)), "limit is 0: expected 1 or more"),
        (partial(TimingPlan, runs=0), "runs is 0: expected 1 or more"),
        (partial(TimingPlan, warmup=-1), "warmup is -1: expected 0 or more"),
        (partial(evaluate, [], load_images(), load_labels()), "networks is 0: expected 1"),
        (partial(evaluate_files, views=["nothing"]), "there is no view 'nothing': .* confusion"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_images_and_labels_of_other_counts_are_refused(tmp_path):
    images = write_images(tmp_path / "i", load_images()[:5])
    labels = write_labels(tmp_path / "l", load_labels()[:4])
    with pytest.raises(FormatError, match="found 4 labels, expected 5"):
        evaluate_files(Files(images=images, labels=labels))


def test_a_set_read_in_chunks_gives_the_same_results(tmp_path, book_weights, book, monkeypatch):
    limit, corruption = 950, Corruption(noise=0.3, shift=(1, 0))
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 100 * 784)  # 100 images
    images = write_images(tmp_path / "i", load_images()[:1000])
    labels = write_labels(tmp_path / "l", load_labels()[:1000])
    files = Files([book_weights], images, labels, limit, corruption=corruption)
    views = {"output": {"path": tmp_path / "o.csv"}, "confusion": {}, "mistakes": {}}
    plan = TimingPlan(runs=2)
    result = evaluate_files(files, timing=plan, batch_size=333, views=views)
    whole, truth = load_images()[:limit], load_labels()[:limit]
    corrupted = corruption.apply(whole, np.random.default_rng(0))
    incorrect = np.flatnonzero(book.predict(corrupted) != truth)
    assert result.samples == len(whole)
    timing = result.timing
    correct = len(whole) - incorrect.size
    assert [method.correct for method in timing.methods.values()] == [correct, correct]
    assert timing.different == 0
    assert result.views["confusion"].counts.trace() == correct
    mistakes = result.views["mistakes"].ranked
    assert sorted(mistake.index for mistake in mistakes) == incorrect.tolist()
    for mistake in mistakes[:6]:
        np.testing.assert_array_equal(mistake.image, corrupted[mistake.index])
    assert len((tmp_path / "o.csv").read_text().splitlines()) == len(whole) + 1


def test_a_large_set_needs_no_more_memory_than_a_chunk(tmp_path, book_weights, monkeypatch):
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 1 << 20)
    images = write_images(tmp_path / "i", load_images())  # 8 MB
    labels = write_labels(tmp_path / "l", load_labels())
    views = {"output": {"path": tmp_path / "o.jsonl"}}
    views |= {name: {} for name in ("confusion", "mistakes", "reliability")}
    tracemalloc.start()
    result = evaluate_files(Files([book_weights], images, labels), views=views)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.correct == result.views["confusion"].counts.trace() == 9352
    assert peak < 5 << 20


def test_several_weights_are_compared(book_weights, book, mnist, tmp_path):
    worse = Network((book.weights[0] * 0.7, *book.weights[1:]), book.biases)
    save_network(worse, tmp_path / "worse.npz")
    files = Files([book_weights, tmp_path / "worse.npz", book_weights])
    result = evaluate_files(files, views=["compared"])
    images, labels = mnist
    correct, worse_correct = (net.predict(images) == labels for net in (book, worse))
    compared = result.views["compared"]
    assert result.correct == 9352
    assert [model.correct for model in compared.models] == [9352, worse_correct.sum(), 9352]
    assert compared.models[1].weights.path == tmp_path / "worse.npz"
    assert [model.parameters for model in compared.models] == [45360] * 3
    assert [(pair.first, pair.second) for pair in compared.pairs] == [(0, 1), (0, 2), (1, 2)]
    pair = compared.pairs[0]
    assert pair.only_first.tolist() == np.flatnonzero(correct & ~worse_correct).tolist()
    assert pair.only_second.tolist() == np.flatnonzero(worse_correct & ~correct).tolist()
    assert compared.pairs[1].p_value == 1
    arrays = evaluate([book, worse], images, labels, views=["compared"]).views["compared"]
    assert [model.weights for model in arrays.models] == [None, None]
    assert arrays.models[1].correct == worse_correct.sum()
