"""What `mnist eval` adds for several weights files: a table side by side, and every pair."""

from typing import Any

from mnist_cli.evaluation.compared import Compared, ModelPair
from mnist_cli.render.text import Line, beside, length, line, shortened, table, width
from mnist_cli.render.theme import QUIET, TITLE
from mnist_cli.render.views import inspect, pick

_GAP = "  "
_INDICES = 6  # images named
_SMALLEST_P = 1e-300  # what is less may be 0 in floating point


def as_json(compared: Compared) -> dict[str, Any]:
    """The files, and for each pair (by position) the images that only one predicts correctly."""
    model = ("layer_sizes", "parameters", "correct", "accuracy")
    pair = ("first", "second", "only_first", "only_second", "both", "neither", "p_value")
    return {
        "compared": [
            {"weights": each.weights and each.weights.path, **pick(each, *model)}
            for each in compared.models
        ],
        "mcnemar": [pick(each, *pair) for each in compared.pairs],
    }


def name_model(number: int) -> str:
    """How a model is called in tables: #1, #2, ..."""
    return f"#{number + 1}"


def lines(compared: Compared) -> list[Line]:
    """A row for each model, then each pair."""
    rows = (
        (
            (name_model(number), TITLE),
            (f"{model.accuracy:.4f}", TITLE),
            f"{model.correct}/{model.samples}",
            f"{model.parameters:,}",
        )
        for number, model in enumerate(compared.models)
    )
    block = table(["", ">accuracy", ">correct", ">parameters"], rows)
    limit = width()
    room = None if limit is None else max(limit - length(block[0]) - len(_GAP), 0)
    files = [model.weights for model in compared.models]
    names = [
        "weights",
        *(inspect.file_name(each.path, each.origin) if each else "" for each in files),
    ]
    return [
        line(("compared models", TITLE)),
        *beside(block, [[(shortened(name, room), QUIET)] for name in names], _GAP),
        *(spans for pair in compared.pairs for spans in ([], *_pair(pair))),
    ]


def _pair(pair: ModelPair) -> list[Line]:
    first, second = name_model(pair.first), name_model(pair.second)
    p = f"= {pair.p_value:.2g}" if pair.p_value >= _SMALLEST_P else f"< {_SMALLEST_P:g}"
    counts = f": both correct {pair.both}, both incorrect {pair.neither}"
    return [
        line((f"{first} against {second}", TITLE), counts),
        _only(first, pair.only_first.tolist()),
        _only(second, pair.only_second.tolist()),
        line((f"  McNemar's test: p {p}", QUIET)),
    ]


def _only(name: str, indices: list[int]) -> Line:
    some = " ".join(map(str, indices[:_INDICES])) + (" ..." if len(indices) > _INDICES else "")
    return line(f"  only {name} correct: {len(indices)}  ", (some and f"index {some}", QUIET))
