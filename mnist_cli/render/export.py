"""What a command showed as a file to keep: a picture (.svg), a page (.html) or plain text."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path

from mnist_cli.files import AnyPath, write_bytes
from mnist_cli.render.text import (
    Line,
    Surface,
    colors_wanted,
    drawing_on,
    length,
    plain,
    printable_lines,
)

SUFFIXES = (".svg", ".html", ".txt")

_MIN_WIDTH = 80

# Rich's own templates, less what would be fetched from an address: the file is whole by itself.
_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Courier New', monospace"
_SVG = f"""\
<svg class="rich-terminal" viewBox="0 0 {{width}} {{height}}" xmlns="http://www.w3.org/2000/svg">
<style>
.{{unique_id}}-matrix {{{{
  font-family: {_FONTS};
  font-size: {{char_height}}px;
  line-height: {{line_height}}px;
}}}}
.{{unique_id}}-title {{{{ font: bold 18px sans-serif; }}}}
{{styles}}
</style>
<defs>
<clipPath id="{{unique_id}}-clip-terminal">
<rect x="0" y="0" width="{{terminal_width}}" height="{{terminal_height}}" />
</clipPath>
{{lines}}
</defs>
{{chrome}}
<g transform="translate({{terminal_x}}, {{terminal_y}})" \
clip-path="url(#{{unique_id}}-clip-terminal)">
{{backgrounds}}
<g class="{{unique_id}}-matrix">
{{matrix}}
</g>
</g>
</svg>
"""
_HTML = f"""\
<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<title>mnist</title>
<style>
{{stylesheet}}
body {{{{ color: {{foreground}}; background-color: {{background}}; }}}}
pre {{{{ font-family: {_FONTS}; font-size: 16px; line-height: 18px; }}}}
</style>
</head>
<body>
<pre>{{code}}</pre>
</body>
</html>
"""


def write_export(
    path: AnyPath, view: Callable[[], Iterable[Line]], *, overwrite: bool = False
) -> None:
    """Write what `view` shows to a file; its suffix, one of `SUFFIXES`, says in which form.

    Whatever the terminal can do, a picture or page has block characters, and colours unless
    ``NO_COLOR`` asks for none. Raises `FileError`, and `ValueError` for another suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        raise ValueError(f"got a file name that ends in {suffix!r}, takes {' '.join(SUFFIXES)}")
    with drawing_on(Surface(color=suffix != ".txt" and colors_wanted(), unicode=True)):
        lines = printable_lines(view())
    content = plain(lines) if suffix == ".txt" else _recorded(lines, suffix)
    write_bytes(path, content.encode(), overwrite=overwrite)


def _recorded(lines: list[Line], suffix: str) -> str:
    from rich.console import Console
    from rich.terminal_theme import SVG_EXPORT_THEME
    from rich.text import Text

    console = Console(
        record=True,
        file=io.StringIO(),
        width=max(_MIN_WIDTH, *map(length, lines)),
        force_terminal=True,
        color_system="truecolor",
        no_color=not colors_wanted(),
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for spans in lines:
        console.print(Text.assemble(*spans), soft_wrap=True)
    if suffix == ".svg":
        return console.export_svg(title="mnist", theme=SVG_EXPORT_THEME, code_format=_SVG)
    return console.export_html(theme=SVG_EXPORT_THEME, code_format=_HTML)
