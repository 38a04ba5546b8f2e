"""What `mnist collect` shows."""

from dataclasses import replace

from mnist_cli.errors import plural
from mnist_cli.prediction.collection import CollectedSet
from mnist_cli.render.layout import entries, stacked
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import TITLE
from mnist_cli.render.views import predict


def lines(collected: CollectedSet, sheet: bool) -> list[Line]:
    """All that was read in small pictures, or only what is doubted; then the set."""
    shown = replace(collected.results, only=None if sheet else "doubted")
    counts = "  ".join(f"{digit}: {count}" for digit, count in enumerate(collected.per_label))
    files = {"images": collected.images, "labels": collected.labels}
    digits = line((plural(collected.samples, "digit"), TITLE), f"  {counts}")
    return stacked(predict.lines(shown, sheet), [digits], entries(files.items()))
