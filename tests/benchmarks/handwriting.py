"""How well people's own digits are read: the table of scenes, and that of strangers' pictures.

    python tests/benchmarks/handwriting.py SHARED [WEIGHTS ...]

SHARED has the folders data, digits and digit-rows, the last two with a manifest.csv (file, label,
kind, source). Of these a quarter of the repositories, chosen by a hash of their names, was looked
at only for this table. Without WEIGHTS the embedded ones are used.
"""

import csv
import hashlib
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from support import scenes, stress
from support.pictures import are_correct

from mnist_cli import (
    Digit,
    MnistError,
    Network,
    load_images,
    load_labels,
    load_network,
    read_digits,
    read_pictures,
)
from mnist_cli.prediction.prediction import predict_digit, predict_digits

Reading = Digit | MnistError

FIRST, COUNT = 40_000, 100  # of the training images that are drawn


def main(shared: Path, weights: Sequence[str]) -> None:
    networks = [load_network(name) for name in weights or [None]]
    images = load_images(shared / "data" / "train-images-idx3-ubyte.gz")[FIRST : FIRST + COUNT]
    labels = load_labels(shared / "data" / "train-labels-idx1-ubyte.gz")[FIRST : FIRST + COUNT]
    for draw, kinds in ((scenes.draw, scenes.SCENES), (stress.draw, stress.KINDS)):
        for kind in kinds:
            files = (draw(kind, image, seed) for seed, image in enumerate(images))
            tell(kind, networks, read(files), labels)
    nothing = read_pictures(scenes.no_digit(seed) for seed in range(300))
    doubted = [is_doubted(networks[0], one) for one in nothing]
    print(f"{'no digits: doubted':50} {np.mean(doubted):.3f}  300")

    rows = list_pictures(shared / "digits")
    readings = read(shared / "digits" / row["file"] for row in rows)
    for column in ("kind", "source", "kept aside"):
        for name in dict.fromkeys(row[column] for row in rows):
            chosen = [number for number, row in enumerate(rows) if row[column] == name]
            truth = [int(rows[number]["label"]) for number in chosen]
            tell(f"{column}: {name}", networks, [readings[number] for number in chosen], truth)
    tell_rows(shared / "digit-rows", networks[0])


def list_pictures(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        digest = hashlib.sha256(row["source"].encode()).hexdigest()
        row["kept aside"] = "kept aside" if int(digest, 16) % 4 == 0 else "tuned on"
    return rows


def read(files: Iterable[bytes | Path]) -> list[tuple[Reading, float]]:
    """Read files, and say how many seconds of the processor each took."""
    readings = []
    for file in files:
        start = time.process_time()
        (read,) = read_pictures([file])
        readings.append((read, time.process_time() - start))
    return readings


def tell(
    name: str, networks: Sequence[Network], readings: Sequence[tuple[Reading, float]], labels: Any
) -> None:
    """Print how many are read, by each network, how many are doubted, and milliseconds of each."""
    digits, seconds = zip(*readings, strict=True)
    correct = [are_correct(network, digits, labels).mean() for network in networks]
    doubted = np.mean([is_doubted(networks[0], digit) for digit in digits])
    shares = " ".join(f"{share:.3f}" for share in correct)
    milliseconds = np.mean(seconds) * 1e3
    print(f"{name:50.50} {shares}  {len(digits):4}  {doubted:.3f}  {milliseconds:4.0f}", flush=True)


def is_doubted(network: Network, read: Reading) -> bool:
    return not isinstance(read, Digit) or predict_digit(network, read, source="").doubted


def tell_rows(folder: Path, network: Network) -> None:
    """Print how many rows and pages are read without a mistake, and those that are not."""
    exact: dict[str, list[bool]] = {}
    for row in list_pictures(folder):
        digits = read_digits(folder / row["file"])
        text = predict_digits(network, digits, source="").text.replace("\n", "/")
        exact.setdefault(f"{row['kind']}, {row['kept aside']}", []).append(text == row["label"])
        if text != row["label"]:
            print(f"  {row['file']}: {text}")
    for name, found in exact.items():
        print(f"{name:50} {sum(found)} of {len(found)} exact")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
