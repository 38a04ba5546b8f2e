"""What `mnist inspect A B` shows."""

from typing import Any

from mnist_cli.evaluation.disagreement import Comparison
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect
from mnist_cli.render.views.inspect import drawing, file_name


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The documents of both files, and what sets them apart."""
    return {
        "files": [inspect.as_json(file) for file in (comparison.first, comparison.second)],
        "arrays": [
            {
                "name": pair.name,
                "shapes": [None if shape is None else list(shape) for shape in pair.shapes],
                "distance": pair.distance,
                "relative_distance": pair.relative,
            }
            for pair in comparison.arrays
        ],
        "samples": comparison.samples,
        "correct": None if comparison.correct is None else list(comparison.correct),
        "disagreements": comparison.disagreements,
    }


def lines(comparison: Comparison) -> list[Line]:
    """Both files, a row for each array, and how often their answers differ."""
    rows: list[list[Cell]] = [
        [
            (pair.name, TITLE),
            *("-" if shape is None else str(shape) for shape in pair.shapes),
            "-" if pair.distance is None else f"{pair.distance:.4g}",
            "-" if pair.relative is None else f"{pair.relative:.4f}",
        ]
        for pair in comparison.arrays
    ]
    result = []
    for name, file in (("A", comparison.first), ("B", comparison.second)):
        result += [
            line((f"{name}  ", TITLE), file_name(file.file, file.origin)),
            *(line((f"   {text}", QUIET)) for text in drawing(file)),
            line((f"   {file.parameters:,} parameters", QUIET)),
        ]
    head = ["array", "A", "B", "distance", "of A's norm"]
    result += [[], *table(head, rows, "<<<>>"), []]
    if comparison.correct is None or comparison.disagreements is None:
        return [*result, line("no answers to compare: the weights hold NaN or infinity")]
    share = comparison.disagreements / comparison.samples
    return [
        *result,
        line(
            (
                f"they disagree on {comparison.disagreements} of {comparison.samples} test images "
                f"({share:.4f})",
                TITLE,
            )
        ),
        *(
            line(f"{name} is right on {correct}: accuracy {correct / comparison.samples:.4f}")
            for name, correct in zip("AB", comparison.correct, strict=True)
        ),
    ]
