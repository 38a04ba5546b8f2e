"""What `mnist eval --confusion` adds."""

import math
from typing import Any

from mnist_cli.evaluation.metrics import Confusion
from mnist_cli.render.text import Cell, Line, Span, beside, has_color, has_unicode, line, table
from mnist_cli.render.theme import BLACK, CORRECT, INCORRECT, QUIET, TITLE, WHITE

_PAIRS = 10
_FAINTEST = 0.3  # less has no ground


def as_json(confusion: Confusion) -> dict[str, Any]:
    """Rows the truth, columns the answer."""
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
        line(("confusion: a row for each true digit, a column for each answer", TITLE)),
        *_matrix(confusion),
        [],
        *beside(_scores(confusion), _pairs(confusion)),
    ]


def _matrix(confusion: Confusion) -> list[Line]:
    counts = confusion.counts.tolist()
    most = max((count for _, _, count in confusion.pairs), default=1)
    totals = confusion.counts.sum(axis=1).tolist()
    columns = confusion.counts.sum(axis=0).tolist()
    width = max(len(str(max(columns))), 3)
    total_width = max(len(str(sum(totals))), 3)

    def plain_row(name: str, values: list[Any], total: object) -> Line:
        cells = "".join(f"{value:>{width}} " for value in values)
        return line((f"{name:>2} {cells}{total:>{total_width}}", QUIET))

    rows = [
        [
            (f"{truth:>2} ", QUIET),
            *(
                _cell(count, width, count / max(totals[truth], 1))
                if truth == answer
                else _cell(count, width, count / most, wrong=True)
                for answer, count in enumerate(row)
            ),
            (f"{totals[truth]:>{total_width}}", QUIET),
        ]
        for truth, row in enumerate(counts)
    ]
    return [
        plain_row("", list(range(len(counts))), "all"),
        *rows,
        plain_row("", columns, sum(totals)),
    ]


def _cell(count: int, width: int, share: float, wrong: bool = False) -> Span:
    """A count, shaded by `share` (0..1): the ground in colour, else a mark behind it."""
    text = f"{count or '.':>{width}}"
    strength = math.sqrt(share)
    if has_color():
        if strength < _FAINTEST:
            return f"{text} ", "" if count else QUIET
        ground = ",".join(str(round(part * strength)) for part in (INCORRECT if wrong else CORRECT))
        ink = BLACK if strength > 0.7 else WHITE
        return f"{text} ", f"{ink} on rgb({ground})"
    ramp = " ░▒▓█" if has_unicode() else " .:*#"
    return text + (ramp[math.ceil(strength * (len(ramp) - 1))] if wrong else " "), ""


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
    pairs = confusion.pairs[:_PAIRS]
    if not pairs:
        return [line("no mistakes")]
    return [
        line(("most confused", QUIET)),
        *(
            line(f"{truth} read as {answer}: {count} time{'s' if count > 1 else ''}")
            for truth, answer, count in pairs
        ),
    ]
