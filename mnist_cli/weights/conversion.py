"""From one weights file to another: another format, or a normalisation of images folded in."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_suffix
from mnist_cli.net.network import Activation
from mnist_cli.weights.arrays import Array
from mnist_cli.weights.formats import ONNX, TARGETS
from mnist_cli.weights.weights_file import WeightsFile, read_weights, write_arrays


@dataclass(frozen=True, eq=False)
class Conversion:
    """The file that was written, the one that was read, and what was folded in of `convert`."""

    file: WeightsFile
    source: WeightsFile
    normalization: tuple[float, float] | None

    @property
    def card(self) -> Path | None:
        """The card that was written, where the file itself cannot say what its activation is."""
        return self.file.found_card and self.file.found_card.path


def convert(
    source: AnyPath,
    target: AnyPath,
    *,
    activation: Activation | None = None,
    normalization: tuple[float, float] | None = None,
    data_dir: AnyPath | None = None,
    overwrite: bool = False,
) -> Conversion:
    """Write the net of a weights file in the format that the suffix of `target` names.

    ``.pkl``, ``.npz`` and ``.safetensors`` get the arrays bit for bit; ``.onnx`` gets a model that
    takes images uint8 (N, 784) and gives probabilities float32 (N, 10). An activation that had to
    be assumed is not passed on as if it were known, but to ``.onnx``, which cannot be without.
    `normalization` is the mean and deviation of `Network.fold_normalization`; arrays are float32.

    Raises `ValueError` for another suffix, and numbers that are none of a normalisation;
    `MnistError` for a source that is missing or no weights file, a target that cannot be written,
    and for ``.onnx`` or with a `normalization` weights that are not finite, and for ``.onnx``
    without the package `onnx`.
    """
    kind = TARGETS[require_suffix(target, TARGETS)]
    found = read_weights(source, data_dir, activation)
    passed_on = found.activation if kind is ONNX else found.known_activation
    arrays: Mapping[str, Array] = found.arrays
    if kind is ONNX or normalization:
        network = found.network()
        arrays = (network.fold_normalization(*normalization) if normalization else network).arrays
    written = write_arrays(target, arrays, passed_on, kind, overwrite=overwrite)
    return Conversion(written, found, normalization)
