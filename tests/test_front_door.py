"""What `import mnist_cli` offers: lazily, typed, with examples that run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mnist_cli

PUBLIC = [name for name in mnist_cli.__all__ if name != "__version__"]
SOURCE = ast.parse(Path(mnist_cli.__file__).read_text("utf-8"))


def test_every_name_is_offered_to_type_checkers_from_where_it_is_loaded():
    typed = {
        alias.name: node.module.removeprefix("mnist_cli.")
        for node in ast.walk(SOURCE)
        if isinstance(node, ast.ImportFrom) and node.module.startswith("mnist_cli")
        for alias in node.names
    }
    assert typed == mnist_cli._HOMES
    assert sorted(typed) == sorted(mnist_cli.__all__) == dir(mnist_cli)


def test_no_room_imports_what_the_front_door_offers():
    for path in Path(mnist_cli.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "mnist_cli":
                assert not {alias.name for alias in node.names} & {*mnist_cli.__all__}, path


def test_the_example_of_a_public_name_prints_what_it_says(shared_data, monkeypatch, tmp_path):
    for name in PUBLIC:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("MNIST_DATA_DIR", str(shared_data))
        thing = getattr(mnist_cli, name)
        names = {each: getattr(mnist_cli, each) for each in PUBLIC} | {
            "mnist_cli": mnist_cli,
            "np": np,
        }
        found = doctest.DocTestFinder(recurse=False).find(thing, name, globs=names)
        examples = [each for test in found for each in test.examples]
        if not (inspect.isclass(thing) and issubclass(thing, Exception)):
            assert examples, f"{name} has no example"
        for test in found:
            failed, _ = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test)
            assert failed == 0


def test_results_show_themselves_in_a_few_lines():
    network, images = mnist_cli.load_network(), mnist_cli.load_images()[:500]
    labels = mnist_cli.load_labels()[:500]
    for result in (
        network,
        mnist_cli.read_digit(images[0]),
        mnist_cli.explain(network, images[0]),
        mnist_cli.evaluate(network, images, labels, views=["timing", "confusion"]),
        mnist_cli.train(images, labels, epochs=1),
    ):
        assert len(repr(result)) < 3000
        assert ", ..." not in repr(result)


def test_what_raises_says_so_in_a_section():
    for name in PUBLIC:
        doc = inspect.getdoc(getattr(mnist_cli, name)) or ""
        if "rror" in doc.partition("Raises\n------")[0].replace("MnistError", ""):
            assert "Raises\n------" in doc, name


def test_a_room_and_a_public_name_are_never_the_same():
    rooms = {module.name for module in pkgutil.iter_modules(mnist_cli.__path__)}
    assert not rooms & set(PUBLIC)
    for name in PUBLIC:  # whatever was imported before, a name is the thing and not a module
        importlib.import_module(f"mnist_cli.{mnist_cli._HOMES[name]}")
        assert not inspect.ismodule(getattr(mnist_cli, name))


def test_nothing_else_is_there():
    code = "import mnist_cli; print(*(name for name in vars(mnist_cli) if name[0] != '_'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "TYPE_CHECKING\n"
    with pytest.raises(AttributeError, match="has no attribute 'load_netwrk'"):
        _ = mnist_cli.load_netwrk


NO_WHOLE_NUMBERS = ("a", "1", 1.5, float("nan"), [1], {}, object(), np.array([1, 2]))

# What takes a whole number, by its name in the message.
TAKES_A_NUMBER = {
    "batch_size": lambda given, number: given.network.predict(given.images, number),
    "threads": lambda given, number: given.network.predict(given.images, 10, number),
    "digit": lambda given, number: mnist_cli.explain(given.network, given.images[0], number),
    "runs": lambda given, number: given.evaluate({"timing": {"runs": number}}),
    "size": lambda given, number: given.evaluate({"sweep": {"sizes": [number]}}),
    "count": lambda given, number: given.evaluate({"wrong": {"count": number}}),
    "seed": lambda given, number: given.train(seed=number),
    "epochs": lambda given, number: given.train(epochs=number),
    "hidden": lambda given, number: given.train(hidden=[number]),
}


class Given:
    """The embedded net, and a few images."""

    network = mnist_cli.load_network()
    images, labels = mnist_cli.load_images()[:50], mnist_cli.load_labels()[:50]

    def evaluate(self, views=(), **settings):
        return mnist_cli.evaluate(self.network, self.images, self.labels, views=views, **settings)

    def train(self, **settings):
        return mnist_cli.train(self.images, self.labels, **settings)


@pytest.mark.parametrize("name", TAKES_A_NUMBER)
def test_what_is_no_whole_number_is_refused_by_name(name):
    for wrong in NO_WHOLE_NUMBERS:
        with pytest.raises(ValueError, match=rf"^{name} is .*: expected "):
            TAKES_A_NUMBER[name](Given(), wrong)


def test_what_else_is_wrong_is_refused_with_what_was_expected():
    given = Given()
    for name in ("batch_size", "threads"):
        for wrong in (None, "a"):
            with pytest.raises(ValueError, match=rf"^{name} is {wrong!r}: expected a whole number"):
                given.evaluate(**{name: wrong})
    for wrong in ("abc", 1.5, object(), None):
        with pytest.raises(ValueError, match=r"hidden is .*: expected at most 7 layers"):
            given.train(hidden=wrong if wrong is not None else [None])
    for wrong in (1.5, [], None):
        with pytest.raises(ValueError, match="there is no mode"):
            given.evaluate({"timing": {"mode": wrong}})
        with pytest.raises(ValueError, match="there is no recipe"):
            given.train(recipe=wrong)
    with pytest.raises(ValueError, match="min_confidence is 'a': expected a number from 0 to 1"):
        given.evaluate({"min_confidence": {"min_confidence": "a"}})
    for wrong in ("a", {}, 1j):
        with pytest.raises(ValueError, match=r"an array has dtype .*: expected numbers"):
            mnist_cli.Network((np.array(wrong),), (np.zeros(10),))


@pytest.mark.parametrize("tiny", [1e-300, 5e-324, 1e-45, 1e-38])
@pytest.mark.parametrize("activation", ["sigmoid", "relu"])
def test_next_to_nothing_is_nothing_where_numpy_raises(tiny, activation):
    embedded = Given.network
    network = mnist_cli.Network(embedded.weights, embedded.biases, activation)
    images, labels = np.full((50, 28, 28), tiny), Given.labels
    expected = network.predict(np.zeros((50, 28, 28)))
    with np.errstate(all="raise"):
        np.testing.assert_array_equal(network.predict(images), expected)
        assert network.predict(images[0]) == mnist_cli.explain(network, images[0]).prediction
        assert (mnist_cli.sigmoid(images[0]) == 0.5).all()
        views = {"timing": {"mode": "textbook", "runs": 1}, "robustness": {}, "min_confidence": {}}
        assert mnist_cli.evaluate(network, images, labels, views=views).samples == 50
        for shape in ((1, 1), (2, 2), (1, 5), (28, 28), (40, 40), (3, 100)):
            assert mnist_cli.read_digit(np.full(shape, tiny)).empty
            assert mnist_cli.read_digits(np.full(shape, tiny))[0].empty
