"""What `mnist inspect` shows of one weights file: arrays, values, neurons."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mnist_cli.dtypes import Array, Bytes, Doubles
from mnist_cli.errors import plural, printable
from mnist_cli.evaluation.summary import Neuron, Stats, Summary, first_neurons
from mnist_cli.files.tables import document
from mnist_cli.net.activations import name_each
from mnist_cli.net.network import Network
from mnist_cli.render import layout
from mnist_cli.render.pictures import legend, scale, signed_colors, signed_picture
from mnist_cli.render.text import Line, columns, line
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.weights.card import Card

SHA256_SHOWN = 12  # characters: enough to tell files apart, JSON has all

_DRAWING_WIDTH = 72
_MOST_NEURONS = 100  # that a notebook shows
_NEURONS_A_ROW = 10  # there


def as_json(summary: Summary) -> dict[str, Any]:
    """The document of ``--json``; what was not asked for is not there."""
    arrays = []
    for name, array in summary.file.arrays.items():
        facts = {"name": name, "shape": array.shape, "dtype": array.dtype.name}
        described = {"stats": summary.stats[name]} if summary.stats else {}
        arrays.append(facts | {"parameters": array.size} | described)
    neurons = {"neurons": summary.neurons} if summary.neurons else {}
    return document(summary.file) | {"arrays": arrays} | neurons


def lines(summary: Summary) -> list[Line]:
    """The arrays, the total, the net in one line, the file, its values; or neurons alone."""
    file = summary.file
    protocol = "" if file.protocol is None else f" (protocol {file.protocol})"
    pairs = {
        "file": file_name(file.file, file.origin),
        "format": f"{file.format}{protocol}, {file.bytes:,} bytes",
        "sha256": file.sha256[:SHA256_SHOWN],
    }
    if file.card is not None:
        pairs["trained"] = describe_training(file.card)
        known = file.card.accuracies.items()
        pairs["accuracy"] = ", ".join(f"{name} {it:.4f}" for name, it in known if it is not None)
    stats = _describe(summary.stats) if summary.stats else []
    if summary.neurons:
        first, *more = summary.neurons
        neurons = _sheet(summary.neurons, file.layer_sizes[1]) if more else _draw(first)
        return layout.stacked(layout.entries([("file", pairs["file"])]), stats, neurons)
    return layout.stacked(
        _arrays(file.arrays),
        draw_layers(file.layer_sizes, file.activation, ACCENT),
        layout.entries(pairs.items()),
        stats,
    )


def network_lines(network: Network) -> list[Line]:
    """A net that is in no file, and what `network_picture` below it shows."""
    count, told = network.layer_sizes[1], []
    if count <= _MOST_NEURONS:
        title = line((f"what the {count} neurons of the first layer look for", TITLE))
        told = [title, line("blue wants ink, orange wants paper; each on its own scale")]
    net = draw_layers(network.layer_sizes, network.activation, ACCENT)
    return layout.stacked(_arrays(network.arrays), net, told)


def network_picture(network: Network) -> Bytes | None:
    """The neurons of the first layer at half size, in rows, (H, W, 3); None of a wide one."""
    count = network.layer_sizes[1]
    if count > _MOST_NEURONS:
        return None
    halves = _halves(first_neurons(network.arrays, range(count)))
    limits = np.abs(halves).max(axis=(1, 2), keepdims=True)
    tiles = signed_colors(halves / np.where(limits, limits, 1))  # (N, 14, 14, 3)
    side = tiles.shape[1] + 1
    sheet = np.zeros((-(-count // _NEURONS_A_ROW) * side, _NEURONS_A_ROW * side, 3), np.uint8)
    for place, tile in enumerate(tiles):
        top, left = (side * each for each in divmod(place, _NEURONS_A_ROW))
        sheet[top : top + len(tile), left : left + len(tile)] = tile
    return sheet


def _arrays(arrays: Mapping[str, Array]) -> list[Line]:
    rows = [(name, str(it.shape), it.dtype.name, f"{it.size:,}") for name, it in arrays.items()]
    total = f"{sum(array.size for array in arrays.values()):,}"
    head = ["array", "shape", "dtype", ">parameters"]
    return layout.table(head, [*rows, ("total", "", "", (total, TITLE))])


def describe_training(card: Card) -> str:
    """``recipe best, 1,000 epochs, seed 0, 2,904 s``."""
    epochs = plural(card.epochs, "epoch")
    return f"recipe {printable(card.recipe)}, {epochs}, seed {card.seed}, {card.seconds:,.0f} s"


def draw_layers(sizes: Sequence[int], activation: str, style: str) -> list[Line]:
    """``784 -> 50 sigmoid -> 100 sigmoid -> 10 softmax``, a deep net in more lines than one."""
    inputs, *hidden, outputs = sizes
    names = [*name_each(activation, len(hidden)), "softmax"]
    layers = [f"{size} {name}" for size, name in zip((*hidden, outputs), names, strict=True)]
    rows = [str(inputs)]
    for layer in layers:
        if len(rows[-1]) + len(layer) > _DRAWING_WIDTH:
            rows.append("   ")
        rows[-1] += f" -> {layer}"
    return [line((row, style)) for row in rows]


def file_name(path: Path, origin: str) -> str:
    """A path as it is shown; of one that nobody named, where it was found."""
    if origin == "embedded":
        return f"{path.name} (embedded)"
    return str(path) + ("" if origin == "given" else f" ({origin})")


def _describe(stats: Mapping[str, Stats]) -> list[Line]:
    names = ("min", "max", "mean", "std", "near_zero")
    rows = (
        (name, *document(each, *names).values(), layout.sparkline(each.histogram))
        for name, each in stats.items()
    )
    head = ["array", ">min", ">max", ">mean", ">std", ">|w| < 0.01", "min to max"]
    return layout.table(head, rows, len(head) - 1)


def _draw(neuron: Neuron) -> list[Line]:
    """Its 784 weights as a picture in two colours, with the scale."""
    weights = _finite_weights(neuron)
    limit = float(np.abs(weights).max())
    numbers = weights.min(), weights.max(), neuron.bias
    lowest, highest, bias = (layout.number(float(each), 4) for each in numbers)
    words = layout.stacked(
        [line((f"what neuron {neuron.index} of the first layer looks for", TITLE))],
        _legend(),
        scale(limit),
        [line(f"weights {lowest} to {highest}"), line(f"bias    {bias}")],
    )
    return layout.beside_if_it_fits(signed_picture(weights, limit), words)


def _sheet(neurons: Sequence[Neuron], count: int) -> list[Line]:
    """The first of a layer's `count`, at half size, each on the scale of its largest number."""
    halves = _halves(neurons)
    limits = np.abs(halves).max(axis=(1, 2)).tolist()
    tiles = [
        [line((f"{neuron.index}: {layout.number(limit, 4)}", QUIET)), *signed_picture(half, limit)]
        for neuron, half, limit in zip(neurons, halves, limits, strict=True)
    ]
    which, others = f"{count}", ""
    if len(neurons) < count:
        which, others = f"first {len(neurons)} of {count:,}", "; --neuron N shows any other"
    title = line((f"what the {which} neurons of the first layer look for", TITLE), others)
    return layout.stacked(
        [title, line("each on its own scale: 1 is the number above its picture")],
        layout.beside(_legend(), scale(1)),
        layout.tiled(tiles, columns()),
    )


def _legend() -> list[Line]:
    return legend("here it wants ink", "here it wants paper")


def _halves(neurons: Sequence[Neuron]) -> Doubles:
    """Their weights at half size, (N, 28, 28) -> (N, 14, 14)."""
    weights = np.stack([_finite_weights(neuron) for neuron in neurons])
    return weights.reshape(-1, 14, 2, 14, 2).mean(axis=(2, 4))


def _finite_weights(neuron: Neuron) -> Doubles:
    """NaN and infinity have no colour: they are skipped."""
    return np.nan_to_num(neuron.weights.astype(np.float64), posinf=0, neginf=0)
