"""What each command shows: its lines for a person, and its document for ``--json``."""

from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import QUIET, TITLE


def accuracy(correct: int, samples: int) -> Line:
    """The accuracy, and what it is made of."""
    share = (f"{correct / samples:.4f}", TITLE)
    return line(("accuracy ", QUIET), share, f"  {correct} of {samples} correct")
