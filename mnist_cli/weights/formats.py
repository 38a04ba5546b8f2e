"""The formats of weights files: a line each here, and a module with ``read`` and ``write``."""

from importlib import import_module
from typing import Any, NamedTuple

from mnist_cli.checks import one_of
from mnist_cli.errors import FormatError
from mnist_cli.files import filetypes

MAX_BYTES = 16 * 2**20  # in a weights file, and in its arrays

# What to do with a file that holds weights in another way, or lies beside some.
SAVE_STATE_DICT = "Save its state_dict alone: torch.save(model.state_dict(), 'net.pt')."
_ARRAYS = "numpy.savez('net.npz', W1=..., b1=..., W2=...)."
_WAYS_OUT = {
    "an empty file": "Get the file again.",
    "an old PyTorch file (.pt)": SAVE_STATE_DICT,
    "a Keras file (.keras)": f"Save its arrays: {_ARRAYS}",
    "an HDF5 file (.h5), perhaps of Keras": f"Save its arrays: {_ARRAYS}",
    "a single array (.npy)": f"Save all arrays together: {_ARRAYS}",
    "JSON": "If it is a card, name the weights file that it lies beside.",
}


class Format(NamedTuple):
    """A way in which weights lie in a file."""

    name: str
    suffix: str
    types: tuple[str | None, ...]  # what `filetypes.recognise` may call such a file
    module: str

    def load(self) -> Any:
        """The module of ``read(content)`` and ``write(arrays, activation)``, None if unknown."""
        return import_module(f"mnist_cli.weights.{self.module}")


FORMATS = (
    Format("pickle", ".pkl", ("a pickle", None), "pickles"),  # old ones look like nothing known
    Format("npz", ".npz", ("a zip archive or office document",), "npz"),
    Format("safetensors", ".safetensors", ("a safetensors file",), "safetensors"),
    Format("pytorch", ".pt", ("a PyTorch file (.pt)",), "torch_file"),
    ONNX := Format("onnx", ".onnx", ("an ONNX model",), "onnx_model"),
)

SUFFIXES = {each.suffix: each for each in FORMATS[:3]}
TARGETS = SUFFIXES | {ONNX.suffix: ONNX}
KINDS = one_of(each.suffix for each in FORMATS)  # for messages


def recognise(content: bytes) -> Format:
    """The format of a weights file, from its content; `FormatError` if it is something else."""
    found = filetypes.recognise(content)
    for each in FORMATS:
        if found in each.types:
            return each
    hint = _WAYS_OUT.get(found or "", "")
    raise FormatError(f"found {found}, expected weights ({KINDS})", hint=hint)
