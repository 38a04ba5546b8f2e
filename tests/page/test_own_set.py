"""The page of a set of one's own: people's digits that `mnist collect` read, of any number."""

import json

import numpy as np
import pytest
from support.commands import mnist
from support.page import SEVEN, draw, prediction, settle

import mnist_cli
from mnist_cli.datasets.arrays import load_labelled
from mnist_cli.datasets.idx import to_idx
from mnist_cli.page.page import write_page
from mnist_cli.spec import PAIR

pytestmark = pytest.mark.xdist_group("class")

COUNT = 37  # no whole number of tens


@pytest.fixture(scope="module")
def own(shared_digits, tmp_path_factory):
    """The name of a set in which no 1, 4, 5 and 8 are."""
    name = tmp_path_factory.mktemp("own") / "class"
    pictures = sorted(shared_digits.glob("*/[023679]_*"))[:COUNT]
    assert mnist("collect", *pictures, "-o", name).code == 0
    return name


def write_set(folder, images, labels):
    for name, items in zip(PAIR, (images, labels), strict=True):
        (folder / name.format("class")).write_bytes(to_idx(items))
    return folder / "class"


def measure(page, size):
    """Press the button for this N; the figures that stand there in the end, and the words."""
    page.locator(f"[name=size][value='{size}']").check(force=True)
    page.locator("#measure").click()
    page.locator("#measure:disabled").wait_for()
    page.locator("#measure:enabled").wait_for()
    figures = page.locator("#times b").all_text_contents()
    return [float(text.split()[0]) for text in figures], page.locator(".told").text_content()


def test_a_class_sees_its_own_digits(open_page, own, book_weights, tmp_path):
    images, labels = load_labelled(own, None)
    predictions = mnist_cli.load_network(book_weights).predict(images)
    correct = (predictions == labels).sum()
    assert correct < COUNT
    output = ("--no-open", "-o", tmp_path / "page.html")
    done = mnist("draw", "--images", own, "-w", book_weights, *output)
    assert (done.code, done.stderr) == (0, "")
    assert f"{COUNT} from class-images-idx3-ubyte.gz" in done.stdout
    page = open_page(tmp_path / "page.html")
    assert page.locator("#accuracy output").text_content() == f"{correct / COUNT:.4f}"
    assert f"{correct} of {COUNT} correct" in page.locator("#accuracy p").text_content()
    assert f"{COUNT} of {COUNT}, follows" in page.locator("#break .hint").text_content()
    assert f"Images: {COUNT} of {COUNT} from class-images" in page.locator("footer").inner_text()
    assert "MNIST," not in page.locator("body").inner_text()
    digits = page.locator("#filter option").all_text_contents()
    assert digits == ["every digit", *"023679"]
    page.locator("#only-wrong").check()
    wrong = np.flatnonzero(predictions != labels)
    titles = page.locator(".thumb").evaluate_all("all => all.map((each) => each.title)")
    said = [f"Image {i}, label {labels[i]}, prediction {predictions[i]}" for i in wrong]
    assert titles == said
    for language, hint, foot in (
        (
            "ko",
            f"{COUNT}장 중 {COUNT}장)에 대한 정확도",
            f"class-images-idx3-ubyte.gz의 {COUNT}장 중",
        ),
        (
            "ja",
            f"{COUNT}枚のうち{COUNT}枚）に対する認識精度",
            f"class-images-idx3-ubyte.gzの{COUNT}枚",
        ),
    ):
        page.locator(f"[name=language][value={language}]").check(force=True)
        settle(page)
        assert hint in page.locator("#break .hint").text_content()
        assert foot in page.locator("footer").inner_text()


def test_batches_of_a_set_end_with_a_smaller_one(open_page, own, tmp_path):
    write_page(tmp_path / "page.html", images=(own, None))
    page = open_page(tmp_path / "page.html")
    assert page.locator("#sizes span").all_text_contents() == ["1", "10", str(COUNT)]
    assert page.locator("[name=size]:checked").get_attribute("value") == str(COUNT)
    images, labels = load_labelled(own, None)
    incorrect = (mnist_cli.load_network().predict(images) != labels).sum()
    said = f"Images and their predictions: {COUNT}, {incorrect} of them incorrect"
    assert page.locator("#sheet").get_attribute("aria-label") == said
    assert f"({COUNT}, 784)" in page.locator("#shapes").inner_text()
    for size in (10, COUNT):
        times, told = measure(page, size)
        assert len(times) == 2
        assert "Every prediction is the same." in told


@pytest.mark.parametrize("count", [1, 12])
def test_one_image_or_all_with_one_label_make_a_page(open_page, tmp_path, count):
    fours = np.flatnonzero(mnist_cli.load_labels() == 4)[:count]
    images, labels = mnist_cli.load_images()[fours], mnist_cli.load_labels()[fours]
    write_page(tmp_path / "page.html", images=(write_set(tmp_path, images, labels), None))
    page = open_page(tmp_path / "page.html")
    assert page.locator("#filter option").all_text_contents() == ["every digit", "4"]
    assert page.locator("#accuracy output").text_content() == "1.0000"
    page.locator("#only-wrong").check()
    assert page.locator("#strip").inner_text() == "None: all of these are correct."
    page.locator("#points").focus()
    page.keyboard.press("ArrowRight")
    assert "no. 0" in page.locator("#card").inner_text()
    page.keyboard.press("Enter")
    settle(page)
    assert prediction(page) == "4"
    draw(page, SEVEN)
    assert prediction(page) == "7"
    times, _ = measure(page, count)
    assert len(times) == min(count, 2)


@pytest.mark.parametrize(("total", "shown"), [(1000, 1000), (1500, 1000)])
def test_a_larger_set_is_shown_by_a_thousand_evenly_spaced(open_page, tmp_path, total, shown):
    images, labels = mnist_cli.load_images()[:total], mnist_cli.load_labels()[:total]
    name = write_set(tmp_path, images, labels)
    page_file = tmp_path / "page.html"
    done = mnist("draw", "--images", name, "--no-open", "-o", page_file, "--json")
    result = json.loads(done.stdout)
    assert (result["images"], result["samples"]) == (f"{name}-images-idx3-ubyte.gz", shown)
    page = open_page(page_file)
    spaced = np.linspace(0, total, shown, endpoint=False).astype(int)
    correct = (mnist_cli.load_network().predict(images[spaced]) == labels[spaced]).sum()
    assert f"{correct} of {shown} correct" in page.locator("#accuracy p").text_content()
    assert f"1,000 of {total:,}, follows" in page.locator("#break .hint").text_content()
    page.locator("#points").focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    told = page.locator("#card p").inner_text().split("\n")
    assert told[:2] == [f"no. {spaced[3]}", f"label {labels[spaced[3]]}"]


def test_a_set_that_cannot_be_read_gives_one_line_and_no_page(tmp_path):
    name = write_set(tmp_path, mnist_cli.load_images()[:20], mnist_cli.load_labels()[:19])
    images = f"{name}-images-idx3-ubyte.gz"
    page = tmp_path / "page.html"
    for given, said in (
        (["--images", name], "found 19 labels, expected 20"),
        (["--images", images], "the labels of these images are not known"),
        (["--images", tmp_path / "klass"], "there is no such file"),
    ):
        done = mnist("draw", "--no-open", "-o", page, *given)
        assert (done.code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
        assert said in done.stderr
        assert not page.exists()
    done = mnist("draw", "--labels", f"{name}-labels-idx1-ubyte.gz")
    assert (done.code, "--labels needs --images" in done.stderr) == (2, True)
