"""What `mnist convert` shows."""

from typing import Any

from mnist_cli.files.tables import document
from mnist_cli.render.layout import entries, stacked
from mnist_cli.render.text import Line
from mnist_cli.render.theme import ACCENT
from mnist_cli.render.views import inspect
from mnist_cli.weights.weights_file import Conversion


def as_json(conversion: Conversion) -> dict[str, Any]:
    """What was read and written, and the net that both hold."""
    source, target = conversion.source, conversion.file
    written = document(target, "file", "format", "bytes", "sha256") | {"card": conversion.card}
    return {
        "source": document(source, "file", "origin", "format"),
        "target": written,
        **document(source, "layer_sizes", "activation", "parameters"),
        "normalization": conversion.normalization,
    }


def lines(conversion: Conversion) -> list[Line]:
    """The net in one line, and both files."""
    source, target, folded = conversion.source, conversion.file, conversion.normalization
    pairs = {
        "source": inspect.file_name(source.file, source.origin),
        "target": inspect.file_name(target.file, target.origin),
        "format": f"{target.format}, {target.bytes:,} bytes",
        "sha256": target.sha256[: inspect.SHA256_SHOWN],
        "card": conversion.card,
        "folded": folded and "(pixels - {:g}) / {:g} into W1 and b1".format(*folded),
    }
    net = inspect.draw_layers(source.layer_sizes, source.activation, ACCENT)
    return stacked(net, entries(pairs.items()))
