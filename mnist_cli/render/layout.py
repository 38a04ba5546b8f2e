"""Numbers as a person reads them, and lines in tables and blocks."""

import math
import textwrap
from collections.abc import Iterable, Sequence
from functools import partial, reduce
from itertools import zip_longest

from mnist_cli.errors import printable
from mnist_cli.render.text import Line, Span, cell_width, columns, length, line, shortened, surface
from mnist_cli.render.theme import ACCENT, QUIET, TITLE

Cell = str | Span | float | None
"""What stands in a table: text, with a style or without; a number, with 4 decimals if not whole."""

_GAP = "  "  # between two columns
_NARROWEST = 16  # columns that a name keeps


def accuracy(correct: int, samples: int) -> Line:
    """The accuracy, and what it is made of."""
    share = (f"{correct / samples:.4f}", TITLE)
    return line(("accuracy ", QUIET), share, f"  {correct} of {samples} correct")


def number(value: float | None, decimals: int) -> str:
    """A number with so many decimals, shorter where it is large; ``-`` for none, NaN, infinity."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{decimals}f}" if abs(value) < 10_000 else f"{value:.3g}"


def duration(seconds: float) -> str:
    """A time in the unit that suits it."""
    if seconds >= 60:
        minutes, rest = divmod(round(seconds), 60)
        return f"{minutes:,} min {rest} s"
    if seconds >= 1:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.1f} s"
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.0f} us"


def bar(fraction: float, width: int, style: str = ACCENT) -> Line:
    """A horizontal bar of `width` cells, filled from the left by `fraction` (0..1)."""
    if not surface().unicode:
        full = round(fraction * width)
        return line(("#" * full, style), "." * (width - full))
    full, eighths = divmod(round(fraction * width * 8), 8)
    filled = "█" * full + ["", *"▏▎▍▌▋▊▉"][eighths]
    return line((filled, style), " " * (width - len(filled)))


def sparkline(heights: Sequence[float]) -> str:
    """One character a number (0 or more), its height by the largest: a small histogram."""
    ramp = "▁▂▃▄▅▆▇" if surface().unicode else "_.:-=+*"  # never so high that two lines touch
    highest = max(heights) or 1
    return "".join(ramp[round(height / highest * (len(ramp) - 1))] for height in heights)


def table(
    head: Sequence[str], rows: Iterable[Iterable[Cell]], least: int | None = None
) -> list[Line]:
    """Rows as columns of even width, right-aligned where the name of the column begins with ``>``.

    The first of a row is its title, unless it has a style. On a narrow surface the first column is
    cut and, if need be, the last columns go until `least` are left; without `least` all stay.
    """
    names, styles = [(name.removeprefix(">"), QUIET) for name in head], [TITLE, *[""] * len(head)]
    cells = [names, *([*map(_span, row, styles)] for row in rows)]
    widths = [max(cell_width(text) for text, _ in column) for column in zip(*cells, strict=True)]
    if limit := surface().width:
        shortest = min(widths[0], _NARROWEST)
        room = [limit - sum(len(_GAP) + each for each in widths[1:n]) for n in range(len(head) + 1)]
        while len(widths) > (least or len(head)) and room[len(widths)] < shortest:
            widths.pop()
        widths[0] = max(min(widths[0], room[len(widths)]), shortest)

    def lay_out(spans: Line) -> Line:
        row: Line = []
        for (text, style), name, width in zip(spans, head, widths, strict=False):
            shown = shortened(text, width)
            blanks = " " * (width - cell_width(shown))
            row += [(_GAP, ""), (blanks + shown if name[:1] == ">" else shown + blanks, style)]
        return row[1:]

    return [lay_out(spans) for spans in cells]


def _span(cell: Cell, style: str) -> Span:
    if isinstance(cell, tuple):
        return cell
    if isinstance(cell, str):
        return printable(cell, limit=None), style
    return str(cell) if isinstance(cell, int) else number(cell, 4), style


def with_bars(
    block: list[Line], fractions: Sequence[float], styles: Sequence[str] = (), widest: int = 30
) -> list[Line]:
    """A table and a bar beside each of its rows, filled by a fraction, as wide as there is room."""
    room = max(min(widest, columns() - max(map(length, block)) - len(_GAP)), 1)
    styles = styles or [ACCENT] * len(fractions)
    bars = [bar(each, room, style) for each, style in zip(fractions, styles, strict=True)]
    return beside(block, [[], *bars], _GAP)


def stacked(*blocks: Sequence[Line]) -> list[Line]:
    """Blocks of lines below each other, an empty line between two; empty blocks leave none."""
    return [spans for block in blocks if block for spans in ([], *block)][1:]


def beside(left: list[Line], right: list[Line], gap: str = "   ") -> list[Line]:
    """Two blocks of lines next to each other, their tops aligned."""
    width = max(map(length, left), default=0)
    rows = ((a or [], b or []) for a, b in zip_longest(left, right))
    return [[*a, (" " * (width - length(a)) + gap, ""), *b] for a, b in rows]


def beside_if_it_fits(left: list[Line], right: list[Line]) -> list[Line]:
    """Two blocks next to each other, or below where the terminal is too narrow for that."""
    both = beside(left, right)
    return both if max(map(length, both)) <= columns() else stacked(left, right)


def tiled(blocks: Sequence[list[Line]], limit: int, gap: str = _GAP) -> list[Line]:
    """Blocks side by side, as many in a row as fit into `limit` columns."""
    widest = max((length(spans) for block in blocks for spans in block), default=0)
    even = [[[*top, (" " * (widest - length(top)), "")], *rest] for top, *rest in blocks]
    a_row = max((limit + len(gap)) // (widest + len(gap)), 1)
    rows = (even[first : first + a_row] for first in range(0, len(even), a_row))
    return stacked(*(reduce(partial(beside, gap=gap), row) for row in rows))


def paragraph(text: str, limit: int | None, style: str, indent: str = "") -> list[Line]:
    """A sentence in lines of at most `limit` characters, cut between words; None cuts nothing."""
    parts = [text] if limit is None else textwrap.wrap(text, limit - len(indent))
    return [[(indent + part, style)] for part in parts]


def entries(pairs: Iterable[tuple[str, object]], width: int = 9) -> list[Line]:
    """A line for each name and what it stands for, if for anything: a line, a span or a text."""
    rows = []
    for name, it in pairs:
        if it:
            spans = it if isinstance(it, list) else [it if isinstance(it, tuple) else (str(it), "")]
            rows.append([(f"{name:{width}}", QUIET), *spans])
    return rows
