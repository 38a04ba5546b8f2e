"""Recipes: everything that a training run depends on but the data and the seed."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from mnist_cli.training.distortions import Distortions

OPTIMIZERS = ("adamw", "soap")
_WHOLE = ("epochs", "batch_size", "held_out")  # the numbers that are counts
_PARTS = ("full_strength_until", "final_strength", "thickness")  # those from 0 to 1


@dataclass(frozen=True)
class Recipe:
    """The numbers of a training run. Raises `ValueError` for one that makes no sense.

    Attributes
    ----------
    optimizer:
        ``"adamw"`` or ``"soap"``.
    epochs:
        How often each training image is seen; the schedules below span all of them.
    batch_size:
        Images a step.
    learning_rate:
        The highest one. It rises from 0 within the first epoch and falls to 0 along a cosine.
    weight_decay:
        The part of each weight (not bias) that a step takes off, times the learning rate.
    distortions:
        How far images are distorted at full strength.
    full_strength_until:
        The part of the epochs with distortions at full strength.
    final_strength:
        The strength that the distortions then fall to, linearly, until the last epoch: at the end
        the net should see digits as they are.
    held_out:
        Training images kept back for validation; never more than a fifth of what there is.
    """

    name: str
    optimizer: str
    epochs: int
    batch_size: int = 256
    learning_rate: float = 4e-3
    weight_decay: float = 0.0
    distortions: Distortions = field(default_factory=Distortions)
    full_strength_until: float = 0.7
    final_strength: float = 0.3
    held_out: int = 2_000

    def __post_init__(self) -> None:
        if self.optimizer not in OPTIMIZERS:
            raise ValueError(f"optimizer is {self.optimizer!r}, it must be one of {OPTIMIZERS}")
        for name, value in self.numbers().items():
            if not 0 <= value < math.inf:
                raise ValueError(f"{name} is {value}, it must be 0 or more")
            if name in _WHOLE and value != int(value):
                raise ValueError(f"{name} is {value}, it must be a whole number")
            if name in _PARTS and value > 1:
                raise ValueError(f"{name} is {value}, it must be from 0 to 1")
        for name in ("epochs", "batch_size", "learning_rate"):
            if getattr(self, name) == 0:
                raise ValueError(f"{name} is 0, it must be more")

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

    def numbers(self) -> dict[str, int | float]:
        """Every number by its name, those of the distortions among them."""
        own = {name: value for name, value in vars(self).items() if isinstance(value, int | float)}
        return own | asdict(self.distortions)

    def with_numbers(self, changes: Mapping[str, int | float]) -> "Recipe":
        """This recipe with other numbers. Raises `ValueError` for a name it does not have."""
        known = self.numbers()
        if unknown := sorted(set(changes) - set(known)):
            raise ValueError(f"there is no number {unknown[0]!r}; there are {', '.join(known)}")
        names = {each.name for each in fields(Distortions)}
        own: dict[str, Any] = {}
        distortions: dict[str, Any] = {}
        for name, value in changes.items():
            whole = name in _WHOLE and value % 1 == 0  # 7.0 is as good as 7
            (distortions if name in names else own)[name] = int(value) if whole else value
        return replace(self, distortions=replace(self.distortions, **distortions), **own)


_NONE = Distortions()
_MILD = Distortions(rotation=12.0, log_scale=0.12, shear=0.15, shift=1.5, elastic=1.2)
# For the digits that people write themselves: off centre, with thin pens and thick ones.
_WIDE = replace(_MILD, shift=2.5, thickness=0.5)

RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe("quick", "adamw", epochs=20, weight_decay=0.6, distortions=_NONE),
        Recipe("standard", "adamw", epochs=400, weight_decay=0.1, distortions=_MILD),
        Recipe(
            "best",
            "soap",
            epochs=600,
            learning_rate=6e-3,
            weight_decay=0.06,
            distortions=_WIDE,
        ),
    )
}
