"""Lines of styled text for what a surface can show; rich prints them, but only on a terminal."""

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from mnist_cli.errors import printable
from mnist_cli.render.theme import ACCENT, WARNING

if TYPE_CHECKING:
    from rich.console import Console

Span = tuple[str, str]
"""Text and its style in rich's words (``"bold red"``, ``"#ffffff on #000000"``), or ``""``."""

Line = list[Span]

USUAL_WIDTH, _LEAST_WIDTH = 80, 60  # columns where nothing limits them, and where much does
_UNLIMITED = 1_000_000  # columns, for rich: a pipe wraps nothing
_BLOCKS = "▀█░▏▁"


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
    wanted = stream.isatty() or bool(os.environ.get("FORCE_COLOR"))
    return wanted and colors_wanted() and os.environ.get("TERM") != "dumb"


def show(lines: Iterable[Line], stream: TextIO | None = None) -> None:
    """Print lines to a stream, by default standard output; a terminal gets long ones wrapped."""
    stream = stream or sys.stdout
    limit, is_coloured = _columns(stream), _is_coloured(stream)
    if limit or is_coloured:
        from rich.console import Console

        console = Console(
            file=stream,
            width=limit or _UNLIMITED,
            height=1,  # with a width and a height rich believes us on every terminal
            color_system="auto" if is_coloured else None,
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
    """Print lines to a console of rich, which wraps them; nothing in a text is read as markup."""
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


def encodable(text: str) -> str:
    r"""A text as the surface will show it: ``\ud55c`` for what its encoding does not have."""
    encoding = "utf-8" if _SURFACE.get() else sys.stdout.encoding or "ascii"
    return text.encode(encoding, "backslashreplace").decode(encoding)


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
