"""What may stand between two layers, in one table: chapter 3 has all of it but tanh."""

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from mnist_cli.checks import one_of
from mnist_cli.dtypes import Array
from mnist_cli.errors import printable
from mnist_cli.spec import ACTIVATIONS, Activation


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)) element by element, for `a` of any shape and size (book, 3.2.4).

    Written as (1 + tanh(a / 2)) / 2, which is the same function and cannot overflow.

    Examples
    --------
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    with np.errstate(under="ignore"):
        return 0.5 + 0.5 * np.tanh(0.5 * a)


def relu(a: Array) -> Array:
    """max(0, a) element by element, for `a` of any shape (book, 3.2.7)."""
    return np.maximum(a, 0)


def step(a: Array, out: Array | None = None) -> Array:
    """1 where `a` is above 0, else 0 (book, 3.2.3)."""
    return np.greater(a, 0, out=np.empty_like(a) if out is None else out)


class Function(NamedTuple):
    """An activation."""

    of: Callable[[Array], Array]  # z of a
    slope: Callable[[Array], Array]  # the derivative of z by a, in terms of z
    squash: Callable[..., Any]  # what is left of `of` when constants are folded into the layers
    is_bounded: bool  # whether z is never beyond 1


FUNCTIONS: dict[Activation, Function] = {
    "sigmoid": Function(sigmoid, lambda z: z * (1 - z), np.tanh, is_bounded=True),
    "relu": Function(relu, lambda z: z > 0, partial(np.maximum, 0), is_bounded=False),
    "tanh": Function(np.tanh, lambda z: 1 - z * z, np.tanh, is_bounded=True),
    "step": Function(step, np.zeros_like, step, is_bounded=True),
    "identity": Function(np.positive, np.ones_like, np.positive, is_bounded=False),
}


def name_each(activation: object, hidden: int) -> tuple[str, ...]:
    """The activation of each hidden layer, of one for all or one for each, or `ValueError`."""
    names = activation.split(", ") if isinstance(activation, str) else []
    if not names or not set(names) <= FUNCTIONS.keys():
        found, expected = printable(repr(activation)), one_of(ACTIVATIONS)
        raise ValueError(f"activation is {found}: expected {expected}, no other is computed")
    if len(names) not in (1, hidden):
        expected = f"one for each of {hidden} hidden layers"
        raise ValueError(f"{len(names)} activations, expected {expected}")
    return tuple(names * hidden if len(names) == 1 else names)
