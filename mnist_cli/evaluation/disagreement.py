"""Two weights files side by side: how far apart they are, and where their predictions differ."""

from dataclasses import dataclass

from mnist_cli.datasets.labelled import open_labelled
from mnist_cli.evaluation.compared import Compared, compute
from mnist_cli.evaluation.run import Run
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Activation
from mnist_cli.weights.summary import ArrayDistance, Summary, measure_distances, summarize
from mnist_cli.weights.weights_file import read_weights


@dataclass(frozen=True)
class Comparison:
    """Two weights files: their arrays, and their predictions for the embedded test set.

    `compared` is None where a file holds weights that are not finite.
    """

    first: Summary
    second: Summary
    arrays: tuple[ArrayDistance, ...]
    compared: Compared | None


def compare(
    first: AnyPath,
    second: AnyPath,
    *,
    activation: Activation | None = None,
    data_dir: AnyPath | None = None,
) -> Comparison:
    """Compare two weights files. Raises `MnistError` for one that is missing or no weights file."""
    files = [read_weights(path, data_dir) for path in (first, second)]
    compared = None
    if all(file.finite for file in files):
        with open_labelled() as images:
            compared = compute(Run([file.network(activation) for file in files], images))
    return Comparison(
        first=summarize(files[0], activation),
        second=summarize(files[1], activation),
        arrays=measure_distances(*files),
        compared=compared,
    )
