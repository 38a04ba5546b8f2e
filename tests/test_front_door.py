"""What `import mnist_cli` offers: lazily, typed, with examples that run."""

import ast
import doctest
import inspect
import io
import pkgutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mnist_cli

# Their examples are in what gives them.
RESULTS = ("Evaluation", "Explanation", "NumberDigit", "Prediction", "Trained")
PUBLIC = [name for name in mnist_cli.__all__ if name != "__version__"]


def test_every_name_is_offered_to_type_checkers_from_where_it_is_loaded_and_no_other():
    typed = {
        alias.name: node.module.removeprefix("mnist_cli.")
        for node in ast.walk(ast.parse(Path(mnist_cli.__file__).read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module.startswith("mnist_cli")
        for alias in node.names
    }
    assert typed == mnist_cli._HOMES
    assert sorted(typed) == sorted(mnist_cli.__all__) == dir(mnist_cli)
    with pytest.raises(AttributeError, match="has no attribute 'load_netwrk'"):
        _ = mnist_cli.load_netwrk


def test_a_room_and_a_public_name_are_never_the_same():
    """Or the room that was imported last would take the place of what has its name."""
    assert not {module.name for module in pkgutil.iter_modules(mnist_cli.__path__)} & set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_has_an_example_that_runs_and_says_what_it_raises(
    name, shared_data, monkeypatch, tmp_path
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MNIST_DATA_DIR", str(shared_data))
    thing, names = getattr(mnist_cli, name), {each: getattr(mnist_cli, each) for each in PUBLIC}
    names |= {"mnist_cli": mnist_cli, "np": np}
    found = doctest.DocTestFinder(recurse=False).find(thing, name, globs=names)
    assert any(test.examples for test in found) or name.endswith("Error") or name in RESULTS
    with np.errstate(all="raise"):
        assert not any(doctest.DocTestRunner().run(test).failed for test in found)
    before, section, _ = (inspect.getdoc(thing) or "").partition("Raises\n------")
    assert section or name.endswith("Error") or "rror" not in before.replace("MnistError", "")


NETWORK = mnist_cli.load_network()
IMAGES, LABELS = mnist_cli.load_images()[:50], mnist_cli.load_labels()[:50]


def evaluate(views=(), **settings):
    return mnist_cli.evaluate(NETWORK, IMAGES, LABELS, views=views, **settings)


def train(**settings):
    return mnist_cli.train(IMAGES, LABELS, **settings)


def test_results_show_themselves_in_a_few_lines():
    explained = mnist_cli.explain(NETWORK, IMAGES[0])
    results = [NETWORK, explained, mnist_cli.read_digit(IMAGES[0])]
    for result in (*results, evaluate(["timing", "confusion"]), train(epochs=1)):
        assert len(repr(result)) < 3000
        assert ", ..." not in repr(result)


NO_WHOLE_NUMBERS = ("a", "1", 1.5, float("nan"), [1], {}, object(), np.array([1, 2]))
NO_NAMES = (1.5, [], None)

# What takes a whole number, by its name in the message; and what else is refused, by what is said.
TAKES_A_NUMBER = {
    "batch_size": lambda it: NETWORK.predict(IMAGES, it),
    "threads": lambda it: NETWORK.predict(IMAGES, 10, it),
    "digit": lambda it: mnist_cli.explain(NETWORK, IMAGES[0], it),
    "runs": lambda it: evaluate({"timing": {"runs": it}}),
    "size": lambda it: evaluate({"sweep": {"sizes": [it]}}),
    "count": lambda it: evaluate({"wrong": {"count": it}}),
    "seed": lambda it: train(seed=it),
    "epochs": lambda it: train(epochs=it),
    "hidden": lambda it: train(hidden=[it]),
}
REFUSED = {
    "batch_size is .*: expected a whole number": (lambda it: evaluate(batch_size=it), (None, "a")),
    "threads is .*: expected a whole number": (lambda it: evaluate(threads=it), (None, "a")),
    "hidden is .*: expected at most 7": (lambda it: train(hidden=it), ("abc", 1.5, [None])),
    "there is no mode": (lambda it: evaluate({"timing": {"mode": it}}), NO_NAMES),
    "there is no recipe": (lambda it: train(recipe=it), NO_NAMES),
    "min_confidence is 'a': expected a number from 0 to 1": (
        lambda it: evaluate({"min_confidence": {"min_confidence": it}}),
        ("a",),
    ),
    "an array has dtype .*: expected numbers": (
        lambda it: mnist_cli.Network((np.array(it),), (np.zeros(10),)),
        ("a", {}, 1j),
    ),
}
REFUSED |= {
    f"{name} is .*: expected ": (call, NO_WHOLE_NUMBERS) for name, call in TAKES_A_NUMBER.items()
}


@pytest.mark.parametrize("said", REFUSED)
def test_what_is_wrong_is_refused_with_its_name_and_what_was_expected(said):
    call, wrongs = REFUSED[said]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=f"^{said}"):
            call(wrong)


@pytest.mark.parametrize(("activation", "tiny"), [("relu", 1e-38), ("sigmoid", 5e-324)])
def test_next_to_nothing_is_nothing_where_numpy_raises(tiny, activation):
    network = mnist_cli.Network(NETWORK.weights, NETWORK.biases, activation)
    images, labels = np.full((10, 28, 28), tiny), LABELS[:10]
    expected = network.predict(np.zeros((10, 28, 28)))
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(network.predict(images), expected)
        assert network.predict(images[0]) == mnist_cli.explain(network, images[0]).prediction
        assert (mnist_cli.sigmoid(images[0]) == 0.5).all()
        views = {"timing": {"mode": "textbook", "runs": 1}, "robustness": {}, "min_confidence": {}}
        assert mnist_cli.evaluate(network, images, labels, views=views).samples == 10
        for shape in ((1, 1), (28, 28), (3, 100)):
            for read in (mnist_cli.read_digit, mnist_cli.read_digits):
                with pytest.raises(mnist_cli.NoDigitError):
                    read(np.full(shape, tiny))


def test_what_is_nothing_of_the_kind_is_a_value_error(tmp_path):
    masked = np.ma.masked_less(IMAGES, 9)
    for call, said in (
        (lambda: NETWORK.predict(masked), "masked array"),
        (lambda: mnist_cli.evaluate(NETWORK, masked, LABELS), "masked array"),
        (lambda: mnist_cli.read_digit(masked[0]), "masked array"),
        (lambda: mnist_cli.read_digit(Image.new("L", (0, 0))), "an image of 0 x 0 pixels"),
        (lambda: mnist_cli.read_digit(io.StringIO("7")), "a StringIO, expected a path"),
        (lambda: train(start="x"), "expected a Network"),
        (lambda: NETWORK.fold_normalization("a", 1), "expected finite numbers"),
        (lambda: NETWORK.fold_normalization(10**400, 1), "expected finite numbers"),
        (lambda: mnist_cli.Network([np.ma.masked_all((784, 10))], [np.zeros(10)]), "masked array"),
        (lambda: evaluate("tming"), "no view 'tming'"),
    ):
        with pytest.raises(ValueError, match=said):
            call()
    (tmp_path / "net.pkl").touch()
    with pytest.raises(mnist_cli.FileError, match=r"Replace it with overwrite=True\.$"):
        mnist_cli.save_network(NETWORK, tmp_path / "net.pkl")


@pytest.mark.filterwarnings("ignore::PendingDeprecationWarning")  # of np.matrix
def test_what_others_call_images_is_read_too():
    with_channel = IMAGES[:, np.newaxis]
    assert np.array_equal(NETWORK.predict(with_channel), NETWORK.predict(IMAGES))
    for views in ("confusion", ["confusion"]):
        found = mnist_cli.evaluate(NETWORK, with_channel, LABELS, views=views)
        assert list(found.views) == ["confusion"]
    page = 255 - np.kron(IMAGES[0], np.ones((5, 5), np.uint8))
    alpha = Image.fromarray(page).convert("LA")
    for picture in (np.matrix(page), alpha.convert("La"), alpha.convert("RGBA").convert("RGBa")):
        assert NETWORK.predict(mnist_cli.read_digit(picture)) == 7
