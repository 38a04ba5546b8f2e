"""Lines of styled text, and the one place that prints them.

A view is built as lines of ``(text, style)`` spans, for a surface that shows colours or not, block
characters or only ASCII. A terminal gets its lines in colour through rich; a pipe, a file and
``NO_COLOR`` get them without, and rich is not loaded.
"""

import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TextIO

from mnist_cli.errors import printable
from mnist_cli.render.theme import ACCENT, QUIET, WARNING

Span = tuple[str, str]
"""Text and its style in rich's words (``"bold red"``, ``"#ffffff on #000000"``), or ``""``."""

Line = list[Span]
Cell = str | Span


@dataclass(frozen=True)
class Surface:
    """What the place that lines are built for can show."""

    color: bool  # 256 colours or more: enough for a picture
    unicode: bool  # block characters


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


def colors_wanted() -> bool:
    """Whether the user has not asked for none: https://no-color.org."""
    return not os.environ.get("NO_COLOR")


def _is_coloured(stream: TextIO) -> bool:
    return stream.isatty() and colors_wanted() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines to a stream, standard output by default.

    Whatever a span holds, no control character reaches the terminal and nothing is read as markup.
    """
    stream = stream or sys.stdout
    safe = printable_lines(lines)
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
    head: Sequence[str], rows: Iterable[Sequence[Cell]], align: str, gap: str = "  "
) -> list[Line]:
    """Rows as columns of even width; `align` has ``<`` or ``>`` for each column."""
    cells = [line(*row) for row in rows]
    widths = [
        max(len(text) for text in column) for column in zip(*_texts(head, cells), strict=True)
    ]

    def laid_out(spans: Line) -> Line:
        padded = [
            (f"{text:{side}{width}}", style)
            for (text, style), side, width in zip(spans, align, widths, strict=True)
        ]
        return [piece for span in padded for piece in ((gap, ""), span)][1:]

    return [laid_out([(name, QUIET) for name in head]), *(laid_out(spans) for spans in cells)]


def _texts(head: Sequence[str], cells: list[Line]) -> list[list[str]]:
    return [list(head), *([text for text, _ in spans] for spans in cells)]


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
    """How many characters a line takes."""
    return sum(len(text) for text, _ in spans)


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
