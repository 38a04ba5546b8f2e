"""What `mnist eval` adds for several weights files: a table side by side, and duels."""

from collections.abc import Sequence
from typing import Any

from mnist_cli.evaluation.evaluation import Contender, Duel
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views.inspect import file_name

_INDICES = 6  # images named


def as_json(contenders: Sequence[Contender], duels: Sequence[Duel]) -> dict[str, Any]:
    """The files, and for each pair (by their position) the images that only one reads right."""
    return {
        "compared": [
            {
                "weights": str(contender.weights.path),
                "layer_sizes": list(contender.layer_sizes),
                "parameters": contender.parameters,
                "correct": contender.correct,
                "accuracy": contender.accuracy,
            }
            for contender in contenders
        ],
        "mcnemar": [
            {
                "first": duel.first,
                "second": duel.second,
                "only_first": duel.counts.only_first.tolist(),
                "only_second": duel.counts.only_second.tolist(),
                "both": duel.counts.both,
                "neither": duel.counts.neither,
                "p_value": duel.counts.p_value,
            }
            for duel in duels
        ],
    }


def name(number: int) -> str:
    """How a file is called in tables: #1, #2, ..."""
    return f"#{number + 1}"


def lines(contenders: Sequence[Contender], duels: Sequence[Duel]) -> list[Line]:
    """A row for each file, then each pair."""
    rows: list[list[Cell]] = [
        [
            (name(number), TITLE),
            (f"{contender.accuracy:.4f}", TITLE),
            f"{contender.correct}/{contender.samples}",
            f"{contender.parameters:,}",
            (file_name(str(contender.weights.path), contender.weights.origin), QUIET),
        ]
        for number, contender in enumerate(contenders)
    ]
    head = ["", "accuracy", "right", "parameters", "weights"]
    return [
        line(("weights side by side", TITLE)),
        *table(head, rows, "<>>><"),
        *(spans for duel in duels for spans in ([], *_duel(duel))),
    ]


def _duel(duel: Duel) -> list[Line]:
    first, second, counts = name(duel.first), name(duel.second), duel.counts
    return [
        line(
            (f"{first} against {second}", TITLE),
            f": both right {counts.both}, both wrong {counts.neither}",
        ),
        _only(first, counts.only_first.tolist()),
        _only(second, counts.only_second.tolist()),
        line((f"  McNemar's test: p = {counts.p_value:.2g}", QUIET)),
    ]


def _only(winner: str, indices: list[int]) -> Line:
    some = " ".join(map(str, indices[:_INDICES])) + (" ..." if len(indices) > _INDICES else "")
    return line(f"  only {winner} right: {len(indices)}  ", (some and f"index {some}", QUIET))
