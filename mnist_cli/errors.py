"""What a user can cause and mend, each error in one line; and how foreign text is shown safely."""

import os
import re
from collections.abc import Iterable

TYPE_CHECKING = False  # see mnist_cli/__init__.py
if TYPE_CHECKING:
    from mnist_cli.handwriting.digit import ReadingStep

# Of an address that somebody named where no address belongs, these may be secret.
_USER_AND_PASSWORD = re.compile(
    r"\b([a-z][a-z0-9+.-]+:/{1,2})(?:[^/]*|[^\s/:@]+:(?!\d*/)\S*)@", re.IGNORECASE
)
_QUERY = re.compile(r"\b([a-z][a-z0-9+.-]+:/{1,2}[^\s?]*)\?[^\s'\"]*", re.IGNORECASE)
_LOOKED_THROUGH = 2000  # characters of each end of a text, which may be megabytes long


class MnistError(Exception):
    """Bad input or a bad environment: every failure that is not a bug.

    Its text is the line that a user reads: which file, what is wrong, what to do next.

    Parameters
    ----------
    problem:
        What is wrong, found against expected, without a full stop at the end. Text that comes from
        outside must have gone through `printable`.
    source:
        The file or address at fault; it is escaped here.
    hint:
        What to do next, a full sentence.
    """

    def __init__(
        self, problem: str, *, source: str | os.PathLike[str] | None = None, hint: str = ""
    ) -> None:
        super().__init__(problem)
        self.problem = problem
        self.source = source
        self.hint = hint

    def __str__(self) -> str:
        where = ""
        if self.source is not None:
            where = (printable(os.fspath(self.source), limit=400) or "''") + ": "
        ending = f". {self.hint}" if self.hint else "."
        return f"{where}{self.problem}{ending}"


class FileError(MnistError):
    """A file that is missing, unreadable, of the wrong sort, too large, or cannot be written."""


class TakenError(FileError):
    """A name that something bears already and that may not be replaced."""


class FormatError(MnistError):
    """A file whose content is not what it has to be."""


class DamagedError(FormatError):
    """A file that was cut short or changed on its way."""

    def __init__(
        self,
        problem: str,
        *,
        source: str | os.PathLike[str] | None = None,
        hint: str = "Get the file again.",
    ) -> None:
        super().__init__(problem, source=source, hint=hint)


class NoDigitError(MnistError):
    """A picture without a digit: `problem` says why, `steps` are those of the search.

    Examples
    --------
    >>> mnist_cli.read_digit(np.full((100, 100), 255, np.uint8))
    Traceback (most recent call last):
    mnist_cli.errors.NoDigitError: no ink: the picture is of one tone.
    """

    steps: "tuple[ReadingStep, ...]" = ()


class TooLargeError(MnistError, ValueError):
    """Weights, or images, with which float32 cannot compute."""


class DownloadError(MnistError):
    """A file that no mirror delivered."""


def printable(text: str, limit: int | None = 80) -> str:
    r"""Foreign text that is safe to show: controls as ``\x1b``, no passwords, `limit` at most."""
    if limit is not None and len(text) > 2 * _LOOKED_THROUGH:
        text = text[:_LOOKED_THROUGH] + text[-_LOOKED_THROUGH:]
    text = _QUERY.sub(r"\1", _USER_AND_PASSWORD.sub(r"\1", text))
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode()
        for char in text
    )
    if limit is None or len(shown) <= limit:
        return shown
    half = (limit - 3) // 2
    return f"{shown[:half]}...{shown[-half:]}"


def nearest(name: str, known: Iterable[str], alike: float = 0.7, most: int = 1) -> list[str]:
    """Those of the `known` names that `name` abbreviates, ``lr``, or else is most `alike`, to 1."""
    from difflib import get_close_matches

    known, initials = list(known), name.lstrip("-")
    words = {each: each.replace("_", "-").strip("-").split("-") for each in known}
    short = [each for each in known if "".join(word[:1] for word in words[each]) == initials]
    if len(initials) > 1 and short:
        return short[:most]
    return get_close_matches(name[:80], known, n=most, cutoff=alike)


def plural(count: int, noun: str) -> str:
    """``1 file``, ``2 files``, ``1,000 files``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
