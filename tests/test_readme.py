"""Every example of the pages runs, and prints what the page says it prints; every link leads on."""

import os
import re
import statistics
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT, TEST_DATA
from support import readme
from support.commands import COMMANDS

README = ROOT / "README.md"
READMES = [README.name, "README.ko.md", "README.ja.md"]
PAGES = {path: path.read_text("utf-8") for path in readme.PAGES}


@pytest.mark.parametrize(
    "path",
    [path for path, text in PAGES.items() if re.search("```(console|python)", text)],
    ids=lambda path: path.relative_to(ROOT).as_posix(),
)
def test_the_examples_print_what_the_page_says(path, shared_data, capsys):
    """Also where NumPy raises. A translation has the examples in English; its Python is run."""
    english = path.with_name(readme.TRANSLATION.sub("", path.name))
    known = [] if path == english else all_examples(PAGES[english])
    with readme.surroundings(shared_data) as mirror, np.errstate(all="raise"):
        for example in all_examples(PAGES[path]):
            if path == english or " download" in example.command:
                printed = readme.essence(readme.run(example.command, mirror, quickly=True))
                said = readme.essence(example.output)
                if " train" in example.command:  # on few images: the same rows
                    printed, said = ([row.split()[0] for row in rows] for rows in (printed, said))
                assert not said or shows(said, printed), (example.command, printed)
            else:
                assert example in known, example.command
        code = "".join(readme.blocks(PAGES[path], "python"))
        said = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
        exec(compile(code, "<page>", "exec"), {"__name__": "__main__"})
    assert capsys.readouterr().out.splitlines() == said


def all_examples(text):
    blocks = readme.blocks(text, "console")
    return [example for block in blocks for example in readme.examples(block)]


def shows(said, printed):
    """Whether a page shows the lines that are printed, with gaps only where it has one."""
    pattern = "".join(r"(.*\n)?" if each == readme.GAP else re.escape(each) + "\n" for each in said)
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed), re.DOTALL)


def test_every_figure_in_the_text_of_the_lecture_is_printed_by_an_example():
    for language in ("", ".ko", ".ja"):
        text = PAGES[ROOT / "docs" / f"lecture{language}.md"]
        shown = "\n".join(readme.blocks(text, "console") + readme.blocks(text, "python"))
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        figures = set(re.findall(r"(?<![\w.])\d[\d,]*\d\.\d+|\d\.\d+|\d{3,}|\d[\d,]*,\d{3}", prose))
        known = set(re.findall(r"[\d.]+", shown.replace(",", "")))
        assert not {each for each in figures if each.replace(",", "") not in known}


def test_the_accuracy_of_a_recipe_is_the_mean_of_the_runs_in_data():
    run = re.compile(r"^\| `(\w+)`, \d+ epochs[^|]* \| [^|]* \| ([\d., ]+) \|", re.MULTILINE)
    means = {
        recipe: f"{statistics.mean(map(float, accuracies.split(', '))):.3f}"
        for recipe, accuracies in run.findall(PAGES[ROOT / "data" / "README.md"])
    }
    text = PAGES[ROOT / "docs" / "training.md"]
    assert dict(re.findall(r"^\| `(\w+)` \|.*\| (0\.\d+) \|$", text, re.MULTILINE)) == means


@pytest.mark.parametrize("name", READMES)
def test_a_readme_is_short_has_two_commands_each_alone_and_names_all_of_them(name):
    text = PAGES[ROOT / name]
    assert readme.blocks(text, "sh") == [
        "python3 -m venv .venv && .venv/bin/pip install . "
        "&& .venv/bin/mnist eval --batch-size 100\n",
        ".venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest\n",
    ]
    assert not [name for name in COMMANDS if f"mnist {name}" not in text]
    assert len(text.splitlines()) <= 100
    assert len(text.split()) <= 700


@pytest.mark.parametrize("name", [*READMES, "docs/class.md", "docs/draw.md"])
def test_what_a_teacher_reads_begins_with_the_page_as_a_file_that_the_release_has(name):
    files = (ROOT / ".github/workflows/release.yml", ROOT / ".ci/release")
    release = "".join(path.read_text("utf-8") for path in files)
    file = re.search(r"^.{,600}/releases/latest/download/(.+?)\)", PAGES[ROOT / name], re.DOTALL)[1]
    assert f'"$page/{file}"\n' in release
    assert f'gh release create "$GITHUB_REF_NAME" {file} ' in release


def test_the_commands_and_options_that_a_page_names_exist():
    options = {
        name: {"-h", "--help"}.union(*(each.opts + each.secondary_opts for each in command.params))
        for name, command in COMMANDS.items()
    }
    anywhere = {"--version", "--json"}.union(*options.values())
    named_command = re.compile(r"(?:`|^|\$ )mnist ([a-z]+)\b([^`\n]*)", re.MULTILINE)
    for path, text in PAGES.items():
        for command, rest in named_command.findall(text):
            named = {*re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest)}
            assert named <= options[command], (command, named - options[command])
        if path.parent != ROOT or path == README:
            assert {*re.findall(r"`(--[a-z][a-z-]+)", text)} <= anywhere, path


def anchors(text):
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere_and_from_the_readme_to_every_page():
    linked = {}
    for path, text in PAGES.items():
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        for target in re.findall(r"\]\((?!https://)([^)\s]+)\)", prose):
            file, _, anchor = target.partition("#")
            page = Path(os.path.normpath(path.parent / file)) if file else path
            assert page.exists(), target
            assert not anchor or anchor in anchors(PAGES[page]), target
            linked.setdefault(path, set()).add(page)
    reached, waiting = set(), {README}
    while waiting:
        reached |= waiting
        waiting = set().union(*(linked.get(page, ()) for page in waiting)) - reached
    assert {*PAGES} <= reached


def test_test_data_is_not_in_the_repository(shared_data):
    book = (shared_data / "sample_weight.pkl").read_bytes()
    for path in (ROOT / "data").iterdir():
        assert path.read_bytes() != book
    assert TEST_DATA.resolve() not in [ROOT, *ROOT.parents]
