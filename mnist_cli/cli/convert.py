"""`mnist convert`."""

from functools import partial
from typing import Any

import click

from mnist_cli.cli.common import (
    activation_option,
    data_dir_option,
    examples,
    force_option,
    json_option,
    note_activation,
    present,
)
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


@click.command(
    help=f"""Write a weights file in another format.

    SOURCE is {KINDS}, also a PyTorch state_dict saved with safetensors. The suffix of TARGET names
    its format: one of these gets the same numbers bit for bit, .onnx a model that takes images
    uint8 (N, 784) and gives probabilities (N, 10).
    """,
    epilog=examples(
        "mnist convert weights.pkl net.safetensors",
        "mnist convert weights.pkl net.npz --force --json",
    ),
)
@click.argument("source")
@click.argument("target", callback=_check_target)
@activation_option
@data_dir_option
@force_option
@json_option
def convert(
    source: str, target: str, activation: Any, data_dir: str | None, force: bool, as_json: bool
) -> None:
    """Convert, and show what was written."""
    from mnist_cli.render.views import convert as render
    from mnist_cli.weights.weights_file import convert as convert_file

    result = convert_file(source, target, activation=activation, data_dir=data_dir, overwrite=force)
    present(partial(render.as_json, result), partial(render.lines, result), as_json=as_json)
    render.note_lost_activation(result)
    note_activation(activation or result.source.activation)
