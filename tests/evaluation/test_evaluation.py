"""How good a net is on arrays and files, and times that are those of the runs."""

import statistics
import tracemalloc
from functools import partial

import numpy as np
import pytest
from support import nets, textbook
from support.commands import COMMANDS
from support.sets import write_images, write_labels

from mnist_cli import load_images, load_labels, load_network
from mnist_cli.datasets import labelled
from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.datasets.labelled import LabelledImages, open_labelled
from mnist_cli.evaluation.evaluation import VIEWS, Files, evaluate, evaluate_files
from mnist_cli.evaluation.setup import Setup
from mnist_cli.evaluation.timing import measure
from mnist_cli.net.network import Network
from mnist_cli.spec import ACTIVATIONS
from mnist_cli.weights.weights_file import save_network

MNIST = load_images(), load_labels()


@pytest.fixture(scope="module")
def book(book_weights):
    return load_network(book_weights)


def test_a_view_has_the_name_of_its_option(book):
    options = {option.name for option in COMMANDS["eval"].params}
    assert {*VIEWS} - options == {"timing", "compared"}
    images, labels = MNIST[0][:300], MNIST[1][:300]
    asked = {"wrong": {"count": 2}, "min_confidence": {"min_confidence": 0.5}}
    views = evaluate(book, images, labels, views=asked).views
    assert views.keys() == asked.keys()
    assert len(views["wrong"].wrong) == 2
    assert views["min_confidence"].min_confidence == 0.5


def test_arrays_of_any_shape_and_type_that_a_net_takes(book):
    images, labels = MNIST[0][:300], MNIST[1][:300].tolist()
    expected = evaluate(book, images, labels).correct
    for same in (images.reshape(-1, 784), images / 255, (images / 255).astype("f4")):
        assert evaluate(book, same, labels).correct == expected
    views = ["wrong", "robustness", "sweep"]
    whole = evaluate(book, images, labels, views=views).views
    floats = evaluate(book, images / 255, labels, views=views).views
    assert floats["robustness"] == whole["robustness"]
    assert floats["sweep"][-1].batch_size == 300
    np.testing.assert_array_equal(floats["wrong"].pictures, whole["wrong"].pictures)


def test_arrays_that_are_no_labelled_set(book):
    images, labels = MNIST[0][:3], MNIST[1][:3]
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


def test_the_book_s_weights_per_sample_and_batched(book):
    untimed = evaluate(book, *MNIST)
    assert (untimed.samples, untimed.correct, untimed.accuracy) == (10_000, 9352, 0.9352)
    assert (untimed.views, untimed.source) == ({}, None)
    result = evaluate(book, *MNIST, views={"timing": {"runs": 2}})
    timing = result.views["timing"]
    assert (result.correct, timing.predictions_different, timing.textbook) == (9352, 0, None)
    for method in (timing.per_sample, timing.batched):
        assert (method.correct, len(method.seconds)) == (9352, 2)
        assert method.median_seconds == statistics.median(method.seconds)
        assert method.images_per_second == 10_000 / method.median_seconds
    assert timing.speedup == timing.per_sample.median_seconds / timing.batched.median_seconds


def test_any_batch_size_gives_the_same_accuracy(book):
    once = {"timing": {"mode": "batched", "runs": 1}}
    for batch_size in (333, 20_000):
        result = evaluate(book, *MNIST, views=once, batch_size=batch_size, threads=2)
        timing = result.views["timing"]
        assert result.correct == timing.batched.correct == 9352
        assert timing.per_sample is timing.speedup is timing.predictions_identical is None
        assert evaluate(book, *MNIST, batch_size=batch_size).correct == 9352


@pytest.mark.parametrize("activation", [*ACTIVATIONS, "relu, tanh"])
def test_the_lecture_s_own_formulas_agree(activation):
    net = nets.random_network(784, 20, 20, 10, activation=activation, scale=0.1)
    images, labels = MNIST[0][:300], MNIST[1][:300]
    plan = {"timing": {"mode": "textbook", "runs": 1}}
    timing = evaluate(net, images, labels, views=plan).views["timing"]
    y = textbook.forward(net.weights, net.biases, images.reshape(-1, 784) / 255, activation)
    correct = np.count_nonzero(y.argmax(axis=1) == labels)
    assert timing.predictions_identical
    for method in (timing.textbook, timing.per_sample, timing.batched):
        assert method.correct == correct


def test_each_method_goes_through_all_images_in_each_run_after_one_to_warm_up(book):
    calls, seen = [], []
    with open_labelled(limit=10) as data:
        setup = Setup([book], data, progress=lambda done, total: seen.append((done, total)))
        two, one = (np.where(np.arange(10) < n, 90 + n, data.labels) for n in (2, 1))
        methods = {"all": data.labels, "two": two, "one": one}
        for name, said in methods.items():
            methods[name] = lambda images, said=said: calls.append(len(images)) or said
        found, different = measure(setup, methods, [10] * 3, runs=2)
    assert calls == [10] * 9
    assert [len(timing.seconds) for timing in found.values()] == [2] * 3
    assert seen == [(done, 60) for done in range(10, 70, 10)]  # every method and run
    assert [timing.correct for timing in found.values()] == [10, 8, 9]
    assert different == 2


def test_only_the_forward_pass_is_timed(book, monkeypatch):
    """What happens while images are made ready is not in the times."""
    now = [0.0]
    monkeypatch.setattr("time.perf_counter", lambda: now[0])

    class Slow(np.ndarray):
        def reshape(self, *shape):
            now[0] += 100
            return super().reshape(*shape)

    def predict(images):
        assert (images.shape, images.dtype, images.max()) == ((10, 784), np.float32, 1)
        now[0] += 1
        return np.zeros(len(images), int)

    images = load_images()[:10].view(Slow)
    data = LabelledImages(load_labels()[:10], UNCORRUPTED, images, images)
    found, _ = measure(Setup([book], data), {"textbook": predict}, [1], runs=3)
    assert now[0] == 4 * 101  # with the run to warm up
    assert found["textbook"].seconds == (1, 1, 1)


def test_numbers_that_are_too_small_and_views_that_do_not_exist_are_refused():
    for call, message in (
        (partial(evaluate_files, batch_size=0), "batch_size is 0: expected 1 or more"),
        (partial(evaluate_files, threads=0), "threads is 0: expected 1 or more"),
        (partial(evaluate_files, Files(limit=0)), "limit is 0: expected 1 or more"),
        (partial(evaluate_files, views={"timing": {"runs": 0}}), "runs is 0: expected 1 or more"),
        (partial(evaluate_files, views=["confused"]), "no view 'confused'; .* 'confusion'"),
        (partial(evaluate, [], *MNIST), "networks is 0: expected 1"),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_a_set_read_in_chunks_gives_the_same_results(tmp_path, book_weights, book, monkeypatch):
    limit, corruption = 950, Corruption(noise=0.3, shift=(1, 0))
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 100 * 784)  # 100 images
    images = write_images(tmp_path / "i", load_images()[:1000])
    labels = write_labels(tmp_path / "l", load_labels()[:1000])
    files = Files([book_weights], images, labels, limit, corruption=corruption)
    views = {"timing": {}, "confusion": {}, "wrong": {}, "output": {"path": tmp_path / "o.csv"}}
    result = evaluate_files(files, batch_size=333, views=views)
    corrupted = corruption.apply(load_images()[:limit], np.random.default_rng(0))
    incorrect = np.flatnonzero(book.predict(corrupted) != load_labels()[:limit])
    correct = limit - incorrect.size
    timing, mistakes = result.views["timing"], result.views["wrong"]
    assert (result.samples, timing.predictions_different) == (limit, 0)
    assert timing.per_sample.correct == timing.batched.correct == correct
    assert result.views["confusion"].confusion.trace() == correct
    indices = [mistake.index for mistake in mistakes.wrong]
    assert sorted(indices) == incorrect.tolist()
    np.testing.assert_array_equal(mistakes.pictures, corrupted[indices[:6]])
    assert len((tmp_path / "o.csv").read_text().splitlines()) == limit + 1


def test_a_large_set_needs_no_more_memory_than_a_chunk(tmp_path, book_weights, monkeypatch):
    monkeypatch.setattr(labelled, "CHUNK_BYTES", 1 << 20)
    images = write_images(tmp_path / "i", load_images())  # 8 MB
    labels = write_labels(tmp_path / "l", load_labels())
    views = {"output": {"path": tmp_path / "o.jsonl"}}
    views |= {name: {} for name in ("confusion", "wrong", "min_confidence")}
    tracemalloc.start()
    result = evaluate_files(Files([book_weights], images, labels), views=views)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert result.correct == result.views["confusion"].confusion.trace() == 9352
    assert peak < 5 << 20


def test_several_weights_are_compared(book_weights, book, tmp_path):
    images, labels = MNIST
    worse = Network((book.weights[0] * 0.7, *book.weights[1:]), book.biases)
    save_network(worse, tmp_path / "worse.npz")
    correct, worse_correct = (net.predict(images) == labels for net in (book, worse))
    files = Files([book_weights, tmp_path / "worse.npz", book_weights])
    result = evaluate_files(files, views=["compared"])
    models, pairs = result.views["compared"].compared, result.views["compared"].mcnemar
    assert [model.weights for model in models] == files.weights
    for model, expected in zip(models, (9352, worse_correct.sum(), 9352), strict=True):
        assert (model.correct, model.parameters) == (expected, 45360)
    assert [(pair.first, pair.second) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert pairs[0].only_first.tolist() == np.flatnonzero(correct & ~worse_correct).tolist()
    assert pairs[0].only_second.tolist() == np.flatnonzero(worse_correct & ~correct).tolist()
    assert pairs[0].disagreements == (book.predict(images) != worse.predict(images)).sum()
    assert (pairs[1].disagreements, pairs[1].p_value) == (0, 1)
    arrays = evaluate([book, worse], images, labels, views=["compared"]).views["compared"]
    found = [(model.weights, model.correct) for model in arrays.compared]
    assert found == [(None, 9352), (None, worse_correct.sum())]
