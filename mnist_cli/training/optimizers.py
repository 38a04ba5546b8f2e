"""AdamW and SOAP: steps by the ratio of running averages of each gradient and of its square."""

from collections.abc import Sequence

import numpy as np

from mnist_cli.dtypes import Array

BETAS = 0.9, 0.999  # how much of the averages of the gradient and of its square a step keeps
EPSILON = 1e-8  # keeps the division finite where no gradient ever came
COVARIANCE_DECAY = 0.99  # how much of SOAP's covariances a step keeps
REFRESH_EVERY = 20  # after how many steps SOAP's bases move on to where the covariances point


class AdamW:
    """Adam with decoupled weight decay (Kingma and Ba 2015; Loshchilov and Hutter 2019)."""

    def __init__(self, parameters: Sequence[Array], weight_decay: float = 0.0) -> None:
        self.parameters = list(parameters)  # changed in place
        self.weight_decay = weight_decay  # of a weight, for a learning rate of 1
        self.steps = 0
        self._means = [np.zeros_like(parameter) for parameter in self.parameters]
        self._squares = [np.zeros_like(parameter) for parameter in self.parameters]

    def step(self, gradients: Sequence[Array], learning_rate: float) -> None:
        """Change the parameters by one step against `gradients`, of the same shapes."""
        self.steps += 1
        for index, (parameter, gradient) in enumerate(zip(self.parameters, gradients, strict=True)):
            direction = self._direction(index, gradient)
            if parameter.ndim > 1:  # biases do not decay
                parameter *= 1 - learning_rate * self.weight_decay
            parameter -= learning_rate * direction

    def _direction(self, index: int, gradient: Array) -> Array:
        """The mean gradient over its root mean square, number by number."""
        beta1, beta2 = BETAS
        mean, square = self._means[index], self._squares[index]
        mean += (1 - beta1) * (gradient - mean)
        square += (1 - beta2) * (gradient * gradient - square)
        # Both averages began at zero; dividing by what they have seen so far makes up for that.
        unbiased_mean = mean / (1 - beta1**self.steps)
        unbiased_square = square / (1 - beta2**self.steps)
        return unbiased_mean / (np.sqrt(unbiased_square) + EPSILON)


class SOAP(AdamW):
    """Adam in the eigenbases of Shampoo's preconditioner (Vyas et al. 2024, arXiv 2409.11321).

    In rotated coordinates the gradients of a matrix are nearly uncorrelated: a step along one does
    not undo that along another. The basis of an axis follows the eigenvectors of its covariance.
    """

    def __init__(self, parameters: Sequence[Array], weight_decay: float = 0.0) -> None:
        super().__init__(parameters, weight_decay)
        # Biases have no bases: they are left to plain Adam.
        self._bases = [
            [np.eye(n, dtype=each.dtype) for n in (each.shape if each.ndim > 1 else ())]
            for each in self.parameters
        ]
        self._covariances = [[np.zeros_like(basis) for basis in bases] for bases in self._bases]

    def _direction(self, index: int, gradient: Array) -> Array:
        bases = self._bases[index]
        direction = super()._direction(index, change_bases(gradient, bases))
        direction = change_bases(direction, bases, back=True)
        for axis, covariance in enumerate(self._covariances[index]):
            others = [other for other in range(gradient.ndim) if other != axis]
            outer = np.tensordot(gradient, gradient, axes=(others, others))  # (length, length)
            covariance += (1 - COVARIANCE_DECAY) * (outer - covariance)
        if self.steps % REFRESH_EVERY == 0:
            self._refresh(index)
        return direction

    def _refresh(self, index: int) -> None:
        """Turn the bases towards the eigenvectors: one power iteration, made orthogonal by QR."""
        bases = self._bases[index]
        mean = change_bases(self._means[index], bases, back=True)
        for axis, covariance in enumerate(self._covariances[index]):
            bases[axis] = np.linalg.qr(covariance @ bases[axis])[0]
        self._means[index] = change_bases(mean, bases)
        # The averaged squares cannot be rotated; they stay, as the bases turn only slowly.


def change_bases(array: Array, bases: Sequence[Array], *, back: bool = False) -> Array:
    """The coordinates of `array` in `bases`, an orthogonal matrix for each axis; or back."""
    for basis in bases:  # the first axis becomes the last; after one turn for each, all are back
        array = np.tensordot(array, basis, axes=(0, 1 if back else 0))
    return array
