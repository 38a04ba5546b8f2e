"""What `mnist eval --wrong` adds."""

import shlex
from typing import Any

from mnist_cli.datasets.corruptions import UNCORRUPTED
from mnist_cli.errors import plural
from mnist_cli.evaluation.mistakes import Mistakes
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Line, columns, line, stacked, tiled
from mnist_cli.render.theme import BAD, QUIET, TITLE
from mnist_cli.render.views import pick

_GAP = " " * 10  # between two pictures


def as_json(mistakes: Mistakes) -> dict[str, Any]:
    """How many there are, and those that were asked for, the most confident first."""
    names = ("index", "label", "prediction", "confidence")
    ranked = [pick(mistake, *names) for mistake in mistakes.ranked]
    return {"wrong_count": mistakes.total, "wrong": ranked}


def lines(mistakes: Mistakes) -> list[Line]:
    """The pictures of the most confident mistakes, and the command that looks closer at one."""
    blocks = []
    for mistake in mistakes.ranked:
        if mistake.image is not None:
            read, sure = f"read as {mistake.prediction}", f", confidence {mistake.confidence:.4f}"
            head = line((f"index {mistake.index}", QUIET))
            told = line(f"{mistake.label} ", (read, BAD), sure)
            blocks.append([head, told, *picture(mistake.image)])
    count = plural(mistakes.total, "mistake") if mistakes.total else "no mistakes of this kind"
    if not blocks:
        return [line((count, TITLE))]
    title = line((f"{len(blocks)} of {count}, the most confident first", TITLE))
    return stacked([title], tiled(blocks, columns(), _GAP), _closer(mistakes))


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
