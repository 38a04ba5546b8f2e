"""What to predict and how, in one object: indices of a set, picture files, folders."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import BinaryIO

from mnist_cli.files import AnyPath
from mnist_cli.net.network import Network
from mnist_cli.prediction.batch import Reading, predict_files
from mnist_cli.prediction.explanation import explain
from mnist_cli.prediction.prediction import Prediction, Unread, predict_indices
from mnist_cli.prediction.sources import find_pictures, label_in_name


@dataclass(frozen=True)
class Request:
    """What to predict, and how to read it.

    Attributes
    ----------
    indices:
        Of images of a set, from 0.
    images, labels, data_dir:
        The set: IDX files, by default those of the embedded test set, and where they may lie.
    files:
        Names of pictures and of folders with pictures; ``-`` is standard input.
    reading:
        How pictures are read; None as `Reading()` says.
    labels_from_names:
        Take the true digit from the beginning of a picture's name, as in ``7_12.png``.
    explain:
        Take each prediction apart, too.
    threads:
        Processes to use for many files. With more than one, a script needs
        ``if __name__ == "__main__"``.
    """

    indices: Sequence[int] = ()
    images: AnyPath | None = None
    labels: AnyPath | None = None
    data_dir: AnyPath | None = None
    files: Sequence[str] = ()
    reading: Reading | None = None
    labels_from_names: bool = False
    explain: bool = False
    threads: int = 1


@dataclass(frozen=True)
class Results:
    """What came of a request, in its order, and how many files of its folders were skipped."""

    everything: tuple[Prediction | Unread, ...]
    skipped: int = 0

    @property
    def predictions(self) -> tuple[Prediction, ...]:
        """Those of the files and images that could be read."""
        return tuple(one for one in self.everything if isinstance(one, Prediction))

    @property
    def unread(self) -> tuple[Unread, ...]:
        """The files that could not be read."""
        return tuple(one for one in self.everything if isinstance(one, Unread))

    def only(self, kind: str | None) -> "Results":
        """The ``wrong`` or the ``unsure`` predictions, and the unread files; for None, all."""
        kept = self.everything
        if kind == "wrong":
            kept = tuple(one for one in kept if isinstance(one, Unread) or one.correct is False)
        elif kind == "unsure":
            kept = tuple(one for one in kept if isinstance(one, Unread) or one.unsure)
        return replace(self, everything=kept)


def predict(
    network: Network,
    request: Request,
    *,
    standard_input: BinaryIO | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Results:
    """Predict all that is asked for: first the indices, then the files.

    A file at fault becomes an `Unread` among the results. `progress` is called with how many
    pictures are done, of how many.

    Raises
    ------
    IndexError
        For an index outside the set; it names the range.
    MnistError
        For a set at fault, and for a folder without pictures.

    Examples
    --------
    >>> from mnist_cli import load_network
    >>> results = predict(load_network(), Request(indices=[0, 321]))
    >>> [(one.prediction, one.label, one.correct) for one in results.predictions]
    [(7, 7, True), (7, 2, False)]
    """
    everything: list[Prediction | Unread] = []
    if request.indices:
        everything += predict_indices(
            network, request.indices, request.images, request.labels, data_dir=request.data_dir
        )
    skipped = 0
    if request.files:
        found = find_pictures(request.files)
        skipped = found.skipped
        for result in predict_files(
            network,
            found.paths,
            request.reading,
            threads=request.threads,
            standard_input=standard_input,
            progress=progress,
        ):
            if isinstance(result, Prediction):
                label = label_in_name(result.source) if request.labels_from_names else None
                result = replace(result, label=label, name=found.name(result.source))
            everything.append(result)
    if request.explain:
        everything = [_explained(network, result) for result in everything]
    return Results(tuple(everything), skipped)


def _explained(network: Network, result: Prediction | Unread) -> Prediction | Unread:
    """The prediction taken apart; one without a digit stays as it is."""
    if isinstance(result, Unread) or result.prediction is None:
        return result
    return replace(result, explanation=explain(network, result.image, result.prediction))
