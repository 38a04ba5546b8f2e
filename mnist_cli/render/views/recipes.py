"""What `mnist train --recipes` shows: the recipes, and each hyperparameter with its values."""

from typing import Any

from mnist_cli.render.text import Line, line, table
from mnist_cli.render.theme import TITLE
from mnist_cli.training.recipes import HYPERPARAMETERS, RECIPES


def as_json() -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "recipes": [
            {"recipe": name, "about": recipe.about, "optimizer": recipe.optimizer}
            for name, recipe in RECIPES.items()
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
    rows = [
        line((name, TITLE), *(f"{getattr(recipe, name):g}" for recipe in RECIPES.values()))
        for name in HYPERPARAMETERS
    ]
    meanings = [(recipe.name, recipe.about) for recipe in RECIPES.values()]
    meanings += [(name, each.about) for name, each in HYPERPARAMETERS.items()]
    return [
        *table(["hyperparameter", *RECIPES], rows, "<" + ">" * len(RECIPES)),
        [],
        *(text for name, about in meanings for text in (line((name, TITLE)), line(f"  {about}"))),
    ]
