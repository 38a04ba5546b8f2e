"""What `mnist eval --min-confidence` adds."""

from mnist_cli.evaluation.min_confidence import Reliability
from mnist_cli.render.text import Line, line, number, table
from mnist_cli.render.theme import TITLE
from mnist_cli.render.views import with_bars


def lines(found: Reliability) -> list[Line]:
    """A sentence on the chosen threshold, the table, and a line on calibration."""
    rows = (
        [
            f">= {row.min_confidence:g}",
            f"{row.coverage:.4f}",
            number(row.accuracy_covered, 4),
            f"{row.correct_covered}/{row.covered}",
        ]
        for row in found.coverage_table
    )
    block = table(["confidence", ">coverage", ">accuracy", ">correct"], rows)
    chart = with_bars(block, [row.coverage for row in found.coverage_table])
    sentence = (
        f'"I don\'t know" below {found.min_confidence:g}: coverage {found.coverage:.4f}, '
        f"accuracy of the rest {number(found.accuracy_covered, 4)}"
    )
    calibration = (
        f"expected calibration error {found.calibration_error:.4f}, "
        f"mean confidence {found.mean_confidence:.4f}"
    )
    return [line((sentence, TITLE)), [], *chart, [], line(calibration)]
