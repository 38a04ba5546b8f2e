"""What `mnist eval --robustness` adds."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from mnist_cli.evaluation.robustness import UNITS, RobustnessRow
from mnist_cli.render.text import Line, bar, line
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views.compared import name_model

_FILES_A_BLOCK = 3
_WIDTH = 72


def as_json(rows: Sequence[RobustnessRow]) -> dict[str, Any]:
    """A row for each corruption and strength; an accuracy for each weights file."""
    return {
        "robustness": [
            {"corruption": row.kind, "strength": row.strength, "accuracy": list(row.accuracy)}
            for row in rows
        ]
    }


def lines(rows: Sequence[RobustnessRow]) -> list[Line]:
    """For each corruption a curve: a row for each strength, a column of bars for each file."""
    files = len(rows[0].accuracy)
    result = [line(("robustness: accuracy by strength of the corruption", TITLE))]
    for kind, group in groupby(rows, key=lambda row: row.kind):
        curve = list(group)
        for first in range(0, files, _FILES_A_BLOCK):
            numbers = range(first, min(first + _FILES_A_BLOCK, files))
            result += [[], *_curve(kind, curve, numbers, files > 1)]
    return result


def _curve(kind: str, rows: Sequence[RobustnessRow], numbers: range, named: bool) -> list[Line]:
    column = _WIDTH // len(numbers)
    head = [(f"{kind}, {UNITS[kind]}", QUIET)]
    names = [("        ", ""), *((f"{name_model(number):<{column}}", TITLE) for number in numbers)]
    return [
        head,
        *([names] if named else []),
        *(
            [
                (f"{row.strength:>5g}   ", ""),
                *(
                    span
                    for number in numbers
                    for span in (
                        (f"{row.accuracy[number]:.4f} ", ""),
                        *bar(row.accuracy[number], column - 10),
                        ("   ", ""),
                    )
                ),
            ]
            for row in rows
        ),
    ]
