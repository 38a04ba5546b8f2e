"""Completion in the three shells, as docs/completion.md sets it up."""

import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from support import readme
from support.commands import mnist, mnist_process

PAGE = (ROOT / "docs" / "completion.md").read_text("utf-8")
LINES = dict(zip(("bash", "zsh", "fish"), readme.blocks(PAGE, "sh"), strict=True))


@pytest.mark.skipif(sys.platform == "win32", reason="the three shells of POSIX")
def test_each_shell_is_set_up_as_the_page_says_and_gets_an_answer():
    for shell, line in LINES.items():
        assert f"_MNIST_COMPLETE={shell}_source mnist" in line
        script = mnist(_MNIST_COMPLETE=f"{shell}_source")
        assert (script.code, f"_MNIST_COMPLETE={shell}_complete" in script.stdout) == (0, True)
        words = {"COMP_WORDS": "mnist ev", "COMP_CWORD": "ev" if shell == "fish" else "1"}
        answer = mnist(_MNIST_COMPLETE=f"{shell}_complete", **words).stdout
        assert ("eval" in answer, "inspect" in answer) == (True, False)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        *(("mnist inspect w", "file"), ("mnist predict p", "file"), ("mnist convert w n", "file")),
        *(("mnist eval -w w", "file"), ("mnist eval --images ", "file")),
        *(("mnist predict --export p", "file"), ("mnist eval --data-dir d", "dir")),
        *(("mnist download m", None), ("mnist train --set e", None)),
    ],
)
def test_each_shell_is_asked_to_complete_files_where_a_file_is_meant(words, kind):
    last = words.split(" ")[-1]
    for shell, place in (("bash", str(words.count(" "))), ("zsh", None), ("fish", last)):
        asked = {"COMP_WORDS": words, "COMP_CWORD": place or str(words.count(" "))}
        answer = mnist(_MNIST_COMPLETE=f"{shell}_complete", **asked).stdout
        assert ("file" in answer, "dir" in answer) == (kind == "file", kind == "dir"), shell


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("bash"), reason="needs bash 4.4 or newer"
)
def test_bash_completes_an_option(tmp_path):
    command = tmp_path / "mnist"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mnist_cli "$@"\n')
    command.chmod(0o755)
    script = (
        f'PATH="{tmp_path}:$PATH"; {LINES["bash"]}'
        "COMP_WORDS=(mnist eval --robu); COMP_CWORD=2; _mnist_completion mnist; "
        'echo "${COMPREPLY[@]}"'
    )
    assert subprocess.check_output(["bash", "-c", script], text=True) == "--robustness\n"


def test_a_variable_that_no_shell_sets_so_is_named():
    done = mnist_process("inspect", _MNIST_COMPLETE="bash_complete")
    assert done.stderr.startswith("Error: the variable _MNIST_COMPLETE is set, and not as a shell")
    assert (done.stdout, done.code) == ("", 1)
