"""How well people's own digits are read: the table of scenes, and that of strangers' pictures.

    python tests/benchmarks/handwriting.py SHARED [WEIGHTS]

SHARED has the folders data, digits and digit-rows, the last two with a manifest.csv (file, label,
kind, source). Of these a quarter of the repositories, chosen by a hash of their names, was looked
at only for this table. Without WEIGHTS the embedded ones are used.
"""

import csv
import hashlib
import sys
from itertools import repeat
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from support import scenes, stress

from mnist_cli import Digit, load_network, read_digits, read_pictures
from mnist_cli.datasets.arrays import load_labelled
from mnist_cli.prediction.prediction import predict_digit, predict_digits

DRAWN = slice(40_000, 40_100)  # of the training images that are drawn


def main(shared, weights=None):
    network = load_network(weights)
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    images, labels = (each[DRAWN] for each in load_labelled(*names, data_dir=shared / "data"))
    for kind, draw in (scenes.SCENES | stress.KINDS).items():
        files = (draw(image, np.random.default_rng(seed)) for seed, image in enumerate(images))
        tell(kind, judge(network, files, labels))
    tell("no digits", judge(network, map(scenes.no_digit, range(300)), repeat(None)))

    rows = list_pictures(shared / "digits")
    judged = judge(network, [row["file"] for row in rows], [int(row["label"]) for row in rows])
    for column in ("kind", "source", "kept aside"):
        values = np.array([row[column] for row in rows])
        for value in dict.fromkeys(values):
            tell(f"{column}: {value}", judged[values == value])

    exact = {}
    for row in list_pictures(shared / "digit-rows"):
        read = predict_digits(network, read_digits(row["file"]), source="")
        text = read.text.replace("\n", "/")
        exact.setdefault(f"{row['kind']}, {row['kept aside']}", []).append(text == row["label"])
        if text != row["label"]:
            print(f"  {row['file']}: {text}")
    for name, found in exact.items():
        print(f"{name:50} {sum(found)} of {len(found)} exact")


def list_pictures(folder):
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        digest = hashlib.sha256(row["source"].encode()).hexdigest()
        row["kept aside"] = "kept aside" if int(digest, 16) % 4 == 0 else "tuned on"
        row["file"] = folder / row["file"]
    return rows


def judge(network, files, labels):
    """Which are read correctly, and which are doubted, (N, 2)."""
    judged = []
    for one, label in zip(read_pictures(files), labels, strict=False):
        read = predict_digit(network, one, source="") if isinstance(one, Digit) else None
        judged.append((read and read.prediction == label, read is None or read.doubted))
    return np.array(judged, bool)


def tell(name, judged):
    correct, doubted = judged.mean(axis=0)
    print(f"{name:50.50} {correct:.3f}  {len(judged):4}  {doubted:.3f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
