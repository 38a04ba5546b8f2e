"""Many picture files at once: two cores against one, and memory that does not grow with them."""

from statistics import median

import pytest
from benchmarks.sidebyside import MNIST, cost, ratio

from mnist_cli import load_images

ROUNDS = 3
FILES = 1_000
SIDE = 280  # pixels: a drawing or a cropped scan


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Dark digits on white, as people draw them: grey PNG files, the test set's digits enlarged."""
    from PIL import Image, ImageOps

    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for index, image in enumerate(load_images()[:FILES]):
        picture = ImageOps.invert(Image.fromarray(image)).resize((SIDE, SIDE), Image.BICUBIC)
        paths.append(str(folder / f"{index:04}.png"))
        picture.save(paths[-1])
    return paths


def test_a_thousand_files(benchmark, table, files):
    predict = [MNIST, "predict", "--json"]
    ours, one_thread = [], []
    benchmark.pedantic(
        lambda: ours.append(cost(*predict, *files)),
        setup=lambda: one_thread.append(cost(*predict, "--threads", "1", *files)),
        rounds=ROUNDS,
    )
    seconds = [[run.seconds for run in runs] for runs in (ours, one_thread)]
    table.add(
        f"predict on {FILES:,} files, against one thread",
        f"{median(seconds[0]):.2f} against {median(seconds[1]):.2f} s",
        ratio(*seconds),
        "<= 0.65",
    )
    few = cost(*predict, *files[: FILES // 10])
    many = median(run.mebibytes for run in ours)
    table.add(
        f"predict on {FILES:,} files, MiB of memory over {FILES // 10}",
        f"{many:.0f} against {few.mebibytes:.0f} MiB",
        many - few.mebibytes,
        "<= 16",
    )
