"""How well people's own digits are read: by kind, by source, and without each step.

    python tests/benchmarks/handwriting.py DIGITS [WEIGHTS ...]

DIGITS is a folder with a manifest.csv (file, label, kind, source). Without WEIGHTS the embedded
ones are used. The last table says what each step earns: the accuracy when it is left out.
"""

import csv
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from mnist_cli import Network, load_network
from mnist_cli.handwriting.picture import Picture, load_picture
from mnist_cli.handwriting.reader import prepare, read_digit
from mnist_cli.handwriting.steps import STEPS

LONG_SIDE = 1600


def main(folder: Path, weights: Sequence[str]) -> None:
    networks = [load_network(name) for name in weights or [None]]
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    labels = np.array([int(row["label"]) for row in rows])
    paths = [folder / row["file"] for row in rows]

    images = np.stack([read_digit(path).image for path in paths])
    right = [network.predict(images) == labels for network in networks]
    for column in ("kind", "source"):
        for name in dict.fromkeys(row[column] for row in rows):
            chosen = np.array([row[column] == name for row in rows])
            show(name, [each[chosen].mean() for each in right], int(chosen.sum()))
    show("all", [each.mean() for each in right], len(rows))

    plain = np.stack([read_digit(path, preprocess=False).image for path in paths])
    print("\nwithout")
    show("everything", accuracies(networks, plain, labels), len(rows))
    pictures = [load_picture(path, long_side=LONG_SIDE) for path in paths]
    for step in STEPS:
        changed = np.stack([without(picture, {step}) for picture in pictures])
        show(step, accuracies(networks, changed, labels), len(rows))
    show("nothing", accuracies(networks, images, labels), len(rows))


def without(picture: Picture, steps: Collection[str]) -> np.ndarray:
    return prepare(picture.pixels, without=steps).image


def accuracies(networks: Sequence[Network], images: np.ndarray, labels: np.ndarray) -> list[float]:
    return [float((network.predict(images) == labels).mean()) for network in networks]


def show(name: str, shares: Sequence[float], count: int) -> None:
    print(f"{name:60}", *(f"{share:.4f}" for share in shares), f"{count:4}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
