"""Recipes: schedules, hyperparameters and their ranges."""

from dataclasses import replace

import numpy as np
import pytest

from mnist_cli.training.recipes import (
    HYPERPARAMETERS,
    RECIPES,
    Distortions,
    Recipe,
    find_recipe,
    list_hyperparameters,
)


def test_the_learning_rate_warms_up_for_an_epoch_and_ends_at_zero():
    recipe = Recipe("r", "adamw", epochs=20, learning_rate=0.5)
    rates = [recipe.learning_rate_at(step, 100) for step in range(2000)]
    assert rates[0] == pytest.approx(0.005)
    assert rates[99] == 0.5 == max(rates)
    assert rates[1050] == pytest.approx(0.25)  # half way down the cosine
    assert 0 < rates[-1] < 1e-5
    assert np.all(np.diff(rates[100:]) < 0)


def test_distortions_hold_then_fall():
    recipe = Recipe("r", "adamw", epochs=10, full_strength_until=0.7, final_strength=0.4)
    strengths = [recipe.strength_at(epoch) for epoch in range(1, 11)]
    assert strengths == pytest.approx([1, 1, 1, 1, 1, 1, 1, 1, 0.8, 0.6])
    constant = Recipe("r", "adamw", epochs=2, full_strength_until=1.0, final_strength=0.0)
    assert [constant.strength_at(epoch) for epoch in (1, 2)] == [1, 1]


def test_every_hyperparameter_can_be_replaced_and_says_what_it_is():
    best = RECIPES["best"]
    changed = best.with_hyperparameters({"epochs": 7.0, "elastic": 0.25})
    assert type(changed.epochs) is int
    assert changed == replace(best, epochs=7, distortions=replace(best.distortions, elastic=0.25))
    assert best.with_hyperparameters({}) == best
    for each, values in list_hyperparameters():
        other = (each.least + values["best"]) / 2
        value = int(other) if each.whole else other
        changed = best.with_hyperparameters({each.name: value})
        assert changed.hyperparameters() == best.hyperparameters() | {each.name: value}
        assert values == {name: r.hyperparameters()[each.name] for name, r in RECIPES.items()}
        assert each.about.endswith(".")
    assert list(best.hyperparameters()) == list(HYPERPARAMETERS)


def test_values_that_make_no_sense_are_refused():
    for name, value, words in [
        ("epochs", 0, "epochs is 0: expected a whole number from 1 to 1,000,000"),
        ("epochs", 1.5, "epochs is 1.5: expected a whole number"),
        ("epochs", 1e308, r"epochs is 1e\+308"),
        ("batch_size", -1, "batch_size is -1"),
        ("learning_rate", 0.0, "learning_rate is 0"),
        ("learning_rate", float("nan"), "learning_rate is nan"),
        ("rotation", float("inf"), "rotation is inf: expected a number from 0 to 180"),
        ("thickness", 1.5, "thickness is 1.5: expected a number from 0 to 1"),
    ]:
        with pytest.raises(ValueError, match=words):
            RECIPES["best"].with_hyperparameters({name: value})
    bent = Distortions(shear=1e300)
    with pytest.raises(ValueError, match="shear is 1e"):
        Recipe("r", "adamw", distortions=bent)


def test_an_unknown_name_gets_the_nearest_one_or_all():
    with pytest.raises(ValueError, match="no hyperparameter 'epoch'; the nearest is 'epochs'"):
        RECIPES["best"].with_hyperparameters({"epoch": 3})
    with pytest.raises(ValueError, match="no hyperparameter 'flavour'; there are epochs, batch_s"):
        RECIPES["best"].with_hyperparameters({"flavour": 3})
    with pytest.raises(ValueError, match="no recipe 'quik'; the nearest is 'quick'"):
        find_recipe("quik")
    with pytest.raises(ValueError, match="no optimizer 'sgd'; there are adamw, soap"):
        Recipe("r", "sgd")
