"""What `mnist eval --robustness` adds."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from mnist_cli.evaluation.robustness import UNITS, RobustnessRow
from mnist_cli.render.text import Line, bar, columns, line
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import pick
from mnist_cli.render.views.compared import name_model

_FILES_A_BLOCK = 3
_WIDEST = 72
_INDENT = 8


def as_json(rows: Sequence[RobustnessRow]) -> dict[str, Any]:
    """A row for each corruption and strength; an accuracy for each weights file."""
    return {"robustness": [pick(row, "corruption", "strength", "accuracy") for row in rows]}


def lines(rows: Sequence[RobustnessRow]) -> list[Line]:
    """For each corruption a curve: a row for each strength, a column of bars for each file."""
    files = len(rows[0].accuracy)
    result = [line(("robustness: accuracy by strength of the corruption", TITLE))]
    for kind, group in groupby(rows, key=lambda row: row.corruption):
        curve = list(group)
        for first in range(0, files, _FILES_A_BLOCK):
            numbers = range(first, min(first + _FILES_A_BLOCK, files))
            result += [[], *_curve(kind, curve, numbers, files > 1)]
    return result


def _curve(kind: str, rows: Sequence[RobustnessRow], numbers: range, named: bool) -> list[Line]:
    column = min(columns() - _INDENT, _WIDEST) // len(numbers)
    result = [[(f"{kind}, {UNITS[kind]}", QUIET)]]
    if named:
        result.append(
            [(" " * _INDENT, ""), *((f"{name_model(n):<{column}}", TITLE) for n in numbers)]
        )
    for row in rows:
        spans = [(f"{row.strength:>5g}   ", "")]
        for accuracy in row.accuracy[numbers.start : numbers.stop]:
            spans += [(f"{accuracy:.4f} ", ""), *bar(accuracy, column - 10), ("   ", "")]
        result.append(spans)
    return result
