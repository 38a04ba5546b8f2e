"""What `mnist eval` shows."""

from dataclasses import fields
from importlib import import_module
from typing import Any

from mnist_cli.datasets.corruptions import UNCORRUPTED, Corruption
from mnist_cli.evaluation.evaluation import Evaluation
from mnist_cli.evaluation.timing import TimingComparison
from mnist_cli.files.tables import document
from mnist_cli.render.layout import accuracy, stacked
from mnist_cli.render.text import Line, line
from mnist_cli.render.theme import BAD, QUIET
from mnist_cli.render.views.inspect import file_name


def as_json(result: Evaluation) -> dict[str, Any]:
    """The document of ``--json``; without timing its fields are null; no other view is there."""
    source = result.source
    found: dict[str, Any] = {
        "weights": source and source.weights[0].path,
        "sha256": source and source.sha256[0],
        "images": source and source.images.path,
        **{field.name: None for field in fields(TimingComparison)},
        **document(result, "samples", "correct", "accuracy", "batch_size", "threads"),
    }
    if source is not None and source.corruption != UNCORRUPTED:
        found["corruption"] = source.corruption
    for view, part in result.views.items():
        found |= {view: part} if isinstance(part, tuple) else document(part)
    return found


def lines(result: Evaluation) -> list[Line]:
    """The accuracy, unless a table of times has it; which files; and the views."""
    source = result.source
    head = [] if "timing" in result.views else [accuracy(result.correct, result.samples)]
    for name, file in (("weights", source.weights[0]), ("images", source.images)) if source else ():
        head.append(line((f"{name:8} {file_name(file.path, file.origin)}", QUIET)))
    views = (
        import_module(f"mnist_cli.render.views.{name}").lines(found)
        for name, found in result.views.items()
        if name != "output"  # which is a file
    )
    return stacked(_corruption(source.corruption) if source else [], head, *views)


def _corruption(corruption: Corruption) -> list[Line]:
    right, down = corruption.shift
    across, along = "right" if right >= 0 else "left", "down" if down >= 0 else "up"
    words = {
        f"turned by {corruption.rotate:g} degrees": corruption.rotate,
        f"shifted by {abs(right)} {across}, {abs(down)} {along}": right or down,
        "inverted": corruption.invert,
        f"noise of {corruption.noise:g} added": corruption.noise,
        "not normalised (0..255)": not corruption.normalize,
    }
    done = ", ".join(text for text, is_done in words.items() if is_done)
    return [line((f"corrupted images: {done}", BAD))] if done else []
