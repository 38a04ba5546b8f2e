"""What is affine between two activations, made one product and one sum, in float64."""

from typing import NamedTuple

import numpy as np

from mnist_cli.dtypes import Doubles


class Affine(NamedTuple):
    """x @ W + b; while there is no matrix, x * scale + b, for numbers or (n,) each."""

    scale: Doubles
    b: Doubles
    W: Doubles | None = None  # (n, m)

    @property
    def width(self) -> int | None:
        """How many numbers come out, (N, m); None where as many as go in."""
        return None if self.W is None else self.W.shape[1]

    def then_scale(self, scale: Doubles, shift: Doubles) -> "Affine":
        """The same, then times `scale` and plus `shift`, numbers or (m,) each."""
        if self.W is None:
            return Affine(self.scale * scale, self.b * scale + shift)
        return Affine(self.scale, self.b * scale + shift, self.W * scale)

    def then_multiply(self, M: Doubles) -> "Affine":
        """The same, then a product with a matrix (m, k)."""
        b = np.broadcast_to(self.b, len(M)) @ M
        W = np.broadcast_to(self.scale, len(M))[:, None] * M if self.W is None else self.W @ M
        return Affine(self.scale, b, W)


NOTHING = Affine(np.ones(1), np.zeros(1))
