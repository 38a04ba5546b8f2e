"""The nets while they learn, and their gradients; the shipped net as one that learns, and back.

It learns from images less their mean, with tanh in place of sigmoid, as numbers around zero make
better conditioned gradients (LeCun et al. 1998, *Efficient BackProp*).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from mnist_cli.dtypes import Array
from mnist_cli.net.activations import FUNCTIONS
from mnist_cli.net.convolution import AT_A_TIME, KERNEL, SIDES, STRIDE, run_forward
from mnist_cli.net.network import Activation, Network
from mnist_cli.spec import CLASSES

Parameters: TypeAlias = list[Array]  # W1, b1, W2, b2, ... Wn, bn

# The squared length of a centred MNIST image, on average: with weights of variance 1 over this, a
# neuron of the first layer begins with inputs of variance 1, as the others do.
_CENTRED_IMAGE_POWER = 52.7

_CHANNELS, _TEACHER_NEURONS = (8, 32), 128  # of the convolutional net
_LATEST_SHARE = 0.01  # what the latest batch adds to the averages of batch normalization
_LEAST_VARIANCE = 1e-3  # keeps its division finite where a neuron always says the same


class Perceptron:
    """A fully connected net that learns (book, chapter 5), for layers of sizes (784, ..., 10).

    Its `parameters`, float32 and trained in place, are W1, b1, ... Wn, bn, and with `batch_norm` a
    scale (n,) for each hidden layer: what comes into its neurons is brought to mean 0 and variance
    1 over the batch, times the scale (Ioffe and Szegedy 2015, *Batch normalization*).
    """

    def __init__(
        self,
        rng: np.random.Generator,
        layer_sizes: Sequence[int],
        activation: Activation = "sigmoid",
        *,
        batch_norm: bool = False,
    ) -> None:
        self._function = FUNCTIONS["tanh" if activation == "sigmoid" else activation]
        self.parameters: Parameters = []
        # A variance of one over the number of inputs keeps signals at their size from layer to
        # layer (Glorot and Bengio 2010, *Understanding the difficulty of training deep feedforward
        # neural networks*); relu, which lets half of them pass, needs twice that (He et al. 2015,
        # *Delving Deep into Rectifiers*).
        for layer, (inputs, outputs) in enumerate(pairwise(layer_sizes)):
            power = inputs / 2 if activation == "relu" else inputs
            if layer == 0:
                power = _CENTRED_IMAGE_POWER
            weights = rng.standard_normal((inputs, outputs)) / np.sqrt(power)
            self.parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]
        hidden = layer_sizes[1:-1] if batch_norm else ()
        self._norms = [_BatchNorm(size) for size in hidden]
        self._plain = len(self.parameters)  # how many of them a net without normalization has
        self.parameters += [np.ones(size, np.float32) for size in hidden]

    def plain(self) -> Parameters:
        """W1, b1, ... Wn, bn of the net that computes the same without normalizing anything."""
        parameters, scales = self.parameters[: self._plain], self.parameters[self._plain :]
        for layer, (norm, scale) in enumerate(zip(self._norms, scales, strict=True)):
            factor = scale / norm.deviation
            parameters[2 * layer] = parameters[2 * layer] * factor
            parameters[2 * layer + 1] = parameters[2 * layer + 1] - norm.mean * factor
        return parameters

    def logits(self, x: Array) -> Array:
        """The logits (N, 10) of centred images (N, 784)."""
        *hidden, W, b = self.plain()
        for W_hidden, b_hidden in zip(hidden[::2], hidden[1::2], strict=True):
            x = self._function.of(x @ W_hidden + b_hidden)  # (N, n) @ (n, m) -> (N, m)
        return x @ W + b

    def loss_and_gradients(
        self, x: Array, targets: Array, temperature: float = 1.0
    ) -> tuple[float, Parameters]:
        """The `cross_entropy` of a batch (N, 784), centred, and its gradient for each parameter."""
        # d before a name is the derivative of the loss by it; a layer has n inputs, m outputs.
        activate, slope, *_ = self._function
        weights, biases = self.parameters[: self._plain : 2], self.parameters[1 : self._plain : 2]
        scales = self.parameters[self._plain :]
        inputs = [x]
        for layer, (W, b) in enumerate(zip(weights[:-1], biases[:-1], strict=True)):
            a = inputs[-1] @ W  # (N, n) @ (n, m) -> (N, m)
            if scales:
                a = self._norms[layer].run_forward(a) * scales[layer]
            inputs.append(activate(a + b))

        loss, da = cross_entropy(inputs[-1] @ weights[-1] + biases[-1], targets, temperature)
        gradients = [inputs[-1].T @ da, da.sum(axis=0)]  # (n, N) @ (N, m) -> (n, m), and (m,)
        dscales: Parameters = []
        for layer in range(len(inputs) - 2, -1, -1):
            z = inputs[layer + 1]
            da = (da @ weights[layer + 1].T) * slope(z)  # (N, m) @ (m, n) -> (N, n)
            db = da.sum(axis=0)
            if scales:
                da, dscale = self._norms[layer].run_back(da, scales[layer])
                dscales = [dscale, *dscales]
            gradients = [inputs[layer].T @ da, db, *gradients]
        return loss, gradients + dscales


class _BatchNorm:
    """Brings each column of a batch (N, n) to mean 0 and variance 1."""

    def __init__(self, size: int) -> None:
        # (n,): averages over the last few hundred batches
        self.mean = np.zeros(size, np.float32)
        self.deviation = np.ones(size, np.float32)

    def run_forward(self, a: Array) -> Array:
        mean = a.mean(axis=0)
        a = a - mean
        self._deviation = np.sqrt(np.mean(a * a, axis=0) + a.dtype.type(_LEAST_VARIANCE))
        normalized: Array = a / self._deviation
        self._a = normalized
        self.mean = self.mean + _LATEST_SHARE * (mean - self.mean)
        self.deviation = self.deviation + _LATEST_SHARE * (self._deviation - self.deviation)
        return normalized

    def run_back(self, da: Array, scale: Array) -> tuple[Array, Array]:
        """The derivatives by what came in and by the scale, from those by what went out, scaled."""
        dscale: Array = (da * self._a).sum(axis=0)
        da = da - da.mean(axis=0) - self._a * (dscale / len(da))
        return da * (scale / self._deviation), dscale


class ConvolutionalNet:
    """The teacher: too large to ship, and correct more often; `parameters` are trained in place."""

    def __init__(self, rng: np.random.Generator) -> None:
        area = KERNEL * KERNEL
        first, second = _CHANNELS
        sizes = (  # inputs and outputs of each layer; those of a convolution are of one patch
            (area, first),
            (area * first, second),
            (second * SIDES[1] ** 2, _TEACHER_NEURONS),
            (_TEACHER_NEURONS, CLASSES),
        )
        self.parameters: Parameters = []  # W1, b1, ... W4, b4, float32
        for inputs, outputs in sizes:
            weights = rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)
            self.parameters += [weights.astype(np.float32), np.zeros(outputs, np.float32)]

    def logits(self, x: Array) -> Array:
        """The logits (N, 10) of centred images (N, 784)."""
        parts = (x[i : i + AT_A_TIME] for i in range(0, len(x), AT_A_TIME))
        return np.concatenate([run_forward(self.parameters, part.T)[-1].T for part in parts])

    def loss_and_gradients(
        self, x: Array, targets: Array, temperature: float = 1.0
    ) -> tuple[float, Parameters]:
        """The cross-entropy of a batch, and its gradient for each parameter: see `Perceptron`."""
        _, _, W2, _, W3, _, W4, _ = self.parameters
        patches1, z1, patches2, z2, z3, a = run_forward(self.parameters, x.T)
        loss, da = cross_entropy(np.ascontiguousarray(a.T), targets, temperature)
        da4 = da.T
        da3 = (W4 @ da4) * (z3 > 0)
        da2 = ((W3 @ da3) * (z2 > 0)).reshape(_CHANNELS[1], -1)
        da1 = (add_patches(W2 @ da2, z1.shape) * (z1 > 0)).reshape(_CHANNELS[0], -1)
        pairs = ((patches1, da1), (patches2, da2), (z2, da3), (z3, da4))
        return loss, [array for z, da in pairs for array in (z @ da.T, da.sum(axis=1))]


def add_patches(patches: Array, shape: tuple[int, ...]) -> Array:
    """Add up patches where they overlap: the way back of `take_patches`, to (C, H, W, N)."""
    channels, side, _, count = shape
    images = np.zeros(shape, patches.dtype)
    steps = (side - KERNEL) // STRIDE + 1
    windows = patches.reshape(channels, KERNEL, KERNEL, steps, steps, count)
    length = STRIDE * (steps - 1) + 1
    for i in range(KERNEL):
        for j in range(KERNEL):
            images[:, i : i + length : STRIDE, j : j + length : STRIDE] += windows[:, i, j]
    return images


def cross_entropy(a: Array, targets: Array, temperature: float = 1.0) -> tuple[float, Array]:
    """The mean cross-entropy of logits `a` and probabilities (N, 10), and its gradient, in `a`."""
    # A temperature T divides the logits, and multiplies the gradient by T twice, so that it keeps
    # its size (Hinton et al. 2015, *Distilling the knowledge in a neural network*).
    T = a.dtype.type(temperature)
    a /= T
    a -= a.max(axis=1, keepdims=True)  # changes no probability, and exp cannot overflow
    exp = np.exp(a)
    total = exp.sum(axis=1, keepdims=True)  # (N, 1)
    loss = float(np.mean(np.log(total[:, 0]) - (targets * a).sum(axis=1)))
    da = exp / total  # (N, 10): softmax with cross-entropy: y - t
    da -= targets
    da /= len(a)
    da *= T
    return loss, da


def fold(parameters: Parameters, mean: Array, activation: Activation = "sigmoid") -> Parameters:
    """The same net, in float64, for images less no `mean` (784,), and with sigmoid for tanh."""
    folded = [parameter.astype(np.float64) for parameter in parameters]
    folded[1] -= mean @ folded[0]  # (x - mean) @ W1 + b1 = x @ W1 + (b1 - mean @ W1)
    # tanh(a) = 2 sigmoid(2 a) - 1: a hidden layer gets twice its weights and bias, and the layer
    # after it takes 2 W z - W 1, twice its weights and a bias less the sums of W's columns.
    if activation == "sigmoid":
        for layer in range(2, len(folded), 2):
            folded[layer + 1] -= folded[layer].sum(axis=0)
            folded[layer] *= 2
        for index in range(len(folded) - 2):
            folded[index] *= 2
    return folded


def unfold(network: Network, mean: Array) -> Parameters:
    """The parameters, in float64, of which `fold` makes this net."""
    layers = zip(network.weights, network.biases, strict=True)
    unfolded = [np.array(part, np.float64, order="C") for pair in layers for part in pair]
    if network.activation == "sigmoid":
        for index in range(len(unfolded) - 2):
            unfolded[index] /= 2
        for layer in range(2, len(unfolded), 2):
            unfolded[layer] /= 2
            unfolded[layer + 1] += unfolded[layer].sum(axis=0)
    unfolded[1] += mean @ unfolded[0]
    return unfolded
