"""How wide a view may be, and text that is brought to a width."""

import shutil
import sys
import textwrap

USUAL_WIDTH = 80  # for sentences where there is no terminal


def width() -> int | None:
    """The columns of the terminal that standard output is; None for a pipe or a file."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def wrap(text: str, columns: int | None) -> list[str]:
    """Text in lines of at most `columns` characters, broken between words; None breaks nothing."""
    return [text] if columns is None else textwrap.wrap(text, max(columns, 1))


def cut(text: str, columns: int | None) -> str:
    """Text of at most `columns` characters, what is too much taken from its middle."""
    if columns is None or len(text) <= columns:
        return text
    kept = max(columns - 3, 2)
    end = kept * 2 // 3  # paths differ at their ends
    return f"{text[: kept - end]}...{text[-end:]}"
