"""Lines of styled text, and the one place that prints them.

A view is built as lines of ``(text, style)`` spans, for a surface that shows colours or not, block
characters or only ASCII. A terminal gets its lines in colour through rich; a pipe, a file and
``NO_COLOR`` get them without, and rich is not loaded.
"""

import json
import math
import os
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any, TextIO

from mnist_cli.errors import printable
from mnist_cli.render.theme import ACCENT, QUIET, WARNING

Span = tuple[str, str]
"""Text and its style in rich's words (``"bold red"``, ``"#ffffff on #000000"``), or ``""``."""

Line = list[Span]
Cell = str | Span

_NARROWEST = 12  # columns that a name keeps


@dataclass(frozen=True)
class Surface:
    """What the place that lines are built for can show."""

    color: bool  # 256 colours or more: enough for a picture
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


def line(*spans: Cell) -> Line:
    """A line of spans; bare strings are unstyled."""
    return [(span, "") if isinstance(span, str) else span for span in spans]


def has_unicode() -> bool:
    """Whether the surface (standard output by default) shows block characters."""
    surface = _SURFACE.get()
    if surface is not None:
        return surface.unicode
    try:
        "▀█░▏▁".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def has_color() -> bool:
    """Whether the surface (standard output by default) shows colours, 256 or more of them."""
    surface = _SURFACE.get()
    if surface is not None:
        return surface.color
    if not _is_coloured(sys.stdout):
        return False
    from rich.console import Console

    return Console(file=sys.stdout).color_system in ("256", "truecolor")


def width() -> int | None:
    """Columns of the surface (standard output by default); None where nothing limits them."""
    surface = _SURFACE.get()
    if surface is not None:
        return surface.width
    return _columns(sys.stdout)


def columns(least: int = 60, usual: int = 80) -> int:
    """How many columns a layout may fill, at least `least`; `usual` where nothing limits them."""
    return max(width() or usual, least)


def _columns(stream: TextIO) -> int | None:
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
    safe = [trimmed(spans) for spans in printable_lines(lines)]
    limit = _columns(stream)
    if limit is not None:
        safe = [part for spans in safe for part in wrapped(spans, limit)]
    if not _is_coloured(stream):
        _write(stream, plain(safe))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    with console.capture() as capture:
        for spans in safe:
            console.print(Text.assemble(*spans), soft_wrap=True)
    _write(stream, capture.get())


def printable_lines(lines: Iterable[Line]) -> list[Line]:
    """Lines whose texts hold no control character."""
    longest = 10  # characters that one becomes: \U000e0001
    return [
        [(printable(text, limit=longest * len(text)), style) for text, style in spans]
        for spans in lines
    ]


def plain(lines: Iterable[Line]) -> str:
    """Lines without their styles, as text."""
    return "".join("".join(text for text, _ in spans).rstrip() + "\n" for spans in lines)


def trimmed(spans: Line) -> Line:
    """A line without the blanks at its end that nobody sees."""
    spans = list(spans)
    while spans and " on " not in f" {spans[-1][1]}":
        text, style = spans.pop()
        if text := text.rstrip():
            return [*spans, (text, style)]
    return spans


def wrapped(spans: Line, limit: int) -> list[Line]:
    """A line in as many as it takes to be at most `limit` columns wide, cut between words."""
    if length(spans) <= limit:
        return [spans]
    cells = [(char, style) for text, style in spans for char in text]
    at, end = 0, 0
    for place, (char, _) in enumerate(cells):
        at += cell_width(char)
        if at > limit:
            break
        if char == " ":
            end = place
    if not any(char != " " for char, _ in cells[:end]):  # no blank but the indent: a long word
        end = place
    first, rest = cells[:end], cells[end:]
    while rest and rest[0][0] == " ":
        rest = rest[1:]
    return [trimmed(_joined(first)), *(wrapped(_joined(rest), limit) if rest else [])]


def _joined(cells: list[Span]) -> Line:
    """Neighbours of one style as one span."""
    return [
        ("".join(char for char, _ in same), style) for style, same in groupby(cells, itemgetter(1))
    ]


def show_json(value: Any) -> None:
    """Print one JSON document, ASCII only, to standard output."""
    _write(sys.stdout, json.dumps(value, indent=2, allow_nan=False) + "\n")


def _write(stream: TextIO, text: str) -> None:
    stream.write(text)
    stream.flush()  # a full disk is noticed here and not when Python shuts down


def note(message: str, kind: str = "Note") -> None:
    """Print ``Note: message`` to standard error."""
    show([line((f"{kind}: ", ACCENT if kind == "Note" else WARNING), message)], sys.stderr)


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    align: str,
    gap: str = "  ",
    shrink: int | None = None,
) -> list[Line]:
    """Rows as columns of even width; `align` has ``<`` or ``>`` for each column.

    Where the table is wider than the terminal, the texts of column `shrink` are cut in the middle.
    """
    cells = [line(*row) for row in rows]
    texts = [list(head), *([text for text, _ in spans] for spans in cells)]
    widths = [max(map(cell_width, column)) for column in zip(*texts, strict=True)]
    limit = width()
    if shrink is not None and limit is not None:
        too_much = sum(widths) + len(gap) * (len(widths) - 1) - limit
        widths[shrink] = max(widths[shrink] - max(too_much, 0), min(widths[shrink], _NARROWEST))

    def lay_out(spans: Line) -> Line:
        row = [
            (padded(shortened(text, columns), columns, side), style)
            for (text, style), side, columns in zip(spans, align, widths, strict=True)
        ]
        return [part for cell in row for part in ((gap, ""), cell)][1:]

    return [lay_out([(name, QUIET) for name in head]), *(lay_out(spans) for spans in cells)]


def beside(left: list[Line], right: list[Line], gap: str = "   ") -> list[Line]:
    """Two blocks of lines next to each other, their tops aligned."""
    width = max(map(length, left), default=0)
    height = max(len(left), len(right))
    left = left + [[]] * (height - len(left))
    right = right + [[]] * (height - len(right))
    return [
        [*a, (" " * (width - length(a)) + gap, ""), *b] for a, b in zip(left, right, strict=True)
    ]


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


def padded(text: str, columns: int, side: str = "<") -> str:
    """A text with blanks after it (or before it, ``>``) to fill so many columns."""
    blanks = " " * (columns - cell_width(text))
    return blanks + text if side == ">" else text + blanks


def shortened(text: str, limit: int) -> str:
    """A text cut in the middle to at most `limit` columns."""
    if cell_width(text) <= limit:
        return text
    mark = "…" if has_unicode() else "..."
    left, right = text, ""
    head, tail = (limit - len(mark)) // 3, limit - len(mark) - (limit - len(mark)) // 3
    while cell_width(left) > head:
        left = left[:-1]
    while cell_width(right) < tail:
        right = text[-len(right) - 1 :]
    return left + mark + (right if cell_width(right) <= tail else right[1:])


def bar(fraction: float, width: int, style: str = ACCENT) -> Line:
    """A horizontal bar of `width` cells, filled from the left by `fraction` (0..1)."""
    if not has_unicode():
        full = round(fraction * width)
        return line(("#" * full, style), "." * (width - full))
    eighths = round(fraction * width * 8)
    full, part = divmod(eighths, 8)
    filled = "█" * full + ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")[part]
    return line((filled, style), " " * (width - len(filled)))


def sparkline(heights: Sequence[float]) -> str:
    """One character a number (0 or more), its height by the largest: a small histogram."""
    ramp = "▁▂▃▄▅▆▇" if has_unicode() else "_.:-=+*"  # never so high that two lines touch
    highest = max(heights) or 1
    return "".join(ramp[round(height / highest * (len(ramp) - 1))] for height in heights)


def number(value: float | None, decimals: int) -> str:
    """A number with so many decimals, shorter where it is large; ``-`` for none, NaN, infinity."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{decimals}f}" if abs(value) < 10_000 else f"{value:.3g}"


def seconds(duration: float) -> str:
    """A duration in the unit that suits it."""
    if duration >= 1:
        return f"{duration:.2f} s"
    return f"{duration * 1e3:.1f} ms" if duration >= 1e-3 else f"{duration * 1e6:.0f} us"
