"""Images -> which digit they show, and how sure the net is."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mnist_cli.datasets.idx import load_labels, open_images, require_same_count
from mnist_cli.files import AnyPath
from mnist_cli.net.network import Network
from mnist_cli.paths import find, find_embedded
from mnist_cli.spec import TEST_IMAGES

if TYPE_CHECKING:
    from mnist_cli.handwriting.reader import Digit
    from mnist_cli.handwriting.steps import Step
    from mnist_cli.prediction.explanation import Explanation

# Below these the answer is called unsure: the confidence, and what it is above the second best.
_SURE = 0.6
_CLEAR = 0.3


@dataclass(frozen=True)
class Prediction:
    """What the net says of one image.

    `image` is the (28, 28) uint8 picture that the net saw. `digit`, `confidence` and
    `probabilities` are None where the picture holds no digit, and `empty` says why. `label` and
    `correct` are None where the truth is not known. `part` counts the digits of one picture from 1
    where it was split. `way` says how a picture file became `image`, and `steps` show it.
    """

    source: str
    image: NDArray[np.uint8]
    digit: int | None
    confidence: float | None
    probabilities: tuple[float, ...] | None
    preprocessed: bool = False
    warnings: tuple[str, ...] = ()
    label: int | None = None
    explanation: "Explanation | None" = None
    empty: str = ""
    part: int | None = None
    way: str = ""
    steps: "tuple[Step, ...]" = ()

    @property
    def second_best(self) -> tuple[int, float] | None:
        """The next digit in line and its probability."""
        if self.probabilities is None:
            return None
        ranked = sorted(enumerate(self.probabilities), key=lambda pair: -pair[1])
        return ranked[1]

    @property
    def correct(self) -> bool | None:
        """Whether the digit is the true one."""
        return None if self.label is None else self.digit == self.label


def predict_indices(
    network: Network,
    indices: Sequence[int],
    images: AnyPath | None = None,
    labels: AnyPath | None = None,
    *,
    data_dir: AnyPath | None = None,
) -> list[Prediction]:
    """Read images of a set (the embedded test set by default) by their index, from 0.

    The labels are those of the embedded set, or of `labels`; without them the truth is not known.
    Raises `IndexError`, which names the range, and `MnistError` for files at fault.
    """
    embedded = images is None
    path = find_embedded(TEST_IMAGES).path if images is None else find(images, data_dir).path
    truth = load_labels(labels, data_dir=data_dir) if embedded or labels is not None else None
    with closing(open_images(path)) as file:
        if truth is not None and labels is not None:
            require_same_count(file.count, truth.size, images_path=path, labels_path=labels)
        for index in indices:
            if not 0 <= index < file.count:
                raise IndexError(f"index {index} is not in the range 0..{file.count - 1}")
        pictures = [file.image(index) for index in indices]
    return [
        predict_picture(
            network,
            picture,
            source=f"index {index}",
            label=None if truth is None else int(truth[index]),
        )
        for index, picture in zip(indices, pictures, strict=True)
    ]


def predict_picture(
    network: Network, picture: NDArray[np.uint8], *, source: str, label: int | None = None
) -> Prediction:
    """Read one (28, 28) uint8 picture in MNIST's form."""
    probabilities = network.predict_proba(picture)
    digit = int(probabilities.argmax())
    prediction = Prediction(
        source=source,
        image=picture,
        digit=digit,
        confidence=float(probabilities[digit]),
        probabilities=tuple(map(float, probabilities)),
        label=label,
    )
    return replace(prediction, warnings=_doubt(prediction))


def predict_digit(
    network: Network,
    digit: "Digit",
    *,
    source: str,
    label: int | None = None,
    part: int | None = None,
) -> Prediction:
    """Read a digit that `read_digit` brought to MNIST's form; an empty one gives no answer."""
    if digit.empty:
        nothing = Prediction(source, digit.image, None, None, None, label=label)
        return replace(
            nothing,
            preprocessed=digit.preprocessed,
            warnings=(digit.empty, *digit.warnings),
            empty=digit.empty,
            part=part,
            way=digit.way,
            steps=digit.steps,
        )
    prediction = predict_picture(network, digit.image, source=source, label=label)
    return replace(
        prediction,
        preprocessed=digit.preprocessed,
        warnings=(*digit.warnings, *prediction.warnings),
        part=part,
        way=digit.way,
        steps=digit.steps,
    )


def _doubt(prediction: Prediction) -> tuple[str, ...]:
    """Say in words that the net is not sure."""
    if prediction.confidence is None or prediction.second_best is None:
        return ()
    second, probability = prediction.second_best
    if prediction.confidence >= _SURE and prediction.confidence - probability >= _CLEAR:
        return ()
    return (f"not sure: {prediction.digit} or {second}",)


def explained(network: Network, prediction: Prediction) -> Prediction:
    """The prediction taken apart; one without a digit stays as it is."""
    from mnist_cli.prediction.explanation import explain

    if prediction.digit is None:
        return prediction
    return replace(prediction, explanation=explain(network, prediction.image, prediction.digit))
