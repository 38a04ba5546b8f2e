"""Every example of the pages runs, and prints what the page says it prints; every link leads on."""

import json
import re
import statistics
import subprocess
import sys

import pytest
from conftest import ROOT, TEST_DATA
from support import readme
from support.commands import COMMANDS

README = ROOT / "README.md"
if not README.exists():
    pytest.skip("needs the checkout", allow_module_level=True)

_WITH_EXAMPLES = [
    path for path in readme.PAGES if re.search("```(console|python)", path.read_text("utf-8"))
]
_OTHER_EVERY_TIME = re.compile(
    r"[\d.,]+ (ms|us|s)\b"  # times
    r"|\d+\.\d\d +[\d,]{4,}(?=$| )"  # the columns us/image and images/s
    r"|(?<=  )best  |^(best here|large batches).*"  # of batch sizes
    r"|[\d.]+x|[\d,]+ images/s"
    r"|[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]+ *"  # bars and curves
    r"|(?<!\S)[~/]\S*/"  # folders
)


def essence(output):
    """The lines of an output, less what no two runs have in common."""
    words = (_OTHER_EVERY_TIME.sub(" ", line).split() for line in output.splitlines())
    return [" ".join(line) for line in words if line]


def name_of(path):
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", _WITH_EXAMPLES, ids=name_of)
def test_the_examples_print_what_the_page_says(path, shared_data):
    """A translation shows what the page in English shows; only its Python is run."""
    text = path.read_text("utf-8")
    english = path.with_name(readme.TRANSLATION.sub("", path.name))
    known = [] if path == english else all_examples(english.read_text("utf-8"))
    with readme.surroundings(shared_data) as mirror:
        for example in all_examples(text):
            if path == english or " download" in example.command:
                output = readme.run(example.command, mirror, quickly=True)
                compare(example, output.strip())
            else:
                assert example in known, example.command
        code = "".join(readme.blocks(text, "python"))
        said = re.findall(r"^print\(.*\)  # (.*)$", code, re.MULTILINE)
        assert readme.run_python(code).splitlines() == said


def all_examples(text):
    blocks = readme.blocks(text, "console")
    return [example for block in blocks for example in readme.examples(block)]


def compare(example, output):
    """Assert that a command prints what the page says; of training on few images, the same rows."""
    printed, said = essence(output), essence(example.output)
    if " train" in example.command:
        printed, said = ([line.split()[0] for line in lines] for lines in (printed, said))
    if readme.GAP in said:
        assert is_extract(said, printed), (example.command, printed)
    else:
        assert printed == said or not said, example.command


def is_extract(said, printed):
    """Whether the lines are among those printed, with gaps only where the page has one."""
    text = "\n".join(["", *printed, ""])
    parts = "\n".join(["", *said, ""]).split(f"\n{readme.GAP}\n")
    pattern = ".*\n".join(re.escape(part) + "\n" if part else "" for part in parts)
    return re.match(pattern, text, re.DOTALL)


# Asserts are left out, and warnings and floating point errors raise, unlike for this suite.
STRICTLY = """
import doctest, json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
np.seterr(all="raise")
import mnist_cli
from pathlib import Path
from support import readme

outputs = []
with readme.surroundings(Path(sys.argv[2])) as mirror:
    for command in json.load(sys.stdin):
        outputs.append(readme.run(command, mirror, quickly=True))
    names = {name: getattr(mnist_cli, name) for name in mnist_cli.__all__}
    for name, thing in names.items():
        for test in doctest.DocTestFinder(recurse=False).find(thing, name, globs={
            **names, "np": np, "mnist_cli": mnist_cli
        }):
            outputs.append(doctest.DocTestRunner().run(test, out=sys.stderr.write).failed)
print(json.dumps(outputs))
"""


def test_the_examples_print_the_same_where_python_and_numpy_are_strict(shared_data):
    pages = [path for path in _WITH_EXAMPLES if not readme.TRANSLATION.search(path.name)]
    found = [each for path in pages for each in all_examples(path.read_text("utf-8"))]
    examples = {each.command: each for each in found}  # each once
    done = subprocess.run(
        [sys.executable, "-W", "error", "-O", "-c", STRICTLY, ROOT / "tests", shared_data],
        input=json.dumps(list(examples)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    outputs = json.loads(done.stdout)
    failures = outputs[len(examples) :]
    assert failures == [0] * len(failures)
    for example, output in zip(examples.values(), outputs, strict=False):
        compare(example, output.strip())


def test_every_figure_in_the_text_of_the_lecture_is_printed_by_an_example():
    for name in ("lecture.md", "lecture.ko.md", "lecture.ja.md"):
        text = (ROOT / "docs" / name).read_text("utf-8")
        shown = "\n".join(readme.blocks(text, "console") + readme.blocks(text, "python"))
        prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        figures = set(re.findall(r"(?<![\w.])\d[\d,]*\d\.\d+|\d\.\d+|\d{3,}|\d[\d,]*,\d{3}", prose))
        known = set(re.findall(r"[\d.]+", shown.replace(",", "")))
        assert not {each for each in figures if each.replace(",", "") not in known}


def test_the_accuracy_of_a_recipe_is_the_mean_of_the_runs_in_data():
    for name in ("README.md", "README.ko.md", "README.ja.md", "docs/training.md"):
        runs = (ROOT / "data" / "README.md").read_text("utf-8")
        means = {
            recipe: f"{statistics.mean(map(float, accuracies.split(', '))):.3f}"
            for recipe, accuracies in re.findall(
                r"^\| `(\w+)`, \d+ epochs[^|]* \| [^|]* \| ([\d., ]+) \|", runs, re.MULTILINE
            )
        }
        table = re.findall(
            r"^\| `(\w+)` \|.*\| (0\.\d+) \|$", (ROOT / name).read_text("utf-8"), re.MULTILINE
        )
        assert dict(table) == means


def test_the_two_commands_are_the_first_block():
    assert readme.blocks(README.read_text("utf-8"), "sh")[0] == (
        "python3 -m venv .venv && .venv/bin/pip install . "
        "&& .venv/bin/mnist eval --batch-size 100\n"
        ".venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest\n"
    )


def test_the_commands_and_options_that_a_page_names_exist():
    for path in readme.PAGES:
        options = {
            name: {
                option
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts, "-h", "--help")
            }
            for name, command in COMMANDS.items()
        }
        text = path.read_text("utf-8")
        for command, rest in re.findall(
            r"(?:`|^|\$ )mnist ([a-z]+)\b([^`\n]*)", text, re.MULTILINE
        ):
            assert command in options, command
            named = set(re.findall(r"(?<!\S)--?[a-z][a-z-]*", rest))
            assert named <= options[command], (command, named - options[command])
        if path.parent != ROOT or path == README:
            known = set().union(*options.values(), {"--version", "--json"})
            named = set(re.findall(r"`(--[a-z][a-z-]+)", text))
            assert named <= known | {"--benchmark-only"}, named - known


def test_readme_names_every_command():
    text = README.read_text("utf-8")
    assert not [name for name in COMMANDS if f"mnist {name}" not in text]


def test_readme_is_short():
    text = README.read_text("utf-8")
    assert len(text.splitlines()) <= 150
    assert len(text.split()) <= 1200


def anchors(path):
    """The anchors that GitHub gives to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_somewhere():
    for path in readme.PAGES:
        text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("https://"):
                continue
            file, _, anchor = target.partition("#")
            page = path.parent / file if file else path
            assert page.exists(), target
            assert not anchor or anchor in anchors(page), target


def test_every_page_can_be_reached_from_readme():
    reached, waiting = set(), [README]
    while waiting:
        page = waiting.pop().resolve()
        if page in reached or page.suffix != ".md":
            continue
        reached.add(page)
        links = re.findall(r"\]\(([^)#\s]+\.md)", page.read_text("utf-8"))
        waiting += [page.parent / link for link in links if "://" not in link]
    pages = {path.resolve() for path in readme.PAGES}
    assert pages <= reached, pages - reached


def test_test_data_is_not_in_the_repository(shared_data):
    book = (shared_data / "sample_weight.pkl").read_bytes()
    for path in (ROOT / "data").iterdir():
        assert path.read_bytes() != book
    assert TEST_DATA.resolve() not in [ROOT, *ROOT.parents]
