"""What `mnist eval --confusion` adds."""

import math
from collections.abc import Iterable
from dataclasses import astuple

from mnist_cli.errors import plural
from mnist_cli.evaluation.confusion import Confusion
from mnist_cli.render.layout import beside, stacked, table
from mnist_cli.render.text import Line, Span, line, surface
from mnist_cli.render.theme import BLACK, CORRECT, INCORRECT, QUIET, TITLE, WHITE

_PAIRS = 10
_PAIR_COLUMNS = 2
_FAINTEST = 0.3  # less has no background


def lines(confusion: Confusion) -> list[Line]:
    """The matrix with its totals, the scores of each digit, and the most frequent mistakes."""
    title = line(("confusion: a row for each label, a column for each prediction", TITLE))
    head = [">digit", ">precision", ">recall", ">F1", ">images"]
    scores = table(head, map(astuple, confusion.per_class))
    return stacked([title, *_matrix(confusion)], scores, _pairs(confusion))


def _matrix(confusion: Confusion) -> list[Line]:
    counts = confusion.confusion.tolist()
    labels, predictions = (confusion.confusion.sum(axis=axis).tolist() for axis in (1, 0))
    most = max((count for _, _, count in confusion.pairs), default=1)
    width = max(len(str(max(predictions))), 3)
    total_width = max(len(str(sum(labels))), 3)
    color = surface().color

    def cell(label: int, prediction: int) -> Span:
        """A count, coloured by its share of the label, or of the most frequent mistake."""
        count, correct = counts[label][prediction], label == prediction
        strength = math.sqrt(count / max(labels[label], 1) if correct else count / most)
        style = _style(strength, CORRECT if correct else INCORRECT, count) if color else ""
        return f"{count or '.':>{width}} ", style

    def row(name: object, cells: Iterable[Span], total: object) -> Line:
        return [(f"{name:>2} ", QUIET), *cells, (f"{total:>{total_width}}", QUIET)]

    def quiet(values: Iterable[int]) -> list[Span]:
        return [(f"{value:>{width}} ", QUIET) for value in values]

    digits = range(len(counts))
    return [
        row("", quiet(digits), "all"),
        *(row(label, (cell(label, x) for x in digits), labels[label]) for label in digits),
        row("", quiet(predictions), sum(labels)),
    ]


def _style(strength: float, color: tuple[int, int, int], count: int) -> str:
    if strength < _FAINTEST:
        return "" if count else QUIET
    background = ",".join(str(round(part * strength)) for part in color)
    return f"{BLACK if strength > 0.7 else WHITE} on rgb({background})"


def _pairs(confusion: Confusion) -> list[Line]:
    pairs = [
        line(f"{label} read as {prediction}: {plural(count, 'time')}")
        for label, prediction, count in confusion.pairs[:_PAIRS]
    ]
    if not pairs:
        return [line("no mistakes")]
    height = math.ceil(len(pairs) / _PAIR_COLUMNS)
    return [line(("most confused", TITLE)), *beside(pairs[:height], pairs[height:])]
