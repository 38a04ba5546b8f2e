"""One prediction taken apart: every intermediate value, and which pixels decided it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from mnist_cli.checks import require_between
from mnist_cli.dtypes import Doubles
from mnist_cli.net.activations import FUNCTIONS
from mnist_cli.net.network import Activation, Network
from mnist_cli.shown import drawn_by
from mnist_cli.spec import CLASSES, SIDE


@dataclass(frozen=True, eq=False)
class ForwardStep:
    """One of the book's values on the way from pixels to probabilities: x, a1, z1, ... or y."""

    symbol: str
    formula: str  # in the book's symbols: a2 = z1 W2 + b2
    shape: tuple[int, ...]
    min: float
    mean: float
    max: float
    values: Doubles = field(repr=False)


@dataclass(frozen=True, eq=False)
class Explanation:
    """How the net came to `prediction`, 0 to 9; all arrays are float64.

    `steps` are x, a1, z1, ... and y, in the order in which the net computes them. `shifted` and
    `exponentials`, (10,), are softmax in its steps (book, 3.5.2): the last a less its maximum, and
    exp of that; divided by their sum, the exponentials are y. `relevance`, (28, 28), is gradient
    times input: how much each pixel's ink raised (above 0) or lowered the score of `prediction`, to
    first order; `relevance_against` the same of its lead over the score of `against`. The
    `runner_up` is the best of the other digits; by the `margin` its probability is lower.
    """

    activation: Activation
    steps: tuple[ForwardStep, ...]
    shifted: Doubles = field(repr=False)
    exponentials: Doubles = field(repr=False)
    relevance: Doubles = field(repr=False)
    against: int
    relevance_against: Doubles = field(repr=False)
    prediction: int
    runner_up: int
    margin: float
    json_fields: ClassVar = (
        *("steps", "softmax", "relevance", "against", "relevance_against"),
        *("prediction", "runner_up", "margin"),
    )
    _repr_html_ = drawn_by("explain.lines")

    @property
    def scores(self) -> Doubles:
        """The last layer before softmax (the book's a3), (10,)."""
        return self.steps[-2].values

    @property
    def probabilities(self) -> Doubles:
        """The book's y, (10,)."""
        return self.steps[-1].values

    @property
    def softmax(self) -> dict[str, Any]:
        """Its numbers, by the names that ``--json`` gives them."""
        exp = self.exponentials
        return {"max": self.scores.max(), "shifted": self.shifted, "exp": exp, "sum": exp.sum()}


def explain(
    network: Network, image: ArrayLike, digit: int | None = None, against: int | None = None
) -> Explanation:
    """Take apart what the net makes of one image, by the book's formulas in float64.

    Evidence is gradient times input: Shrikumar et al. (2016), *Not just a black box*.

    Parameters
    ----------
    image:
        (784,) or (28, 28), uint8 (0..255) or float32/float64 (0..1).
    digit:
        What to explain, 0 to 9; by default the net's prediction.
    against:
        Why `digit` and not this one, such as the label; by default the best of the others.

    Raises
    ------
    ValueError
        For another digit, twice the same, and for an image as `Network` refuses it.

    Examples
    --------
    >>> from mnist_cli import load_images, load_network
    >>> explanation = explain(load_network(), load_images()[0])
    >>> explanation.prediction, explanation.runner_up
    (7, 3)
    >>> [(step.symbol, step.values.shape) for step in explanation.steps[:3]]
    [('x', (784,)), ('a1', (50,)), ('z1', (50,))]
    """
    for name, given in (("digit", digit), ("against", against)):
        if given is not None:
            require_between(name, given, 0, CLASSES - 1, whole=True)
    values = network.activations(image)
    *_, scores, probabilities = values.values()
    order = np.argsort(-probabilities, kind="stable")
    explained = int(order[0] if digit is None else digit)
    runner_up = int(next(other for other in order if other != explained))
    other = int(runner_up if against is None else against)
    if other == explained:
        raise ValueError(f"digit and against are both {explained}, expected two digits")
    one = np.eye(CLASSES)
    shifted = scores - scores.max()
    with np.errstate(under="ignore"):
        exponentials = np.exp(shifted)
        relevance, lead = (
            (_gradient(network, values, weighed) * values["x"]).reshape(SIDE, SIDE)
            for weighed in (one[explained], one[explained] - one[other])
        )
    return Explanation(
        activation=network.activation,
        steps=_steps(network, values),
        shifted=shifted,
        exponentials=exponentials,
        relevance=relevance,
        against=other,
        relevance_against=lead,
        prediction=explained,
        runner_up=runner_up,
        margin=float(probabilities[explained] - probabilities[runner_up]),
    )


def _steps(network: Network, values: dict[str, Doubles]) -> tuple[ForwardStep, ...]:
    steps: list[ForwardStep] = []
    names = {f"z{layer}": name for layer, name in enumerate(network.hidden_activations, start=1)}
    for before, (symbol, value) in zip(["", *values], values.items(), strict=False):
        layer = symbol[1:]
        formula = {
            "x": "x",
            "a": f"{symbol} = {before} W{layer} + b{layer}",
            "z": f"{symbol} = {names.get(symbol)}({before})",
            "y": f"y = softmax({before})",
        }[symbol[0]]
        least, mean, most = float(value.min()), float(value.mean()), float(value.max())
        steps.append(ForwardStep(symbol, formula, value.shape, least, mean, most, value))
    return tuple(steps)


def _gradient(network: Network, values: dict[str, Doubles], weighed: Doubles) -> Doubles:
    """Of the sum of `weighed` scores by the pixels, (784,): the chain rule from the last layer."""
    *hidden, last = (W.astype(np.float64) for W in network.weights)
    gradient: Doubles = last @ weighed
    for layer, name in reversed([*enumerate(network.hidden_activations, start=1)]):
        slope = FUNCTIONS[name].slope(values[f"z{layer}"])
        gradient = hidden[layer - 1] @ (gradient * slope)  # (784, 50) @ (50,) -> (784,)
    return gradient
