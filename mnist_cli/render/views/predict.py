"""What `mnist predict` shows."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_cli.errors import plural, printable
from mnist_cli.prediction.prediction import NoDigit, Prediction, Result, SplitPicture, Unread
from mnist_cli.prediction.results import Results, count_confusions
from mnist_cli.render.layout import Cell, accuracy, bar, beside, paragraph, stacked, table, tiled
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import Line, Span, columns, encodable, length, line, shortened, surface
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET, TITLE
from mnist_cli.spec import SIDE

if TYPE_CHECKING:
    from mnist_cli.handwriting.digit import Digit, ReadingStep

_BAR_WIDTH = 30
_BAR_EXTRA = 9  # characters of a bar's line that are not the bar
_GAP = 3  # between a picture and what is beside it
_SMALL = 14  # pixels of a picture in a sheet
_STEP = 24  # pixels of the longer side of a step's picture
_PAIRS = 10
_PICTURED = 24  # digits of a number; of more only what they are
_LARGE = 72  # pixels of a picture with boxes

_CORRECTNESS: dict[bool | None, Span]
_CORRECTNESS = {None: ("", ""), True: ("correct", GOOD), False: ("incorrect", BAD)}
_WAYS = {
    "converted": "converted to the MNIST format",
    "untouched": "in the MNIST format already",
    "resized": "only resized",
}
_Single = Prediction | NoDigit
_HEAD = ("picture", ">prediction", "", ">confidence", "second best")
_LEAST_COLUMNS = 3  # the last ones go where the terminal is narrow


def as_json(results: Results, sheet: bool) -> list[Callable[[], dict[str, Any]]]:
    """An object for each image or picture, made in its turn; for a sheet also what the net saw."""

    def make(one: Result) -> dict[str, Any]:
        image = {"image": one.image} if sheet and isinstance(one, _Single) else {}
        return results.document(one) | image

    return [partial(make, one) for one in results.shown]


def lines(results: Results, sheet: bool) -> list[Line]:
    """Numbers first; then one prediction in full, several as a table or sheet; then all in sum."""
    pages = [one for one in results.shown if isinstance(one, SplitPicture)]
    single = [one for one in results.shown if isinstance(one, _Single)]
    numbers = stacked(*(_number(page, named=len(pages) > 1) for page in pages))
    wanted_in_full = results.network is not None or any(_steps_of(one) for one in single)
    if sheet:
        block = _sheet(single)
    elif wanted_in_full or (len(single) < 2 and results.only != "doubted"):
        block = stacked(*(_one(results, prediction) for prediction in single))
    else:
        block = _as_table(single)
    is_all = single and len(results.everything) == 1
    return stacked(numbers, block, [] if is_all else _summary(results))


def digit_lines(digit: "Digit") -> list[Line]:
    """What the net is to see of a digit that was read, and the steps that led there."""
    told = [line((_WAYS[digit.way], QUIET)), *(line((words, BAD)) for words in digit.warnings)]
    return stacked(beside(picture(digit.image), told), _steps(digit.steps))


def _number(found: SplitPicture, *, named: bool) -> list[Line]:
    """The number and how it is judged; its digits side by side; boxes, where steps were kept."""
    first, *more = found.text.split("\n")
    about = [(_file(found), QUIET), _judged(found)] if named else [_judged(found)]
    behind = [(f"  {words}", style) for words, style in about if words]
    number = line((first or "no digit", TITLE if first else BAD), *behind)
    digits = list(chain.from_iterable(found.lines))
    # What is empty above all of them is left out: four pixels are one of the line's characters.
    top = min((int((one.image > 127).any(axis=1).argmax()) for one in digits), default=0) // 4 * 4
    tiles = []
    for one in digits:
        image = picture(thumbnail(one.image[top:], _SMALL)) if len(digits) <= _PICTURED else []
        tiles.append([*image, line((str(one.prediction), TITLE), f" {one.confidence:.4f}")])
    return stacked(
        [number, *(line((text, TITLE)) for text in more)],
        tiled(tiles, columns()),
        [row for each in found.warnings for row in paragraph(each, columns(), BAD)],
        _boxes(found),
    )


def _boxes(found: SplitPicture) -> list[Line]:
    """The ink of the picture, each digit in brackets and its number above it."""
    steps = {step.name: step for step in found.steps}
    if "boxes" not in steps:
        return []
    ink = thumbnail(steps["ink"].picture, min(_LARGE, columns()) - 4)
    scale = ink.shape[1] / steps["boxes"].picture.shape[1]
    # With a line above it for numbers, and two columns on either side for brackets.
    rows = picture(np.pad(ink, ((2, 0), (2, 2))))
    cells = [[(char, style) for text, style in row for char in text] for row in rows]
    for number, box in enumerate(steps["boxes"].boxes, start=1):
        place = box.scale(scale, ink.shape)
        top, middle = place.top // 2, (place.left + place.right) // 2 + 2
        for row in cells[top + 1 : (place.bottom + 1) // 2 + 1]:
            row[place.left + 1], row[place.right + 2] = ("[", TITLE), ("]", TITLE)
        name = [(char, TITLE) for char in str(number)]
        cells[top][middle : middle + len(name)] = name
    return cells


def _as_table(predictions: Sequence[_Single]) -> list[Line]:
    """A row for each, its warnings below it where they do not fit."""
    if not predictions:
        return []
    # What is certain, then what is not or holds no digit, then what is incorrect.
    ordered = sorted(
        predictions,
        key=lambda one: 2 if one.correct is False else one.unsure or isinstance(one, NoDigit),
    )
    limit = surface().width
    head, *rows = table(_HEAD, map(_cells, ordered), _LEAST_COLUMNS)
    block = [head]
    for prediction, row in zip(ordered, rows, strict=True):
        words = "; ".join(filter(None, (*prediction.warnings, prediction.people)))
        whole = [*row, (f"  {words}", BAD)]
        fits = limit is None or length(whole) <= limit
        block += [whole] if fits else [row, *paragraph(words, limit, BAD, "  ")]
    return block


def _sheet(predictions: Sequence[_Single]) -> list[Line]:
    """Small pictures in rows, and under each its name and what was predicted."""
    room = _SMALL if surface().width or surface().color else None  # a pipe gets whole names
    tiles = []
    for one in predictions:
        name = shortened(_file(one), room)
        image = picture(thumbnail(one.image, _SMALL))
        tiles.append([*image, line((name, QUIET)), line(_verdict(one))])
    return tiled(tiles, columns())


def _verdict(prediction: _Single) -> Span:
    """The prediction with its label, and whether it is incorrect or unsure; 14 columns at most."""
    if isinstance(prediction, NoDigit):
        return "no digit", BAD
    if prediction.correct is False:
        return f"{prediction.prediction}, label {prediction.label}", BAD
    doubt = " not sure" if prediction.unsure else ""
    return f"{prediction.prediction}{doubt}", BAD if doubt else TITLE


def _cells(prediction: _Single) -> list[Cell]:
    best, second = "-", "-"
    if isinstance(prediction, Prediction):
        best, second = str(prediction.prediction), "{} {:.4f}".format(*prediction.second_best)
    name = (_file(prediction), "")
    return [name, (best, TITLE), _judged(prediction), prediction.confidence, (second, QUIET)]


def _judged(one: _Single | SplitPicture) -> Span:
    words, style = _CORRECTNESS[one.correct]
    return words if one.correct is not False else f"{words}: {one.label}", style


def _file(result: _Single | SplitPicture) -> str:
    return encodable(printable(result.name or result.source, limit=None))


def _summary(results: Results) -> list[Line]:
    """How many were read and how many not; of those with a label how many are correct."""
    predictions = results.predictions
    read = [one for one in predictions if isinstance(one, Prediction)]
    counts = {
        "of them not sure": sum(one.unsure for one in read),
        "without a digit": len(predictions) - len(read),
        "not read": len(results.unread),
    }
    said = [plural(len(read), "prediction"), *(f"{n} {what}" for what, n in counts.items() if n)]
    told = [line((", ".join(said), TITLE))]
    whole = (one for one in results.everything if not isinstance(one, Unread))
    known = [one for one in whole if one.label is not None]
    if not known:
        return told
    confusions = count_confusions(known)
    told.append(accuracy(len(known) - sum(count for _, count in confusions), len(known)))
    for (label, prediction), count in confusions[:_PAIRS]:
        taken_for = "no digit" if prediction is None else prediction
        told.append(line(f"{label} read as {taken_for}: {plural(count, 'time')}"))
    if rest := [count for _, count in confusions[_PAIRS:]]:
        told.append(line(f"{plural(len(rest), 'other pair')}: {plural(sum(rest), 'time')}"))
    return told


def _one(results: Results, prediction: _Single) -> list[Line]:
    limit = surface().width
    explained, why = results.explain(prediction), []
    if explained:
        from mnist_cli.render.views import explain

        why = explain.lines(explained)
    if isinstance(prediction, NoDigit) or explained:  # which has the picture and the bars itself
        block = _title(prediction, limit)
    else:
        room = limit and limit - SIDE - _GAP
        words = [*_title(prediction, room), [], *_bars(prediction)]
        block = beside(picture(prediction.image), words)
    block += [row for each in prediction.warnings for row in paragraph(each, limit, BAD)]
    steps = _steps(_steps_of(prediction))
    return stacked(block, steps, why)


def _title(prediction: _Single, room: int | None) -> list[Line]:
    head = [line((shortened(_file(prediction), room), QUIET))]
    if isinstance(prediction, NoDigit):
        return [*head, line(("no digit", BAD))]
    if prediction.digit is not None:
        head.append(line((_WAYS[prediction.digit.way], QUIET)))
    best = (str(prediction.prediction), TITLE)
    parts = [line("prediction ", best), line(f"confidence {prediction.confidence:.4f}")]
    if prediction.label is not None:
        people = f"; {prediction.people}" if prediction.people else ""
        parts.append(line(f"label {prediction.label}  ", _CORRECTNESS[prediction.correct], people))
    joined = [span for part in parts for span in (("  ", ""), *part)][1:]
    return [*head, joined] if room is None or length(joined) <= room else [*head, *parts]


def _bars(prediction: Prediction) -> Iterable[Line]:
    cells = min(_BAR_WIDTH, columns() - SIDE - _GAP - _BAR_EXTRA)
    for digit, probability in enumerate(prediction.probabilities):
        best = digit == prediction.prediction
        yield [
            (f"{digit} ", TITLE if best else ""),
            *bar(probability, cells, ACCENT if best else QUIET),
            (f" {probability:.4f}", TITLE if best else QUIET),
        ]


def _steps_of(one: _Single) -> "tuple[ReadingStep, ...]":
    if isinstance(one, NoDigit):
        return one.steps
    return one.digit.steps if one.digit is not None else ()


def _steps(steps: "Sequence[ReadingStep]") -> list[Line]:
    """Small pictures side by side, and below them what each step did."""
    indent = max((len(step.name) for step in steps), default=0) + 2
    pictures, told = [], []
    for step in steps:
        head = line((f"{step.name:<{_STEP}}", QUIET))
        pictures.append([head, *picture(thumbnail(step.picture, _STEP))])
        name = line((f"{step.name:<{indent}}", TITLE))
        told += beside([name], paragraph(step.done, columns() - indent, ""), gap="")
    return stacked(tiled(pictures, columns()), told)
