"""What to predict and how, in one object: indices of a set, picture files, folders."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, BinaryIO

import numpy as np
from numpy.typing import NDArray

from mnist_cli.checks import one_of
from mnist_cli.datasets.arrays import load_items
from mnist_cli.datasets.idx import IdxFile, open_images, open_pair
from mnist_cli.errors import MnistError
from mnist_cli.files import AnyPath
from mnist_cli.net.blas import one_thread
from mnist_cli.net.network import Network
from mnist_cli.prediction.explanation import explain
from mnist_cli.prediction.prediction import Prediction, Unread, predict_digit, predict_picture
from mnist_cli.prediction.sources import STANDARD_INPUT, find_pictures, label_in_name
from mnist_cli.prediction.workers import spread

if TYPE_CHECKING:
    from mnist_cli.handwriting.reader import Digit

# Below so many files the other processes would not have started before this one has finished.
_WORTH_PROCESSES = 24
_LABELS_AT_ONCE = 1 << 20
_MOST_FOUND = 1_000_000  # images with a label: their indices are kept
_BRIGHT = 127  # a pixel above it is not black
_DARK = "the ink is darker than the background, the net knows bright ink: try --invert"

Progress = Callable[[int, int], None]
"""Called with how many pictures are done, of how many."""


@dataclass(frozen=True)
class Request:
    """What to predict, and how to read it.

    `threads` are processes, for Python runs one thread at a time: with more than one, a script
    needs ``if __name__ == "__main__"``.
    """

    indices: Sequence[int | None] = ()  # of a set, from 0; None for one drawn at random
    seed: int | None = None  # of the draw; without one it differs each time
    take: Collection[int] = ()  # only these labels; alone, all images of the set that have them
    images: AnyPath | None = None  # the set, IDX files: by default the embedded test set
    labels: AnyPath | None = None  # by default those of the embedded set; of others not known
    data_dir: AnyPath | None = None  # where they may lie
    files: Sequence[str] = ()  # pictures and folders of pictures; "-" is standard input
    preprocess: bool = True  # this and the next two as in `read_digit` and `read_digits`
    invert: bool | None = None
    split: bool = False
    keep_steps: bool = False
    labels_from_names: bool = False  # the true digit is in the name, as in 7_12.png
    explain: bool = False  # take each prediction apart, too
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
        unsure = {one.source for one in self.predictions if one.unsure}

        def is_kept(one: Prediction | Unread) -> bool:
            if kind is None or isinstance(one, Unread):
                return True
            if one.part is not None:  # all digits of a picture, or none
                return kind == "unsure" and one.source in unsure
            return one.unsure if kind == "unsure" else one.correct is False

        return replace(self, everything=tuple(filter(is_kept, self.everything)))


def predict(
    network: Network,
    request: Request,
    *,
    standard_input: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Results:
    """Predict all that is asked for: first the indices, then the files.

    A file at fault becomes an `Unread` among the results. Raises `IndexError`, with the range, for
    an index outside the set and more draws than images; `MnistError` for a set at fault, a folder
    without pictures, labels that no image has, and where a process was killed.

    Examples
    --------
    >>> from mnist_cli import load_network
    >>> results = predict(load_network(), Request(indices=[0, 659]))
    >>> [(one.prediction, one.label, one.correct) for one in results.predictions]
    [(7, 7, True), (7, 2, False)]
    """
    everything: list[Prediction | Unread] = []
    if indices := _choose(request):
        everything += _predict_indices(network, indices, request)
    found = find_pictures(request.files)
    taken = [
        each for each in found.paths if not request.take or label_in_name(each) in request.take
    ]
    if request.take and not (indices or taken):
        raise MnistError(f"no image here has the label {one_of(request.take)}")
    files = replace(request, files=taken)
    for result in predict_files(network, files, standard_input=standard_input, progress=progress):
        if isinstance(result, Prediction):
            label = label_in_name(result.source) if request.labels_from_names else None
            result = replace(result, label=label, name=found.name(result.source))
        everything.append(result)
    if request.explain:
        for place, result in enumerate(everything):
            if isinstance(result, Prediction) and result.prediction is not None:
                explanation = explain(network, result.image, result.prediction)
                everything[place] = replace(result, explanation=explanation)
    return Results(tuple(everything), found.skipped)


def _predict_indices(
    network: Network, indices: Sequence[int], request: Request
) -> list[Prediction]:
    images, labels = load_items(indices, request.images, request.labels, data_dir=request.data_dir)
    truth = [None] * len(indices) if labels is None else labels.tolist()
    return [
        predict_picture(network, image, source=f"index {index}", label=label)
        for index, image, label in zip(indices, images, truth, strict=True)
    ]


def _choose(request: Request) -> Sequence[int]:
    """The indices to read: without None, and only of the labels to take."""
    wanted, take, data_dir = request.indices, request.take, request.data_dir
    known = [index for index in wanted if index is not None]
    if len(known) == len(wanted) and not take:
        return known
    if not take:
        with open_images(request.images, data_dir) as file:
            return _draw(wanted, file.count, request.seed)
    with open_pair(request.images, request.labels, data_dir) as (_, label_file):
        if not wanted:
            return [] if request.files else _find_labels(label_file, take).tolist()
        others = {i for i, of in zip(known, label_file.items(known), strict=True) if of not in take}
        taken = _find_labels(label_file, take) if None in wanted else 0
        return _draw([i for i in wanted if i not in others], taken, request.seed)


def _draw(
    wanted: Sequence[int | None], taken: int | NDArray[np.intp], seed: int | None
) -> list[int]:
    """Put indices drawn from `taken`, an array or all below a number, in the place of None."""
    count, there = wanted.count(None), taken if isinstance(taken, int) else taken.size
    if count > there:
        raise IndexError(f"{count:,} images are to be drawn of {there:,}")
    draw = iter(np.random.default_rng(seed).choice(taken, count, replace=False).tolist())
    return [next(draw) if index is None else index for index in wanted]


def _find_labels(file: IdxFile, take: Collection[int]) -> NDArray[np.intp]:
    """The indices that have these labels; a batch at a time, for sets may be larger than memory."""
    found: list[NDArray[np.intp]] = []
    start = count = 0
    for labels in file.batches(_LABELS_AT_ONCE):
        found.append(start + np.flatnonzero(np.isin(labels, [*take])))
        start += labels.size
        count += found[-1].size
        if count > _MOST_FOUND:
            problem = f"more than {_MOST_FOUND:,} images have the label {one_of(take)}"
            raise MnistError(problem, hint="Name some of them with --index.")
    return np.concatenate(found)


def predict_files(
    network: Network,
    request: Request,
    *,
    standard_input: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Iterator[Prediction | Unread]:
    """Yield what the net says of each file, in order; of a picture that is split, of each digit.

    Memory stays flat: a picture is forgotten before the next one of its process. Raises as
    `predict` does.
    """
    read = partial(_read, request=replace(request, indices=(), files=()))  # which processes get
    # Standard input cannot be handed to a process: it is read here, in its turn.
    files = [path for path in request.files if path != STANDARD_INPUT]
    with spread(request.threads if len(files) >= _WORTH_PROCESSES else 1) as map_files:
        results = map_files(read, files)
        for done, path in enumerate(request.files, start=1):
            result = read(path, standard_input) if path == STANDARD_INPUT else next(results)
            if progress is not None:
                progress(done, len(request.files))
            if isinstance(result, str):
                yield Unread(path, result)
                continue
            predictions = [predict_digit(network, digit, source=path) for digit in result]
            yield from _number(predictions, result) if request.split else predictions


def _read(
    path: str, file: BinaryIO | None = None, *, request: Request
) -> "tuple[Digit, ...] | str":
    """Read one file; an error comes back as its text, which any process can be sent."""
    from mnist_cli.handwriting.reader import read_digit, read_digits

    if path == STANDARD_INPUT and file is None:
        return f"{path}: standard input is closed. Name a file."
    source, invert = file or path, request.invert
    try:
        with one_thread():  # on busy cores the threads of several processes wait for one another
            if request.split:
                digits = read_digits(source, invert=invert)
            else:
                digit = read_digit(source, preprocess=request.preprocess, invert=invert)
                is_plain = not request.preprocess and invert is None
                if is_plain and np.median(digit.image) > _BRIGHT:
                    digit = replace(digit, warnings=(*digit.warnings, _DARK))
                digits = (digit,)
    except MnistError as error:
        return str(error)
    if request.keep_steps:
        return digits
    return tuple(replace(digit, steps=()) for digit in digits)


def _number(predictions: Sequence[Prediction], digits: Sequence["Digit"]) -> Iterator[Prediction]:
    """Tell of the digits of a picture which each one is; the steps stay with the first."""
    position = 0
    for part, (prediction, digit) in enumerate(zip(predictions, digits, strict=True), start=1):
        position = 1 if part == 1 or digit.line != digits[part - 2].line else position + 1
        box = digit.box
        yield replace(
            prediction,
            part=part,
            line=digit.line,
            position=position,
            box=(box.left, box.top, box.width, box.height) if box else None,
            steps=prediction.steps if part == 1 else (),
        )
