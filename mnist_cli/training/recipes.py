"""Recipes: everything that a training run depends on but the data, the net's shape and the seed.

Nothing here needs NumPy, so that the command line reads names, ranges and help from these tables.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeAlias

from mnist_cli.spec import SIDE

Number: TypeAlias = int | float

OPTIMIZERS = ("adamw", "soap")

_LARGEST_COUNT = 1_000_000


@dataclass(frozen=True)
class Hyperparameter:
    """What can be chosen about a training run.

    Attributes
    ----------
    name, about:
        What it is called, and what it does.
    least, most:
        The values that make sense, both ends included.
    whole:
        Whether it is a count: 7 or 7.0, not 7.5.
    """

    name: str
    about: str
    least: float
    most: float
    whole: bool

    def check(self, value: Number) -> Number:
        """Return `value`, a count as an int.

        Raises
        ------
        ValueError:
            For a value out of range, NaN and a count that is not whole.
        """
        if not self.least <= value <= self.most or (self.whole and value % 1):
            kind = "whole number" if self.whole else "number"
            found = f"{value:g}" if isinstance(value, float) else value
            raise ValueError(
                f"{self.name} is {found}: expected a {kind} from {self.least:,} to {self.most:,}"
            )
        return int(value) if self.whole else value


def _hyperparameter(default: Number, least: float, most: float, about: str) -> Any:
    """A field of a dataclass below; `HYPERPARAMETERS` collects them."""
    return field(default=default, metadata={"about": about, "least": least, "most": most})


@dataclass(frozen=True)
class Distortions:
    """How far distortions go at full strength, both ways; 0 throughout leaves images alone.

    Each pixel of a distorted image lies between four of the original: a `thickness` of 1 takes the
    largest or the smallest of them, 0 their mean.
    """

    rotation: float = _hyperparameter(0.0, 0, 180, "Degrees an image is turned, at most.")
    log_scale: float = _hyperparameter(
        0.0, 0, 2, "Logarithm of the stretch: 0.12 is up to 13 % larger."
    )
    shear: float = _hyperparameter(0.0, 0, 5, "Pixels a row moves for each row from the centre.")
    shift: float = _hyperparameter(0.0, 0, SIDE, "Pixels an image moves along each axis.")
    elastic: float = _hyperparameter(0.0, 0, SIDE, "Pixels, root mean square, an image is bent by.")
    thickness: float = _hyperparameter(0.0, 0, 1, "How much thicker or thinner lines become.")


_NONE = Distortions()


@dataclass(frozen=True)
class Recipe:
    """The hyperparameters of a training run; `HYPERPARAMETERS` says what each one means.

    Attributes
    ----------
    name, about:
        What it is called, and what it is and achieves in a line.
    optimizer:
        ``"adamw"`` or ``"soap"``.
    distortions:
        How far images are distorted at full strength.

    Raises
    ------
    ValueError:
        For an unknown optimizer and a hyperparameter out of range.
    """

    name: str
    optimizer: str
    about: str = ""
    distortions: Distortions = _NONE
    epochs: int = _hyperparameter(20, 1, _LARGEST_COUNT, "How often each image is seen.")
    batch_size: int = _hyperparameter(256, 1, _LARGEST_COUNT, "Images a step.")
    learning_rate: float = _hyperparameter(
        4e-3, 1e-9, 100, "The highest; it rises for an epoch, then falls to 0."
    )
    weight_decay: float = _hyperparameter(
        0.0, 0, 1000, "How fast weights shrink, per step and learning rate."
    )
    full_strength_until: float = _hyperparameter(
        0.7, 0, 1, "Part of the epochs with distortions at full strength."
    )
    # At the end the net should see digits more as they are.
    final_strength: float = _hyperparameter(
        0.3, 0, 1, "Strength that distortions then fall to, by the end."
    )
    held_out: int = _hyperparameter(
        2_000, 0, _LARGEST_COUNT, "Images for validation; at most a fifth of all."
    )

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise _unknown("optimizer", self.optimizer, OPTIMIZERS)
        for name, value in self.hyperparameters().items():
            HYPERPARAMETERS[name].check(value)

    def learning_rate_at(self, step: int, steps_per_epoch: int) -> float:
        """The learning rate of a step, counted from 0."""
        warm_up = min(steps_per_epoch, self.epochs * steps_per_epoch // 10 + 1)
        if step < warm_up:
            return self.learning_rate * (step + 1) / warm_up
        done = (step - warm_up) / max(1, self.epochs * steps_per_epoch - warm_up)
        return self.learning_rate * (1 + math.cos(math.pi * done)) / 2

    def strength_at(self, epoch: int) -> float:
        """The strength of the distortions in an epoch, counted from 1."""
        done = (epoch - 1) / self.epochs
        if done < self.full_strength_until:
            return 1.0
        falling = (done - self.full_strength_until) / (1 - self.full_strength_until)
        return 1 + falling * (self.final_strength - 1)

    def hyperparameters(self) -> dict[str, Number]:
        """The value of each by its name, those of the distortions last."""
        values = vars(self) | asdict(self.distortions)
        return {name: values[name] for name in HYPERPARAMETERS}

    def with_hyperparameters(self, changes: Mapping[str, Number]) -> "Recipe":
        """This recipe with other values.

        Raises
        ------
        ValueError:
            For a name that there is not, with the nearest one that there is, and for a value out of
            range.
        """
        own: dict[str, Any] = {}
        distortions: dict[str, Any] = {}
        for name, value in changes.items():
            if name not in HYPERPARAMETERS:
                raise _unknown("hyperparameter", name, HYPERPARAMETERS)
            group = distortions if hasattr(self.distortions, name) else own
            group[name] = HYPERPARAMETERS[name].check(value)
        return replace(self, distortions=replace(self.distortions, **distortions), **own)


HYPERPARAMETERS = {
    each.name: Hyperparameter(each.name, **each.metadata, whole=type(each.default) is int)
    for group in (Recipe, Distortions)
    for each in fields(group)
    if each.metadata
}

_MILD = Distortions(rotation=12.0, log_scale=0.12, shear=0.15, shift=1.5, elastic=1.2)
# For the digits that people write themselves: off centre, with thin pens and thick ones.
_WIDE = replace(_MILD, shift=2.5, thickness=0.5)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            "quick", "adamw", "no distortions, AdamW: 97.6 % in some ten seconds", weight_decay=0.6
        ),
        Recipe(
            "standard",
            "adamw",
            "distorted images, AdamW: 99.0 % in some minutes",
            _MILD,
            epochs=400,
            weight_decay=0.1,
        ),
        Recipe(
            "best",
            "soap",
            "distorted images, SOAP: 99.2 %; made the embedded weights",
            _WIDE,
            epochs=600,
            learning_rate=6e-3,
            weight_decay=0.06,
        ),
    )
}


def find_recipe(name: str) -> Recipe:
    """The recipe of this name.

    Raises
    ------
    ValueError:
        When there is none, with the nearest name that there is.
    """
    if name not in RECIPES:
        raise _unknown("recipe", name, RECIPES)
    return RECIPES[name]


def list_hyperparameters() -> Iterator[tuple[Hyperparameter, dict[str, Number]]]:
    """Each hyperparameter with its value in every recipe, by the recipe's name."""
    values = {name: recipe.hyperparameters() for name, recipe in RECIPES.items()}
    for name, each in HYPERPARAMETERS.items():
        yield each, {recipe: of[name] for recipe, of in values.items()}


def _unknown(kind: str, name: str, known: Collection[str]) -> ValueError:
    from difflib import get_close_matches

    nearest = get_close_matches(name, known, n=1)
    ending = f"the nearest is {nearest[0]!r}" if nearest else f"there are {', '.join(known)}"
    return ValueError(f"there is no {kind} {name!r}; {ending}")
