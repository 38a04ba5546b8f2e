"""Lines of styled text, and the one place that prints them.

A view is built as lines of ``(text, style)`` spans, for a surface that shows colours or not, block
characters or only ASCII. A terminal gets its lines through rich, which wraps and colours them, with
``NO_COLOR`` only wraps; a pipe and a file get plain text, and rich is not loaded.
"""

import math
import os
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial, reduce
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from mnist_cli.errors import printable
from mnist_cli.render.theme import ACCENT, QUIET, TITLE, WARNING

if TYPE_CHECKING:
    from rich.console import Console

Span = tuple[str, str]
"""Text and its style in rich's words (``"bold red"``, ``"#ffffff on #000000"``), or ``""``."""

Line = list[Span]
Cell = str | Span | float | None
"""What stands in a table: text, with a style or without, or a number."""

USUAL_WIDTH, _LEAST_WIDTH = 80, 60  # columns where nothing limits them, and where much does
_BLOCKS = "▀█░▏▁"
_GAP = "  "  # between two columns
_NARROWEST = 16  # columns that a name keeps


@dataclass(frozen=True)
class Surface:
    """What the place that lines are built for can show."""

    color: bool  # 256 colours or more, and block characters: enough for a picture
    unicode: bool  # block characters
    width: int | None = None  # columns; None where nothing limits them


_SURFACE: ContextVar[Surface | None] = ContextVar("surface", default=None)


@contextmanager
def drawing_on(surface: Surface) -> Iterator[None]:
    """Build lines for `surface` instead of for standard output."""
    token = _SURFACE.set(surface)
    try:
        yield
    finally:
        _SURFACE.reset(token)


def line(*spans: str | Span) -> Line:
    """A line of spans; bare strings are unstyled."""
    return [(span, "") if isinstance(span, str) else span for span in spans]


def surface() -> Surface:
    """What the place that lines are built for can show: standard output, if none was named."""
    if found := _SURFACE.get():
        return found
    color, unicode = False, encodable(_BLOCKS) == _BLOCKS
    if unicode and _is_coloured(sys.stdout):
        from rich.console import Console

        color = Console(file=sys.stdout).color_system in ("256", "truecolor")
    return Surface(color, unicode, _columns(sys.stdout))


def columns() -> int:
    """How many columns a layout may fill."""
    return max(surface().width or USUAL_WIDTH, _LEAST_WIDTH)


def _columns(stream: TextIO) -> int | None:
    import shutil

    return shutil.get_terminal_size().columns if stream.isatty() else None


def colors_wanted() -> bool:
    """Whether the user has not asked for none: https://no-color.org."""
    return not os.environ.get("NO_COLOR")


def _is_coloured(stream: TextIO) -> bool:
    return stream.isatty() and colors_wanted() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines to a stream, standard output by default.

    Whatever a span holds, no control character reaches the terminal and nothing is read as markup.
    On a terminal a line that is too long goes on in the next one, between two words.
    """
    stream = stream or sys.stdout
    if limit := _columns(stream):
        from rich.console import Console

        console = Console(
            file=stream,
            width=limit,
            height=1,  # with a width and a height rich believes us on every terminal
            color_system="auto" if _is_coloured(stream) else None,
            legacy_windows=False,
        )
        with console.capture() as capture:
            print_to(console, lines)
        text = capture.get()
    else:
        text = plain(lines)
    stream.write(text)
    stream.flush()  # a full disk is noticed here and not when Python shuts down


def print_to(console: "Console", lines: Iterable[Line]) -> None:
    """Print lines to a console of rich, which wraps those that are too long for it."""
    from rich.text import Text

    for spans in lines:
        safe = [(printable(text, limit=None), style) for text, style in spans]
        console.print(Text.assemble(*safe), overflow="fold", crop=False)


def plain(lines: Iterable[Line]) -> str:
    """Lines without their styles, as text without control characters."""
    rows = ("".join(printable(text, limit=None) for text, _ in spans) for spans in lines)
    return "".join(row.rstrip() + "\n" for row in rows)


def note(message: str, kind: str = "Note") -> None:
    """Print ``Note: message`` to standard error."""
    show([line((f"{kind}: ", ACCENT if kind == "Note" else WARNING), message)], sys.stderr)


def table(
    head: Sequence[str], rows: Iterable[Iterable[Cell]], least: int | None = None
) -> list[Line]:
    """Rows as columns of even width, right-aligned where the name of the column begins with ``>``.

    The first of a row is its title, unless it has a style; whole numbers are shown as they are,
    others with four decimals. Where the surface is too narrow, the texts of the first column are
    cut in the middle and, if need be, the last columns go, all but `least` of them (by default none
    go).
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
        for (text, style), name, columns in zip(spans, head, widths, strict=False):
            shown = shortened(text, columns)
            blanks = " " * (columns - cell_width(shown))
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


def encodable(text: str) -> str:
    r"""A text as the surface will show it: ``\ud55c`` for what its encoding does not have."""
    encoding = "utf-8" if _SURFACE.get() else sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def stacked(*blocks: Sequence[Line]) -> list[Line]:
    """Blocks of lines below each other, an empty line between two; empty blocks leave none."""
    return [spans for block in blocks if block for spans in ([], *block)][1:]


def beside(left: list[Line], right: list[Line], gap: str = "   ") -> list[Line]:
    """Two blocks of lines next to each other, their tops aligned."""
    columns = max(map(length, left), default=0)
    nothing: Line = []
    return [
        [*a, (" " * (columns - length(a)) + gap, ""), *b]
        for a, b in zip_longest(left, right, fillvalue=nothing)
    ]


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


def length(spans: Line) -> int:
    """How many columns a line takes."""
    return sum(cell_width(text) for text, _ in spans)


def cell_width(text: str) -> int:
    """How many columns a text takes: two for a character of Korean, Chinese or Japanese."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def shortened(text: str, limit: int | None) -> str:
    """A text cut in the middle to at most `limit` columns; None cuts nothing."""
    if limit is None or cell_width(text) <= limit:
        return text
    mark = "…" if surface().unicode else "..."
    left = right = text
    while cell_width(left) > (limit - len(mark)) // 3:  # paths differ at their ends
        left = left[:-1]
    while cell_width(left + mark + right) > limit:
        right = right[1:]
    return left + mark + right


def paragraph(text: str, limit: int | None, style: str, indent: str = "") -> list[Line]:
    """A sentence in lines of at most `limit` characters, cut between words; None cuts nothing."""
    parts = [text] if limit is None else textwrap.wrap(text, limit - len(indent))
    return [[(indent + part, style)] for part in parts]


def labelled(
    rows: Iterable[tuple[str, str | Path | Span | Line | None]], columns: int = 9
) -> list[Line]:
    """A line for each label and what it stands for, if for anything."""
    texts = ((label, str(it) if isinstance(it, Path) else it) for label, it in rows if it)
    return [
        [(f"{label:{columns}}", QUIET), *(it if isinstance(it, list) else line(it))]
        for label, it in texts
    ]


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
