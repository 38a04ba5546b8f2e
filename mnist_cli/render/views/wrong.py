"""What `mnist eval --wrong` adds."""

import shlex

from mnist_cli.datasets.corruptions import UNCORRUPTED
from mnist_cli.errors import plural
from mnist_cli.evaluation.wrong import Mistakes
from mnist_cli.render.layout import stacked, tiled
from mnist_cli.render.pictures import picture
from mnist_cli.render.text import Line, columns, line
from mnist_cli.render.theme import BAD, QUIET, TITLE

_GAP = " " * 10  # between two pictures


def lines(mistakes: Mistakes) -> list[Line]:
    """The pictures of the most confident mistakes, and the command that looks closer at one."""
    blocks = []
    for mistake, image in zip(mistakes.wrong, mistakes.pictures, strict=False):
        read, sure = f"read as {mistake.prediction}", f", confidence {mistake.confidence:.4f}"
        people = f"  {mistake.people}" if mistake.people else ""
        head = line((f"index {mistake.index}{people}", QUIET))
        told = line(f"{mistake.label} ", (read, BAD), sure)
        blocks.append([head, told, *picture(image)])
    count = plural(mistakes.wrong_count, "mistake") if mistakes.wrong_count else "no mistakes"
    if not blocks:
        return [line((count, TITLE))]
    title = line((f"{len(blocks)} of {count}, the most confident first", TITLE))
    return stacked([title], tiled(blocks, columns(), _GAP), _closer(mistakes))


def _closer(mistakes: Mistakes) -> list[Line]:
    """The command that takes the first mistake apart; there is none for a corrupted image."""
    source = mistakes.source
    if source is None or source.corruption != UNCORRUPTED:
        return []
    words = ["mnist", "predict", "--index", str(mistakes.wrong[0].index), "--explain"]
    for option, file in (("--weights", source.weights[0]), ("--images", source.images)):
        if file.origin != "embedded":
            words += [option, str(file.path)]
    if source.activation is not None:
        words += ["--activation", source.activation]
    return [line((f"to look closer: {shlex.join(words)}", QUIET))]
