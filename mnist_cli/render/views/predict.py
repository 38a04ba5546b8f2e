"""What `mnist predict` shows."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mnist_cli.errors import printable
from mnist_cli.prediction.prediction import Prediction
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Cell, Line, bar, beside, line, table
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views import explain

if TYPE_CHECKING:
    from mnist_cli.prediction.batch import Unread

_BAR_WIDTH = 30
_PICTURED = 12  # more results than this are a table without pictures
_SMALL = 14  # pixels of a picture in the table
_NAME_WIDTH = 36
_PAIRS = 10


def as_json(result: "Prediction | Unread") -> dict[str, Any]:
    """One object of the list that ``--json`` prints."""
    if not isinstance(result, Prediction):
        return {"source": result.source, "error": result.error}
    probabilities = result.probabilities
    document: dict[str, Any] = {
        "source": result.source,
        "digit": result.digit,
        "confidence": result.confidence,
        "probabilities": None if probabilities is None else list(probabilities),
        "preprocessed": result.preprocessed,
        "warnings": list(result.warnings),
    }
    if result.part is not None:
        document["part"] = result.part
    if result.label is not None:
        document |= {"label": result.label, "correct": result.correct}
    if result.explanation is not None:
        document["explanation"] = explain.as_json(result.explanation)
    return document


def lines(predictions: Sequence[Prediction], *, steps: bool = False) -> list[Line]:
    """Each image beside its ten probabilities, with `steps` below the way there."""
    blocks = [_one(prediction, steps) for prediction in predictions]
    return [spans for block in blocks for spans in ([], *block)][1:]


def overview(predictions: Sequence[Prediction], unread: int) -> list[Line]:
    """Many predictions: a table, with small pictures where they are not too many, and a summary."""
    pictured = len(predictions) <= _PICTURED
    rows = [_row(prediction) for prediction in predictions]
    head = ["picture", "digit", "confidence", "second best", "", ""]
    if not pictured:
        return [*table(head, rows, "<>><<<"), [], *_summary(predictions, unread)]
    told = table(head, rows, "<>><<<")
    shown = [told[0]]
    for prediction, row in zip(predictions, told[1:], strict=True):
        shown += [*beside(_small_picture(prediction), [[], [], row]), []]
    return [
        beside([[(" " * _SMALL, "")]], [told[0]])[0],
        *shown[1:],
        *_summary(predictions, unread),
    ]


def _row(prediction: Prediction) -> list[Cell]:
    name = _name(prediction)
    verdict: Cell = ""
    if prediction.label is not None:
        verdict = ("right", GOOD) if prediction.correct else (f"wrong: {prediction.label}", BAD)
    words = "; ".join(prediction.warnings)
    if prediction.digit is None or prediction.second_best is None:
        return [name, ("-", TITLE), "-", "-", verdict, (words, BAD)]
    second, probability = prediction.second_best
    return [
        name,
        (str(prediction.digit), TITLE),
        f"{prediction.confidence:.4f}",
        (f"{second} {probability:.4f}", QUIET),
        verdict,
        (words, BAD),
    ]


def _name(prediction: Prediction) -> str:
    name = printable(prediction.source, limit=200)
    if len(name) > _NAME_WIDTH:
        name = f"...{name[3 - _NAME_WIDTH :]}"  # paths differ at their ends
    return name if prediction.part is None else f"{name} #{prediction.part}"


def _small_picture(prediction: Prediction) -> list[Line]:
    from mnist_cli.render.views.steps import thumbnail

    return picture(thumbnail(prediction.image, _SMALL))


def _summary(predictions: Sequence[Prediction], unread: int) -> list[Line]:
    read = [prediction for prediction in predictions if prediction.digit is not None]
    unsure = sum(any("not sure" in words for words in one.warnings) for one in read)
    counts = [
        (len(read), "digit" if len(read) == 1 else "digits"),
        (unsure, "of them not sure"),
        (len(predictions) - len(read), "without a digit"),
        (unread, "not read"),
    ]
    said = [f"{count} {words}" for count, words in counts if count or words.startswith("digit")]
    return [line((", ".join(said), TITLE)), *_accuracy(predictions)]


def _accuracy(predictions: Sequence[Prediction]) -> list[Line]:
    known = [prediction for prediction in predictions if prediction.label is not None]
    if not known:
        return []
    right = sum(bool(prediction.correct) for prediction in known)
    pairs = Counter(
        (prediction.label, "no digit" if prediction.digit is None else prediction.digit)
        for prediction in known
        if not prediction.correct
    )
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], str(pair[0])))
    return [
        line("accuracy ", (f"{right / len(known):.4f}", TITLE), f"  {right} of {len(known)} right"),
        *(
            line(f"{label} read as {digit}: {count} time{'s' if count > 1 else ''}")
            for (label, digit), count in ranked[:_PAIRS]
        ),
    ]


def _one(prediction: Prediction, steps: bool) -> list[Line]:
    block = beside(picture(prediction.image), [*_answer(prediction), [], *_bars(prediction)])
    block += [line((words, BAD)) for words in prediction.warnings]
    if steps and prediction.steps:
        from mnist_cli.render.views import steps as render_steps

        block += [[], *render_steps.lines(prediction.steps)]
    if prediction.explanation is not None:
        block += [[], *explain.lines(prediction.explanation)]
    return block


def _answer(prediction: Prediction) -> list[Line]:
    head = [line((_name(prediction), QUIET))]
    if prediction.way:
        head.append(line((prediction.way, QUIET)))
    if prediction.digit is None:
        return [*head, line(("no digit", BAD))]
    answer = line(
        "digit ", (str(prediction.digit), TITLE), f"  confidence {prediction.confidence:.4f}"
    )
    if prediction.label is not None:
        verdict = ("right", GOOD) if prediction.correct else ("wrong", BAD)
        answer += line(f"  label {prediction.label}  ", verdict)
    return [*head, answer]


def _bars(prediction: Prediction) -> list[Line]:
    return [
        [
            (f"{digit} ", TITLE if digit == prediction.digit else ""),
            *bar(probability, _BAR_WIDTH, ACCENT if digit == prediction.digit else QUIET),
            (f" {probability:.4f}", TITLE if digit == prediction.digit else QUIET),
        ]
        for digit, probability in enumerate(prediction.probabilities or ())
    ]
