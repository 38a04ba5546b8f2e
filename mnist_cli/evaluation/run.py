"""What a view has to work with: the nets, the set, and the predictions once somebody asks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.evaluation.predictions import (
    EachChunk,
    LabelledSet,
    Predictions,
    Progress,
    ignore_progress,
    predict_set,
)
from mnist_cli.net.network import Activation, Network
from mnist_cli.paths import FoundFile


@dataclass(frozen=True)
class Source:
    """The files of an evaluation, and what was made of them.

    `activation` is the one that was asked for, if one was; `knows_activation` whether it or the
    files tell each net's.
    """

    weights: tuple[FoundFile, ...]
    images: FoundFile
    activation: Activation | None
    corruption: Corruption
    knows_activation: bool = True


@dataclass(frozen=True, eq=False)
class Run:
    """The nets, the set, and how to go through it.

    Attributes
    ----------
    networks:
        One, or several to compare; whatever is about one net is about the first.
    data:
        The labelled set.
    batch_size, threads:
        Images a batch; batches worked on side by side.
    progress:
        Called with (images done, images in all) by everything that takes long.
    source:
        The files; None where there are none.

    Raises
    ------
    ValueError
        For numbers below 1, and without a net.
    """

    networks: Sequence[Network]
    data: LabelledSet
    batch_size: int = 100
    threads: int = 1
    progress: Progress = ignore_progress
    source: Source | None = None
    _predictions: dict[int, Predictions] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        require_at_least("networks", len(self.networks))
        require_at_least("batch_size", self.batch_size)
        require_at_least("threads", self.threads)

    @property
    def network(self) -> Network:
        """The first net."""
        return self.networks[0]

    def predictions(self, number: int = 0) -> Predictions:
        """The predictions of a net, by its number; the pass is made once. Raises `MnistError`."""
        if number not in self._predictions:
            self.predict(number)
        return self._predictions[number]

    def predict(self, number: int = 0, each_chunk: EachChunk | None = None) -> None:
        """Make the pass, for `predictions` and for a taker of each chunk. Raises `MnistError`."""
        self._predictions[number] = predict_set(
            self.networks[number],
            self.data,
            batch_size=self.batch_size,
            threads=self.threads,
            progress=self.progress,
            each_chunk=each_chunk,
        )
