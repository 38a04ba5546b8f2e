"""What `mnist eval --robustness` adds."""

from collections.abc import Sequence
from itertools import groupby

from mnist_cli.evaluation.robustness import UNITS, RobustnessRow
from mnist_cli.render.layout import Cell, stacked, table, with_bars
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views.compared import name_model


def lines(rows: Sequence[RobustnessRow]) -> list[Line]:
    """For each corruption a curve: a row for each strength, a column for each file."""
    files = range(len(rows[0].accuracy))
    names = [f">{name_model(n)}" for n in files] if len(files) > 1 else [">accuracy"]
    blocks = []
    for name, group in groupby(rows, key=lambda row: row.corruption):
        curve = list(group)
        cells: list[list[Cell]] = [[(f"{row.strength:g}", ""), *row.accuracy] for row in curve]
        block = table([">strength", *names], cells)
        if len(files) == 1:
            block = with_bars(block, [row.accuracy[0] for row in curve])
        blocks.append([line((f"{name}, {UNITS[name]}", QUIET)), *block])
    return stacked([line(("robustness: accuracy by strength of the corruption", TITLE))], *blocks)
