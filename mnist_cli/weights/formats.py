"""The formats of weights files, one line each in `FORMATS`.

A new format is one module with ``read(content) -> Contents`` and ``write(arrays, activation) ->
bytes``, and one line here. A module is imported when a file needs it; this table costs nothing.
"""

import re
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

from mnist_cli.checks import one_of
from mnist_cli.errors import FormatError

MAX_BYTES = 16 * 2**20  # in a weights file, and in its arrays

_STATE_DICT = (
    "Save its state_dict: safetensors.torch.save_file(model.state_dict(), 'net.safetensors')."
)
_KERAS = "Save its arrays: numpy.savez('net.npz', W1=..., b1=..., W2=...)."
_ARRAY = "Save all arrays together: numpy.savez('net.npz', W1=..., b1=..., W2=...)."
_CARD = "If it is a card, name the weights file that it lies beside."

# What people take for weights: how it begins, what it is, and the way out.
_OTHER_KINDS = (
    (rb"PK\x03\x04.{26}[^/]{1,200}/data\.pkl", "a PyTorch file (.pt)", _STATE_DICT),
    (rb"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19", "an old PyTorch file (.pt)", _STATE_DICT),
    (rb"PK\x03\x04.{26}(metadata|config)\.json", "a Keras file (.keras)", _KERAS),
    (rb"\x89HDF", "an HDF5 file (.h5), perhaps of Keras", _KERAS),
    (rb"\x08[\x01-\x20][\x12\x1a\x22\x3a\x42]", "an ONNX model", "Name what it was made of."),
    (rb"\x93NUMPY", "a single array (.npy)", _ARRAY),
    (rb"\s*\{\s*[\"}]", "JSON", _CARD),
    (rb"\x89PNG", "a PNG image", ""),
    (rb"\xff\xd8\xff", "a JPEG image", ""),
    (rb"GIF8", "a GIF image", ""),
    (rb"%PDF", "a PDF document", ""),
    (rb"\s*<[!?a-zA-Z]", "a web page", ""),
    (rb"\x1f\x8b\x08", "a gzip file", ""),
    (rb"\x00\x00\x08", "MNIST images or labels (IDX)", ""),
    (rb"PK\x05\x06", "an empty zip archive", ""),
)


class Format(NamedTuple):
    """A way in which weights lie in a file; `recognises` says whether bytes look like it."""

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[bytes], bool]
    module: str

    def load(self) -> Any:
        """Import the module that holds ``read`` and ``write``."""
        return import_module(f"mnist_cli.weights.{self.module}")


# The last one that recognises a file reads it. Old pickles begin in no way of their own.
FORMATS = (
    Format("pickle", (".pkl",), lambda _: True, "pickles"),
    Format("npz", (".npz",), lambda content: content.startswith(b"PK\x03\x04"), "npz"),
    Format(
        "safetensors",
        (".safetensors",),
        lambda content: content.startswith(b"{", 8),
        "safetensors",
    ),
)
ONNX = Format("onnx", (".onnx",), lambda _: False, "onnx_model")  # only `mnist convert` writes it

SUFFIXES = {suffix: each for each in FORMATS for suffix in each.suffixes}
TARGETS = SUFFIXES | dict.fromkeys(ONNX.suffixes, ONNX)
KINDS = one_of(SUFFIXES)  # for messages


def recognise(content: bytes) -> Format:
    """Return the format of a weights file, from its content.

    Raises `FormatError` for an empty file and for what is plainly something else.
    """
    if not content:
        raise FormatError(f"the file is empty, expected weights ({KINDS})")
    for pattern, kind, way_out in _OTHER_KINDS:
        if re.compile(pattern, re.DOTALL).match(content[:400]):
            raise FormatError(f"found {kind}, expected weights ({KINDS})", hint=way_out)
    return next(each for each in reversed(FORMATS) if each.recognises(content))
