"""`mnist convert`."""

from functools import partial
from typing import Any

from mnist_cli.cli.common import note_activation, present
from mnist_cli.cli.options import argument, command, new_file
from mnist_cli.weights.formats import KINDS, TARGETS


@command(
    "convert",
    argument("source"),
    argument("target", callback=partial(new_file, forms=TARGETS)),
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
