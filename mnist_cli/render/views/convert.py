"""What `mnist convert` shows."""

from typing import Any

from mnist_cli.render.text import Line, line, note
from mnist_cli.render.theme import ACCENT, QUIET
from mnist_cli.render.views import inspect
from mnist_cli.weights.weights_file import Conversion


def as_json(conversion: Conversion) -> dict[str, Any]:
    """What was read and written, and the net that both hold."""
    source, target = conversion.source, conversion.file
    return {
        "source": {"file": str(source.file), "origin": source.origin, "format": source.format},
        "target": {
            "file": str(target.file),
            "format": target.format,
            "bytes": target.bytes,
            "sha256": target.sha256,
        },
        "layer_sizes": list(target.layer_sizes),
        "activation": conversion.activation,
        "parameters": target.parameter_count,
    }


def lines(conversion: Conversion) -> list[Line]:
    """The net in one line, and both files."""
    source, target = conversion.source, conversion.file
    return [
        *(line((text, ACCENT)) for text in inspect.draw_layers(conversion)),
        [],
        line(("source   ", QUIET), inspect.file_name(str(source.file), source.origin)),
        line(("target   ", QUIET), inspect.file_name(str(target.file), target.origin)),
        line(("format   ", QUIET), f"{target.format}, {target.bytes:,} bytes"),
        line(("sha256   ", QUIET), target.sha256),
    ]


def note_lost_activation(conversion: Conversion) -> None:
    """Say that the file does not name its activation, where sigmoid would be taken for it."""
    if conversion.activation == "relu" and conversion.file.stated_activation is None:
        what = f"{conversion.file.format} has no place for the activation"
        note(f"{what}: use the file with --activation relu")
