"""Images of a set, by index, by label or drawn at random -> predictions."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from mnist_cli.checks import one_of
from mnist_cli.datasets.idx import IdxFile, open_images, open_pair
from mnist_cli.datasets.label_errors import describe_doubt
from mnist_cli.errors import MnistError
from mnist_cli.files.reading import AnyPath
from mnist_cli.net.bounds import require_quick, seconds_an_image
from mnist_cli.net.network import Network
from mnist_cli.prediction.prediction import Prediction, predict_picture

_LABELS_AT_ONCE = 1 << 20
_MOST_FOUND = 1_000_000  # images with a label: their indices are kept


def predict_indices(
    network: Network,
    indices: Sequence[int | None] | None = None,
    *,
    of_labels: Collection[int] = (),
    seed: int | None = None,
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    data_dir: AnyPath | None = None,
) -> Iterator[Prediction]:
    """Yield what the net says of images by `indices`, None for one drawn at random, or of all."""
    chosen: Sequence[int] = [index for index in indices or () if index is not None]
    with ExitStack() as opened:
        truth = None
        if images is not None and labels is None:
            file = opened.enter_context(open_images(images, data_dir))
        else:
            file, truth = opened.enter_context(open_pair(images, labels, data_dir))
        if indices is None or len(chosen) < len(indices):
            candidates = _find(truth, of_labels) if truth and of_labels else range(file.count)
            if indices is None and len(candidates) > _MOST_FOUND:
                raise MnistError(
                    f"found {len(candidates):,} images, expected at most {_MOST_FOUND:,} at once",
                    hint="Name some of them with --index.",
                )
            chosen = candidates if indices is None else _draw(indices, candidates, seed)
        sizes = network.layer_sizes
        require_quick(sizes, len(chosen), seconds_an_image(sizes), "with --index")
        pictures = file.items(chosen)
        known = truth.items(chosen).tolist() if truth else [None] * len(chosen)
    is_embedded = images is None and labels is None
    for index, picture, label in zip(chosen, pictures, known, strict=True):
        if not of_labels or label in of_labels:
            people = describe_doubt(index) if is_embedded else None
            source = f"index {index}"
            yield predict_picture(network, picture, source=source, label=label, people=people)


def _find(label_file: IdxFile, of_labels: Collection[int]) -> list[int]:
    """The indices of all images with one of these labels, a batch of a large set at a time."""
    found: list[int] = []
    for number, batch in enumerate(label_file.batches(_LABELS_AT_ONCE)):
        positions = np.flatnonzero(np.isin(batch, [*of_labels]))
        found += (number * _LABELS_AT_ONCE + positions).tolist()
        if len(found) > _MOST_FOUND:
            problem = f"more than {_MOST_FOUND:,} images have the label {one_of(of_labels)}"
            raise MnistError(problem, hint="Name some of them with --index.")
    return found


def _draw(indices: Sequence[int | None], candidates: Sequence[int], seed: int | None) -> list[int]:
    """Put candidates in the place of what is drawn at random."""
    count = indices.count(None)
    if count > len(candidates):
        raise IndexError(f"{count:,} images are to be drawn of {len(candidates):,}")
    drawn = iter(np.random.default_rng(seed).choice(len(candidates), count, replace=False).tolist())
    return [candidates[next(drawn)] if i is None else i for i in indices]
