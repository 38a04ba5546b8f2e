"""The pages and their examples: reading them, running them, writing down what they print.

``cd tests && python -m support.readme [PAGE ...]`` runs every example and puts today's output into
the pages; the tests compare what must not vary. It needs the real data (see conftest.py), not the
network.
"""

import contextlib
import os
import re
import shlex
import sys
import tempfile
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from conftest import ROOT, TEST_DATA
from support.commands import mnist
from support.servers import body, serving

from mnist_cli.downloads.catalogue import FILES

PAGES = [
    path
    for pattern in ("*.md", "docs/*.md", "data/README.md", "tests/benchmarks/README.md")
    for path in sorted(ROOT.glob(pattern))
]
TRANSLATION = re.compile(r"\.(ko|ja)(?=\.md$)")
_CONSOLE = re.compile(r"(?<=```console\n)(.*?)(?=```)", re.DOTALL)
_OTHER_EVERY_TIME = re.compile(
    r"[\d.,]+ (ms|us|s)\b"  # times
    r"|\d+\.\d\d +[\d,]{4,}(?=$| )"  # the columns us/image and images/s
    r"|(?<=  )best  |^(best here|large batches).*"  # of batch sizes
    r"|[\d.]+x|[\d,]+ images/s"
    r"|[█▏▎▍▌▋▊▉▁▂▃▄▅▆▇]+ *"  # bars and curves
    r"|(?<!\S)[~/]\S*/"  # folders
)
GAP = "..."  # a line of an output that stands for any number of lines, left out on the page


# A command of a page, without the prompt, and what is printed under it.
Example = namedtuple("Example", "command output")


def essence(output: str) -> list[str]:
    """The lines of an output, less what no two runs have in common."""
    words = (_OTHER_EVERY_TIME.sub(" ", line).split() for line in output.splitlines())
    return [" ".join(line) for line in words if line]


def blocks(text: str, language: str) -> list[str]:
    """The blocks of a page that are marked as `language`."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def examples(block: str) -> list[Example]:
    """The examples of a console block: each begins with a prompt."""
    pieces = re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]
    return [Example(*map(str.strip, f"{piece}\n".split("\n", 1))) for piece in pieces]


@contextlib.contextmanager
def surroundings(data: Path) -> Iterator[str]:
    """A folder with the pages' pictures, an empty data directory, and a mirror of the real `data`.

    Yields the mirror's URL.
    """
    answers = {file.remote_name: body((data / file.remote_name).read_bytes()) for file in FILES}
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder, serving(answers) as mirror:
        work = Path(folder, "work")
        work.mkdir()
        for picture in (ROOT / "docs").glob("*.jpg"):
            (work / picture.name).write_bytes(picture.read_bytes())
        os.chdir(work)
        with mock.patch.dict(os.environ, {"MNIST_DATA_DIR": str(Path(folder, "mnist"))}):
            try:
                yield mirror.url
            finally:
                os.chdir(before)


def run(command: str, mirror: str, *, quickly: bool) -> str:
    """Standard output of a command on a page; `download` is sent to the mirror.

    `quickly`: training sees a few images only.
    """
    program, name, *options = shlex.split(command)
    assert program == "mnist", command
    if name == "download" and not {"--list", "--check"} & set(options):
        options += ["--mirror", mirror]
    if name == "train" and quickly:
        options += ["--limit", "1000"]
    done = mnist(name, *options)
    assert done.code == 0, f"{command}: {done.stderr}"
    return done.stdout


def _main(names: list[str]) -> None:
    printed: dict[str, str] = {}  # one run a command: pages in all languages show the same figures
    for path in PAGES:
        text = path.read_text("utf-8")
        if not blocks(text, "console") or (names and path.name not in names):
            continue
        pieces = _CONSOLE.split(text)  # each second one is a block
        with surroundings(TEST_DATA / "data") as mirror:
            for number in range(1, len(pieces), 2):
                shown = (_today(each, mirror, printed) for each in examples(pieces[number]))
                pieces[number] = "\n".join(shown)
        path.write_text("".join(pieces), "utf-8")


def _today(example: Example, mirror: str, printed: dict[str, str]) -> str:
    """The example with what it prints today; one that is shown without output stays so."""
    command = example.command
    if command not in printed or " download" in command:
        output = run(command, mirror, quickly=False)
        output = output.replace(os.environ["MNIST_DATA_DIR"], "~/.local/share/mnist-cli")
        printed[command] = output.rstrip()
    output = printed[command]
    if GAP in example.output.splitlines():
        output = _cut(output.splitlines(), example.output.splitlines())
    shown = example.output or command.split()[1] not in ("download", "draw")
    return f"$ {command}\n" + (f"{output}\n" if shown else "")


def _cut(output: list[str], shown: list[str]) -> str:
    """Today's output in the extract that is shown: parts are found by two words."""
    extract: list[str] = []
    for before, line in zip([GAP, *shown], shown, strict=False):
        if line != GAP and before == GAP:
            words = line.split()[:2]
            start = next(at for at, each in enumerate(output) if each.split()[:2] == words)
            output = output[start:]
        extract.append(line if line == GAP else output.pop(0))
    return "\n".join(extract)


if __name__ == "__main__":
    _main(sys.argv[1:])
