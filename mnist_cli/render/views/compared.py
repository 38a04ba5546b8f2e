"""What `mnist eval` adds for several weights files: a table side by side, and every pair."""

from collections.abc import Sequence
from typing import Any

from mnist_cli.evaluation.compared import Compared, Model, ModelPair
from mnist_cli.paths import FoundFile
from mnist_cli.render.text import Cell, Line, line, table
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views.inspect import file_name

_INDICES = 6  # images named
_SMALLEST_P = 1e-300  # what is less may be 0 in floating point


def as_json(compared: Compared) -> dict[str, Any]:
    """The files, and for each pair (by position) the images that only one predicts correctly."""
    return {
        "compared": [
            {
                "weights": str(model.weights.path) if model.weights else None,
                "layer_sizes": list(model.layer_sizes),
                "parameters": model.parameters,
                "correct": model.correct,
                "accuracy": model.accuracy,
            }
            for model in compared.models
        ],
        "mcnemar": [
            {
                "first": pair.first,
                "second": pair.second,
                "only_first": pair.counts.only_first.tolist(),
                "only_second": pair.counts.only_second.tolist(),
                "both": pair.counts.both,
                "neither": pair.counts.neither,
                "p_value": pair.counts.p_value,
            }
            for pair in compared.pairs
        ],
    }


def name_model(number: int) -> str:
    """How a model is called in tables: #1, #2, ..."""
    return f"#{number + 1}"


def lines(compared: Compared) -> list[Line]:
    """A row for each model, then each pair."""
    return [
        line(("compared models", TITLE)),
        *_models(compared.models),
        *(spans for pair in compared.pairs for spans in ([], *_pair(pair))),
    ]


def _models(models: Sequence[Model]) -> list[Line]:
    rows: list[list[Cell]] = [
        [
            (name_model(number), TITLE),
            (f"{model.accuracy:.4f}", TITLE),
            f"{model.correct}/{model.samples}",
            f"{model.parameters:,}",
            (_file_name(model.weights), QUIET),
        ]
        for number, model in enumerate(models)
    ]
    return table(["", "accuracy", "correct", "parameters", "weights"], rows, "<>>><")


def _file_name(weights: FoundFile | None) -> str:
    return file_name(str(weights.path), weights.origin) if weights else ""


def _pair(pair: ModelPair) -> list[Line]:
    first, second, counts = name_model(pair.first), name_model(pair.second), pair.counts
    p = f"= {counts.p_value:.2g}" if counts.p_value >= _SMALLEST_P else f"< {_SMALLEST_P:g}"
    return [
        line(
            (f"{first} against {second}", TITLE),
            f": both correct {counts.both}, both incorrect {counts.neither}",
        ),
        _only(first, counts.only_first.tolist()),
        _only(second, counts.only_second.tolist()),
        line((f"  McNemar's test: p {p}", QUIET)),
    ]


def _only(name: str, indices: list[int]) -> Line:
    some = " ".join(map(str, indices[:_INDICES])) + (" ..." if len(indices) > _INDICES else "")
    return line(f"  only {name} correct: {len(indices)}  ", (some and f"index {some}", QUIET))
