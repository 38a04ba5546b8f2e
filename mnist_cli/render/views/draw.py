"""What `mnist draw` shows of a page that was written."""

from typing import Any

from mnist_cli.errors import printable
from mnist_cli.page.page import Page
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import QUIET


def as_json(page: Page) -> dict[str, Any]:
    """The document of ``--json``."""
    return {
        "path": str(page.path.absolute()),
        "bytes": page.bytes,
        "weights": [str(file) for file in page.weights],
    }


def lines(page: Page, opened: bool | None) -> list[Line]:
    """Where the page is; `opened` is None where no browser was to be opened."""
    names = " and ".join(printable(file.name, 200) for file in page.weights)
    result = [
        line(("page     ", QUIET), printable(str(page.path.absolute()), 400)),
        line(("size     ", QUIET), f"{page.bytes:,} bytes"),
        line(("weights  ", QUIET), names),
    ]
    if opened is not None:
        told = "opened in your browser" if opened else "no browser was found: open the page by hand"
        result.append(line(told))
    return result
