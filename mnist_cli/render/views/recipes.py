"""What `mnist train --recipes` shows: the recipes, and each choice with its values."""

from typing import Any

from mnist_cli.files.tables import document
from mnist_cli.render.layout import table
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import TITLE
from mnist_cli.training.recipes import HYPERPARAMETERS, NET, RECIPES


def as_json() -> dict[str, Any]:
    """The document of ``--json``."""
    names = ("about", "optimizer", "hidden", "activation")
    recipes = [{"recipe": each.name, **document(each, *names)} for each in RECIPES.values()]
    hyperparameters = [
        {
            "name": name,
            **document(each, "about", "least", "most"),
            "values": {recipe.name: getattr(recipe, name) for recipe in RECIPES.values()},
        }
        for name, each in HYPERPARAMETERS.items()
    ]
    return {"recipes": recipes, "hyperparameters": hyperparameters}


def lines() -> list[Line]:
    """The recipes, what the hyperparameters mean, and a table of their values."""
    choices = NET | {name: each.about for name, each in HYPERPARAMETERS.items()}
    rows = (
        [name, *(value_text(getattr(recipe, name)) for recipe in RECIPES.values())]
        for name in choices
    )
    result = [*table(["hyperparameter", *(f">{name}" for name in RECIPES)], rows), []]
    for name, about in ({each.name: each.about for each in RECIPES.values()} | choices).items():
        result += [line((name, TITLE)), line(f"  {about}")]
    return result


def value_text(value: object) -> str:
    """A value of a recipe, as on the command line."""
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
