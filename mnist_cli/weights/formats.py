"""The formats of weights files, one line each in `FORMATS`.

A new format is one module with ``read`` and ``write`` (see `Format`) and one line here. A module is
imported when a file needs it; this table is cheap to import.
"""

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from mnist_cli.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from mnist_cli.net.network import Activation
    from mnist_cli.weights.arrays import Contents

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
    b"PK": "an empty zip archive",
}


class Format(NamedTuple):
    """A way in which weights lie in a file.

    Attributes
    ----------
    name, suffixes:
        What the format is called, and how the names of its files end.
    recognises:
        Whether the bytes of a file look like this format.
    module:
        Which module of this room holds its ``read`` and ``write``.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    module: str

    def read(self, content: bytes) -> "Contents":
        """Return what the bytes of a file hold, unchecked.

        Raises
        ------
        FormatError
            For bytes that are not in this format; without a source.
        """
        contents: Contents = self._module().read(content)
        return contents

    def write(self, arrays: "Mapping[str, NDArray[np.float32]]", activation: "Activation") -> bytes:
        """Return a file of these little-endian arrays; the same ones give the same bytes anywhere.

        The activation is for the formats that have a place for it.
        """
        content: bytes = self._module().write(arrays, activation)
        return content

    def _module(self) -> Any:
        return import_module(f"mnist_cli.weights.{self.module}")


def _name_other_kind(content: bytes) -> str | None:
    kinds = (kind for signature, kind in _OTHER_KINDS.items() if content.startswith(signature))
    return next(kinds, None)


# The first one that recognises a file reads it. Old pickles begin in no way of their own.
FORMATS = (
    Format("pickle", (".pkl",), lambda content: _name_other_kind(content) is None, "pickles"),
    Format("npz", (".npz",), lambda content: content.startswith(b"PK\x03\x04"), "npz"),
)

SUFFIXES = {suffix: each for each in FORMATS for suffix in each.suffixes}
KINDS = " or ".join(SUFFIXES)  # for messages


def recognise(content: bytes) -> Format:
    """Return the format of a weights file, from its content.

    Raises
    ------
    FormatError
        For an empty file and for what is plainly something else; without a source.
    """
    if not content:
        raise FormatError(f"the file is empty, expected weights ({KINDS})")
    for each in FORMATS:
        if each.recognises(content):
            return each
    raise FormatError(f"found {_name_other_kind(content)}, expected weights ({KINDS})")
