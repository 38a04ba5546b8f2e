"""Training: gradients, folding, recipes, cards, determinism, and what Ctrl-C leaves."""

import hashlib
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from mnist_cli.datasets.idx import load_images, load_labels
from mnist_cli.errors import FileError, FormatError, MnistError
from mnist_cli.net.network import Network
from mnist_cli.training.backprop import fold, initial_parameters, logits, loss_and_gradients
from mnist_cli.training.distortions import Distortions
from mnist_cli.training.recipes import RECIPES, Recipe
from mnist_cli.training.run import Epoch, Interrupted, Training, train_file
from mnist_cli.weights.card import read_card
from mnist_cli.weights.weights_file import load_network

BENT = Distortions(rotation=10, log_scale=0.1, shear=0.1, shift=1, elastic=1, thickness=0.3)
SHORT = Recipe("short", "soap", epochs=3, weight_decay=0.05, distortions=BENT, held_out=100)


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    """4,000 real digits; that they are of the embedded test set does no harm here."""
    return load_images()[:4000], load_labels()[:4000]


@pytest.fixture(scope="module")
def files(
    digits: tuple[np.ndarray, np.ndarray], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """1,000 of them as IDX files."""
    folder = tmp_path_factory.mktemp("idx")
    images, labels = folder / "images", folder / "labels"
    images.write_bytes(struct.pack(">4i", 2051, 1000, 28, 28) + digits[0][:1000].tobytes())
    labels.write_bytes(struct.pack(">2i", 2049, 1000) + digits[1][:1000].tobytes())
    return {"images": images, "labels": labels}


def random_net(seed: int) -> list[np.ndarray]:
    """Parameters in float64, biases not zero."""
    rng = np.random.default_rng(seed)
    return [
        p.astype(np.float64) + 0.1 * rng.standard_normal(p.shape) for p in initial_parameters(rng)
    ]


# --- Back-propagation


def test_gradients_agree_with_finite_differences() -> None:
    rng = np.random.default_rng(0)
    parameters = random_net(1)
    x, labels = rng.standard_normal((7, 784)) * 0.3, rng.integers(0, 10, 7)
    _, gradients = loss_and_gradients(parameters, x, labels)

    def loss_at(parameter: np.ndarray, place: tuple[int, ...], change: float) -> float:
        before = parameter[place]
        parameter[place] = before + change
        loss, _ = loss_and_gradients(parameters, x, labels)
        parameter[place] = before
        return loss

    for parameter, gradient in zip(parameters, gradients, strict=True):
        assert gradient.shape == parameter.shape
        for flat in rng.choice(parameter.size, 10, replace=False):
            place = np.unravel_index(flat, parameter.shape)
            slope = (loss_at(parameter, place, 1e-5) - loss_at(parameter, place, -1e-5)) / 2e-5
            assert gradient[place] == pytest.approx(slope, rel=1e-5, abs=1e-9)


def test_the_loss_is_the_textbooks_cross_entropy() -> None:
    rng = np.random.default_rng(0)
    parameters = random_net(1)
    x, labels = rng.standard_normal((5, 784)), rng.integers(0, 10, 5)
    W1, b1, W2, b2, W3, b3 = parameters
    a = np.tanh(np.tanh(x @ W1 + b1) @ W2 + b2) @ W3 + b3
    y = np.exp(a) / np.exp(a).sum(axis=1, keepdims=True)
    expected = -np.log(y[range(5), labels]).mean()
    assert loss_and_gradients(parameters, x, labels)[0] == pytest.approx(expected, rel=1e-12)


def test_huge_logits_do_not_overflow() -> None:
    parameters = random_net(1)
    parameters[4] *= 1e4
    loss, gradients = loss_and_gradients(parameters, np.ones((2, 784)), np.array([0, 1]))
    assert np.isfinite(loss)
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_folding_is_exact(digits: tuple[np.ndarray, np.ndarray]) -> None:
    parameters = random_net(2)
    x = digits[0][:200].reshape(-1, 784) / 255
    mean = x.mean(axis=0)
    W1, b1, W2, b2, W3, b3 = fold(parameters, mean)

    def sigmoid(a: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-a))

    expected = logits(parameters, x - mean)
    folded = sigmoid(sigmoid(x @ W1 + b1) @ W2 + b2) @ W3 + b3
    assert np.abs(folded - expected).max() < 1e-10
    shipped = Network((W1, W2, W3), (b1, b2, b3)).logits(digits[0][:200])
    assert np.abs(shipped - expected).max() < 1e-4  # float32 from here on


def test_units_begin_in_the_range_where_tanh_bends(digits: tuple[np.ndarray, np.ndarray]) -> None:
    W1 = initial_parameters(np.random.default_rng(0))[0]
    x = digits[0].reshape(-1, 784) / 255
    assert 0.8 < ((x - x.mean(axis=0)) @ W1).std() < 1.25


# --- Recipes


def test_the_learning_rate_warms_up_for_an_epoch_and_ends_at_zero() -> None:
    recipe = Recipe("r", "adamw", epochs=20, learning_rate=0.5)
    rates = [recipe.learning_rate_at(step, 100) for step in range(2000)]
    assert rates[0] == pytest.approx(0.005)
    assert rates[99] == 0.5 == max(rates)
    assert rates[1050] == pytest.approx(0.25)  # half way down the cosine
    assert 0 < rates[-1] < 1e-5
    assert np.all(np.diff(rates[100:]) < 0)


def test_distortions_hold_then_fall() -> None:
    recipe = Recipe("r", "adamw", epochs=10, full_strength_until=0.7, final_strength=0.4)
    strengths = [recipe.strength_at(epoch) for epoch in range(1, 11)]
    assert strengths == pytest.approx([1, 1, 1, 1, 1, 1, 1, 1, 0.8, 0.6])
    constant = Recipe("r", "adamw", epochs=2, full_strength_until=1.0, final_strength=0.0)
    assert [constant.strength_at(epoch) for epoch in (1, 2)] == [1, 1]


def test_every_number_of_a_recipe_can_be_replaced() -> None:
    best = RECIPES["best"]
    assert {"epochs", "batch_size", "learning_rate", "weight_decay", "elastic"} <= set(
        best.numbers()
    )
    changed = best.with_numbers({"epochs": 7.0, "elastic": 0.25})
    assert type(changed.epochs) is int
    assert changed == replace(best, epochs=7, distortions=replace(best.distortions, elastic=0.25))
    assert best.with_numbers({}) == best


@pytest.mark.parametrize(
    ("numbers", "words"),
    [
        ({"epoch": 3}, "no number 'epoch'"),
        ({"epochs": 0}, "epochs is 0"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"batch_size": -1}, "batch_size is -1"),
        ({"held_out": -1}, "held_out is -1"),
        ({"learning_rate": 0.0}, "learning_rate is 0"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"weight_decay": -0.1}, "weight_decay is -0.1"),
        ({"rotation": float("inf")}, "rotation is inf"),
        ({"thickness": 1.5}, "thickness is 1.5"),
        ({"final_strength": 2.0}, "final_strength is 2"),
        ({"epochs": 1.5}, "epochs is 1.5"),
    ],
)
def test_impossible_numbers_are_refused(numbers: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        RECIPES["best"].with_numbers(numbers)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match="'sgd'"):
        Recipe("r", "sgd", epochs=1)


# --- Training


@pytest.mark.parametrize(
    ("optimizer", "distortions"), [("adamw", Distortions()), ("soap", BENT)], ids=["plain", "bent"]
)
def test_it_learns_from_a_few_thousand_images(
    digits: tuple[np.ndarray, np.ndarray], optimizer: str, distortions: Distortions
) -> None:
    recipe = Recipe("r", optimizer, epochs=10, distortions=distortions, weight_decay=0.05)
    training = Training(*digits, recipe)
    training.run()

    last = training.epochs[-1]
    assert [epoch.epoch for epoch in training.epochs] == list(range(1, 11))
    assert len(training.labels) == 3200
    assert len(training.validation_labels) == 800  # a fifth, although 2,000 were asked for
    assert last.loss < training.epochs[0].loss / 2
    assert last.validation_accuracy is not None
    assert last.validation_accuracy > 0.85
    # The shipped net on plain images is the very net that was validated.
    order = np.random.default_rng(0).permutation(4000)[-800:]
    right = training.network.predict(digits[0][order]) == digits[1][order]
    assert right.mean() == pytest.approx(last.validation_accuracy, abs=1 / 800)


def test_the_held_out_images_are_not_learnt_from(digits: tuple[np.ndarray, np.ndarray]) -> None:
    training = Training(*digits, SHORT)
    other = digits[1].copy()
    other[np.random.default_rng(0).permutation(4000)[-100:]] = 9
    mislabelled = Training(digits[0], other, SHORT)
    for run in (training, mislabelled):
        run.run()
    assert np.array_equal(training.network.weights[0], mislabelled.network.weights[0])


def test_the_seed_decides_and_threads_do_not(digits: tuple[np.ndarray, np.ndarray]) -> None:
    def weights(seed: int, threads: int) -> bytes:
        with threadpool_limits(threads, user_api="blas"):
            training = Training(digits[0][:1000], digits[1][:1000], SHORT, seed)
            training.run()
        return b"".join(array.tobytes() for array in training.network.weights)

    assert weights(3, threads=1) == weights(3, threads=2)
    assert weights(3, threads=1) != weights(4, threads=1)


@pytest.mark.parametrize("count", [1, 4, 5, 300])
def test_small_sets_work_with_or_without_validation(
    digits: tuple[np.ndarray, np.ndarray], count: int
) -> None:
    training = Training(digits[0][:count], digits[1][:count], SHORT)
    training.run()
    assert (training.epochs[-1].validation_accuracy is None) == (count < 5)
    assert training.best is not None


def test_the_best_so_far_is_the_one_that_validated_best(
    digits: tuple[np.ndarray, np.ndarray],
) -> None:
    # With labels drawn by lot nothing can be learnt, and the accuracy goes up and down.
    labels = np.random.default_rng(0).integers(0, 10, 600)
    training = Training(digits[0][:600], labels, replace(SHORT, epochs=12))
    nets: list[Network] = []
    training.run(lambda _: nets.append(training.network))
    accuracies = [epoch.validation_accuracy for epoch in training.epochs]
    best = int(np.argmax(accuracies))
    assert training.best is not None
    assert np.array_equal(training.best.weights[0], nets[best].weights[0])


def test_divergence_is_an_error_in_one_line(digits: tuple[np.ndarray, np.ndarray]) -> None:
    training = Training(*digits, replace(SHORT, learning_rate=1e30, weight_decay=0.0))
    with pytest.raises(MnistError, match=r"diverged in epoch 1.*lower learning rate than 1e\+30"):
        training.run()


@pytest.mark.parametrize(
    ("images", "labels"), [((3, 28, 28), 2), ((0, 28, 28), 0), ((2, 784), 2), ((2, 27, 28), 2)]
)
def test_other_shapes_are_refused(images: tuple[int, ...], labels: int) -> None:
    with pytest.raises(ValueError, match=r"expected \(N, 28, 28\) and \(N,\)"):
        Training(np.zeros(images, np.uint8), np.zeros(labels, np.uint8), SHORT)


# --- Files


def test_weights_and_card_are_written_together(files: dict[str, Path], tmp_path: Path) -> None:
    reported: list[Epoch] = []
    output = tmp_path / "w.pkl"
    result = train_file(output, SHORT, seed=5, limit=900, **files, report=reported.append)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["w.json", "w.pkl"]
    saved = load_network(output)
    assert all(map(np.array_equal, saved.weights, result.network.weights))
    card = read_card(tmp_path / "w.json")
    assert card == result.card
    assert card.recipe == "short"
    assert card.seed == 5
    assert (card.training_images, card.validation_images) == (800, 100)
    assert card.hyperparameters["epochs"] == len(card.loss_by_epoch) == len(reported) == 3
    assert card.validation_accuracy_by_epoch == tuple(e.validation_accuracy for e in reported)
    assert card.validation_accuracy == reported[-1].validation_accuracy
    assert card.test_accuracy is None  # these are not MNIST's own files, and none to test on given
    assert card.weights_sha256 == hashlib.sha256(output.read_bytes()).hexdigest()
    assert card.versions["numpy"] == np.__version__


def test_the_same_command_gives_the_same_bytes(files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("a.pkl", "b.pkl"):
        train_file(tmp_path / name, SHORT, **files)
    assert (tmp_path / "a.pkl").read_bytes() == (tmp_path / "b.pkl").read_bytes()


def test_the_test_set_is_measured_on_the_finished_net(
    files: dict[str, Path], tmp_path: Path
) -> None:
    result = train_file(
        tmp_path / "w.npz",
        SHORT,
        **files,
        test_images="t10k-images-idx3-ubyte",
        test_labels="t10k-labels-idx1-ubyte",
    )
    right = load_network(tmp_path / "w.npz").predict(load_images()) == load_labels()
    assert result.card.test_accuracy == pytest.approx(right.mean(), abs=1e-4)


def test_mnist_in_the_data_directory_is_tested_on_the_embedded_set(
    shared_data: Path, tmp_path: Path
) -> None:
    result = train_file(
        tmp_path / "w.pkl", replace(SHORT, epochs=1), limit=500, data_dir=shared_data
    )
    right = result.network.predict(load_images()) == load_labels()
    assert result.card.test_accuracy == pytest.approx(right.mean())


def test_an_interrupted_training_leaves_the_best_so_far(
    files: dict[str, Path], tmp_path: Path
) -> None:
    def interrupt(epoch: Epoch) -> None:
        if epoch.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        train_file(tmp_path / "w.pkl", SHORT, **files, report=interrupt)
    assert caught.value.partial == tmp_path / "w.pkl.partial"
    assert caught.value.best is not None
    assert caught.value.best.epoch <= 2
    assert [path.name for path in tmp_path.iterdir()] == ["w.pkl.partial"]
    network = load_network(tmp_path / "w.pkl.partial")
    assert network.layer_sizes == (784, 50, 100, 10)
    assert np.mean(network.predict(load_images()[:1000]) == load_labels()[:1000]) > 0.3


def test_nothing_is_replaced_and_nothing_read_without_leave(tmp_path: Path) -> None:
    for taken in ("w.pkl", "w.json", "w.pkl.partial"):
        (tmp_path / taken).write_text("precious")
        with pytest.raises(FileError, match="exists already"):
            train_file(tmp_path / "w.pkl", SHORT, images="none", labels="none")
        assert (tmp_path / taken).read_text() == "precious"
        (tmp_path / taken).unlink()


def test_overwrite_replaces_weights_and_card(files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("w.pkl", "w.json"):
        (tmp_path / name).write_text("old")
    result = train_file(tmp_path / "w.pkl", SHORT, **files, overwrite=True)
    assert read_card(tmp_path / "w.json") == result.card
    assert load_network(tmp_path / "w.pkl").parameter_count == 45360


@pytest.mark.parametrize("place", ["missing/w.pkl", "file/w.pkl"])
def test_a_place_that_cannot_be_written_is_found_before_training(
    tmp_path: Path, place: str
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FileError, match=r"no such file or folder|not a folder"):
        train_file(tmp_path / place, SHORT, images="none", labels="none")


def test_bad_files_are_refused_before_training(files: dict[str, Path], tmp_path: Path) -> None:
    swapped = {"images": files["labels"], "labels": files["images"]}
    with pytest.raises(FormatError, match="swapped"):
        train_file(tmp_path / "w.pkl", SHORT, **swapped)
    with pytest.raises(FormatError, match="found 10,000 labels, expected 1,000"):
        train_file(
            tmp_path / "w.pkl", SHORT, images=files["images"], labels="t10k-labels-idx1-ubyte"
        )
    with pytest.raises(FileError, match="mnist download"):
        train_file(tmp_path / "w.pkl", SHORT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options", [{"images": "x"}, {"labels": "x"}, {"test_images": "x"}, {"test_labels": "x"}]
)
def test_images_and_labels_go_together(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="go together"):
        train_file(tmp_path / "w.pkl", SHORT, **options)


@pytest.mark.parametrize("limit", [0, -3])
def test_a_limit_below_one_is_refused(tmp_path: Path, limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit is {limit}"):
        train_file(tmp_path / "w.pkl", SHORT, limit=limit)


def test_a_name_that_says_no_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"\.pkl or \.npz"):
        train_file(tmp_path / "w.bin", SHORT)
