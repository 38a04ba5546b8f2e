"""What `mnist inspect A B` shows."""

from typing import Any

from mnist_cli.evaluation.disagreement import Comparison
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The documents of both files, and what sets them apart."""
    both = comparison.disagreement
    return {
        "files": [inspect.as_json(file) for file in (comparison.first, comparison.second)],
        "arrays": [
            {
                "name": each.name,
                "shapes": [None if shape is None else list(shape) for shape in each.shapes],
                "distance": each.distance,
                "relative_distance": each.relative_distance,
            }
            for each in comparison.arrays
        ],
        "samples": None if both is None else both.samples,
        "correct": None if both is None else list(both.correct),
        "accuracies": None if both is None else list(both.accuracies),
        "disagreements": None if both is None else both.disagreements,
        "disagreement_share": None if both is None else both.share,
    }


def lines(comparison: Comparison) -> list[Line]:
    """Both files, a row for each array, and how often their predictions differ."""
    result = []
    for name, summary in (("A", comparison.first), ("B", comparison.second)):
        result += [
            line(
                (f"{name}  ", TITLE), inspect.file_name(str(summary.file.file), summary.file.origin)
            ),
            *(line((f"   {text}", QUIET)) for text in inspect.draw_layers(summary)),
            line((f"   {summary.file.parameter_count:,} parameters", QUIET)),
        ]
    rows: list[list[Cell]] = [
        [
            (each.name, TITLE),
            *("-" if shape is None else str(shape) for shape in each.shapes),
            "-" if each.distance is None else f"{each.distance:.4g}",
            "-" if each.relative_distance is None else f"{each.relative_distance:.4f}",
        ]
        for each in comparison.arrays
    ]
    head = ["array", "A", "B", "distance", "relative distance"]
    result += [[], *table(head, rows, "<<<>>"), []]
    both = comparison.disagreement
    if both is None:
        return [*result, line("no predictions to compare: the weights hold NaN or infinity")]
    disagreements = f"{both.disagreements:,} of {both.samples:,} test images ({both.share:.4f})"
    return [
        *result,
        line((f"they disagree on {disagreements}", TITLE)),
        *(
            line(f"{name} is correct on {correct:,}: accuracy {accuracy:.4f}")
            for name, correct, accuracy in zip("AB", both.correct, both.accuracies, strict=True)
        ),
    ]
