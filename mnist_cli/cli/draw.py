"""`mnist draw`."""

from typing import Any

import click

from mnist_cli.cli.common import output_or, pick, present
from mnist_cli.cli.options import command
from mnist_cli.weights.formats import KINDS

_DEFAULT = "mnist-draw.html"


@command(
    f"""
Draw a digit and watch the net think: writes a page and opens it.

The page is one HTML file. It needs a browser and nothing else: no Python, no network. It can
be put on a memory stick or a school's server. Of a set of more than 1,000 images it has 1,000,
evenly spaced.

Options:
  -o --output FILE.html  The page to write.  [default: {_DEFAULT}]
  --no-open              Only write the page; open no browser.
  -w --weights FILE      Weights, {KINDS}; two are put side by side.  [default: the
                         embedded weights.pkl]
  --snapshots FILE       How the first net learnt, from 'mnist train --snapshots'.  [default: the
                         embedded net's, for that net]
  --no-snapshots         Leave out how it learnt: a smaller page.
  --activation --images --labels
  --lang en|ko|ja        Language of the page.  [default: the browser's]
  --data-dir --force --json
Rules:
  --labels needs --images
  --snapshots excludes --no-snapshots
Examples:
  mnist draw
  mnist draw --no-open -o page.html
  mnist draw -w weights.pkl -w sample_weight.pkl
  mnist draw -w mine.pkl --snapshots mine.npz
  mnist draw --images class -o class.html
  mnist draw --lang ja
""",
    weights={"multiple": True},
)
def draw(weights: tuple[str, ...], **given: Any) -> None:
    """Write the page and open it."""
    if len(weights) > 2:
        raise click.UsageError("Name at most two weights files.")
    from mnist_cli.page.page import write_page
    from mnist_cli.render.views import draw as view

    with output_or(_DEFAULT, given) as path:
        page = write_page(
            path,
            weights or (None,),
            images=(given["images"], given["labels"]),
            snapshots=False if given["no_snapshots"] else given["snapshots"],
            language=given["lang"],
            overwrite=given["force"],
            **pick(given, "activation", "data_dir"),
        )
    opened = None if given["no_open"] else _open(page.path.as_uri())
    present(given, view, page, opened, notes=page.notes)


def _open(address: str) -> bool:
    """Open an address in the user's browser; False where there is none with windows."""
    import os
    import webbrowser

    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    if type(browser) is webbrowser.GenericBrowser and "BROWSER" not in os.environ:
        return False  # one that would take the terminal over
    return browser.open(address)
