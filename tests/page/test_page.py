"""The file that `mnist draw` writes, and the command."""

import base64
import hashlib
import json
import re
import stat
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from sklearn.decomposition import PCA
from support.commands import mnist, mnist_process
from support.nets import random_network
from support.sets import write_images, write_labels

import mnist_cli
from mnist_cli.page.packing import find_axes
from mnist_cli.page.page import _SOURCES, Language, join_modules, write_page
from mnist_cli.paths import embedded_directory
from mnist_cli.weights.snapshots import Snapshot, write_snapshots


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "page.html"
    written = write_page(path)
    assert written.bytes == path.stat().st_size <= 1_300_000
    return path.read_text("utf-8")


def test_the_policy_allows_this_script_and_style_and_nothing_else(page):
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for rule, element in (("script-src", 'script type="module"'), ("style-src", "style")):
        text = re.search(f"<{element}>(.*?)</", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert rules[rule] == f"'sha256-{digest}'"
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []


@pytest.mark.parametrize("neurons", [12, 300])  # fewer than images, and more
def test_the_map_is_that_of_principal_components(neurons):
    values = np.random.default_rng(0).normal(size=(200, neurons)) * np.arange(1, neurons + 1) ** 2
    mean, *axes = find_axes(values)
    oracle = PCA(2, svd_solver="full").fit(values)
    np.testing.assert_allclose(mean, oracle.mean_, rtol=1e-4)
    scale = np.sqrt(200) / oracle.singular_values_[0]
    signs = np.sign(oracle.components_.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(axes, signs * oracle.components_ * scale, rtol=1e-3, atol=1e-9)
    assert find_axes(values[:, :1]).shape == (3, 1)
    assert not np.isnan(find_axes(np.ones((200, neurons)))).any()


# What tells a language from the others.
_SCRIPTS = {"en": "^[^가-힣ぁ-ヶ一-龠]*$", "ko": "[가-힣]", "ja": "[ぁ-ヶ一-龠]"}
# Texts that are named elsewhere than where they are said: sliders, the two ways that are timed, the
# cards of the lesson, and what stands before any language is chosen.
_CARDS = ("image", "shapes", "sum", "sigmoid", "second", "softmax", "accuracy", "batches")
_BY_NAME = {
    *("noise", "right", "down", "turn", "oneByOne", "batched", "languageName", "unsupported"),
    *(card + part for card in _CARDS for part in ("Card", "Text", "Question", "Answer")),
    "sureQuestion",
}


@pytest.fixture(scope="module")
def texts():
    """The table: each text in each language."""

    def read_row(cells):
        assert len(cells) == len(dict(cells)), "a name stands twice"
        return dict(cells)

    return json.loads((_SOURCES / "texts.json").read_text("utf-8"), object_pairs_hook=read_row)


def test_every_text_is_there_in_every_language(texts):
    for key, row in texts.items():
        assert tuple(row) == get_args(Language), key
        holes = [sorted(re.findall(r"\$\{(\w+)(?:\|./.)?\}", text)) for text in row.values()]
        assert holes == [holes[0]] * len(row), key
        for language, text in row.items():
            found = [each for each, script in _SCRIPTS.items() if re.search(script, text)]
            assert found == [language], (key, text)
            assert "<" not in text


def test_every_text_that_is_said_is_in_the_table_and_every_other_is_gone(texts):
    inside = "[^()]*"
    for _ in range(3):  # parentheses in parentheses
        inside = rf"(?:[^()]|\({inside}\))*"
    said = re.findall(rf"\b(?:say|tell|Refused)\(({inside})\)", join_modules())
    used = set(re.findall(r'"(\w+)"', " ".join(said)))
    html = (_SOURCES / "page.html").read_text("utf-8")
    used |= set(re.findall(r'data-(?:t|label)="(\w+)"', html))
    assert used | _BY_NAME == set(texts)


def test_the_command_says_where_the_page_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mnist-draw.html"
    done = mnist("draw", "--no-open")
    assert (done.code, done.stderr) == (0, "")
    assert path.name in done.stdout
    again = mnist("draw", "--no-open", "--lang", "ko", "--json", "--force")
    assert json.loads(again.stdout) == {
        "path": str(path),
        "bytes": path.stat().st_size,
        "weights": [str(embedded_directory() / "weights.pkl")],
        "snapshots": str(embedded_directory() / "snapshots.npz"),
        "images": str(embedded_directory() / "t10k-images-idx3-ubyte"),
        "samples": 1000,
    }
    assert '<html lang="ko" data-language="ko">' in path.read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="browsers are found by another way there")
def test_the_page_is_opened_in_the_browser_that_there_is(tmp_path):
    browser, told = tmp_path / "browser", tmp_path / "told"
    browser.write_text(f'#!/bin/sh\necho "$1" > "{told}"\n')
    browser.chmod(browser.stat().st_mode | stat.S_IEXEC)
    path = tmp_path / "page.html"
    done = mnist_process("draw", "-o", path, BROWSER=str(browser))
    assert "opened in your browser" in done.stdout
    assert told.read_text().strip() == path.as_uri()
    done = mnist_process("draw", "-o", path, "--force", PATH=str(tmp_path / "nowhere"))
    assert (done.code, done.stderr) == (0, "")
    assert "no browser was found" in done.stdout


def test_what_cannot_be_on_a_page_gives_one_line_and_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("bad.pkl").write_bytes(b"\x80\x04N.")
    np.savez("nan.npz", W1=np.full((784, 10), np.nan), b1=np.zeros(10))
    W1, W2 = np.full((784, 5), 1e30), np.ones((5, 10))
    np.savez("large.npz", W1=W1, b1=np.zeros(5), W2=W2, b2=np.zeros(10))
    mnist_cli.save_network(random_network(784, 2, 10_001, 10), "many.npz")
    mnist_cli.save_network(random_network(784, 700, 10), "wide.npz")
    mnist_cli.save_network(random_network(784, 5, 6, 10, activation="relu, tanh"), "mixed.npz")
    write_snapshots("others.npz", [Snapshot(0, random_network(784, 50, 10))])
    images = write_images(Path("20-images"), mnist_cli.load_images()[:20])
    labels = write_labels(Path("19-labels"), mnist_cli.load_labels()[:19])
    judge = embedded_directory() / "judge.npz"
    for code, said, *options in (
        (1, "bad.pkl: ", "-w", "bad.pkl"),
        (1, "nan.npz: ", "-w", "nan.npz"),
        (1, "missing.pkl: ", "-w", "missing.pkl"),
        (1, "mixed.npz: its hidden layers have relu, tanh, the page", "-w", "mixed.npz"),
        (1, "large.npz: ", "-w", "large.npz", "--activation", "relu"),
        (1, ": found 10,013 neurons", "-w", "many.npz"),
        (1, ": found 1,113,020 parameters", "-w", "wide.npz", "-w", "wide.npz"),
        (1, "found 19 labels, expected 20", "--images", images, "--labels", labels),
        (1, "the labels of these images are not known", "--images", images),
        (1, "there is no such file", "--images", "klass"),
        (1, "snapshots of a net 784-50-10, expected 784-50-100-10", "--snapshots", "others.npz"),
        (1, "found other arrays, expected snapshots", "--snapshots", judge),
        (1, "there is no such file", "--snapshots", "missing.npz"),
        (2, "--snapshots excludes --no-snapshots", "--snapshots", judge, "--no-snapshots"),
        (2, "--labels needs --images", "--labels", labels),
        (2, "", *["-w", "weights.pkl"] * 3),
    ):
        done = mnist("draw", "--no-open", "-o", "page.html", *options)
        assert (done.code, done.stdout) == (code, ""), options
        assert done.stderr.count("\n") == 1 or code == 2
        assert said in done.stderr
        assert not Path("page.html").exists()
    done = mnist("draw", "--no-open", "-o", "page.html", "-w", "large.npz")
    assert (done.code, "sigmoid was assumed" in done.stderr) == (0, True)
