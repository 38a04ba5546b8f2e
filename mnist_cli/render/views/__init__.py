"""What each command shows: its lines for a person, and its document for ``--json``."""

from collections.abc import Sequence

from mnist_cli.render.text import Line, bar, beside, columns, length, line
from mnist_cli.render.theme import ACCENT, QUIET, TITLE

_GAP = 2


def accuracy(correct: int, samples: int) -> Line:
    """The accuracy, and what it is made of."""
    share = (f"{correct / samples:.4f}", TITLE)
    return line(("accuracy ", QUIET), share, f"  {correct} of {samples} correct")


def with_bars(
    block: list[Line], fractions: Sequence[float], styles: Sequence[str] = (), widest: int = 30
) -> list[Line]:
    """A table and a bar beside each of its rows, filled by a fraction, as wide as there is room."""
    room = max(min(widest, columns() - max(map(length, block)) - _GAP), 1)
    styles = styles or [ACCENT] * len(fractions)
    bars = [bar(each, room, style) for each, style in zip(fractions, styles, strict=True)]
    return beside(block, [[], *bars], " " * _GAP)
