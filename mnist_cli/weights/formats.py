"""The formats of weights files, one line each in `FORMATS`.

A new format is one module with ``read(content) -> Contents`` and ``write(arrays, activation) ->
bytes``, and one line here. A module is imported when a file needs it; this table costs nothing.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from mnist_cli.errors import FormatError

MAX_BYTES = 16 * 2**20  # in a weights file, and in its arrays

# What people take for weights, by its first bytes.
_OTHER_KINDS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"<": "a web page",
    b"\x1f\x8b": "a gzip file",
    b"\x93NUMPY": "a single array (.npy)",
    b"\x89HDF": "an HDF5 file",
    b"\x00\x00\x08": "MNIST images or labels (IDX)",
    b"PK\x05\x06": "an empty zip archive",
}


class Format(NamedTuple):
    """A way in which weights lie in a file; `recognises` says whether bytes look like it."""

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    module: str

    def load(self) -> Any:
        """Import the module that holds ``read`` and ``write``."""
        return import_module(f"mnist_cli.weights.{self.module}")


# The first one that recognises a file reads it. Old pickles begin in no way of their own.
FORMATS = (
    Format("npz", (".npz",), lambda content: content.startswith(b"PK\x03\x04"), "npz"),
    Format("pickle", (".pkl",), lambda _: True, "pickles"),
)

SUFFIXES = {suffix: each for each in reversed(FORMATS) for suffix in each.suffixes}
KINDS = " or ".join(SUFFIXES)  # for messages


def recognise(content: bytes) -> Format:
    """Return the format of a weights file, from its content.

    Raises `FormatError` for an empty file and for what is plainly something else.
    """
    if not content:
        raise FormatError(f"the file is empty, expected weights ({KINDS})")
    for signature, kind in _OTHER_KINDS.items():
        if content.startswith(signature):
            raise FormatError(f"found {kind}, expected weights ({KINDS})")
    return next(each for each in FORMATS if each.recognises(content))
