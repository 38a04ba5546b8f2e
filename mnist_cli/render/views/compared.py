"""What `mnist eval` adds for several weights files, and what `mnist inspect A B` shows."""

from typing import Any

from mnist_cli.evaluation.compared import Compared, ComparedFiles, ModelPair
from mnist_cli.files.tables import document
from mnist_cli.render.layout import beside, stacked, table
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect

_INDICES = 6  # images named
_CHANCE = 0.05  # the p-value from which on a difference may be chance, as is usual


def as_json(found: ComparedFiles) -> dict[str, Any]:
    """The documents of both files, and what sets them apart."""
    both, differences = found.predictions, ("disagreements", "disagreement_share")
    return {
        "files": [inspect.as_json(summary) for summary in found.files],
        "arrays": found.arrays,
        "samples": both and both.samples,
        "correct": both and [model.correct for model in both.compared],
        "accuracies": both and [model.accuracy for model in both.compared],
        **(document(both.mcnemar[0], *differences) if both else dict.fromkeys(differences)),
        "mcnemar": both and both.mcnemar,
    }


def lines(found: Compared | ComparedFiles) -> list[Line]:
    """A row for each model, then each pair; of two files first what they are."""
    if isinstance(found, Compared):
        return stacked(_models(found), *map(_pair, found.mcnemar))
    unknown = [line("no predictions to compare: the weights hold NaN or infinity")]
    predictions = lines(found.predictions) if found.predictions else unknown
    return stacked(_files(found), _arrays(found), predictions)


def name_model(number: int) -> str:
    """How a model is called in tables: #1, #2, ..."""
    return f"#{number + 1}"


def _models(found: Compared) -> list[Line]:
    rows = []
    for number, model in enumerate(found.compared):
        name, correct = name_model(number), f"{model.correct}/{found.samples}"
        if model.weights and model.origin:
            name += f" {inspect.file_name(model.weights, model.origin)}"
        rows.append((name, (f"{model.accuracy:.4f}", TITLE), correct, f"{model.parameters:,}"))
    return table(["compared models", ">accuracy", ">correct", ">parameters"], rows)


def _pair(pair: ModelPair) -> list[Line]:
    first, second = name_model(pair.first), name_model(pair.second)
    verdict = "may be" if pair.p_value >= _CHANCE else "is hardly"
    counts = f": both correct {pair.both}, both incorrect {pair.neither}"
    return [
        line((f"{first} against {second}", TITLE), counts),
        _only(first, pair.only_first.tolist()),
        _only(second, pair.only_second.tolist()),
        line(f"  predictions differ: {pair.disagreements} ({pair.disagreement_share:.4f})"),
        line((f"  the difference {verdict} chance", QUIET)),
    ]


def _only(name: str, indices: list[int]) -> Line:
    some = " ".join(map(str, indices[:_INDICES])) + (" ..." if len(indices) > _INDICES else "")
    return line(f"  only {name} correct: {len(indices)}  ", (some and f"index {some}", QUIET))


def _files(found: ComparedFiles) -> list[Line]:
    result = []
    for number, summary in enumerate(found.files):
        file = summary.file
        about = [line(inspect.file_name(file.file, file.origin))]
        about += inspect.draw_layers(file.layer_sizes, file.activation, QUIET)
        about += [line((inspect.describe_training(file.card), QUIET))] if file.card else []
        result += beside([line((name_model(number), TITLE))], about, "  ")
    return result


def _arrays(found: ComparedFiles) -> list[Line]:
    rows = []
    for each in found.arrays:
        shapes = (str(shape or "-") for shape in each.shapes)
        distance = "-" if each.distance is None else f"{each.distance:.4g}"
        rows.append((each.name, *shapes, distance, each.relative_distance))
    names = map(name_model, range(len(found.files)))
    return table(["array", *names, ">distance", ">relative distance"], rows)
