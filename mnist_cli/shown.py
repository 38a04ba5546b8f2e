"""How results and progress are shown: by `render`, which is loaded by name, once it is needed."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any

from mnist_cli.spec import ignore

_Reporting = AbstractContextManager[Callable[..., None]]


def drawn_by(view: str, picture: str = "") -> Callable[[Any], str]:
    """The method ``_repr_html_`` of a result of which views make lines, and a picture below."""

    def draw(result: Any) -> str:
        below = _load(f"views.{picture}")(result) if picture else None
        return _load("export.draw_html")(partial(_load(f"views.{view}"), result), below)

    return draw


def reporter(wanted: bool | Callable[..., None], watch: str, *settings: object) -> _Reporting:
    """What to report to: the function that is `wanted`, for True what `watch` shows, or nobody."""
    return _load(watch)(*settings) if wanted is True else nullcontext(wanted or ignore)


def _load(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"mnist_cli.render.{module}"), function)
