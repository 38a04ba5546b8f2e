"""The net while it learns: tanh units on centred images, their gradients, and the way back.

Trained is a net with tanh units, on images from which the mean image has been taken, because
numbers around zero make better conditioned gradients (LeCun et al. 1998, *Efficient BackProp*).
Shipped is the sigmoid net of the book, chapter 3. Both compute the same function, as
tanh(a) = 2 sigmoid(2 a) - 1, and `fold` turns one into the other exactly.
"""

from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
Parameters: TypeAlias = list[Array]  # W1, b1, W2, b2, W3, b3

LAYER_SIZES = (784, 50, 100, 10)

# The squared length of a centred MNIST image, on average: with weights of variance 1 over this, a
# unit of the first layer begins with inputs of variance 1, as the others do with 1 over fan-in.
_CENTRED_IMAGE_POWER = 52.7


def initial_parameters(rng: np.random.Generator) -> Parameters:
    """Random weights and zero biases, float32, for `LAYER_SIZES`."""
    parameters: Parameters = []
    for layer, (inputs, outputs) in enumerate(pairwise(LAYER_SIZES)):
        power = _CENTRED_IMAGE_POWER if layer == 0 else inputs
        weights = rng.standard_normal((inputs, outputs)) / np.sqrt(power)
        parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
    return parameters


def logits(parameters: Parameters, x: Array) -> Array:
    """The output before softmax, (N, 10), for centred images `x`, (N, 784)."""
    W1, b1, W2, b2, W3, b3 = parameters
    z1 = np.tanh(x @ W1 + b1)
    z2 = np.tanh(z1 @ W2 + b2)
    a3: Array = z2 @ W3 + b3
    return a3


def loss_and_gradients(
    parameters: Parameters, x: Array, labels: npt.NDArray[np.integer[Any]]
) -> tuple[float, list[Array]]:
    """The mean cross-entropy of a batch, and its gradient for each parameter (book, chapter 5).

    `x` is (N, 784), centred; `labels` (N,), 0 to 9. Everything is computed in the dtype of the
    parameters. A comment gives the shape; d before a name is the derivative of the loss by it.
    """
    W1, b1, W2, b2, W3, b3 = parameters
    count = len(x)

    z1 = np.tanh(x @ W1 + b1)  # (N, 784) @ (784, 50) -> (N, 50)
    z2 = np.tanh(z1 @ W2 + b2)  # (N, 50) @ (50, 100) -> (N, 100)
    a3 = z2 @ W3 + b3  # (N, 100) @ (100, 10) -> (N, 10)

    a3 -= a3.max(axis=1, keepdims=True)  # changes no probability, and exp cannot overflow
    exp = np.exp(a3)
    total = exp.sum(axis=1, keepdims=True)  # (N, 1)
    rows = np.arange(count)
    loss = float(np.mean(np.log(total[:, 0]) - a3[rows, labels]))

    da3 = exp / total  # softmax with cross-entropy: y - t, t being 1 at the label
    da3[rows, labels] -= 1
    da3 /= count
    da2 = (da3 @ W3.T) * (1 - z2 * z2)  # (N, 10) @ (10, 100) -> (N, 100); tanh' = 1 - tanh^2
    da1 = (da2 @ W2.T) * (1 - z1 * z1)  # (N, 100) @ (100, 50) -> (N, 50)

    gradients = [
        x.T @ da1,  # (784, N) @ (N, 50) -> (784, 50)
        da1.sum(axis=0),
        z1.T @ da2,  # (50, N) @ (N, 100) -> (50, 100)
        da2.sum(axis=0),
        z2.T @ da3,  # (100, N) @ (N, 10) -> (100, 10)
        da3.sum(axis=0),
    ]
    return loss, gradients


def fold(parameters: Parameters, mean: Array) -> Parameters:
    """The sigmoid net on plain images (0 to 1) that computes the same as this net, in float64.

    With `mean` (784,) the image that was taken off:

    - (x - mean) @ W1 + b1 = x @ W1 + (b1 - mean @ W1);
    - tanh(a) = 2 sigmoid(2 a) - 1: a hidden layer gets twice its weights and bias, and the layer
      after it takes 2 W z - W 1, twice its weights and a bias less the sums of W's columns.
    """
    W1, b1, W2, b2, W3, b3 = (parameter.astype(np.float64) for parameter in parameters)
    b1 = b1 - mean @ W1
    b2 = b2 - W2.sum(axis=0)
    b3 = b3 - W3.sum(axis=0)
    return [2 * W1, 2 * b1, 4 * W2, 2 * b2, 2 * W3, b3]
