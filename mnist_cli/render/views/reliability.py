"""What `mnist eval --min-confidence` adds."""

from typing import Any

from mnist_cli.evaluation.reliability import Reliability
from mnist_cli.render.text import Line, line, number, table
from mnist_cli.render.theme import TITLE
from mnist_cli.render.views import pick, with_bars


def as_json(found: Reliability) -> dict[str, Any]:
    """The chosen threshold, the table and the calibration."""
    names = ("min_confidence", "coverage", "accuracy_covered")
    return {
        **pick(found.chosen, *names),
        "coverage_table": [pick(row, *names) for row in found.table],
        **pick(found, "mean_confidence", "calibration_error"),
    }


def lines(found: Reliability) -> list[Line]:
    """A sentence on the chosen threshold, the table, and a line on calibration."""
    rows = (
        [
            f">= {row.min_confidence:g}",
            f"{row.coverage:.4f}",
            number(row.accuracy_covered, 4),
            f"{row.correct}/{row.covered}",
        ]
        for row in found.table
    )
    block = table(["confidence", ">coverage", ">accuracy", ">correct"], rows)
    chart = with_bars(block, [row.coverage for row in found.table])
    chosen = found.chosen
    sentence = (
        f'"I don\'t know" below {chosen.min_confidence:g}: coverage {chosen.coverage:.4f}, '
        f"accuracy of the rest {number(chosen.accuracy_covered, 4)}"
    )
    calibration = (
        f"expected calibration error {found.calibration_error:.4f} "
        f"(mean confidence {found.mean_confidence:.4f}, accuracy {found.accuracy:.4f})"
    )
    return [line((sentence, TITLE)), [], *chart, [], line(calibration)]
