"""A million images: memory stays flat and the speed is that of 10,000."""

import gzip
import shutil
import struct
from statistics import median

import pytest
from benchmarks.sidebyside import MNIST, cost, json_output, ratio

from mnist_cli import load_images, load_labels

COPIES = 100
ROUNDS = 3


@pytest.fixture(scope="module", params=["", ".gz"])
def million(request, tmp_path_factory):
    """The test set a hundred times over: an images file (784 MB, or gzip) and a labels file."""
    folder = tmp_path_factory.mktemp("million")
    images, labels = load_images(), load_labels()
    write = gzip.open if request.param else open
    level = {"compresslevel": 1} if request.param else {}
    images_file = folder / f"images-idx3-ubyte{request.param}"
    with write(images_file, "wb", **level) as file:
        file.write(struct.pack(">4I", 0x803, COPIES * len(images), 28, 28))
        for _ in range(COPIES):
            file.write(images.tobytes())
    labels_file = folder / "labels-idx1-ubyte"
    labels_file.write_bytes(
        struct.pack(">2I", 0x801, COPIES * len(labels)) + COPIES * labels.tobytes()
    )
    yield ["--images", str(images_file), "--labels", str(labels_file)]
    shutil.rmtree(folder)


def test_a_million_images(benchmark, table, million):
    what = f"eval of 1,000,000 images, {'gzip' if million[1].endswith('.gz') else 'raw'} IDX"
    command = [MNIST, "eval", "--runs", "1"]
    whole = benchmark.pedantic(cost, (*command, *million))
    half = cost(*command, *million, "--limit", "500000")
    table.add(f"{what}, MiB of memory", f"{whole.mebibytes:.0f} MiB", whole.mebibytes, "<= 120")
    table.add(
        f"{what}, time against twice that of one half",
        f"{whole.seconds:.1f} against 2 x {half.seconds:.1f} s",
        whole.seconds / half.seconds / 2,
        "<= 1.1",
    )
    evaluations = [
        (json_output(*command, *million, "--json"), json_output(MNIST, "eval", "--json"))
        for _ in range(ROUNDS)
    ]
    for way, name in (("per_sample", "one by one"), ("batched", "in batches")):
        large, small = zip(
            *([one[way]["images_per_second"] for one in pair] for pair in evaluations),
            strict=True,
        )
        table.add(
            f"{what}, speed {name} against that at 10,000",
            f"{median(large):,.0f} against {median(small):,.0f} images/s",
            ratio(large, small),
            ">= 0.8",
        )
