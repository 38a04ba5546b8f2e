"""What `mnist eval --confusion` adds."""

import math
from typing import Any

from mnist_cli.errors import plural
from mnist_cli.evaluation.confusion import Confusion
from mnist_cli.render.text import Cell, Line, Span, beside, has_color, has_unicode, line, table
from mnist_cli.render.theme import BLACK, CORRECT, INCORRECT, QUIET, TITLE, WHITE

_PAIRS = 10
_COLUMNS = 2  # of pairs
_FAINTEST = 0.3  # less has no background
_WIDTH = 80


def as_json(confusion: Confusion) -> dict[str, Any]:
    """A row for each label, a column for each prediction."""
    return {
        "confusion": confusion.counts.tolist(),
        "per_class": [
            {
                "digit": scores.digit,
                "precision": scores.precision,
                "recall": scores.recall,
                "f1": scores.f1,
                "support": scores.support,
            }
            for scores in confusion.per_class
        ],
    }


def lines(confusion: Confusion) -> list[Line]:
    """The matrix with its totals, the scores of each digit, and the most frequent mistakes."""
    return [
        line(("confusion: a row for each label, a column for each prediction", TITLE)),
        *_matrix(confusion),
        [],
        *_scores(confusion),
        [],
        *_pairs(confusion),
    ]


def _matrix(confusion: Confusion) -> list[Line]:
    counts = confusion.counts.tolist()
    most = max((count for _, _, count in confusion.pairs), default=1)
    labels, predictions = confusion.counts.sum(axis=1).tolist(), confusion.counts.sum(axis=0)
    width = max(len(str(predictions.max())), 3)
    total_width = max(len(str(sum(labels))), 3)
    space = _WIDTH - len("0  ") - total_width - len(counts) * (width + 1)
    marks = _marks() if space >= len(counts) else ""
    gap = "  " if marks else " "

    def plain_row(name: str, values: list[Any], total: object) -> Line:
        cells = "".join(f"{value:>{width}}{gap}" for value in values)
        return line((f"{name:>2} {cells}{total:>{total_width}}", QUIET))

    def cell(label: int, prediction: int, count: int) -> Span:
        """A count, shaded by its share of the label, or of the most frequent mistake."""
        correct = label == prediction
        strength = math.sqrt(count / max(labels[label], 1) if correct else count / most)
        text = f"{count or '.':>{width}}"
        if has_color():
            return f"{text} ", _style(strength, CORRECT if correct else INCORRECT, count)
        mark = "" if correct or not marks else marks[math.ceil(strength * (len(marks) - 1))]
        return f"{text}{mark:<{len(gap)}}", ""

    rows = [
        [
            (f"{label:>2} ", QUIET),
            *(cell(label, prediction, count) for prediction, count in enumerate(row)),
            (f"{labels[label]:>{total_width}}", QUIET),
        ]
        for label, row in enumerate(counts)
    ]
    return [
        plain_row("", list(range(len(counts))), "all"),
        *rows,
        plain_row("", predictions.tolist(), sum(labels)),
    ]


def _marks() -> str:
    """What stands behind a count where there is no colour, from few to many."""
    if has_color():
        return ""
    return " ░▒▓█" if has_unicode() else " .:*#"


def _style(strength: float, color: tuple[int, int, int], count: int) -> str:
    if strength < _FAINTEST:
        return "" if count else QUIET
    background = ",".join(str(round(part * strength)) for part in color)
    return f"{BLACK if strength > 0.7 else WHITE} on rgb({background})"


def _scores(confusion: Confusion) -> list[Line]:
    rows: list[list[Cell]] = [
        [
            (str(scores.digit), TITLE),
            *(
                "-" if value is None else f"{value:.4f}"
                for value in (scores.precision, scores.recall, scores.f1)
            ),
            str(scores.support),
        ]
        for scores in confusion.per_class
    ]
    return table(["digit", "precision", "recall", "F1", "images"], rows, ">>>>>")


def _pairs(confusion: Confusion) -> list[Line]:
    pairs = [
        line(f"{label} read as {prediction}: {plural(count, 'time')}")
        for label, prediction, count in confusion.pairs[:_PAIRS]
    ]
    if not pairs:
        return [line("no mistakes")]
    height = math.ceil(len(pairs) / _COLUMNS)
    return [line(("most confused", TITLE)), *beside(pairs[:height], pairs[height:])]
