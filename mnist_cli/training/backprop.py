"""The net while it learns: tanh or relu on centred images, their gradients, and the way back.

Learning is easier on images from which the mean image has been taken, and with tanh in place of
sigmoid, because numbers around zero make better conditioned gradients (LeCun et al. 1998,
*Efficient BackProp*). Shipped is the net of the book, chapter 3, on plain images. Both compute the
same function, as tanh(a) = 2 sigmoid(2 a) - 1, and `fold` turns one into the other exactly.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from mnist_cli.net.network import Activation, relu

Array: TypeAlias = npt.NDArray[Any]
Parameters: TypeAlias = list[Array]  # W1, b1, W2, b2, ... Wn, bn

# The squared length of a centred MNIST image, on average: with weights of variance 1 over this, a
# neuron of the first layer begins with inputs of variance 1, as the others do.
_CENTRED_IMAGE_POWER = 52.7

# What stands for the activation of the shipped net, and its derivative in terms of its result.
_ACTIVATIONS: dict[Activation, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "sigmoid": (np.tanh, lambda z: 1 - z * z),
    "relu": (relu, lambda z: z > 0),
}
_POWER = {"sigmoid": 1.0, "relu": 0.5}  # the mean square of a result, at most, for inputs of 1


def initial_parameters(
    rng: np.random.Generator, layer_sizes: Sequence[int], activation: Activation = "sigmoid"
) -> Parameters:
    """Random weights and zero biases, float32, for layers of these sizes, (784, ..., 10).

    Their variance is one over the number of inputs, which keeps signals at their size from layer to
    layer (Glorot and Bengio 2010, *Understanding the difficulty of training deep feedforward neural
    networks*), times 2 after relu, which lets half of them pass (He et al. 2015, *Delving Deep into
    Rectifiers*).
    """
    parameters: Parameters = []
    for layer, (inputs, outputs) in enumerate(pairwise(layer_sizes)):
        power = _CENTRED_IMAGE_POWER if layer == 0 else inputs * _POWER[activation]
        weights = rng.standard_normal((inputs, outputs)) / np.sqrt(power)
        parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
    return parameters


def run_forward(
    parameters: Parameters, x: Array, activation: Activation = "sigmoid"
) -> tuple[list[Array], Array]:
    """What goes into each layer, x (N, 784) centred first, and the logits, (N, 10)."""
    activate, _ = _ACTIVATIONS[activation]
    *hidden, (W, b) = zip(parameters[::2], parameters[1::2], strict=True)
    inputs = [x]
    for W_hidden, b_hidden in hidden:
        inputs.append(activate(inputs[-1] @ W_hidden + b_hidden))  # (N, n) @ (n, m) -> (N, m)
    return inputs, inputs[-1] @ W + b


def loss_and_gradients(
    parameters: Parameters,
    x: Array,
    labels: npt.NDArray[np.integer[Any]],
    activation: Activation = "sigmoid",
) -> tuple[float, list[Array]]:
    """The mean cross-entropy of a batch, and its gradient for each parameter (book, chapter 5).

    `x` is (N, 784), centred; `labels` (N,), 0 to 9. Everything is computed in the dtype of the
    parameters. d before a name is the derivative of the loss by it; the shapes are those of a layer
    with n inputs and m outputs.
    """
    _, slope = _ACTIVATIONS[activation]
    inputs, a = run_forward(parameters, x, activation)

    a -= a.max(axis=1, keepdims=True)  # changes no probability, and exp cannot overflow
    exp = np.exp(a)
    total = exp.sum(axis=1, keepdims=True)  # (N, 1)
    rows = np.arange(len(x))
    loss = float(np.mean(np.log(total[:, 0]) - a[rows, labels]))

    da = exp / total  # (N, 10): softmax with cross-entropy: y - t, t being 1 at the label
    da[rows, labels] -= 1
    da /= len(x)
    gradients = [inputs[-1].T @ da, da.sum(axis=0)]  # (n, N) @ (N, m) -> (n, m), and (m,)
    for layer in range(len(inputs) - 1, 0, -1):
        W, z = parameters[2 * layer], inputs[layer]
        da = (da @ W.T) * slope(z)  # (N, m) @ (m, n) -> (N, n)
        gradients = [inputs[layer - 1].T @ da, da.sum(axis=0), *gradients]
    return loss, gradients


def fold(parameters: Parameters, mean: Array, activation: Activation = "sigmoid") -> Parameters:
    """The shipped net, on plain images (0 to 1), that computes the same as this one, in float64.

    With `mean` (784,) the image that was taken off:

    - (x - mean) @ W1 + b1 = x @ W1 + (b1 - mean @ W1);
    - tanh(a) = 2 sigmoid(2 a) - 1: a hidden layer gets twice its weights and bias, and the layer
      after it takes 2 W z - W 1, twice its weights and a bias less the sums of W's columns.
    """
    folded = [parameter.astype(np.float64) for parameter in parameters]
    folded[1] -= mean @ folded[0]
    if activation == "sigmoid":
        for layer in range(2, len(folded), 2):
            folded[layer + 1] -= folded[layer].sum(axis=0)
            folded[layer] *= 2
        for index in range(len(folded) - 2):
            folded[index] *= 2
    return folded
