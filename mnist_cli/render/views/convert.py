"""What `mnist convert` shows."""

from pathlib import Path
from typing import Any

from mnist_cli.files.tables import document
from mnist_cli.render.text import Line, labelled, line, stacked
from mnist_cli.render.theme import ACCENT
from mnist_cli.render.views import inspect
from mnist_cli.weights.conversion import Conversion


def as_json(conversion: Conversion) -> dict[str, Any]:
    """What was read and written, and the net that both hold."""
    target = conversion.file
    return {
        "source": document(conversion.source, "file", "origin", "format"),
        "target": {
            **document(target, "file", "format", "bytes", "sha256"),
            "card": conversion.card,
        },
        "layer_sizes": target.layer_sizes,
        "activation": conversion.source.activation,
        "parameters": target.parameters,
        "normalization": conversion.normalization,
    }


def lines(conversion: Conversion) -> list[Line]:
    """The net in one line, and both files."""
    target = conversion.file
    folded = conversion.normalization
    pairs: dict[str, str | Path | None] = {
        "source": inspect.file_name(conversion.source.file, conversion.source.origin),
        "target": inspect.file_name(target.file, target.origin),
        "format": f"{target.format}, {target.bytes:,} bytes",
        "sha256": target.sha256[: inspect.SHA256_SHOWN],
        "card": conversion.card,
        "folded": folded and "(pixels - {:g}) / {:g} into W1 and b1".format(*folded),
    }
    net = [line((text, ACCENT)) for text in inspect.draw_layers(conversion.source)]
    return stacked(net, labelled(pairs.items()))
