"""What a user's project may write under ``mypy --strict``: `.ci/run` checks it."""

import numpy as np

import mnist_cli

network = mnist_cli.load_network()
digit = mnist_cli.read_digit("photo.jpg")
prediction = network.predict(digit)
probabilities = network.predict_proba([digit, digit])
explanation = mnist_cli.explain(network, digit)
images, labels = mnist_cli.load_mnist("test")
result = mnist_cli.evaluate(network, images, labels, views=["confusion", "timing"])
accuracy: float = result.accuracy
pairs: tuple[tuple[int, int, int], ...] = result.views["confusion"].pairs
is_same: bool | None = result.views["timing"].predictions_identical
made = mnist_cli.Network((np.zeros((784, 10)),), (np.zeros(10),), "tanh")
folded: mnist_cli.Network = made.fold_normalization(mean=0.1307, std=0.3081)
