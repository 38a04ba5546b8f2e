"""What `mnist inspect A B` shows."""

from collections.abc import Iterable
from typing import Any

from mnist_cli.evaluation.compared import Comparison
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The documents of both files, and what sets them apart."""
    both = comparison.compared
    return {
        "files": [inspect.as_json(file) for file in (comparison.first, comparison.second)],
        "arrays": comparison.arrays,
        "samples": both and both.models[0].samples,
        "correct": both and [model.correct for model in both.models],
        "accuracies": both and [model.accuracy for model in both.models],
        "disagreements": both and both.pairs[0].disagreements,
        "disagreement_share": both and both.pairs[0].disagreements / both.models[0].samples,
    }


def lines(comparison: Comparison) -> list[Line]:
    """Both files, a row for each array, and how often their predictions differ."""
    result = []
    for name, summary in (("A", comparison.first), ("B", comparison.second)):
        file = summary.file
        about = [*inspect.draw_layers(summary), f"{file.parameters:,} parameters"]
        if file.card is not None:
            about.append(inspect.describe_training(file.card))
        result.append(line((f"{name}  ", TITLE), inspect.file_name(file.file, file.origin)))
        result += [line((f"   {text}", QUIET)) for text in about]
    rows: Iterable[Iterable[Cell]] = (
        (
            (each.name, TITLE),
            *(str(shape or "-") for shape in each.shapes),
            "-" if each.distance is None else f"{each.distance:.4g}",
            "-" if each.relative_distance is None else f"{each.relative_distance:.4f}",
        )
        for each in comparison.arrays
    )
    result += [[], *table(["array", "A", "B", ">distance", ">relative distance"], rows), []]
    both = comparison.compared
    if both is None:
        return [*result, line("no predictions to compare: the weights hold NaN or infinity")]
    count, samples = both.pairs[0].disagreements, both.models[0].samples
    words = f"they disagree on {count:,} of {samples:,} test images ({count / samples:.4f})"
    result.append(line((words, TITLE)))
    for name, model in zip("AB", both.models, strict=True):
        result.append(
            line(f"{name} is correct on {model.correct:,}: accuracy {model.accuracy:.4f}")
        )
    return result
