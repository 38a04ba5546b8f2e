"""The pictures and pages show what the program shows, and the code that it is made of."""

import inspect
import json
import os
import re
import runpy
import shlex
import xml.etree.ElementTree as ET
from types import SimpleNamespace

import pytest
from conftest import ROOT
from support.commands import mnist
from support.readme import essence

from mnist_cli.net import network

make = SimpleNamespace(**runpy.run_path(ROOT / "docs" / "make.py"))

_CHARACTER = 12.2  # the width that rich gives to one


def page_of(name):
    return (ROOT / "docs" / name).read_text("utf-8")


def figures(svg):
    """The lines of a picture, as `essence` has them."""
    rows = {}
    for element in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text"):
        column, y = (float(element.get(name)) for name in "xy")
        rows[y] = rows.get(y, "").ljust(round(column / _CHARACTER)) + (element.text or "")
    return essence("\n".join(rows[y].replace("\xa0", " ") for y in sorted(rows)))


@pytest.mark.parametrize("name", make.PICTURES)
def test_a_picture_shows_the_figures_of_today(name, tmp_path, monkeypatch):
    monkeypatch.chdir(ROOT / "docs")
    again = tmp_path / "again.svg"
    assert mnist(*shlex.split(make.PICTURES[name]), "--export", again).code == 0
    assert figures(page_of(name)) == figures(again.read_text("utf-8")), "run: python3 docs/make.py"
    assert not re.search(r"/home|/Users|\\\\|" + re.escape(str(ROOT)), page_of(name))


def test_the_pages_show_the_forward_pass_as_it_is():
    module = inspect.getsource(network)
    assert re.search(r"^(?:def|class) (\w+)", module, re.MULTILINE)[1] == "forward"
    body = inspect.getsource(network.forward).rpartition('"""\n')[2]
    for name in (*make.NOTEBOOKS, "architecture.md"):
        assert f"\ndef forward(x, weights, biases, activation):\n{body}" in page_of(name), name


@pytest.mark.parametrize("page", make.NOTEBOOKS)
def test_a_notebook_is_what_its_page_says(page):
    name = page.replace(".md", ".ipynb")
    assert page_of(name) == make.make_notebook(page), "run: python3 docs/make.py"
    sources = ["".join(cell["source"]) for cell in json.loads(page_of(name))["cells"]]
    assert f"docs/{name})" in sources[0]
    assert not re.findall(r"\]\((?!https://)|sample_weight.pkl(?!\")", "\n".join(sources[2:]))


TRANSLATIONS = [pytest.param(f"lecture.{each}", marks=pytest.mark.matrix) for each in ("ko", "ja")]


@pytest.mark.parametrize("name", ["lecture", *TRANSLATIONS])
def test_a_notebook_runs_from_top_to_bottom(name, tmp_path, monkeypatch, request):
    """Where `mnist` is no command; with the book's weights it prints what it says, else says so."""
    has_weights = name == "lecture"
    nbclient = pytest.importorskip("nbclient", reason="needs the extra test")
    pytest.importorskip("ipykernel", reason="needs the extra test")
    import nbformat

    if has_weights:
        (tmp_path / "data-directory").mkdir()
        weights = request.getfixturevalue("book_weights")
        (tmp_path / "data-directory" / weights.name).write_bytes(weights.read_bytes())
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")  # nothing is fetched
    monkeypatch.setenv("PATH", os.defpath)
    said = nbformat.reads(page_of(f"{name}.ipynb"), as_version=4)
    failing = nbformat.v4.new_code_cell("%mnist inspect gone.pkl")
    failing.metadata["tags"] = ["raises-exception"]
    ran = nbformat.from_dict(said)
    ran.cells.append(failing)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(ran, timeout=120, resources=resources, kernel_name="python3").execute()
    *_, failed = ran.cells.pop().outputs
    assert failed["ename"] == "CalledProcessError"
    assert not [each for cell in ran.cells for each in cell.get("outputs", []) if "ename" in each]
    texts = [[printed(cell) for cell in notebook.cells] for notebook in (said, ran)]
    assert ("Accuracy: 0.9352\n" in texts[1]) is has_weights
    first_output = next(text for text in texts[1] if text)
    assert ("NOT THE BOOK'S WEIGHTS" in first_output) is not has_weights
    for cell, expected, found in zip(said.cells, *texts, strict=True):
        if has_weights and "%mnist" in cell.source:
            assert {*re.findall(r"0\.\d{4}\b", expected)} <= {*re.findall(r"0\.\d{4}\b", found)}
        elif has_weights:
            assert found == expected


def printed(cell):
    """What a cell printed, without colours."""
    text = "".join(each["text"] for each in cell.get("outputs", []))
    return re.sub("\x1b\\[[0-9;]*m", "", text)


def fields(value):
    """The names of all fields in a JSON document."""
    if isinstance(value, dict):
        return set(value).union(*map(fields, value.values()))
    return set().union(*map(fields, value)) if isinstance(value, list) else set()


@pytest.mark.parametrize(
    "command",
    [
        "inspect --stats --neuron 7",
        "inspect weights.pkl weights.pkl",
        "predict -i 42 --explain",
        "predict -i 42 --sheet",
        "eval --limit 50 --runs 1 --mode textbook --shift 1,0",
        "eval --limit 50 --confusion --wrong --min-confidence 0.9 --sweep 10,all --robustness",
        "eval --limit 50 -w weights.pkl -w weights.pkl --output rows.csv",
        "draw --no-open",
        "train --recipes",
        "convert weights.pkl net.npz",
        "download --list",
        "download --check",
    ],
)
def test_the_page_on_json_names_every_field(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    section = page_of("json.md").split(f"## `mnist {command.split()[0]}`")[1].split("\n## ")[0]
    named = {*re.findall(r"`(\w+)`", section), "quick", "standard", "best", "tune"}
    done = mnist(*shlex.split(command), "--json")
    assert done.stdout.isascii()
    assert fields(done.document) <= named
