"""Recipes: schedules, hyperparameters and their ranges."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_cli.training.arrays import train
from mnist_cli.training.recipes import HYPERPARAMETERS, RECIPES, Recipe


def test_the_learning_rate_warms_up_for_an_epoch_and_ends_at_zero():
    recipe = Recipe("r", "adamw", epochs=20, learning_rate=0.5)
    rates = [recipe.learning_rate_at(step, 100) for step in range(2000)]
    assert rates[0] == pytest.approx(0.005)
    assert rates[99] == 0.5 == max(rates)
    assert rates[1050] == pytest.approx(0.25)  # half way down the cosine
    assert 0 < rates[-1] < 1e-5
    assert np.all(np.diff(rates[100:]) < 0)


def test_distortions_hold_then_fall():
    recipe = Recipe("r", "adamw", epochs=10, full_strength_until=0.7, final_strength=0.4, shift=1)
    strengths = [recipe.strength_at(epoch) for epoch in range(1, 11)]
    assert replace(recipe, shift=0).strength_at(1) == 0
    assert strengths == pytest.approx([1, 1, 1, 1, 1, 1, 1, 1, 0.8, 0.6])
    constant = Recipe("r", "adamw", epochs=2, full_strength_until=1.0, final_strength=0.0, shift=1)
    assert [constant.strength_at(epoch) for epoch in (1, 2)] == [1, 1]


def test_every_hyperparameter_can_be_replaced_and_says_what_it_is():
    best = RECIPES["best"]
    changed = best.change({"epochs": 7.0, "elastic": 0.25}, hidden=[30], activation="relu")
    assert type(changed.epochs) is int
    assert changed == replace(best, epochs=7, elastic=0.25, hidden=(30,), activation="relu")
    expected = {"hidden": (30,), "activation": "relu", "epochs": 7, "elastic": 0.25}
    assert changed.changes() == expected
    assert best.change({}) == best
    assert best.changes() == {}
    for name, each in HYPERPARAMETERS.items():
        other = (each.least + getattr(best, name)) / 2
        value = int(other) if each.whole else other
        changed = best.change({name: value})
        assert changed.hyperparameters() == best.hyperparameters() | {name: value}
        assert each.about.endswith(".")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"epochs": 0}, "epochs is 0: expected a whole number from 1 to 1,000,000"),
        ({"epochs": 1.5}, "epochs is 1.5: expected a whole number"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"rotation": float("inf")}, "rotation is inf: expected a number from 0 to 180"),
        ({"hidden": (0,)}, "hidden is 0: expected"),
        ({"hidden": [9] * 8}, "at most 7 layers"),
        ({"hidden": [6000]}, "hidden is 6000: 4,770,010 parameters, at most 4,192,304 fit"),
        ({"activation": "gelu"}, "'gelu': expected .* for all layers, no other is computed"),
        ({"activation": "step"}, "step cannot be trained: it is flat, .* 'mnist draw' and"),
        ({"lr": 3}, "no hyperparameter 'lr'; the nearest is 'learning_rate'"),
        ({"recipe": "quik"}, "no recipe 'quik'; the nearest is 'quick'"),
        ({"seed": -1}, "seed is -1"),
        ({"labels": np.zeros(2, np.uint8)}, r"labels have shape \(2,\): expected \(3,\)"),
        ({"images": np.zeros((3, 28, 28))}, "images have dtype float64: expected uint8"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_nearest_that_does(values, words):
    digits = {"images": np.zeros((3, 28, 28), np.uint8), "labels": np.zeros(3, np.uint8)}
    with pytest.raises(ValueError, match=words):
        train(**digits | values)
    with pytest.raises(ValueError, match="no optimizer 'sgd'; there are adamw, soap"):
        Recipe("r", "sgd")
