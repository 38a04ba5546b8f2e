"""What `mnist predict` shows."""

from typing import Any

from mnist_cli.errors import printable
from mnist_cli.predict import Prediction
from mnist_cli.render import explain
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import ACCENT, BAD, GOOD, QUIET, TITLE, Line, bar, beside, line

_BAR_WIDTH = 30


def as_json(prediction: Prediction) -> dict[str, Any]:
    """One object of the list that ``--json`` prints."""
    probabilities = prediction.probabilities
    document: dict[str, Any] = {
        "source": prediction.source,
        "digit": prediction.digit,
        "confidence": prediction.confidence,
        "probabilities": None if probabilities is None else list(probabilities),
        "preprocessed": prediction.preprocessed,
        "warnings": list(prediction.warnings),
    }
    if prediction.label is not None:
        document |= {"label": prediction.label, "correct": prediction.correct}
    if prediction.explanation is not None:
        document["explanation"] = explain.as_json(prediction.explanation)
    return document


def lines(predictions: list[Prediction]) -> list[Line]:
    """Each image beside its ten probabilities."""
    blocks = [_one(prediction) for prediction in predictions]
    return [spans for block in blocks for spans in ([], *block)][1:]


def _one(prediction: Prediction) -> list[Line]:
    block = beside(picture(prediction.image), [*_answer(prediction), [], *_bars(prediction)])
    if prediction.explanation is not None:
        block += [[], *explain.lines(prediction.explanation)]
    return block


def _answer(prediction: Prediction) -> list[Line]:
    head = line((printable(prediction.source), QUIET))
    if prediction.digit is None:
        return [head, line(("no digit", BAD))]
    answer = line(
        "digit ", (str(prediction.digit), TITLE), f"  confidence {prediction.confidence:.4f}"
    )
    if prediction.label is not None:
        verdict = ("right", GOOD) if prediction.correct else ("wrong", BAD)
        answer += line(f"  label {prediction.label}  ", verdict)
    return [head, answer]


def _bars(prediction: Prediction) -> list[Line]:
    return [
        [
            (f"{digit} ", TITLE if digit == prediction.digit else ""),
            *bar(probability, _BAR_WIDTH, ACCENT if digit == prediction.digit else QUIET),
            (f" {probability:.4f}", TITLE if digit == prediction.digit else QUIET),
        ]
        for digit, probability in enumerate(prediction.probabilities or ())
    ]
