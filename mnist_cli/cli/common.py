"""What several commands do alike: show a result, say what was assumed."""

from collections.abc import Mapping
from typing import Any

OptionValues = Mapping[str, Any]
"""What was given for a command's options, by their names: ``batch_size``."""


def present(given: OptionValues, view: Any, *result: Any, quiet: bool = False) -> None:
    """Write a result to the file of ``--export``; then show it, or with ``--json`` its document.

    `view` has `lines`, which takes the result, and where the result's own document is not all there
    is to it `as_json`, which takes it too. With `quiet` only what was asked for is written: the
    file, the document.
    """
    from mnist_cli.render.text import show, show_json

    if given.get("export") is not None:
        from mnist_cli.render.export import write_export

        write_export(
            given["export"],
            lambda: view.lines(*result),
            light=given["light"],
            overwrite=given["force"],
        )
    if given["json"]:
        show_json(view.as_json(*result) if hasattr(view, "as_json") else result[0])
    elif not quiet:
        show(view.lines(*result))


def note_activation(known: object) -> None:
    """Say that an activation had to be assumed, where it is not `known` from a file or the user."""
    if not known:
        from mnist_cli.render.text import note

        note("nothing names the net's activation: sigmoid was assumed (--activation relu)")
