"""What a command showed as a file to keep: a picture (.svg) or a page (.html)."""

import io
import re
from collections.abc import Callable, Iterable

from mnist_cli.checks import require_suffix
from mnist_cli.files import AnyPath, write_bytes
from mnist_cli.render.text import (
    USUAL_WIDTH,
    Line,
    Surface,
    colors_wanted,
    drawing_on,
    length,
    print_to,
)

SUFFIXES = (".svg", ".html")

# What rich's picture would fetch from an address: a file is whole by itself.
_FOREIGN = re.compile(r"<!--.*?-->|@font-face \{.*?\}", re.DOTALL)
_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Courier New', monospace"
_ROWS_TOUCH = '<pre style="font-size:16px;line-height:18px;'  # or pictures would have gaps


def write_export(
    path: AnyPath, view: Callable[[], Iterable[Line]], *, overwrite: bool = False
) -> None:
    """Write what `view` shows to a file; its suffix, one of `SUFFIXES`, says in which form.

    Whatever the terminal can do, the file has block characters, and colours unless ``NO_COLOR``
    asks for none. Raises `FileError`, and `ValueError` for another suffix.
    """
    suffix = require_suffix(path, SUFFIXES)
    with drawing_on(Surface(color=colors_wanted(), unicode=True)):
        lines = list(view())
    write_bytes(path, _draw(lines, suffix).encode(), overwrite=overwrite)


def _draw(lines: list[Line], suffix: str) -> str:
    from rich.console import Console
    from rich.terminal_theme import SVG_EXPORT_THEME as THEME

    console = Console(
        record=True,
        file=io.StringIO(),
        width=max(USUAL_WIDTH, *map(length, lines)),
        force_terminal=True,
        color_system="truecolor",
        no_color=not colors_wanted(),
        legacy_windows=False,
    )
    print_to(console, lines)
    if suffix == ".html":
        page = console.export_html(theme=THEME)
        return page.replace('<pre style="', _ROWS_TOUCH, 1)
    picture = _FOREIGN.sub("", console.export_svg(title="mnist", theme=THEME))
    return picture.replace("Fira Code, monospace", _FONTS, 1)
