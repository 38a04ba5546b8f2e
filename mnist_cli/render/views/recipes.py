"""What `mnist train --recipes` shows: the recipes, and each hyperparameter with its values."""

from typing import Any

from mnist_cli.render.text import Line, line, table
from mnist_cli.render.theme import TITLE
from mnist_cli.training.recipes import RECIPES, list_hyperparameters


def as_json() -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "recipes": [
            {"recipe": name, "about": recipe.about, "optimizer": recipe.optimizer}
            for name, recipe in RECIPES.items()
        ],
        "hyperparameters": [
            {
                "name": each.name,
                "about": each.about,
                "least": each.least,
                "most": each.most,
                "values": values,
            }
            for each, values in list_hyperparameters()
        ],
    }


def lines() -> list[Line]:
    """The recipes, what the hyperparameters mean, and a table of their values."""
    listed = list(list_hyperparameters())
    rows = [
        line((each.name, TITLE), *(f"{values[name]:g}" for name in RECIPES))
        for each, values in listed
    ]
    meanings = [(recipe.name, recipe.about) for recipe in RECIPES.values()]
    meanings += [(each.name, each.about) for each, _ in listed]
    return [
        *table(["hyperparameter", *RECIPES], rows, "<" + ">" * len(RECIPES)),
        [],
        *(text for name, about in meanings for text in (line((name, TITLE)), line(f"  {about}"))),
    ]
