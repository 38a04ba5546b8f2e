"""Training on arrays: that it learns, what decides the result, and what is refused."""

from dataclasses import replace

import numpy as np
import pytest
from support.nets import random_network
from threadpoolctl import threadpool_limits

import mnist_cli
from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.training.backprop import ConvolutionalNet
from mnist_cli.training.recipes import Recipe
from mnist_cli.training.trainer import Trainer

BENT = {
    "rotation": 10, "log_scale": 0.1, "shear": 0.1, "shift": 1, "elastic": 1, "thickness": 0.3
}  # fmt: skip
SHORT = Recipe("short", "soap", epochs=3, weight_decay=0.05, held_out=100, **BENT)
TAUGHT = replace(SHORT, teacher_epochs=2, temperature=2.0, batch_norm=1)
# That they are of the embedded test set does no harm here.
DIGITS = load_images()[:4000], load_labels()[:4000]


@pytest.mark.parametrize(
    ("optimizer", "hidden", "activation", "bent"),
    [("adamw", (), "sigmoid", {}), ("soap", (30,), "relu", BENT)],
)
def test_it_learns_from_a_few_thousand_images(optimizer, hidden, activation, bent):
    recipe, reported = Recipe("r", optimizer, weight_decay=0.05, **bent), []
    options = {"hidden": hidden, "activation": activation, "epochs": 10}
    network, card = mnist_cli.train(*DIGITS, recipe, **options, report=reported.append)

    assert [epoch.epoch for epoch in reported] == list(range(1, 11))
    # A fifth is held out, although 2,000 were asked for.
    assert (card.training_images, card.validation_images) == (3200, 800)
    assert card.hyperparameters == recipe.hyperparameters() | {"epochs": 10}
    assert (network.layer_sizes, network.activation) == ((784, *hidden, 10), activation)
    assert card.loss_by_epoch[-1] < card.loss_by_epoch[0] / 1.5
    assert card.validation_accuracy > 0.8
    # The shipped net on plain images is the very net that was validated.
    order = np.random.default_rng(0).permutation(4000)
    correct = (network.predict(DIGITS[0]) == DIGITS[1])[order]
    assert correct[-800:].mean() == pytest.approx(card.validation_accuracy, abs=1 / 800)
    assert correct[:-800].mean() == pytest.approx(card.train_accuracy)


def test_a_teacher_learns_first_and_the_net_from_what_it_says():
    recipe, reported = replace(TAUGHT, teacher_epochs=6, epochs=6, learning_rate=0.02), []
    images, labels = DIGITS[0][:2000], DIGITS[1][:2000]
    network, card = mnist_cli.train(images, labels, recipe, report=reported.append)

    stages = [(epoch.is_teacher, epoch.epoch) for epoch in reported]
    assert stages == [(who, number) for who in (True, False) for number in range(1, 7)]
    assert card.teacher_accuracy == reported[5].validation_accuracy > 0.9
    assert card.validation_accuracy > 0.8
    assert network.layer_sizes == (784, 50, 100, 10)


def test_what_the_teacher_says_is_learnt_and_not_the_label(monkeypatch):
    def say_three(_net, x):
        return np.full((len(x), 10), -9, np.float32) + 18 * (np.arange(10) == 3)

    monkeypatch.setattr(ConvolutionalNet, "logits", say_three)
    few = DIGITS[0][:1500], DIGITS[1][:1500]
    network, _ = mnist_cli.train(*few, TAUGHT, batch_norm=0, learning_rate=0.02)
    assert np.mean(network.predict(DIGITS[0]) == 3) > 0.9


def test_the_held_out_images_are_not_learnt_from():
    images, labels = DIGITS[0][:1000], DIGITS[1][:1000]
    other = labels.copy()
    other[np.random.default_rng(0).permutation(1000)[-100:]] = 9
    weights = [mnist_cli.train(images, t, SHORT)[0].weights[0] for t in (labels, other)]
    assert np.array_equal(*weights)


@pytest.mark.parametrize("recipe", [SHORT, TAUGHT], ids=["labels", "teacher"])
def test_the_seed_decides_and_threads_and_the_shape_of_the_images_do_not(recipe):
    def weights(seed, threads, shape=(-1, 28, 28)):
        with threadpool_limits(threads, user_api="blas"):
            images = DIGITS[0][:600].reshape(shape)
            network, _ = mnist_cli.train(images, DIGITS[1][:600].astype(int), recipe, seed=seed)
        return b"".join(array.tobytes() for array in network.weights)

    assert weights(3, threads=1) == weights(3, threads=2, shape=(-1, 784))
    assert weights(3, threads=1) != weights(4, threads=1)


def test_small_sets_work_with_or_without_validation():
    for count in (1, 4, 5, 300):
        trainer = Trainer(DIGITS[0][:count], DIGITS[1][:count], SHORT)
        trainer.run()
        assert (trainer.epochs[-1].validation_accuracy is None) == (count < 5)
        assert trainer.best is not None


def test_the_best_so_far_is_the_one_that_validated_best():
    # With labels drawn by lot nothing can be learnt, and the accuracy goes up and down.
    labels = np.random.default_rng(0).integers(0, 10, 600)
    trainer = Trainer(DIGITS[0][:600], labels, replace(SHORT, epochs=12))
    nets = []
    trainer.run(lambda _: nets.append(trainer.network))
    best = np.argmax([epoch.validation_accuracy for epoch in trainer.epochs])
    assert np.array_equal(trainer.best[0].weights[0], nets[best].weights[0])


def test_going_on_from_a_net_begins_with_that_net():
    relu = random_network(784, 30, 10, activation="relu", scale=0.1)
    for network in (mnist_cli.load_network(), relu):
        recipe = TAUGHT.from_net(network.layer_sizes, network.activation)
        found = Trainer(*DIGITS, recipe, 0, network).network
        assert found.layer_sizes == network.layer_sizes
        logits = network.logits(DIGITS[0])
        np.testing.assert_allclose(found.logits(DIGITS[0]), logits, rtol=1e-3, atol=1e-3)


def test_a_net_that_goes_on_mends_what_it_misread_and_keeps_what_it_knows():
    """It learns digits that lie on their side, and none of those that stand."""
    network, (images, labels) = mnist_cli.load_network(), DIGITS
    lying = np.rot90(images, axes=(1, 2))
    recipe = replace(SHORT, epochs=15, optimizer="adamw", learning_rate=1e-3, batch_size=64)

    def accuracies(known):
        """Of digits that lie, and of those that stand."""
        trainer = Trainer(lying[:600], labels[:600], recipe, 0, network, known)
        trainer.run()
        tests = lying[3000:], images[3000:]
        return [np.mean(trainer.network.predict(each) == labels[3000:]) for each in tests]

    assert np.mean(network.predict(lying) == labels) < 0.3
    mended, forgot = accuracies(None)
    assert mended > 0.75 > forgot
    mended, kept = accuracies((images[1000:3000], labels[1000:3000]))
    assert mended > 0.7
    assert kept > 0.95
