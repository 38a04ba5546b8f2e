"""What `mnist train --recipes` shows: the recipes, and each choice with its values."""

from typing import Any

from mnist_cli.render.text import Line, line, table
from mnist_cli.render.theme import TITLE
from mnist_cli.training.recipes import HYPERPARAMETERS, NET, RECIPES


def as_json() -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "recipes": [
            {
                "recipe": recipe.name,
                "about": recipe.about,
                "optimizer": recipe.optimizer,
                "hidden": recipe.hidden,
                "activation": recipe.activation,
            }
            for recipe in RECIPES.values()
        ],
        "hyperparameters": [
            {
                "name": name,
                "about": each.about,
                "least": each.least,
                "most": each.most,
                "values": {recipe.name: getattr(recipe, name) for recipe in RECIPES.values()},
            }
            for name, each in HYPERPARAMETERS.items()
        ],
    }


def lines() -> list[Line]:
    """The recipes, what the hyperparameters mean, and a table of their values."""
    choices = NET | {name: each.about for name, each in HYPERPARAMETERS.items()}
    rows = [
        line((name, TITLE), *(value_text(getattr(recipe, name)) for recipe in RECIPES.values()))
        for name in choices
    ]
    meanings = {recipe.name: recipe.about for recipe in RECIPES.values()} | choices
    return [
        *table(["hyperparameter", *(f">{name}" for name in RECIPES)], rows),
        [],
        *(
            text
            for name, about in meanings.items()
            for text in (line((name, TITLE)), line(f"  {about}"))
        ),
    ]


def value_text(value: object) -> str:
    """A value of a recipe, as on the command line."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
