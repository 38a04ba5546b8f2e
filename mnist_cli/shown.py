"""How results show themselves in a notebook, and work that takes long its progress.

What draws is in `render`, which no other room may import: it is loaded by its name, once needed.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any

from mnist_cli.spec import ignore

Reporter = AbstractContextManager[Callable[..., None]]


def drawn_by(view: str) -> Callable[[Any], str]:
    """The method ``_repr_html_`` of a result that a view draws, such as ``"explain.lines"``."""

    def draw(result: Any) -> str:
        drawn: str = _load("export.draw_html")(partial(_load(f"views.{view}"), result))
        return drawn

    return draw


def reporter(wanted: bool | Callable[..., None], watch: str, *settings: object) -> Reporter:
    """What to report to: the function that is `wanted`, for True what `watch` shows, or nobody."""
    shown: Reporter = _load(watch)(*settings) if wanted is True else nullcontext(wanted or ignore)
    return shown


def _load(name: str) -> Any:
    module, _, function = name.rpartition(".")
    return getattr(import_module(f"mnist_cli.render.{module}"), function)
