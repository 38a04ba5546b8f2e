"""What `mnist draw` shows of a page that was written."""

from mnist_cli.errors import printable
from mnist_cli.page.page import Page
from mnist_cli.render.text import Line, labelled, line


def lines(page: Page, opened: bool | None) -> list[Line]:
    """Where the page is; `opened` is None where no browser was to be opened."""
    pairs = {
        "page": printable(str(page.path), 400),
        "size": f"{page.bytes:,} bytes",
        "weights": " and ".join(printable(file.name, 200) for file in page.weights),
        "images": f"{page.samples:,} from {printable(page.images.name, 200)}",
    }
    told = "opened in your browser" if opened else "no browser was found: open the page by hand"
    return [*labelled(pairs.items()), *([] if opened is None else [line(told)])]
