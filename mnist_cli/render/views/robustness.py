"""What `mnist eval --robustness` adds."""

from collections.abc import Sequence
from itertools import groupby

from mnist_cli.evaluation.robustness import UNITS, RobustnessRow
from mnist_cli.render.text import Line, bar, columns, line
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views.compared import name_model

_FILES_A_BLOCK = 3
_WIDEST = 72
_INDENT = 8


def lines(rows: Sequence[RobustnessRow]) -> list[Line]:
    """For each corruption a curve: a row for each strength, a column of bars for each file."""
    files = len(rows[0].accuracy)
    result = [line(("robustness: accuracy by strength of the corruption", TITLE))]
    for kind, group in groupby(rows, key=lambda row: row.corruption):
        curve = list(group)
        for first in range(0, files, _FILES_A_BLOCK):
            numbers = range(first, min(first + _FILES_A_BLOCK, files))
            column = min(columns() - _INDENT, _WIDEST) // len(numbers)
            result += [[], line((f"{kind}, {UNITS[kind]}", QUIET))]
            if files > 1:
                names = ((f"{name_model(n):<{column}}", TITLE) for n in numbers)
                result.append([(" " * _INDENT, ""), *names])
            for row in curve:
                spans = line(f"{row.strength:>5g}   ")
                for accuracy in row.accuracy[numbers.start : numbers.stop]:
                    spans += [(f"{accuracy:.4f} ", ""), *bar(accuracy, column - 10), ("   ", "")]
                result.append(spans)
    return result
