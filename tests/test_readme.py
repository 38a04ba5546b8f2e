"""Every example of the README runs, and prints what the README says it prints."""

import re
import subprocess
import sys

import pytest
from conftest import ROOT, TEST_DATA
from support import readme

if not readme.README.exists():
    pytest.skip("needs the checkout", allow_module_level=True)

_OTHER_EVERY_TIME = re.compile(
    r"[\d.,]+ (ms|us|s)\b"  # times
    r"|\d+\.\d\d +[\d,]+$"  # the columns us/image and images/s
    r"|[\d.]+x|[\d,]+ images/s"
    r"|[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]{2,} *"  # bars and curves
    r"|^NumPy .*"
    r"|\S*/(?=[^/\s]+)"  # folders
)


def essence(output):
    """The lines of an output, less what no two runs have in common."""
    lines = (_OTHER_EVERY_TIME.sub("~", line) for line in output.splitlines())
    return [re.sub(r"\s+", " ", line).strip() for line in lines]


@pytest.fixture(scope="module")
def readme_text():
    return readme.README.read_text("utf-8")


@pytest.mark.usefixtures("shared_data")
@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_examples_print_what_the_readme_says(name):
    path = ROOT / name
    with readme.surroundings() as mirror:
        for block in readme.blocks(path.read_text("utf-8")):
            for example in block:
                output = readme.run(example.command, mirror, quickly=True)
                if " train" in example.command:  # on a few images: other figures, the same rows
                    first_words = [
                        [text.split(" ")[0] for text in essence(each)]
                        for each in (output, example.output)
                    ]
                    assert first_words[0] == first_words[1]
                elif example.output:
                    assert essence(output.strip()) == essence(example.output), example.command


def test_the_two_commands_are_the_first_block(readme_text):
    first = re.search(r"```sh\n(.*?)```", readme_text, re.DOTALL)[1]
    assert first == (
        "python3 -m venv .venv && .venv/bin/pip install . "
        "&& .venv/bin/mnist eval --batch-size 100\n"
        ".venv/bin/pip install -e '.[test]' && .venv/bin/python -m pytest\n"
    )


def test_the_python_example_runs(readme_text, tmp_path):
    code = re.search(r"```python\n(.*?)```", readme_text, re.DOTALL)[1]
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "(784, 50, 100, 10) 45360" in done.stdout


def test_every_command_has_a_section_and_its_options_exist(readme_text):
    from mnist_cli.cli import cli

    known = {
        option
        for command in cli.commands.values()
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    }
    for command in cli.commands:
        assert f"### `mnist {command}" in readme_text
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", readme_text))
    assert named <= known | {"--help", "--version"}, named - known


def test_links_lead_somewhere(readme_text):
    for target in re.findall(r"\]\(([^)#]+)", readme_text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_test_data_is_not_in_the_repository(shared_data):
    book = (shared_data / "sample_weight.pkl").read_bytes()
    for path in (ROOT / "data").iterdir():
        assert path.read_bytes() != book
    assert TEST_DATA.resolve() not in [ROOT, *ROOT.parents]
