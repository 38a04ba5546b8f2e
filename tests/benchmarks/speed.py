"""How quick we are beside others: prints the table of README.md.

What is compared runs in processes of its own, in turn. A value is the median of the ratios of
several rounds: when the machine is busy for a while, both sides of a round are slowed.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from PIL import Image, ImageOps

from mnist_cli import load_images

ENGINES = Path(__file__).with_name("engines.py")
MNIST = Path(sys.executable).with_name("mnist")

# What this shell says about threads; and an installed command has its bytecode beside it.
DROPPED = ("OPENBLAS_", "OMP_", "MKL_", "PYTHONDONTWRITEBYTECODE")

NAMES = {"onnxruntime": "ONNX Runtime", "torch": "PyTorch", "textbook": "the textbook code"}
FORWARD = {  # batch size and threads: what our time may be of the others'
    (100, 2): {"onnxruntime": 0.9, "torch": 0.55, "textbook": 0.6},
    (1000, 2): {"onnxruntime": 0.9, "torch": 0.55, "textbook": 0.65},
    (100, 1): {"onnxruntime": 0.85, "torch": 0.6},
    (1, 2): {"onnxruntime": 0.88, "torch": 0.4, "textbook": 0.52},
}
START = [  # what the time of a command may be of an import's
    ("--version", "click", 1.6),
    ("--help", "click", 1.6),
    ("inspect", "numpy", 2),
    ("predict --index 42", "numpy", 2),
    ("eval --batch-size 100 --runs 1", "numpy", 5),
    ("eval --batch-size 100 --runs 1", "torch", 0.4),
]
SIDE = 280  # pixels: a drawing or a cropped scan


def run(*command):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(DROPPED)}
    return subprocess.run([*map(str, command)], env=kept, stdout=subprocess.PIPE, check=True).stdout


def engine_seconds(batch_size, threads, engine):
    """The median time of an engine's pass over the test images."""
    return median(json.loads(run(sys.executable, ENGINES, engine, batch_size, threads)))


def command_seconds(*command):
    """The time from a command's start to its end."""
    start = time.perf_counter()
    run(*command)
    return time.perf_counter() - start


def compare(what, target, rounds, ours, theirs):
    """Print a row: how our seconds are to others'; `target` is the most that they may be."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    value = median(a / b for a, b in pairs)
    a, b = (median(seconds) * 1e3 for seconds in zip(*pairs, strict=True))
    met = "met" if value <= target else "missed"
    print(
        f"| {what} | {a:.1f} against {b:.1f} ms | {value:.2f} | <= {target} | {met} |", flush=True
    )


def main():
    print("| what | measured | value | target | |\n| --- | --- | ---: | --- | --- |")
    for (batch_size, threads), targets in FORWARD.items():
        what = f"batches of {batch_size}" if batch_size > 1 else "one by one, 2,000 calls"
        seconds = partial(engine_seconds, batch_size, threads)
        for engine, target in targets.items():
            if engine == "textbook" or find_spec(engine):
                row = f"{what}, threads: {threads}, against {NAMES[engine]}"
                compare(row, target, 5, partial(seconds, "ours"), partial(seconds, engine))
    for command, module, target in START:
        if find_spec(module):
            ours = partial(command_seconds, MNIST, *command.split())
            theirs = partial(command_seconds, sys.executable, "-c", f"import {module}")
            compare(f"`mnist {command}` against `import {module}`", target, 21, ours, theirs)
    with tempfile.TemporaryDirectory() as folder:
        for index, image in enumerate(load_images()[:1000]):  # dark on white, as people draw
            picture = ImageOps.invert(Image.fromarray(image)).resize((SIDE, SIDE), Image.BICUBIC)
            picture.save(Path(folder, f"{index}.png"))
        ours = partial(command_seconds, MNIST, "predict", "--json", *Path(folder).iterdir())
        theirs = partial(ours, "--threads", "1")
        compare("predict on 1,000 files, against one thread", 0.65, 3, ours, theirs)


if __name__ == "__main__":
    main()
