"""Make the judge of lines, which tells what of a line of digits is one, with mnist-cli installed:

    python3 judges/make_line_judge.py TRAIN_IMAGES TRAIN_LABELS JUDGE.npz

It learns from numbers, and digits in scenes, that are drawn with MNIST's training images and the
program's own forms, and cut by the reader's own cutter. At first it learns what each piece is, a
digit or none. Then it learns to read: of all ways to read a picture, in each of its ink maps, the
right ones are to be the likeliest (LeCun et al. 1998, Gradient-based learning applied to document
recognition, section VI, where it is called discriminative forward training; today, a conditional
random field).
"""

import json
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from number_drawings import Bank, Rng
from number_lattices import Picture, cut_pictures
from numpy.typing import NDArray

from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.dtypes import Bits, Bytes, Doubles, Floats, Indices
from mnist_cli.handwriting.judge import NONE, run_judge
from mnist_cli.handwriting.line import MOST_PARTS, WIDTH
from mnist_cli.net import blas
from mnist_cli.spec import SIDE
from mnist_cli.training.backprop import add_patches
from mnist_cli.training.optimizers import AdamW

_PARTS, _PICTURES = 11, 1500  # pictures are drawn part by part; the last one is held out
_BANK = 5000  # training images that the numbers of a part are written with, others in each
_CHANNELS, _HIDDEN = (8, 24), 128  # of the two convolutions; neurons of the layer above them
_PLACES = 25  # of 5x5 that the second convolution makes
_AT_A_TIME = 64  # pieces
_SIZES = (
    (25, _CHANNELS[0]),
    (25 * _CHANNELS[0], _CHANNELS[1]),
    (_PLACES * _CHANNELS[1] + WIDTH - SIDE**2, _HIDDEN),
    (_HIDDEN, NONE + 1),
)
_IS_DIGIT, _IS_NONE = 0.85, 0.7  # of a piece and of a digit, that they share: from here, up to here
_MAY_BE = 0.75  # the same of a piece that stands for a digit in a right way to read
_NONE_TO_DIGITS = 3  # pieces in a batch; there are nine to one
_FIRST, _SECOND = (5, 256, 2e-3), (8, 8, 1.5e-3)  # epochs, how many in a batch, learning rate
_DECAY = 0.1
_DROPPED = 0.2  # of the hidden neurons, at each step
_NEVER, _SURE = -1e8, 40.0  # logarithms

Weights = dict[str, Floats]


class Graph(NamedTuple):
    """A line: `table` (count + 1, MOST_PARTS) says which span ends behind a slice, by its length.

    -1 where there is none. Spans are numbered from the line's `first` one of all there are.
    """

    table: Indices
    first: int
    spans: int


class Pictures:
    """Pictures that were cut: the N spans of all, (N, 1183) uint8, and what they are, (N,).

    `shared` is how much of a digit and of itself a span covers. `maps` of each picture are lists of
    graphs; `right` says which show all its digits.
    """

    def __init__(self, pictures: Iterable[Picture]) -> None:
        drawn, digits, shared = [], [], []
        self.maps: list[list[list[Graph]]] = []
        self.right: list[list[bool]] = []
        number = 0
        for picture in pictures:
            known = np.array([*picture.digits, NONE])
            self.maps.append([])
            self.right.append([])
            for lattices in picture.maps:
                graphs, found = [], []
                for lattice in lattices:
                    table = np.full((lattice.count + 1, MOST_PARTS), -1)
                    start, stop = lattice.spans.T.astype(int)
                    table[stop, stop - start - 1] = np.arange(len(start))
                    graphs.append(Graph(table, number, len(start)))
                    number += len(start)
                    drawn.append(lattice.drawn)
                    digits.append(known[lattice.nearest])
                    shared.append(lattice.shared)
                    may_be = lattice.shared >= _MAY_BE
                    in_line = np.unique(lattice.nearest[may_be])
                    whole = _count_apart(table, may_be) == len(in_line)
                    found += in_line.tolist() if whole else [-1]
                self.maps[-1].append(graphs)
                self.right[-1].append(sorted(found) == list(range(len(picture.digits))))
        self.drawn = np.concatenate(drawn)
        self.digits = np.concatenate(digits)
        self.shared = np.concatenate(shared)


def _count_apart(table: Indices, may_be: Bits) -> int:
    """Count how many of some spans of a line can be next to one another, at most."""
    most = [0]
    for ending in table[1:]:
        lengths = [n for n, span in enumerate(ending, 1) if span >= 0 and may_be[span]]
        most.append(max([most[-1], *(most[-n] + 1 for n in lengths)]))
    return most[-1]


class Net:
    """The judge while it learns: two convolutions over the digit, then a hidden layer over all.

    As in `mnist_cli.training.backprop` batches are the last axis inside, and are taken in parts
    that stay in the processor's cache.
    """

    def __init__(self, rng: Rng) -> None:
        self.weights: Weights = {}
        for number, (inputs, outputs) in enumerate(_SIZES, start=1):
            weights = rng.standard_normal((inputs, outputs), np.float32)
            self.weights[f"W{number}"] = weights * np.float32(np.sqrt(2 / inputs))
            self.weights[f"b{number}"] = np.zeros(outputs, np.float32)

    def forward(self, drawn: Bytes, rng: Rng | None = None) -> Floats:
        """Return the logits of a batch, and keep what the way back needs.

        With `rng` neurons are left out at random (Srivastava et al. 2014, Dropout).
        """
        self._kept = []
        for start in range(0, len(drawn), _AT_A_TIME):
            *between, z3, logits = run_judge(self.weights, drawn[start : start + _AT_A_TIME])
            logits = logits.T
            if rng is not None:
                kept = rng.random(z3.shape, np.float32) >= _DROPPED
                z3 = z3 * (kept / np.float32(1 - _DROPPED))
                logits = (self.weights["W4"].T @ z3).T + self.weights["b4"]
            self._kept.append((*between, z3, logits))
        return np.concatenate([part[-1] for part in self._kept])

    def backward(self, da: Floats) -> list[Floats]:
        """Return the gradients of the weights and biases from that of the logits."""
        W2, W3, W4 = (self.weights[name] for name in ("W2", "W3", "W4"))
        gradients = [np.zeros_like(array) for array in self.weights.values()]
        start = 0
        for patches1, z1, patches2, z2, z3, logits in self._kept:
            da4 = da[start : start + len(logits)].T
            start += len(logits)
            da3 = (W4 @ da4) * ((z3 > 0) / np.float32(1 - _DROPPED))
            convolved = len(W2[0]) * _PLACES
            da2 = ((W3 @ da3)[:convolved] * (z2[:convolved] > 0)).reshape(len(W2[0]), -1)
            da1 = (add_patches(W2 @ da2, z1.shape) * (z1 > 0)).reshape(len(z1), -1)
            pairs = ((patches1, da1), (patches2, da2), (z2, da3), (z3, da4))
            parts = [array for z, slope in pairs for array in (z @ slope.T, slope.sum(axis=1))]
            for gradient, part in zip(gradients, parts, strict=True):
                gradient += part
        return gradients


def train(made: Pictures, rng: Rng) -> Net:
    """Train a net first on pieces, then on pictures."""
    net = Net(rng)
    labels = np.where(made.shared < _IS_NONE, NONE, made.digits)
    digits = np.flatnonzero(made.shared >= _IS_DIGIT)
    none = np.flatnonzero(labels == NONE)

    def choose_pieces() -> Indices:
        return np.append(digits, rng.choice(none, _NONE_TO_DIGITS * len(digits)))

    def learn_pieces(batch: Indices) -> list[Floats]:
        logits = net.forward(made.drawn[batch], rng)
        da = _softmax(logits) - np.eye(NONE + 1)[labels[batch]]
        return net.backward((da / len(batch)).astype(np.float32))

    _descend(net, rng, _FIRST, choose_pieces, learn_pieces)
    # From the odds of a digit against none to how much better it is than nothing.
    for name in ("W4", "b4"):
        net.weights[name][..., :NONE] -= net.weights[name][..., NONE:]
        net.weights[name][..., NONE] = 0
    readable = np.flatnonzero([any(right) for right in made.right])

    def learn_pictures(batch: Indices) -> list[Floats]:
        graphs = Graphs(made, batch)
        logits = net.forward(made.drawn[graphs.spans], rng)
        _, da = graphs.find_gradient(made, logits.astype(float))
        return net.backward((da / len(batch)).astype(np.float32))

    _descend(net, rng, _SECOND, lambda: readable, learn_pictures)
    return net


def _descend(
    net: Net,
    rng: Rng,
    plan: tuple[int, int, float],
    choose: Callable[[], Indices],
    find_gradients: Callable[[Indices], list[Floats]],
) -> None:
    """Take steps for so many epochs; the learning rate rises for a twentieth, then falls to 0."""
    epochs, size, rate = plan
    optimizer = AdamW(list(net.weights.values()), _DECAY)
    for epoch in range(epochs):
        order = rng.permutation(choose())
        for start in range(0, len(order), size):
            done = (epoch + start / len(order)) / epochs
            gradients = find_gradients(order[start : start + size])
            optimizer.step(gradients, rate * min(1, 20 * done) * (1 - done))


class Graphs:
    """The lines of all ink maps of some pictures, side by side, as graphs of the same length."""

    def __init__(self, made: Pictures, batch: Indices) -> None:
        self.maps = [made.right[picture] for picture in batch]
        maps = [lines for picture in batch for lines in made.maps[picture]]
        lines = [line for each in maps for line in each]
        self.map_of_line = np.repeat(np.arange(len(maps)), [len(each) for each in maps])
        self.line_of_span = np.repeat(np.arange(len(lines)), [line.spans for line in lines])
        self.spans = np.concatenate([line.first + np.arange(line.spans) for line in lines])
        self.counts = np.array([len(line.table) - 1 for line in lines])
        self.table = np.full((len(lines), self.counts.max() + 1, MOST_PARTS), -1)
        before = 0
        for number, line in enumerate(lines):
            self.table[number, : len(line.table)] = np.where(
                line.table < 0, -1, line.table + before
            )
            before += line.spans

    def find_gradient(self, made: Pictures, logits: Doubles) -> tuple[float, Doubles]:
        """Find how improbable it is, for logits (N, 11), that the pictures are read right, in one
        of the maps that show all digits and each digit as what it is: minus the logarithm of the
        probability, and its gradient by the logits.
        """
        digits, shared = made.digits[self.spans], made.shared[self.spans]
        rows = np.flatnonzero(shared >= _MAY_BE)
        as_any = np.logaddexp.reduce(logits[:, :NONE], axis=1)
        # Right is a path on which there are as many digits as there can be.
        as_right = np.full(len(logits), _NEVER)
        as_right[rows] = logits[rows, digits[rows]] + _SURE
        all_, in_any, left_out = self._sum_paths(as_any, logits[:, NONE])
        right, in_right, right_out = self._sum_paths(as_right, logits[:, NONE])
        right -= _SURE * np.rint(np.bincount(self.line_of_span, in_right, minlength=len(right)))
        loss, any_map, right_map = self._weigh_maps(all_, right)
        in_any, left_out = (part * any_map[self.line_of_span] for part in (in_any, left_out))
        in_right, right_out = (
            part * right_map[self.line_of_span] for part in (in_right, right_out)
        )
        gradient = np.empty(logits.shape)
        gradient[:, :NONE] = in_any[:, np.newaxis] * np.exp(
            logits[:, :NONE] - as_any[:, np.newaxis]
        )
        gradient[rows, digits[rows]] -= in_right[rows]
        gradient[:, NONE] = left_out - right_out
        return loss, gradient

    def _weigh_maps(self, all_: Doubles, right: Doubles) -> tuple[float, Doubles, Doubles]:
        """Return the loss, and how likely each line's map is: of all, and of the right ones."""
        count = sum(len(picture) for picture in self.maps)
        sums = [np.bincount(self.map_of_line, part, minlength=count) for part in (all_, right)]
        sums[1][~np.concatenate(self.maps)] = _NEVER
        loss, start = 0.0, 0
        for picture in self.maps:
            for part, sign in zip(sums, (1, -1), strict=True):
                own = part[start : start + len(picture)]
                loss += sign * float(np.logaddexp.reduce(own))
                own[:] = _softmax(own)
            start += len(picture)
        return loss, sums[0][self.map_of_line], sums[1][self.map_of_line]

    def _sum_paths(self, as_digit: Doubles, as_none: Doubles) -> tuple[Doubles, Doubles, Doubles]:
        """Sum over all paths through each line: forward and backward (Baum et al. 1970).

        Returns the logarithm of the sum of each line, and the part of it in which each span is a
        digit, and in which, where it is one slice, it is left out.
        """
        lines, ends, parts = self.table.shape
        digit, none = np.append(as_digit, _NEVER), np.append(as_none, _NEVER)
        gains = digit[self.table]  # of what ends behind a slice, by its length
        leave = none[self.table[:, :, 0]]
        forward = np.full((lines, parts + ends), _NEVER)  # nothing is before the first
        forward[:, parts] = 0
        for end in range(1, ends):
            before = forward[:, end : end + parts][:, ::-1]  # by the length of what comes next
            longer = np.logaddexp.reduce(before + gains[:, end], axis=1)
            forward[:, parts + end] = np.logaddexp(longer, before[:, 0] + leave[:, end])
        total = forward[np.arange(lines), parts + self.counts]
        backward = np.full((lines, ends + parts), _NEVER)
        backward[np.arange(lines), self.counts] = 0
        steps = np.arange(parts)
        padded = np.pad(gains, ((0, 0), (0, parts), (0, 0)), constant_values=_NEVER)
        for start in range(ends - 2, -1, -1):
            after = backward[:, start + 1 : start + 1 + parts]
            longer = np.logaddexp.reduce(after + padded[:, start + 1 + steps, steps], axis=1)
            out = after[:, 0] + leave[:, start + 1]
            backward[:, start] = np.logaddexp.reduce([backward[:, start], longer, out])
        in_digit, in_none = np.zeros(len(digit)), np.zeros(len(none))
        for length in steps:
            rest = backward[:, :ends] - total[:, np.newaxis]
            before = forward[:, parts - 1 - length : parts - 1 - length + ends]
            in_digit[self.table[:, :, length]] = np.exp(before + gains[:, :, length] + rest)
            if length == 0:
                in_none[self.table[:, :, 0]] = np.exp(before + leave + rest)
        return total, in_digit[:-1], in_none[:-1]


def _softmax(logits: NDArray[np.floating]) -> Doubles:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def _round(weights: Floats) -> NDArray[np.float16]:
    """Round to seven binary digits, which a compressed file holds in little."""
    bits = weights.astype(np.float16).view(np.uint16)
    return ((bits + np.uint16(8)) & np.uint16(0xFFF0)).view(np.float16)


def measure(net: Net, made: Pictures) -> dict[str, float]:
    """Measure what a detector is measured by, on pieces: digits, and what is none."""
    logits = net.forward(made.drawn)
    odds = np.logaddexp.reduce(logits[:, :NONE], axis=1)
    of_digits, of_none = odds[made.shared >= _IS_DIGIT], odds[made.shared < _IS_NONE]
    places = np.searchsorted(np.sort(of_none), of_digits)
    level = np.quantile(of_digits, 0.05)
    return {
        "digits": len(of_digits),
        "none": len(of_none),
        "auroc": round(float(places.mean() / len(of_none)), 4),
        "false_positive_rate_at_95": round(float((of_none >= level).mean()), 4),
    }


def _cut(sources: tuple[str, str], part: int) -> list[Picture]:
    own = slice(part * _BANK, (part + 1) * _BANK)
    images, labels = load_images(sources[0])[own], load_labels(sources[1])[own]
    with blas.one_thread():
        return cut_pictures(_PICTURES, Bank(images, labels, part), images, part)


def main(images: str, labels: str, target: str) -> None:
    """Draw and cut pictures on all cores, train on them, and write the net and its card."""
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        parts = list(pool.map(partial(_cut, (images, labels)), range(_PARTS)))
    with blas.one_thread():
        net = train(Pictures(chain.from_iterable(parts[:-1])), np.random.default_rng(0))
        card = {"pictures": len(parts[:-1]) * _PICTURES, **measure(net, Pictures(parts[-1]))}
    np.savez_compressed(target, **{name: _round(w) for name, w in net.weights.items()})
    Path(target).with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
