"""What `mnist convert` shows."""

from typing import Any

from mnist_cli.render.text import Line, labelled, line, note
from mnist_cli.render.theme import ACCENT
from mnist_cli.render.views import inspect
from mnist_cli.tables import document
from mnist_cli.weights.weights_file import Conversion


def as_json(conversion: Conversion) -> dict[str, Any]:
    """What was read and written, and the net that both hold."""
    target = conversion.file
    return {
        "source": document(conversion.source, "file", "origin", "format"),
        "target": document(target, "file", "format", "bytes", "sha256"),
        "layer_sizes": target.layer_sizes,
        "activation": conversion.activation,
        "parameters": target.parameters,
    }


def lines(conversion: Conversion) -> list[Line]:
    """The net in one line, and both files."""
    target = conversion.file
    pairs = {
        "source": inspect.file_name(conversion.source.file, conversion.source.origin),
        "target": inspect.file_name(target.file, target.origin),
        "format": f"{target.format}, {target.bytes:,} bytes",
        "sha256": target.sha256[: inspect.SHA256_SHOWN],
    }
    net = [line((text, ACCENT)) for text in inspect.draw_layers(conversion)]
    return [*net, [], *labelled(pairs.items())]


def note_lost_activation(conversion: Conversion) -> None:
    """Say that the file does not name its activation, where sigmoid would be taken for it."""
    if conversion.activation == "relu" and conversion.file.stated_activation is None:
        what = f"{conversion.file.format} has no place for the activation"
        note(f"{what}: use the file with --activation relu")
