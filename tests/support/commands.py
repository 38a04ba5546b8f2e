"""Running `mnist` as its user does: piped or on a terminal, in this process or one of its own."""

import contextlib
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from unittest import mock

from mnist_cli import cli

COMMANDS = {name: cli.cli.get_command(None, name) for name in cli.cli.list_commands(None)}
MNIST = (sys.executable, "-m", "mnist_cli")


@dataclass(frozen=True)
class Finished:
    """What a command printed and how it ended."""

    stdout: str
    stderr: str
    code: int

    @property
    def lines(self):
        """What a terminal shows, without colours and escape sequences."""
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", self.stdout).splitlines()

    @property
    def document(self):
        """What `--json` printed."""
        return json.loads(self.stdout)


class _Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


def mnist(*arguments, stdin=b"", encoding="utf-8", columns=None, **environment):
    """Run `mnist ARGUMENTS` in this process, as if piped, or on a terminal with so many columns."""
    stream = _Terminal if columns else io.TextIOWrapper
    stdout, stderr = (stream(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    if columns:
        colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        environment = colours | {"COLUMNS": str(columns)} | environment
    with (
        mock.patch.dict(os.environ, environment),
        mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin))),
        contextlib.redirect_stdout(stdout),
        contextlib.redirect_stderr(stderr),
    ):
        code = cli.run([os.fspath(argument) for argument in arguments])
    written = (stream.buffer.getvalue().decode(encoding) for stream in (stdout, stderr))
    return Finished(*written, code)


def mnist_process(*arguments, **environment):
    """Run `mnist ARGUMENTS` as a process with pipes, for what only a process shows."""
    done = subprocess.run(
        [*MNIST, *map(os.fspath, arguments)],
        input="",
        env=os.environ | {"PYTHONIOENCODING": "utf-8"} | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    return Finished(done.stdout, done.stderr, done.returncode)
