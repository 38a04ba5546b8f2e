"""A weights file in one format -> the same net in another."""

from dataclasses import dataclass

from mnist_cli.checks import require_suffix
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.formats import ONNX, TARGETS
from mnist_cli.weights.weights_file import WeightsFile, arrays_of, read_weights, write_arrays


@dataclass(frozen=True, eq=False)
class Conversion:
    """The file that was written, the one that was read, and the activation of the net."""

    file: WeightsFile
    source: WeightsFile
    activation: Activation


def convert(
    source: AnyPath,
    target: AnyPath,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Write the net of a weights file in the format that the suffix of `target` names.

    ``.pkl``, ``.npz`` and ``.safetensors`` get the arrays bit for bit; ``.onnx`` gets a model that
    takes images uint8 (N, 784) and gives probabilities float32 (N, 10). Without an `activation` it
    is what the file or its card says, else sigmoid.

    Raises
    ------
    ValueError
        For another suffix.
    MnistError
        For a source that is missing or no weights file, a target that cannot be written, and for
        ``.onnx`` weights that are not finite, or without the package `onnx`.
    """
    kind = TARGETS[require_suffix(target, TARGETS)]
    found = read_weights(source, data_dir)
    chosen = activation or found.activation or "sigmoid"
    arrays = arrays_of(found.network(chosen)) if kind is ONNX else found.arrays
    written = write_arrays(target, arrays, chosen, kind, overwrite=overwrite)
    return Conversion(written, found, chosen)
