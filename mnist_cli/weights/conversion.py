"""From one weights file to another: another format, or a normalisation of images folded in."""

from dataclasses import dataclass
from pathlib import Path

from mnist_cli.files.reading import AnyPath
from mnist_cli.files.writing import require_suffix
from mnist_cli.net.network import Activation
from mnist_cli.weights.formats import ONNX, TARGETS
from mnist_cli.weights.weights_file import WeightsFile, read_weights, write_arrays


@dataclass(frozen=True, eq=False)
class Conversion:
    """What `convert` did."""

    file: WeightsFile  # that was written
    source: WeightsFile
    normalization: tuple[float, float] | None  # that was folded in

    @property
    def card(self) -> Path | None:
        """The card that was written, where a file has no place for its activation."""
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
    """Write a net in the format of the suffix of `target`, with a mean and deviation folded in."""
    kind = TARGETS[require_suffix(target, TARGETS)]
    found = read_weights(source, data_dir, activation)
    # What had to be assumed is passed on only where a format cannot be without an activation.
    passed_on = found.activation if kind is ONNX else found.known_activation
    network, arrays = found.network(), found.arrays
    if kind is ONNX or normalization:
        arrays = (network.fold_normalization(*normalization) if normalization else network).arrays
    written = write_arrays(target, arrays, passed_on, kind, overwrite=overwrite)
    return Conversion(written, found, normalization)
