"""`mnist convert`."""

from functools import partial
from typing import Any

from mnist_cli.cli.common import blamed, pick, present
from mnist_cli.cli.options import argument, command, new_file
from mnist_cli.weights.formats import KINDS, TARGETS


@command(
    f"""
Write a weights file in another format.

SOURCE is {KINDS}, also by the names of PyTorch and others. The suffix of TARGET says what is
written. In .pkl, .npz and .safetensors are the same numbers bit for bit; .onnx is a model that
takes images uint8 (N, 784) and gives probabilities (N, 10). A card beside says the activation
where the format cannot.

Options:
  --mean X  The net learnt from (pixels - X) / S, PyTorch's Normalize: make this a part of its first
            layer, once. Of MNIST 0.1307.
  --std S   The S of --mean. Of MNIST 0.3081.
  --layout mnist|torch  The names of arrays: W1, b1; or, in .safetensors, those with which PyTorch's
            load_state_dict takes them.  [default: mnist]
  --activation --data-dir --force --json
Rules:
  --mean needs --std
  --std needs --mean
Examples:
  mnist convert weights.pkl net.safetensors
  mnist convert net.npz ours.npz --mean 0.131 --std 0.308
  mnist convert weights.pkl t.safetensors --layout torch
  mnist convert weights.pkl net.npz --force --json
""",
    argument("source"),
    argument("target", callback=partial(new_file, forms=TARGETS)),
)
def convert(source: str, target: str, **given: Any) -> None:
    """Convert, and show what was written."""
    from mnist_cli.render.views import convert as view
    from mnist_cli.weights.weights_file import convert as convert_file

    normalization = None if given["mean"] is None else (given["mean"], given["std"])
    named = pick(given, "activation", "data_dir", "layout") | {"overwrite": given["force"]}
    with blamed(ValueError):
        result = convert_file(source, target, normalization=normalization, **named)
    present(given, view, result, notes=result.notes)
