"""Completion in the three shells, as docs/completion.md sets it up."""

import shutil
import subprocess
import sys

import pytest
from support.commands import mnist_process


@pytest.mark.skipif(sys.platform == "win32", reason="the three shells of POSIX")
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_for_a_shell_is_printed_and_answers(shell):
    script = mnist_process(_MNIST_COMPLETE=f"{shell}_source")
    assert script.code == 0
    assert f"_MNIST_COMPLETE={shell}_complete" in script.stdout
    words = {"COMP_WORDS": "mnist ev", "COMP_CWORD": "ev" if shell == "fish" else "1"}
    answer = mnist_process(_MNIST_COMPLETE=f"{shell}_complete", **words)
    assert answer.code == 0
    assert "eval" in answer.stdout
    assert "inspect" not in answer.stdout


@pytest.mark.skipif(
    sys.platform != "linux" or not shutil.which("bash"), reason="needs bash 4.4 or newer"
)
def test_bash_completes_an_option(tmp_path):
    command = tmp_path / "mnist"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mnist_cli "$@"\n')
    command.chmod(0o755)
    done = subprocess.run(
        [
            "bash",
            "-c",
            f'PATH="{tmp_path}:$PATH"; eval "$(_MNIST_COMPLETE=bash_source mnist)"; '
            "COMP_WORDS=(mnist eval --robu); COMP_CWORD=2; _mnist_completion mnist; "
            'echo "${COMPREPLY[@]}"',
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "--robustness\n"
