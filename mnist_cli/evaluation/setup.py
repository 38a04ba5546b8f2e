"""What a view has to work with: the nets, the set, and the predictions once somebody asks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_cli.checks import require_at_least
from mnist_cli.datasets.corruptions import Corruption
from mnist_cli.datasets.labelled import LabelledImages
from mnist_cli.dtypes import Array, Bits, Bytes, Floats
from mnist_cli.net.bounds import require_quick, seconds_an_image
from mnist_cli.net.network import Activation, Network
from mnist_cli.paths import FoundFile
from mnist_cli.spec import Progress, ignore


@dataclass(frozen=True)
class UsedFiles:
    """The files of an evaluation, and what was done with them."""

    weights: tuple[FoundFile, ...]
    images: FoundFile
    activation: Activation | None  # the one that was asked for, if one was
    corruption: Corruption
    sha256: tuple[str, ...]  # of each of the weights
    notes: tuple[str, ...] = ()  # on what was assumed of the nets, and on what might be


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a net says of N images, and their labels, each (N,)."""

    labels: Bytes
    predictions: Bytes
    confidences: Floats

    @property
    def are_correct(self) -> Bits:
        """Which predictions are the labels, (N,)."""
        return self.predictions == self.labels

    @property
    def correct(self) -> int:
        """How many predictions are the labels."""
        return int(np.count_nonzero(self.are_correct))


@dataclass(eq=False)
class Setup:
    """The nets, the set, and how to go through it; keeps the predictions once they are made."""

    networks: Sequence[Network]  # the first one counts for whatever is about one
    data: LabelledImages
    batch_size: int = 100
    threads: int = 1  # batches worked on side by side
    progress: Progress = ignore
    source: UsedFiles | None = None  # None where there are no files
    _predictions: dict[int, Predictions] = field(default_factory=dict, init=False, repr=False)
    _seconds: float = field(default=0.0, init=False, repr=False)  # an image, for all passes so far

    def __post_init__(self) -> None:
        require_at_least("networks", len(self.networks))
        require_at_least("batch_size", self.batch_size)
        require_at_least("threads", self.threads)

    def network(self, number: int = 0) -> Network:
        """One of the nets; where the images are not normalised, with 0..255 for its 0..1."""
        network = self.networks[number]
        is_normalized = self.data.corruption.normalize
        return network if is_normalized else network.fold_normalization(mean=0, std=1 / 255)

    def reserve_time(self, network: Network, batch_sizes: Iterable[int]) -> None:
        """Refuse a pass in batches of each of these sizes if all passes together take too long."""
        sizes = network.layer_sizes
        self._seconds += sum(seconds_an_image(sizes, size) for size in batch_sizes)
        if self.source is not None:  # what is done with arrays is up to their owner
            require_quick(sizes, self.data.samples, self._seconds, "with --limit")

    def probabilities(self, number: int = 0) -> Iterator[tuple[slice, Array]]:
        """Go through the set with one of the nets; yield places and probabilities (n, 10)."""
        network = self.network(number)
        self.reserve_time(network, [self.batch_size])
        for place, images in self.data.chunks(self.batch_size):
            yield place, network.predict_proba(images, self.batch_size, self.threads)
            self.progress(place.stop, self.data.samples)

    def predictions(self, number: int = 0) -> Predictions:
        """The predictions of one of the nets, 5 bytes an image; the pass is made once."""
        if number not in self._predictions:
            predictions = np.empty(self.data.samples, np.uint8)
            confidences = np.empty(self.data.samples, np.float32)
            for place, probabilities in self.probabilities(number):
                predictions[place] = probabilities.argmax(axis=1)
                confidences[place] = probabilities.max(axis=1)
            self._predictions[number] = Predictions(self.data.labels, predictions, confidences)
        return self._predictions[number]

    def all_predictions(self) -> list[Predictions]:
        """The predictions of every net."""
        return [self.predictions(number) for number in range(len(self.networks))]
