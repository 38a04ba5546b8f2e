"""What `mnist eval --min-confidence` adds."""

from typing import Any

from mnist_cli.evaluation.reliability import Coverage, Reliability
from mnist_cli.render.text import Cell, Line, bar, beside, line, table
from mnist_cli.render.theme import TITLE

_BAR_WIDTH = 30


def as_json(reliability: Reliability) -> dict[str, Any]:
    """The chosen threshold, the table and the calibration."""
    return {
        "min_confidence": reliability.chosen.min_confidence,
        "coverage": reliability.chosen.coverage,
        "accuracy_covered": reliability.chosen.accuracy_covered,
        "coverage_table": [
            {
                "min_confidence": row.min_confidence,
                "coverage": row.coverage,
                "accuracy_covered": row.accuracy_covered,
            }
            for row in reliability.table
        ],
        "mean_confidence": reliability.mean_confidence,
        "calibration_error": reliability.calibration_error,
    }


def lines(reliability: Reliability) -> list[Line]:
    """A sentence on the chosen threshold, the table, and a line on calibration."""
    rows: list[list[Cell]] = [
        [
            f">= {row.min_confidence:g}",
            f"{row.coverage:.4f}",
            _accuracy(row),
            f"{row.correct}/{row.covered}",
        ]
        for row in reliability.table
    ]
    block = table(["confidence", "coverage", "accuracy", "correct"], rows, "<>>>")
    bars = [bar(row.coverage, _BAR_WIDTH) for row in reliability.table]
    chosen = reliability.chosen
    return [
        line(
            (
                f'"I don\'t know" below {chosen.min_confidence:g}: coverage '
                f"{chosen.coverage:.4f}, accuracy of the rest {_accuracy(chosen)}",
                TITLE,
            )
        ),
        [],
        *beside(block, [[], *bars]),
        [],
        line(
            f"expected calibration error {reliability.calibration_error:.4f} "
            f"(mean confidence {reliability.mean_confidence:.4f}, "
            f"accuracy {reliability.accuracy:.4f})"
        ),
    ]


def _accuracy(row: Coverage) -> str:
    return "-" if row.accuracy_covered is None else f"{row.accuracy_covered:.4f}"
