"""Reading a thousand pictures of digits: two cores against one."""

from benchmarks.sidebyside import MNIST, command_seconds
from PIL import Image, ImageOps

from mnist_cli import load_images

ROUNDS = 3
SIDE = 280  # pixels: a drawing or a cropped scan


def test_a_thousand_files_against_one_thread(table, tmp_path):
    for index, image in enumerate(load_images()[:1000]):  # dark on white, as people draw
        picture = ImageOps.invert(Image.fromarray(image)).resize((SIDE, SIDE), Image.BICUBIC)
        picture.save(tmp_path / f"{index}.png")
    command = [MNIST, "predict", "--json", *tmp_path.iterdir()]
    ours, one_thread = [], []
    for _ in range(ROUNDS):
        ours.append(command_seconds(*command))
        one_thread.append(command_seconds(*command, "--threads", "1"))
    table.compare("predict on 1,000 files, against one thread", ours, one_thread, "0.65")
