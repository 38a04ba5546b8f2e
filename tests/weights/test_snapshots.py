"""Files of snapshots: written by a training, read again, refused where they hold anything else."""

import numpy as np
from support import archives
from support.commands import mnist
from support.nets import random_network
from support.refusals import refusal_of
from support.sets import write_images, write_labels

import mnist_cli
from mnist_cli.paths import embedded_directory
from mnist_cli.weights.snapshots import Snapshot, read_snapshots, round_weights, write_snapshots

SMALL = {  # two states of a net without a hidden layer
    "samples": np.array([0, 100], "<i8"),
    "W1": np.zeros((2, 784, 10), "i1"),
    "scale1": np.ones((2, 10), "f4"),
    "b1": np.zeros((2, 10), "f4"),
}


def npz(**changed):
    """An archive of the small snapshots with other arrays, or without those that are None."""
    arrays = SMALL | changed
    return archives.npz(**{name: each for name, each in arrays.items() if each is not None})


def test_what_is_written_is_read_to_half_a_step_of_each_neuron(tmp_path):
    path = tmp_path / "snapshots.npz"
    nets = [random_network(784, 20, 30, 10, activation="relu", seed=seed) for seed in range(3)]
    write_snapshots(path, [Snapshot(10**seed, net) for seed, net in enumerate(nets)])
    found = read_snapshots(path, "relu")
    assert [samples for samples, _ in found] == [1, 10, 100]
    for (_, network), net in zip(found, nets, strict=True):
        assert network.activation == "relu"
        for W, exact in zip(network.weights, net.weights, strict=True):
            half = np.abs(exact).max(axis=0) / 63 / 2
            assert (np.abs(W - exact) <= 1.001 * half).all()
        for b, exact in zip(network.biases, net.biases, strict=True):
            np.testing.assert_array_equal(b, exact)
    rounded, scales = round_weights(np.zeros((784, 5), np.float32))  # neurons without any weight
    assert not rounded.any()
    assert np.isfinite(scales).all()


def test_anything_but_snapshots_is_refused_in_a_line(tmp_path):
    path = tmp_path / "snapshots.npz"
    weights = (embedded_directory() / "weights.pkl").read_bytes()
    for content in (b"", weights, npz(samples=None), npz()[:-30], npz() + b" "):
        path.write_bytes(content)
        said = refusal_of(read_snapshots, path, "sigmoid")
        assert "expected snapshots. 'mnist train --snapshots'" in said
    for changed in (
        *(
            {"samples": np.array(each, "<i8")}
            for each in ([[0], [100]], 0, [100, 0], [100, 100], [-1, 100], [0, 1, 2])
        ),
        {"samples": np.array([], "<i8"), "W1": np.zeros((0, 784, 10), "i1")},
        {"W1": np.zeros((2, 784, 10), "f4")},
        *({"W1": np.zeros(shape, "i1")} for shape in ((2, 784, 11), (2, 783, 10), (2, 7840))),
        {"scale1": np.full((2, 10), np.nan, "f4")},
        {"scale1": np.full((2, 10), 3e38, "f4"), "W1": np.full((2, 784, 10), 100, "i1")},
        {"b2": np.zeros((2, 10), "f4")},
        # 784 times 4,000,000 weights, if a wide scale made them of a narrow W.
        {"W1": np.ones((2, 784, 1), "i1"), "scale1": np.ones((1, 4_000_000), "f4")},
        # More states than anybody looks at.
        {name: np.resize(each, (51, *each.shape[1:])) for name, each in SMALL.items()}
        | {"samples": np.arange(51)},
    ):
        path.write_bytes(npz(**changed))
        said = refusal_of(read_snapshots, path, "sigmoid")
        assert said.startswith(f"{path}: found other arrays, expected snapshots."), changed


def test_a_training_keeps_states_from_random_numbers_on(tmp_path):
    images, labels = mnist_cli.load_images(), mnist_cli.load_labels()
    learnt = write_images(tmp_path / "images", images[:2000])
    files = ("--images", learnt, "--labels", write_labels(tmp_path / "labels", labels[:2000]))
    one, two, trained = (tmp_path / name for name in ("one.npz", "two.npz", "w.pkl"))
    for path in (one, two):
        options = ("--snapshots", path, "--seed", "5", "--epochs", "10", "-q", "--force")
        assert mnist("train", *files, *options, "-o", trained).code == 0
    assert one.read_bytes() == two.read_bytes()
    states = read_snapshots(one, "sigmoid")
    assert (len(states), states[0].samples) == (9, 0)
    nets = [*(network for _, network in states), mnist_cli.load_network(trained)]
    accuracies = [np.mean(net.predict(images[4000:]) == labels[4000:]) for net in nets]
    assert accuracies[0] < 0.25
    assert accuracies[-2] > 0.8
    assert np.diff(accuracies).min() > -0.05
    done = mnist("train", *files, "--snapshots", one, "-o", one, "--force")
    assert (done.code, "Name another" in done.stderr) == (1, True)
