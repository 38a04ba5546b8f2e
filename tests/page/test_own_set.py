"""The page of a set of one's own: people's digits that `mnist collect` read, of any number."""

import json

import numpy as np
import pytest
from support.commands import mnist
from support.page import SEVEN, draw, prediction, settle, speak

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


@pytest.fixture(scope="module")
def class_page(opener, own, book_weights):
    """The page of that set, with the book's weights; `mnist draw` wrote it."""
    output = ("--no-open", "-o", own.parent / "page.html")
    done = mnist("draw", "--images", own, "-w", book_weights, *output)
    assert (done.code, done.stderr) == (0, "")
    assert f"{COUNT} from class-images-idx3-ubyte.gz" in done.stdout
    page = opener(own.parent / "page.html")
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def measured(own, book_weights):
    """The labels of that set, and what the book's net predicts."""
    images, labels = load_labelled(own, None)
    return labels, mnist_cli.load_network(book_weights).predict(images)


def write_set(folder, images, labels):
    for name, items in zip(PAIR, (images, labels), strict=True):
        (folder / name.format("class")).write_bytes(to_idx(items))
    return folder / "class"


def measure(page):
    """Press the button; the figures that stand there in the end, and the words."""
    # What is timed runs for so long by the page's clock, which here runs ahead.
    page.evaluate("performance.now = () => 50 * Performance.prototype.now.call(performance)")
    page.locator("#measure").click()
    page.locator("#measure:enabled").wait_for()
    figures = page.locator("#times b").all_text_contents()
    return [float(text.split()[0]) for text in figures], page.locator(".told").text_content()


def test_a_class_sees_its_own_digits(class_page, measured):
    page, (labels, predictions) = class_page, measured
    correct = (predictions == labels).sum()
    assert correct < COUNT
    assert page.locator("#accuracy output").text_content() == f"{correct / COUNT:.4f}"
    assert f"{correct} of {COUNT} correct" in page.locator("#accuracy p").text_content()
    digits = page.locator("#filter option").all_text_contents()
    assert digits == ["every digit", *"023679"]
    page.locator("#only-wrong").check()
    wrong = np.flatnonzero(predictions != labels)
    titles = page.locator(".thumb").evaluate_all("all => all.map((each) => each.title)")
    said = [f"Image {i}, label {labels[i]}, prediction {predictions[i]}" for i in wrong]
    assert titles == said
    assert "MNIST," not in page.locator("body").inner_text()
    assert not page.locator("#learnt").is_visible()  # nobody knows how this net learnt
    for language, hint, foot in (
        ("ko", f"{COUNT}장 중 {COUNT}장)에 대한", f"class-images-idx3-ubyte.gz의 {COUNT}장 중"),
        ("ja", f"{COUNT}枚のうち{COUNT}枚）に対する", f"class-images-idx3-ubyte.gzの{COUNT}枚"),
        ("en", f"{COUNT} of {COUNT}, follows", f"Images: {COUNT} of {COUNT} from class-images"),
    ):
        speak(page, language)
        assert hint in page.locator("#break .hint").text_content()
        assert foot in page.locator("footer").inner_text()


def test_batches_of_a_set_end_with_a_smaller_one(class_page, measured):
    page, (labels, predictions) = class_page, measured
    assert page.locator("#sizes span").all_text_contents() == ["1", "10", str(COUNT)]
    assert page.locator("[name=size]:checked").get_attribute("value") == str(COUNT)
    said = (
        f"Images and their predictions: {COUNT}, {(predictions != labels).sum()} of them incorrect"
    )
    assert page.locator("#sheet").get_attribute("aria-label") == said
    assert f"({COUNT}, 784)" in page.locator("#shapes").inner_text()
    page.locator("[name=size][value='10']").check(force=True)
    times, told = measure(page)
    assert len(times) == 2
    assert "Every prediction is the same." in told


@pytest.mark.parametrize("count", [1, pytest.param(12, marks=pytest.mark.matrix)])
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
    times, _ = measure(page)
    assert len(times) == min(count, 2)


def test_a_larger_set_is_shown_by_a_thousand_evenly_spaced(open_page, tmp_path):
    images, labels = mnist_cli.load_images()[:1500], mnist_cli.load_labels()[:1500]
    name = write_set(tmp_path, images, labels)
    page_file = tmp_path / "page.html"
    done = mnist("draw", "--images", name, "--no-open", "-o", page_file, "--json")
    result = json.loads(done.stdout)
    assert (result["images"], result["samples"]) == (f"{name}-images-idx3-ubyte.gz", 1000)
    page = open_page(page_file)
    spaced = np.linspace(0, 1500, 1000, endpoint=False).astype(int)
    correct = (mnist_cli.load_network().predict(images[spaced]) == labels[spaced]).sum()
    assert f"{correct} of 1000 correct" in page.locator("#accuracy p").text_content()
    assert "1,000 of 1,500, follows" in page.locator("#break .hint").text_content()
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
