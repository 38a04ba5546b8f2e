"""What a command shows as a file to keep, a picture (.svg) or a page (.html), or in a notebook."""

import base64
import io
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_suffix, write_bytes
from mnist_cli.render import text

if TYPE_CHECKING:
    from rich.console import Console

    from mnist_cli.dtypes import Bytes

_MARGIN = 2  # columns on the right of a picture
_ENLARGED = 4  # pixels of a screen for one of a picture
_FONTS = "'DejaVu Sans Mono', Menlo, Consolas, 'Courier New', monospace"

# Formats of rich's, but for BACKGROUND; they fetch nothing. Rows touch, or pictures had gaps.
_PICTURE = f"""\
<svg viewBox="-24 -24 {{width}} {{height}}" xmlns="http://www.w3.org/2000/svg">
<title>mnist</title>
<style>.{{unique_id}}-matrix {{{{ font: {{char_height}}px {_FONTS} }}}} {{styles}}</style>
<defs>{{lines}}</defs>
<rect x="-24" y="-24" width="100%" height="100%" rx="8" fill="BACKGROUND"/>
{{backgrounds}}
<g class="{{unique_id}}-matrix">{{matrix}}</g>
</svg>
"""
_ROWS = f'<pre style="font:16px/18px {_FONTS};white-space:pre;overflow-x:auto">{{code}}</pre>'
_PAGE = f"""\
<!DOCTYPE html>
<html lang="en"><head><meta charset="UTF-8"><title>mnist</title></head>
<body style="color: {{foreground}}; background: BACKGROUND">
{_ROWS}
</body></html>
"""
_UNUSED = re.compile(" text-decoration-color: #[0-9a-f]{6};?")  # a third of a picture in HTML


def write_export(
    path: AnyPath,
    view: Callable[[], Iterable[text.Line]],
    *,
    light: bool = False,
    overwrite: bool = False,
) -> None:
    """Write what `view` shows to an ``.svg`` or ``.html`` file, whatever the terminal can show."""
    from rich.terminal_theme import DEFAULT_TERMINAL_THEME, SVG_EXPORT_THEME

    suffix = require_suffix(path, (".svg", ".html"))
    theme = DEFAULT_TERMINAL_THEME if light else SVG_EXPORT_THEME
    if suffix == ".svg":
        drawn = _record(view).export_svg(theme=theme, code_format=_PICTURE)
    else:
        drawn = _record(view).export_html(theme=theme, code_format=_PAGE, inline_styles=True)
    drawn = drawn.replace("BACKGROUND", theme.background_color.hex, 1)
    write_bytes(path, _UNUSED.sub("", drawn).encode(), overwrite=overwrite)


def draw_html(view: Callable[[], Iterable[text.Line]], picture: "Bytes | None" = None) -> str:
    """What `view` shows as a part of a page with its own colours; below a `picture` (H, W, 3)."""
    drawn = _UNUSED.sub("", _record(view).export_html(code_format=_ROWS, inline_styles=True))
    if picture is None:
        return drawn
    from PIL import Image

    png = io.BytesIO()  # as characters it would have 70 bytes a pixel
    Image.fromarray(picture).save(png, "PNG", optimize=True)
    data, width = base64.b64encode(png.getvalue()).decode(), picture.shape[1] * _ENLARGED
    look = f"width:{width}px;image-rendering:pixelated"
    return f'{drawn}\n<img alt="" style="{look}" src="data:image/png;base64,{data}">'


def _record(view: Callable[[], Iterable[text.Line]]) -> "Console":
    from rich.console import Console

    with text.drawing_on(text.Surface(color=text.colors_wanted(), unicode=True)):
        lines = list(view())
    console = Console(
        record=True,
        file=io.StringIO(),
        width=max(text.USUAL_WIDTH, *map(text.length, lines)) + _MARGIN,
        force_terminal=True,
        force_jupyter=False,
        color_system="truecolor",
        no_color=not text.colors_wanted(),
        legacy_windows=False,
    )
    text.print_to(console, lines)
    return console
