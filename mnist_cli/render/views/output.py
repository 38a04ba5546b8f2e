"""What `mnist eval --output` adds."""

from mnist_cli.errors import plural, printable
from mnist_cli.evaluation.output import Output
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import TITLE


def lines(found: Output) -> list[Line]:
    """How much is in which file."""
    return [line((plural(found.rows, "row"), TITLE), f" in {printable(str(found.output), 200)}")]
