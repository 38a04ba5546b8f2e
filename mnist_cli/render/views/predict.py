"""What `mnist predict` shows."""

import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mnist_cli.errors import plural, printable
from mnist_cli.files import AnyPath
from mnist_cli.prediction.prediction import Prediction, Unread
from mnist_cli.prediction.request import Results
from mnist_cli.render.pictures import picture, thumbnail
from mnist_cli.render.text import (
    USUAL_WIDTH,
    Cell,
    Line,
    Span,
    bar,
    beside,
    columns,
    encodable,
    has_color,
    length,
    line,
    paragraph,
    shortened,
    stacked,
    table,
    tiled,
    width,
)
from mnist_cli.render.theme import ACCENT, BAD, GOOD, QUIET, TITLE
from mnist_cli.render.views import explain, pick, split, steps
from mnist_cli.spec import SIDE
from mnist_cli.tables import table_writer

_BAR_WIDTH = 30
_BAR_EXTRA = 9  # characters of a bar's line that are not the bar
_GAP = 3  # between a picture and what is beside it
PICTURED = 12  # more predictions than this are a table without pictures
_SMALL = 14  # pixels of a picture in the table
_PAIRS = 10

_HEAD = ("picture", ">prediction", "", ">confidence", "second best")
_LEAST_COLUMNS = 3  # the last ones go where the terminal is narrow
_NET = ("prediction", "confidence", "probabilities", "preprocessed", "warnings")
_COLUMNS = ("source", "line", "position", *_NET, "label", "correct", "error")


@dataclass(frozen=True)
class How:
    """Which results to show, and how; by default all in a list.

    `only` keeps those of one kind, `most` is how many of them are shown. `in_full` shows each by
    itself, `sheet` all on a contact sheet; `show_steps` what was done to their pictures.
    """

    only: str | None = None
    most: int | None = None
    in_full: bool = False
    sheet: bool = False
    show_steps: bool = False


def as_json(results: Results, how: How = How()) -> list[dict[str, Any]]:
    """The list that ``--json`` prints: of a picture that was split one object."""
    return [
        split.as_json(page) if page else _document(one, how.sheet)
        for one, page in _pages(results.only(how.only).everything)
    ]


def _document(result: Prediction | Unread, with_image: bool = False) -> dict[str, Any]:
    if isinstance(result, Unread):
        return pick(result, "source", "error")
    document = pick(result, "source", *_NET)
    if result.part is not None:
        document |= pick(result, "line", "position")
    if result.label is not None:
        document |= pick(result, "label", "correct")
    if with_image:
        document["image"] = result.image
    if result.explanation is not None:
        document["explanation"] = explain.as_json(result.explanation)
    return document


def write_table(path: AnyPath, results: Results, *, overwrite: bool = False) -> None:
    """Write a row for each image or digit, a line for each object. Raises as `table_writer`."""
    of_objects = os.fspath(path).lower().endswith(".jsonl")
    rows = as_json(results) if of_objects else map(_document, results.everything)
    with table_writer(path, _COLUMNS, overwrite=overwrite) as write:
        write(rows)


def _pages(
    everything: Iterable[Prediction | Unread],
) -> list[tuple[Prediction | Unread, list[Prediction]]]:
    """Each result, and with the first digit of a picture that was split all of them."""
    pages: list[tuple[Prediction | Unread, list[Prediction]]] = []
    for one in everything:
        part = one.part if isinstance(one, Prediction) else None
        if part is None or part == 1:
            pages.append((one, []))
        if isinstance(one, Prediction) and part is not None:
            pages[-1][1].append(one)
    return pages


def lines(results: Results, how: How) -> list[Line]:
    """The predictions; what was split comes first."""
    found = results.only(how.only).predictions
    pages = [page for _, page in _pages(found) if page]
    single = [one for one in found if one.part is None]
    numbers = stacked(
        *(
            split.lines(page, _file(page[0]) if len(pages) > 1 else "", how.show_steps)
            for page in pages
        )
    )
    shown = single[: how.most]
    if how.in_full and found:
        return stacked(numbers, *(_one(prediction, how.show_steps) for prediction in shown))
    overview = _sheet(shown) if how.sheet else _overview(shown)
    cut = f"the first {len(shown)} of {len(single)}; a pipe, --json and --output get all"
    more = [line((cut, QUIET))] if len(shown) < len(single) else []
    return stacked(numbers, overview, more, _summary(results))


def _overview(predictions: Sequence[Prediction]) -> list[Line]:
    """A table, with small pictures where they are few; of many, what is doubtful comes last."""
    if not predictions:
        return []
    pictured = len(predictions) <= PICTURED
    if not pictured:
        predictions = sorted(predictions, key=_doubt)
    indent = _SMALL + _GAP if pictured else 0
    columns = width()
    head, rows = _rows(predictions, None if columns is None else columns - indent)
    if not pictured:
        return [head, *(spans for row in rows for spans in row)]
    first, *others = (
        beside(picture(thumbnail(one.image, _SMALL)), [[], [], *row], " " * _GAP)
        for one, row in zip(predictions, rows, strict=True)
    )
    return stacked([[(" " * indent, ""), *head], *first], *others)


def _sheet(predictions: Sequence[Prediction]) -> list[Line]:
    """Small pictures in rows, and under each its name and what was predicted."""
    room = _SMALL if width() or has_color() else None  # a pipe gets whole names
    tiles = [
        [
            *picture(thumbnail(one.image, _SMALL)),
            line((shortened(_file(one), room), QUIET)),
            line(_verdict(one)),
        ]
        for one in predictions
    ]
    return tiled(tiles, columns()) if tiles else []


def _verdict(prediction: Prediction) -> Span:
    """The prediction with its label, and whether it is incorrect or unsure; 14 columns at most."""
    if prediction.prediction is None:
        return "no digit", BAD
    if prediction.correct is False:
        return f"{prediction.prediction}, label {prediction.label}", BAD
    doubt = " not sure" if prediction.unsure else ""
    return f"{prediction.prediction}{doubt}", BAD if doubt else TITLE


def _doubt(prediction: Prediction) -> int:
    """The place in a long list: certain, then unsure or without a digit, then incorrect."""
    if prediction.correct is False:
        return 2
    return 1 if prediction.unsure or prediction.empty else 0


def _rows(predictions: Sequence[Prediction], limit: int | None) -> tuple[Line, list[list[Line]]]:
    """The head and, for each prediction, its line and those of warnings that do not fit in it."""
    head, *laid_out = table(_HEAD, map(_cells, predictions), limit, _LEAST_COLUMNS)
    rows = []
    for prediction, row in zip(predictions, laid_out, strict=True):
        words = "; ".join(prediction.warnings)
        if limit is None or length(row) + 2 + len(words) <= limit:
            rows.append([[*row, (f"  {words}", BAD)] if words else row])
        else:
            rows.append([row, *paragraph(words, limit, BAD, "  ")])
    return head, rows


def _cells(prediction: Prediction) -> list[Cell]:
    name = _file(prediction)
    verdict: Cell = ""
    if prediction.label is not None:
        incorrect = f"incorrect: {prediction.label}"
        verdict = ("correct", GOOD) if prediction.correct else (incorrect, BAD)
    if prediction.second_best is None:
        return [name, ("-", TITLE), verdict, "-", "-"]
    second, probability = prediction.second_best
    return [
        name,
        (str(prediction.prediction), TITLE),
        verdict,
        f"{prediction.confidence:.4f}",
        (f"{second} {probability:.4f}", QUIET),
    ]


def _file(prediction: Prediction) -> str:
    return encodable(printable(prediction.name or prediction.source, limit=None))


def _summary(results: Results) -> list[Line]:
    read = [one for one in results.predictions if one.prediction is not None]
    counts = [
        (sum(one.unsure for one in read), "of them not sure"),
        (len(results.predictions) - len(read), "without a digit"),
        (len(results.unread), "not read"),
    ]
    said = [
        plural(len(read), "prediction"),
        *(f"{count} {words}" for count, words in counts if count),
    ]
    return [line((", ".join(said), TITLE)), *_accuracy(results.predictions)]


def _accuracy(predictions: Sequence[Prediction]) -> list[Line]:
    known = [prediction for prediction in predictions if prediction.label is not None]
    if not known:
        return []
    correct = sum(bool(prediction.correct) for prediction in known)
    read = ((one, "no digit" if one.prediction is None else one.prediction) for one in known)
    pairs = Counter(f"{one.label} read as {what}" for one, what in read if not one.correct)
    ranked = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
    told = [line(f"{pair}: {plural(count, 'time')}") for pair, count in ranked[:_PAIRS]]
    if rest := ranked[_PAIRS:]:
        others = sum(count for _, count in rest)
        told.append(line(f"{plural(len(rest), 'other pair')}: {plural(others, 'time')}"))
    share = (f"{correct / len(known):.4f}", TITLE)
    return [line("accuracy ", share, f"  {correct} of {len(known)} correct"), *told]


def _one(prediction: Prediction, show_steps: bool) -> list[Line]:
    limit = width()
    if prediction.empty:
        block = _title(prediction, limit)
    else:
        room = None if limit is None else limit - SIDE - _GAP
        words = [*_title(prediction, room), [], *_bars(prediction, room)]
        block = beside(picture(prediction.image), words, " " * _GAP)
    for warning in prediction.warnings:
        block += paragraph(warning, limit, BAD)
    columns = limit or USUAL_WIDTH
    shown = steps.lines(prediction.steps, columns) if show_steps and prediction.steps else []
    explained = prediction.explanation
    return stacked(block, shown, explain.lines(explained, columns) if explained else [])


def _title(prediction: Prediction, room: int | None) -> list[Line]:
    head = [line((shortened(_file(prediction), room), QUIET))]
    if prediction.way and not prediction.empty:
        head.append(line((prediction.way, QUIET)))
    if prediction.prediction is None:
        return [*head, line(("no digit", BAD))]
    said = line("prediction ", (str(prediction.prediction), TITLE))
    parts = [line(f"confidence {prediction.confidence:.4f}")]
    if prediction.label is not None:
        verdict = ("correct", GOOD) if prediction.correct else ("incorrect", BAD)
        parts.append(line(f"label {prediction.label}  ", verdict))
    for part in parts:  # in as few lines as they fit into
        if room is None or length(said) + 2 + length(part) <= room:
            said = [*said, ("  ", ""), *part]
        else:
            head.append(said)
            said = part
    return [*head, said]


def _bars(prediction: Prediction, room: int | None) -> Iterable[Line]:
    cells = _BAR_WIDTH if room is None else min(_BAR_WIDTH, room - _BAR_EXTRA)
    for digit, probability in enumerate(prediction.probabilities or ()):
        best = digit == prediction.prediction
        yield [
            (f"{digit} ", TITLE if best else ""),
            *bar(probability, cells, ACCENT if best else QUIET),
            (f" {probability:.4f}", TITLE if best else QUIET),
        ]
