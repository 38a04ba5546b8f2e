"""What `mnist inspect A B` shows."""

from typing import Any

from mnist_cli.evaluation.compared import Compared
from mnist_cli.evaluation.disagreement import Comparison
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The documents of both files, and what sets them apart."""
    both = comparison.compared
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
        "samples": both and both.models[0].samples,
        "correct": both and [model.correct for model in both.models],
        "accuracies": both and [model.accuracy for model in both.models],
        "disagreements": both and both.pairs[0].disagreements,
        "disagreement_share": both and _share(both),
    }


def lines(comparison: Comparison) -> list[Line]:
    """Both files, a row for each array, and how often their predictions differ."""
    result = []
    for name, summary in (("A", comparison.first), ("B", comparison.second)):
        file = summary.file
        about = [*inspect.draw_layers(summary), f"{file.parameter_count:,} parameters"]
        if file.card is not None:
            about.append(inspect.describe_training(file.card))
        result.append(line((f"{name}  ", TITLE), inspect.file_name(str(file.file), file.origin)))
        result += [line((f"   {text}", QUIET)) for text in about]
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
    both = comparison.compared
    if both is None:
        return [*result, line("no predictions to compare: the weights hold NaN or infinity")]
    count, samples = both.pairs[0].disagreements, both.models[0].samples
    words = f"they disagree on {count:,} of {samples:,} test images ({_share(both):.4f})"
    return [
        *result,
        line((words, TITLE)),
        *(
            line(f"{name} is correct on {model.correct:,}: accuracy {model.accuracy:.4f}")
            for name, model in zip("AB", both.models, strict=True)
        ),
    ]


def _share(both: Compared) -> float:
    """The share of images for which the predictions differ."""
    return both.pairs[0].disagreements / both.models[0].samples
