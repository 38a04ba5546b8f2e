"""What `mnist inspect` shows of one weights file."""

from pathlib import Path
from typing import Any

from mnist_cli.errors import plural, printable
from mnist_cli.render.text import Cell, Line, line, note, table
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.render.views import stats
from mnist_cli.weights.card import Card
from mnist_cli.weights.summary import Summary
from mnist_cli.weights.weights_file import Conversion

_DRAWING_WIDTH = 72


def as_json(summary: Summary) -> dict[str, Any]:
    """The document of ``--json``; what was not asked for is not there."""
    file = summary.file
    document: dict[str, Any] = {
        "file": str(file.file),
        "origin": file.origin,
        "format": file.format,
        "protocol": file.protocol,
        "arrays": [
            {
                "name": name,
                "shape": list(array.shape),
                "dtype": array.dtype.name,
                "parameters": array.size,
            }
            for name, array in file.arrays.items()
        ],
        "finite": file.finite,
        "layer_sizes": list(file.layer_sizes),
        "activation": summary.activation,
        "parameters": file.parameter_count,
        "bytes": file.bytes,
        "sha256": file.sha256,
        "card": None if file.card is None else _card_json(file.card),
    }
    if summary.stats:
        for array in document["arrays"]:
            array["stats"] = stats.stats_json(summary.stats[array["name"]])
    if summary.neurons:
        document["neurons"] = [stats.neuron_json(neuron) for neuron in summary.neurons]
    return document


def _card_json(card: Card) -> dict[str, Any]:
    return {
        "recipe": card.recipe,
        "epochs": len(card.loss_by_epoch),
        "seed": card.seed,
        "seconds": card.seconds,
        "train_accuracy": card.train_accuracy,
        "validation_accuracy": card.validation_accuracy,
        "test_accuracy": card.test_accuracy,
    }


def lines(summary: Summary) -> list[Line]:
    """The table of arrays, the total, the net in one line, the file, and what was asked for."""
    file = summary.file
    rows: list[list[Cell]] = [
        [(name, TITLE), str(array.shape), array.dtype.name, f"{array.size:,}"]
        for name, array in file.arrays.items()
    ]
    rows.append([("total", TITLE), "", "", (f"{file.parameter_count:,}", TITLE)])
    protocol = "" if file.protocol is None else f" (protocol {file.protocol})"
    result = [
        *table(["array", "shape", "dtype", "parameters"], rows, "<<<>"),
        [],
        *(line((text, ACCENT)) for text in draw_layers(summary)),
        [],
        line(("file     ", QUIET), file_name(str(file.file), file.origin)),
        line(("format   ", QUIET), f"{file.format}{protocol}, {file.bytes:,} bytes"),
        line(("sha256   ", QUIET), file.sha256),
    ]
    if file.card is not None:
        result += _card_lines(file.card)
    if summary.stats:
        result += [[], *stats.stats_lines(summary.stats)]
    if len(summary.neurons) == 1:
        result += [[], *stats.neuron_lines(summary.neurons[0])]
    elif summary.neurons:
        result += [[], *stats.sheet_lines(summary.neurons)]
    return result


def _card_lines(card: Card) -> list[Line]:
    accuracies = {
        "training": card.train_accuracy,
        "validation": card.validation_accuracy,
        "test": card.test_accuracy,
    }
    measured = ", ".join(
        f"{name} {value:.4f}" for name, value in accuracies.items() if value is not None
    )
    return [
        line(("trained  ", QUIET), describe_training(card)),
        line(("accuracy ", QUIET), measured),
    ]


def describe_training(card: Card) -> str:
    """``recipe best, 600 epochs, seed 0, 795 s``."""
    epochs = plural(len(card.loss_by_epoch), "epoch")
    return f"recipe {printable(card.recipe)}, {epochs}, seed {card.seed}, {card.seconds:,.0f} s"


def draw_layers(net: Summary | Conversion) -> list[str]:
    """``784 -> 50 sigmoid -> 100 sigmoid -> 10 softmax``, a deep net in more lines than one."""
    inputs, *hidden, outputs = net.file.layer_sizes
    layers = [*(f"{size} {net.activation}" for size in hidden), f"{outputs} softmax"]
    lines = [str(inputs)]
    for layer in layers:
        if len(lines[-1]) + len(layer) > _DRAWING_WIDTH:
            lines.append("   ")
        lines[-1] += f" -> {layer}"
    return lines


def file_name(path: str, origin: str) -> str:
    """A path as it is shown; of one that nobody named, where it was found."""
    if origin == "embedded":
        return f"{Path(path).name} (embedded)"
    return printable(path, limit=200) + ("" if origin == "given" else f" ({origin})")


def warn_not_finite() -> None:
    """Say that the net cannot be used."""
    note("the weights hold NaN or infinity: predict and eval refuse this file", "Warning")
