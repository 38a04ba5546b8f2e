"""Progress on a terminal that a person watches, with escape sequences and without."""

import contextlib
import io
import re
import sys

import pytest

import mnist_cli
from mnist_cli.render import progress


class Terminal(io.StringIO):
    """A stream that says a person watches it."""

    encoding = "utf-8"

    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE", 0)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    return Terminal()


def count_to_three(stream, fail_at=None):
    with contextlib.redirect_stderr(stream), progress.counted("images") as update:
        for done in (1, 2, 3):
            update(done, 3)
            if done == fail_at:
                raise RuntimeError


def test_a_bar_is_drawn_and_removed_and_has_colour_where_it_is_wanted(terminal, monkeypatch):
    count_to_three(terminal)
    written = terminal.getvalue()
    assert "3/3" in written
    assert "images" in written
    assert written.endswith("\x1b[2K")  # the line is erased
    with pytest.raises(RuntimeError):
        count_to_three(terminal, fail_at=1)
    assert terminal.getvalue()[len(written) :].count("\x1b[?25h") == 1  # the cursor is shown again
    monkeypatch.setenv("NO_COLOR", "1")
    count_to_three(plain := Terminal())
    assert "3/3" in plain.getvalue()
    assert not re.search("\x1b\\[[0-9;]*m", plain.getvalue().replace("\x1b[0m", ""))


def test_nothing_is_drawn_on_a_dumb_terminal_in_a_pipe_and_for_what_is_quick(terminal, monkeypatch):
    pipe = io.StringIO()
    count_to_three(pipe)
    with monkeypatch.context() as context:
        context.setenv("TERM", "dumb")
        count_to_three(terminal)
    monkeypatch.setattr(progress, "PATIENCE", 1e9)
    count_to_three(terminal)
    assert pipe.getvalue() == terminal.getvalue() == ""


@pytest.mark.usefixtures("terminal")
def test_what_takes_long_in_python_shows_progress_where_it_is_asked_for(monkeypatch):
    network, (images, labels) = mnist_cli.load_network(), mnist_cli.load_mnist("test")
    images, labels = images[:100], labels[:100]
    for wanted in (True, False):
        monkeypatch.setattr(sys, "stderr", stream := Terminal())
        mnist_cli.evaluate(network, images, labels, views=["robustness"], progress=wanted)
        mnist_cli.train(images, labels, epochs=2, progress=wanted)
        mnist_cli.read_pictures(images[:20], progress=wanted)
        shown = [word in stream.getvalue() for word in ("images", "epoch 2/2", "pictures")]
        assert shown == [wanted] * 3
    counts = []
    tell = {"views": ["robustness"], "progress": lambda *count: counts.append(count)}
    mnist_cli.evaluate(network, images, labels, **tell)
    assert {(1600, 1600), (100, 100)} <= {*counts}  # sixteen corruptions of 100 images
