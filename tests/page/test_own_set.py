"""The page of a set of one's own: people's digits that `mnist collect` read, of any number."""

import json

import numpy as np
import pytest
from support.commands import mnist
from support.page import measure, prediction, speak, titles
from support.sets import write_images, write_labels

import mnist_cli
from mnist_cli.datasets.arrays import load_labelled
from mnist_cli.page.page import write_page

pytestmark = pytest.mark.xdist_group("class")

COUNT = 37  # no whole number of tens


@pytest.fixture(scope="module")
def own(opener, shared_digits, book_weights, tmp_path_factory):
    """The page of a set in which no 1, 4, 5 and 8 are, its labels, and the net's predictions."""
    name = tmp_path_factory.mktemp("own") / "class"
    pictures = sorted(shared_digits.glob("*/[023679]_*"))[:COUNT]
    assert mnist("collect", *pictures, "-o", name).code == 0
    output = ("--no-open", "-o", name.parent / "page.html")
    done = mnist("draw", "--images", name, "-w", book_weights, *output)
    assert (done.code, done.stderr) == (0, "")
    assert f"{COUNT} from class-images-idx3-ubyte.gz" in done.stdout
    images, labels = load_labelled(name, None)
    page = opener(name.parent / "page.html")
    yield page, labels, mnist_cli.load_network(book_weights).predict(images)
    page.context.close()


def write_set(folder, chosen):
    """Some images of the embedded set, and their labels, as files."""
    return (
        write_images(folder / "some-images", mnist_cli.load_images()[chosen]),
        write_labels(folder / "some-labels", mnist_cli.load_labels()[chosen]),
    )


def test_a_class_sees_its_own_digits(own):
    page, labels, predictions = own
    correct = (predictions == labels).sum()
    assert correct < COUNT
    assert page.locator("#accuracy output").text_content() == f"{correct / COUNT:.4f}"
    assert f"{correct} of {COUNT} correct" in page.locator("#accuracy p").text_content()
    digits = page.locator("#filter option").all_text_contents()
    assert digits == ["every digit", *"023679"]
    page.locator("#only-wrong").check()
    wrong = np.flatnonzero(predictions != labels)
    said = [f"Image {i}, label {labels[i]}, prediction {predictions[i]}" for i in wrong]
    assert titles(page) == said
    assert "MNIST," not in page.locator("body").inner_text()
    assert not page.locator("#learnt").is_visible()  # nobody knows how this net learnt
    for language, hint, foot in (
        ("ko", f"그중 {COUNT}장을", f"class-images-idx3-ubyte.gz의 {COUNT}장 중"),
        ("ja", f"うちの{COUNT}枚", f"class-images-idx3-ubyte.gzの{COUNT}枚"),
        ("en", f"{COUNT} of the {COUNT}", f"Images: {COUNT} of {COUNT} from class-images"),
    ):
        speak(page, language)
        assert hint in page.locator("#break .hint").text_content()
        assert foot in page.locator("footer").inner_text()


def test_batches_of_a_set_end_with_a_smaller_one(own):
    page, labels, predictions = own
    assert page.locator("#sizes span").all_text_contents() == ["1", "10", str(COUNT)]
    assert page.locator("[name=size]:checked").get_attribute("value") == str(COUNT)
    said = (
        f"Images and their predictions: {COUNT}, {(predictions != labels).sum()} of them incorrect"
    )
    assert page.locator("#sheet").get_attribute("aria-label") == said
    for shape in (f"({COUNT}, 784)", "(784, 50)", "(50,)", f"({COUNT}, 50)", f"({COUNT}, 10)"):
        assert shape in page.locator("#shapes").inner_text()
    page.locator("[name=size][value='10']").check(force=True)
    times, told = measure(page)
    assert len(times) == 2
    assert "Every prediction is the same." in told


def test_one_image_makes_a_page(open_page, tmp_path):
    four = np.flatnonzero(mnist_cli.load_labels() == 4)[:1]
    write_page(tmp_path / "page.html", images=write_set(tmp_path, four))
    page = open_page(tmp_path / "page.html")
    assert page.locator("#filter option").all_text_contents() == ["every digit", "4"]
    assert page.locator("#accuracy output").text_content() == "1.0000"
    page.locator("#only-wrong").check()
    assert page.locator("#strip").inner_text() == "None: all of these are correct."
    page.locator("#only-wrong").uncheck()
    page.locator("#random").click()
    assert prediction(page) == "4"
    times, told = measure(page)
    assert len(times) == 1
    assert "One image is no batch" in told


def test_a_larger_set_is_shown_by_a_thousand_evenly_spaced(open_page, tmp_path):
    images, labels = write_set(tmp_path, slice(1500))
    page_file = tmp_path / "page.html"
    options = ("--images", images, "--labels", labels, "--no-open", "-o", page_file)
    result = json.loads(mnist("draw", *options, "--json").stdout)
    assert (result["images"], result["samples"]) == (str(images), 1000)
    page = open_page(page_file)
    spaced = np.linspace(0, 1500, 1000, endpoint=False).astype(int)
    truth = mnist_cli.load_labels()[spaced]
    correct = (mnist_cli.load_network().predict(mnist_cli.load_images()[spaced]) == truth).sum()
    assert f"{correct} of 1000 correct" in page.locator("#accuracy p").text_content()
    hint = page.locator("#break .hint").text_content()
    assert "these are 1,000 of the 1,500 that 'mnist eval' counts." in hint
    assert f"Image {spaced[3]}, label {truth[3]}," in titles(page)[3]
