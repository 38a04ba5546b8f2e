"""`mnist convert`."""

from typing import Any

import click

from mnist_cli.cli.common import note_activation, present
from mnist_cli.cli.options import argument, command
from mnist_cli.weights.formats import KINDS, TARGETS


def _check_target(context: click.Context, _argument: click.Parameter, path: str) -> str:
    """Refuse before the work begins what could not be written after it."""
    from mnist_cli.checks import require_suffix
    from mnist_cli.files import require_writable

    try:
        require_suffix(path, TARGETS)
    except ValueError as error:
        raise click.BadParameter(f"{error}.") from None
    require_writable(path, overwrite=context.params["force"])
    return path


@command(
    "convert",
    argument("source"),
    argument("target", callback=_check_target),
    options="""
Options:
  --activation
  --data-dir
  --force
  --json
""",
    examples=(
        "mnist convert weights.pkl net.safetensors",
        "mnist convert weights.pkl net.npz --force --json",
    ),
    about=f"""Write a weights file in another format.

    SOURCE is {KINDS}, also a PyTorch state_dict saved with safetensors. The suffix of TARGET names
    its format: one of these gets the same numbers bit for bit, .onnx a model that takes images
    uint8 (N, 784) and gives probabilities (N, 10).
    """,
)
def convert(source: str, target: str, **given: Any) -> None:
    """Convert, and show what was written."""
    from mnist_cli.render.views import convert as view
    from mnist_cli.weights.weights_file import convert as convert_file

    activation, data_dir = given["activation"], given["data_dir"]
    result = convert_file(
        source, target, activation=activation, data_dir=data_dir, overwrite=given["force"]
    )
    present(given, view, result)
    view.note_lost_activation(result)
    note_activation(activation or result.source.activation)
