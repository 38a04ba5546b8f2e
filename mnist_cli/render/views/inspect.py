"""What `mnist inspect` shows of one weights file."""

from pathlib import Path
from typing import Any

from mnist_cli.errors import plural, printable
from mnist_cli.render.text import Cell, Line, line, note, table
from mnist_cli.render.theme import ACCENT, QUIET, TITLE
from mnist_cli.render.views import stats
from mnist_cli.weights.card import Card
from mnist_cli.weights.summary import ArrayInfo, Summary

_DRAWING_WIDTH = 72


def as_json(summary: Summary) -> dict[str, Any]:
    """The document of ``--json``; what was not asked for is not there."""
    document = {
        "file": summary.file,
        "origin": summary.origin,
        "format": summary.format,
        "protocol": summary.protocol,
        "arrays": [_array_json(info) for info in summary.arrays],
        "finite": summary.finite,
        "layer_sizes": list(summary.layer_sizes),
        "activation": summary.activation,
        "parameters": summary.parameters,
        "bytes": summary.bytes,
        "sha256": summary.sha256,
        "card": None if summary.card is None else _card_json(summary.card),
    }
    if summary.neurons:
        document["neurons"] = [stats.neuron_json(neuron) for neuron in summary.neurons]
    return document


def _array_json(info: ArrayInfo) -> dict[str, Any]:
    document = {
        "name": info.name,
        "shape": list(info.shape),
        "dtype": info.dtype,
        "parameters": info.parameters,
    }
    if info.stats is not None:
        document["stats"] = stats.stats_json(info.stats)
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
    rows: list[list[Cell]] = [
        [(info.name, TITLE), str(info.shape), info.dtype, f"{info.parameters:,}"]
        for info in summary.arrays
    ]
    rows.append([("total", TITLE), "", "", (f"{summary.parameters:,}", TITLE)])
    protocol = "" if summary.protocol is None else f" (protocol {summary.protocol})"
    result = [
        *table(["array", "shape", "dtype", "parameters"], rows, "<<<>"),
        [],
        *(line((text, ACCENT)) for text in draw_layers(summary)),
        [],
        line(("file     ", QUIET), file_name(summary.file, summary.origin)),
        line(("format   ", QUIET), f"{summary.format}{protocol}, {summary.bytes:,} bytes"),
        line(("sha256   ", QUIET), summary.sha256),
    ]
    if summary.card is not None:
        result += _card_lines(summary.card)
    described = {info.name: info.stats for info in summary.arrays if info.stats is not None}
    if described:
        result += [[], *stats.stats_lines(described)]
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
        line(
            ("trained  ", QUIET),
            f"recipe {printable(card.recipe)}, {plural(len(card.loss_by_epoch), 'epoch')}, "
            f"seed {card.seed}, {card.seconds:,.0f} s",
        ),
        line(("accuracy ", QUIET), measured),
    ]


def draw_layers(summary: Summary) -> list[str]:
    """``784 -> 50 sigmoid -> 100 sigmoid -> 10 softmax``, a deep net in more lines than one."""
    inputs, *hidden, outputs = summary.layer_sizes
    layers = [*(f"{size} {summary.activation}" for size in hidden), f"{outputs} softmax"]
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
