"""The README's examples: reading them, running them, and writing down what they print.

``python tests/readme.py`` runs every example and puts today's output into both READMEs; the tests
compare what must not vary. It needs the real data (see conftest.py), not the network.
"""

import contextlib
import os
import re
import shlex
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from conftest import ROOT, TEST_DATA
from support.commands import mnist
from support.servers import body, serving

README = ROOT / "README.md"
_BLOCK = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
_STEMS = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")


@dataclass(frozen=True)
class Example:
    """A command of the README, without the prompt, and what is printed under it."""

    command: str
    output: str


def blocks(text: str) -> list[list[Example]]:
    """The examples of each console block."""
    return [examples(block) for block in _BLOCK.findall(text)]


def examples(block: str) -> list[Example]:
    """The examples of one block: each begins with a prompt."""
    pieces = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Example(*map(str.strip, f"{piece}\n".split("\n", 1))) for piece in pieces]


@contextlib.contextmanager
def surroundings() -> Iterator[str]:
    """An empty folder to work in, an empty data directory, and a mirror, whose URL it yields."""
    names = ["sample_weight.pkl", *(f"{stem}-ubyte.gz" for stem in _STEMS)]
    answers = {name: body((TEST_DATA / "data" / name).read_bytes()) for name in names}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, serving(answers) as mirror:
        work = Path(folder, "work")
        work.mkdir()
        os.chdir(work)
        with mock.patch.dict(os.environ, {"MNIST_DATA_DIR": str(Path(folder, "mnist"))}):
            try:
                yield mirror.url
            finally:
                os.chdir(before)


def run(command: str, mirror: str, *, quickly: bool) -> str:
    """Standard output of a README command; `download` is sent to the mirror.

    `quickly`: training sees a few images only.
    """
    program, name, *options = shlex.split(command)
    assert program == "mnist", command
    if name == "download" and not {"--list", "--check"} & set(options):
        options += ["--mirror", mirror]
    if name == "train" and quickly:
        options += ["--limit", "1000", "--epochs", "2"]
    done = mnist(name, *options)
    assert done.code == 0, f"{command}: {done.stderr}"
    return done.stdout


def _main() -> None:
    with surroundings() as mirror:

        def filled(match: "re.Match[str]") -> str:
            return "\n".join(_today(each, mirror) for each in examples(match[0]))

        for path in (README, ROOT / "README.ko.md"):
            path.write_text(_BLOCK.sub(filled, path.read_text("utf-8")), "utf-8")


def _today(example: Example, mirror: str) -> str:
    """The example with what it prints today; one that is shown without output stays so."""
    output = run(example.command, mirror, quickly=False)
    output = output.replace(os.environ["MNIST_DATA_DIR"], "~/.local/share/mnist-cli").rstrip()
    return f"$ {example.command}\n" + (f"{output}\n" if example.output else "")


if __name__ == "__main__":
    _main()
