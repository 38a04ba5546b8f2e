"""What `mnist draw` shows of a page that was written."""

from mnist_cli.page.page import Page
from mnist_cli.render.layout import entries
from mnist_cli.render.text import Line, line


def lines(page: Page, opened: bool | None) -> list[Line]:
    """Where the page is; `opened` is None where no browser was to be opened."""
    pairs = {
        "page": str(page.path),
        "size": f"{page.bytes:,} bytes",
        "weights": " and ".join(file.name for file in page.weights),
        "snapshots": page.snapshots.name if page.snapshots else "none",
        "images": f"{page.samples:,} from {page.images.name}",
    }
    told = "opened in your browser" if opened else "no browser was found: open the page by hand"
    return [*entries(pairs.items(), 11), *([] if opened is None else [line(told)])]
