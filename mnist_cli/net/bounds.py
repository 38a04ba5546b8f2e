"""How many images are computed at once, and what is too long to be begun, by layer `sizes`."""

from collections.abc import Sequence
from itertools import pairwise

from mnist_cli.errors import MnistError, plural

# A stranger's file of 16 MiB can hold 300,000 neurons.
UNBOUNDED = 400_000  # parameters: nets up to this size take any number of images

_ACTIVATIONS = 160 << 18  # floats of a batch, 160 MiB; of the book's net these are 44,000 images
_MULTIPLICATIONS = 4e9  # of a batch: Ctrl-C waits for them
_SECONDS = 5  # of work that is begun; what is advised takes less, for other work may follow
_ADVISED = 0.8

# Seconds, about, of a core of 2024. A weight takes part in a product, and is fetched once a batch;
# a neuron is squashed.
_MULTIPLY, _FETCH, _SQUASH = 3e-11, 1.5e-10, 2e-9


def count_parameters(sizes: Sequence[int]) -> int:
    """How many weights and biases a net has."""
    return sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))


def largest_batch(sizes: Sequence[int], threads: int = 1) -> int:
    """How many images a batch may have, where each of `threads` works on one."""
    in_memory = _ACTIVATIONS // sum(sizes) // threads
    return max(min(in_memory, int(_MULTIPLICATIONS / count_parameters(sizes))), 1)


def seconds_an_image(sizes: Sequence[int], batch_size: int = 1) -> float:
    """About how long the forward pass of an image takes, in batches of this size."""
    by_weights = count_parameters(sizes) * (_MULTIPLY + _FETCH / batch_size)
    return by_weights + sum(sizes[1:]) * _SQUASH


def require_quick(sizes: Sequence[int], images: int, seconds: float, way: str) -> None:
    """`MnistError` where `images` of so many `seconds` take too long; `way` leads to fewer."""
    parameters = count_parameters(sizes)
    if parameters > UNBOUNDED and images * seconds > _SECONDS:
        most = max(int(_ADVISED * _SECONDS / seconds), 1)
        net = f"{plural(parameters, 'parameter')} and {plural(sum(sizes[1:]), 'neuron')}"
        raise MnistError(
            f"{plural(images, 'image')} through a net of {net} take about {images * seconds:,.0f} "
            f"s, expected at most {most:,}",
            hint=f"Take fewer of them, {way}.",
        )
