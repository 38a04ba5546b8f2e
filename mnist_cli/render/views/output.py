"""What `mnist eval --output` adds."""

from typing import Any

from mnist_cli.errors import plural, printable
from mnist_cli.evaluation.output import Output
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import TITLE


def as_json(output: Output) -> dict[str, Any]:
    """The file."""
    return {"output": output.path}


def lines(output: Output) -> list[Line]:
    """How much is in which file."""
    return [line((plural(output.rows, "row"), TITLE), f" in {printable(str(output.path), 200)}")]
