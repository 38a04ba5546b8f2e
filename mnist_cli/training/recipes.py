"""Recipes: all that a training depends on but data and seed. Without NumPy, for quick help."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from numbers import Integral
from typing import Any

from mnist_cli import spec
from mnist_cli.checks import one_of, require_between, unknown_name
from mnist_cli.errors import printable
from mnist_cli.net.bounds import count_parameters
from mnist_cli.weights.formats import MAX_BYTES

OPTIMIZERS = ("adamw", "soap")
# How far images are distorted at full strength, both ways. A pixel of a distorted image is between
# four of the original: a thickness of 1 takes the largest or the smallest of them, 0 their mean.
DISTORTIONS = ("rotation", "log_scale", "shear", "shift", "elastic", "thickness")

# What of a net can be chosen, apart from numbers.
NET = {
    "hidden": "Neurons of each hidden layer, or none; at most seven.",
    "activation": "Function after each hidden layer; step cannot be trained.",
}

_MOST = 1_000_000
_MOST_PARAMETERS = MAX_BYTES // 4 - 2000  # float32, and what a format adds


@dataclass(frozen=True)
class Hyperparameter:
    """What a number of a recipe does, and the values that make sense, both ends included."""

    about: str
    least: float
    most: float
    whole: bool  # a count: 7 or 7.0, not 7.5


def _number(default: float, least: float, most: float, about: str) -> Any:
    """A field of the dataclass below; `HYPERPARAMETERS` collects them."""
    what = Hyperparameter(about, least, most, whole=isinstance(default, int))
    return field(default=default, metadata={"hyperparameter": what})


@dataclass(frozen=True)
class Recipe:
    """The optimizer, the net and the hyperparameters of a run; `ValueError` for what cannot be."""

    name: str
    optimizer: str  # one of `OPTIMIZERS`
    about: str = ""  # what it is and achieves
    hidden: tuple[int, ...] = spec.LAYER_SIZES[1:-1]  # the book's
    activation: spec.Activation = "sigmoid"
    epochs: int = _number(20, 1, _MOST, "How often each image is seen.")
    batch_size: int = _number(256, 1, _MOST, "Images a step.")
    learning_rate: float = _number(4e-3, 1e-9, 100, "The highest; rises for an epoch, then falls.")
    weight_decay: float = _number(
        0.0, 0, 1000, "How fast weights shrink, per step and learning rate."
    )
    full_strength_until: float = _number(0.7, 0, 1, "Part of the epochs with full distortions.")
    # At the end the net should see digits more as they are.
    final_strength: float = _number(0.3, 0, 1, "Strength that distortions fall to, by the end.")
    batch_norm: int = _number(0, 0, 1, "1 normalizes each batch; it is folded away at the end.")
    teacher_epochs: int = _number(0, 0, _MOST, "Epochs of its convolutional teacher; 0: none.")
    temperature: float = _number(1.0, 0.1, 100, "Divides logits: a high one softens targets.")
    drawn: float = _number(0.0, 0, 10, "Digits that the program draws, for each training image.")
    held_out: int = _number(2_000, 0, _MOST, "Images for validation; at most a fifth of all.")
    rotation: float = _number(0.0, 0, 180, "Degrees an image is turned, at most.")
    log_scale: float = _number(0.0, 0, 2, "Logarithm of the stretch: 0.12 is up to 13 % larger.")
    shear: float = _number(0.0, 0, 5, "Pixels a row moves for each row from the centre.")
    shift: float = _number(0.0, 0, spec.SIDE, "Pixels an image moves along each axis.")
    elastic: float = _number(0.0, 0, spec.SIDE, "Pixels, root mean square, an image is bent by.")
    thickness: float = _number(0.0, 0, 1, "How much thicker or thinner lines become.")

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise unknown_name("optimizer", self.optimizer, OPTIMIZERS)
        if self.activation not in spec.ACTIVATIONS:
            found = f"activation is {printable(repr(self.activation))}"
            expected = f"expected {one_of(spec.ACTIVATIONS)} for all layers"
            raise ValueError(f"{found}: {expected}, no other is computed")
        if self.activation == "step":
            raise ValueError(
                "step cannot be trained: it is flat, so no weight has a slope to go down; "
                "'mnist draw' and 'mnist eval --activation step' show what it does to a net"
            )
        hidden = tuple(self.hidden) if isinstance(self.hidden, Iterable) else (self.hidden,)
        wrong = f"hidden is {','.join(map(str, hidden))}:"
        are_counts = all(isinstance(each, Integral) and int(each) >= 1 for each in hidden)
        if len(hidden) >= spec.MAX_LAYERS or not are_counts:
            most = spec.MAX_LAYERS - 1
            raise ValueError(f"{wrong} expected at most {most} layers of 1 neuron or more")
        object.__setattr__(self, "hidden", tuple(map(int, hidden)))
        parameters = count_parameters((spec.PIXELS, *self.hidden, spec.CLASSES))
        if parameters > _MOST_PARAMETERS:
            raise ValueError(
                f"{wrong} {parameters:,} parameters, at most {_MOST_PARAMETERS:,} fit into a file"
            )
        for name, each in HYPERPARAMETERS.items():
            given, limits = getattr(self, name), (each.least, each.most)
            value = require_between(name, given, *limits, whole=each.whole)
            object.__setattr__(self, name, value)

    def learning_rate_at(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm_up = min(steps_per_epoch, self.epochs * steps_per_epoch // 10 + 1)
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        done = (step - warm_up) / max(1, self.epochs * steps_per_epoch - warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2

    def strength_at(self, epoch: int) -> float:
        """The strength of the distortions in an epoch, counted from 1; 0 where there are none."""
        if not any(getattr(self, name) for name in DISTORTIONS):
            return 0.0
        done = (epoch - 1) / self.epochs
        if done < self.full_strength_until:
            return 1.0
        falling = (done - self.full_strength_until) / (1 - self.full_strength_until)
        return 1 + falling * (self.final_strength - 1)

    def for_teacher(self) -> "Recipe":
        """The recipe by which the teacher learns, from labels."""
        return replace(
            self,
            optimizer="adamw",
            epochs=self.teacher_epochs,
            learning_rate=2e-3,
            weight_decay=0.05,
            temperature=1.0,
        )

    def from_net(self, layer_sizes: Sequence[int], activation: spec.Activation) -> "Recipe":
        """The recipe by which such a net goes on, without what begins with it: see `Trainer`."""
        hidden = tuple(layer_sizes[1:-1])
        return replace(self, hidden=hidden, activation=activation, batch_norm=0, teacher_epochs=0)

    def hyperparameters(self) -> dict[str, int | float]:
        """The value of each by its name."""
        return {name: getattr(self, name) for name in HYPERPARAMETERS}

    def changes(self) -> dict[str, Any]:
        """What differs from the recipe of this name: `hidden`, `activation`, hyperparameters."""
        original = RECIPES.get(self.name, self)
        pairs = ((name, getattr(self, name)) for name in (*NET, *HYPERPARAMETERS))
        return {name: value for name, value in pairs if value != getattr(original, name)}

    def change(
        self,
        hyperparameters: Mapping[str, float],
        hidden: Sequence[int] | None = None,
        activation: spec.Activation | None = None,
    ) -> "Recipe":
        """This recipe with the values that are given; `ValueError` for a wrong name or value."""
        for name in hyperparameters:
            if name not in HYPERPARAMETERS:
                raise unknown_name("hyperparameter", name, HYPERPARAMETERS)
        given: dict[str, Any] = {**hyperparameters, "hidden": hidden, "activation": activation}
        return replace(self, **{name: value for name, value in given.items() if value is not None})


HYPERPARAMETERS: dict[str, Hyperparameter] = {
    each.name: each.metadata["hyperparameter"] for each in fields(Recipe) if each.metadata
}

_QUICK = Recipe("quick", "adamw", "AdamW, no distortions: accuracy 0.976 in 10 s", weight_decay=0.6)
_STANDARD = Recipe(
    "standard",
    "adamw",
    "AdamW, distorted: accuracy 0.990 in minutes",
    epochs=400,
    weight_decay=0.1,
    rotation=12.0,
    log_scale=0.12,
    shear=0.15,
    shift=1.5,
    elastic=1.2,
)
_BEST = replace(
    _STANDARD,
    name="best",
    optimizer="soap",
    about="SOAP, with a teacher: accuracy 0.992, embedded",
    epochs=700,
    learning_rate=4e-2,
    weight_decay=0.005,
    batch_norm=1,
    teacher_epochs=30,
    temperature=2.0,
    # For the digits that people write themselves: in other forms, off centre, with thin pens and
    # thick.
    drawn=0.15,
    rotation=13.0,
    shift=2.4,
    thickness=1.0,
)
_TUNE = replace(
    _STANDARD,
    name="tune",
    about="AdamW, distorted: goes on from a net, --start",
    epochs=100,
    batch_size=64,
    learning_rate=5e-4,
)
RECIPES = {recipe.name: recipe for recipe in (_QUICK, _STANDARD, _BEST, _TUNE)}
