"""`mnist draw`."""

from typing import Any

import click

from mnist_cli.cli.common import (
    activation_option,
    data_dir_option,
    examples,
    force_option,
    json_option,
    new_file_option,
    note_activation,
    present,
)
from mnist_cli.weights.formats import KINDS

_DEFAULT = "mnist-draw.html"


@click.command(
    epilog=examples(
        "mnist draw",
        "mnist draw --no-open -o page.html",
        "mnist draw -w weights.pkl -w sample_weight.pkl",
        "mnist draw --lang ko",
    )
)
@new_file_option(
    "-o", "--output", suffixes=(".html",), about=f"The page to write.  [default: {_DEFAULT}]"
)
@click.option("--no-open", is_flag=True, help="Only write the page; open no browser.")
@click.option(
    "-w",
    "--weights",
    multiple=True,
    metavar="FILE",
    help=f"Weights, {KINDS}; two are put side by side.  [default: the embedded weights.pkl]",
)
@activation_option
@click.option(
    "--lang",
    type=click.Choice(["en", "ko"]),
    help="Language of the page.  [default: the browser's]",
)
@data_dir_option
@force_option
@json_option
def draw(
    output: str | None,
    no_open: bool,
    weights: tuple[str, ...],
    activation: Any,
    lang: Any,
    data_dir: str | None,
    force: bool,
    as_json: bool,
) -> None:
    """Draw a digit and watch the net think: writes a page and opens it.

    The page is one HTML file. It needs a browser and nothing else: no Python, no network. It can
    be put on a memory stick or a school's server.
    """
    if len(weights) > 2:
        raise click.UsageError("Name at most two weights files.")
    from mnist_cli.page.page import write_page
    from mnist_cli.render.views import draw as render

    page = write_page(
        output or _DEFAULT,
        weights or (None,),
        activation=activation,
        data_dir=data_dir,
        language=lang,
        overwrite=force,
    )
    opened = None if no_open else _open(page.path.absolute().as_uri())
    present(lambda: render.as_json(page), lambda: render.lines(page, opened), as_json=as_json)
    note_activation(page.knows_activation)


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
