"""What `mnist eval --wrong` adds."""

import shlex
from collections.abc import Sequence
from typing import Any

from mnist_cli.datasets.corruptions import UNCORRUPTED
from mnist_cli.errors import plural
from mnist_cli.evaluation.mistakes import Mistake, Mistakes, Picture
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Line, beside, line
from mnist_cli.render.theme import BAD, QUIET, TITLE

_PICTURES_A_ROW = 2


def as_json(mistakes: Mistakes) -> dict[str, Any]:
    """How many there are, and those that were asked for, the most confident first."""
    return {
        "wrong_count": mistakes.total,
        "wrong": [
            {
                "index": mistake.index,
                "label": mistake.label,
                "prediction": mistake.prediction,
                "confidence": mistake.confidence,
            }
            for mistake in mistakes.ranked
        ],
    }


def lines(mistakes: Mistakes) -> list[Line]:
    """The pictures of the most confident mistakes, and the command that looks closer at one."""
    if not mistakes.total:
        return [line(("no mistakes of this kind", TITLE))]
    pictured = [
        (mistake, mistake.image) for mistake in mistakes.ranked if mistake.image is not None
    ]
    if not pictured:
        return [line((plural(mistakes.total, "mistake"), TITLE))]
    rows = [
        spans
        for first in range(0, len(pictured), _PICTURES_A_ROW)
        for spans in (*_row(pictured[first : first + _PICTURES_A_ROW]), [])
    ]
    count = f"{len(pictured)} of {plural(mistakes.total, 'mistake')}, the most confident first"
    return [line((count, TITLE)), [], *rows, *_closer(mistakes)]


def _closer(mistakes: Mistakes) -> list[Line]:
    """The command that takes the first mistake apart; there is none for a corrupted image."""
    source = mistakes.source
    if source is None or source.corruption != UNCORRUPTED:
        return []
    words = ["mnist", "predict", "--index", str(mistakes.ranked[0].index), "--explain"]
    for option, file in (("--weights", source.weights[0]), ("--images", source.images)):
        if file.origin != "embedded":
            words += [option, str(file.path)]
    if source.activation is not None:
        words += ["--activation", source.activation]
    return [line((f"to look closer: {shlex.join(words)}", QUIET))]


def _row(pictured: Sequence[tuple[Mistake, Picture]]) -> list[Line]:
    row = _block(*pictured[0])
    for mistake, image in pictured[1:]:
        row = beside(row, _block(mistake, image), gap=" " * 10)
    return row


def _block(mistake: Mistake, image: Picture) -> list[Line]:
    return [
        line((f"index {mistake.index}", QUIET)),
        line(
            f"{mistake.label} ",
            (f"read as {mistake.prediction}", BAD),
            f", confidence {mistake.confidence:.4f}",
        ),
        *picture(image),
    ]
