"""Make the README's pictures again: ``python3 docs/make.py``, with mnist-cli installed."""

import shlex
from pathlib import Path

from mnist_cli.cli import run

PICTURES = {
    "predict.svg": "predict --index 8",
    "eval.svg": "eval --batch-size 100 --confusion",
    "explain.svg": "predict --index 8 --explain",
    "neuron.svg": "inspect --stats --neuron 7",
    "robustness.svg": "eval --mode batched --runs 1 --robustness",
}


def main() -> None:
    """Run each command and keep what it shows."""
    for name, command in PICTURES.items():
        picture = Path(__file__).parent / name
        code = run([*shlex.split(command), "--export", str(picture), "--force"])
        if code:
            raise SystemExit(code)


if __name__ == "__main__":
    main()
