"""Every option that names a file meets everything that is none: one line, exit 1, nothing else."""

import os
from pathlib import Path

import pytest
from support.commands import mnist

from mnist_cli.paths import embedded_directory
from mnist_cli.spec import TEST_IMAGES, TEST_LABELS

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs the file types of a POSIX system")

# FILE is at fault; the names in small letters are those of good files.
COMMANDS = [
    "inspect -- FILE",
    "eval --runs 1 --limit 1 --weights FILE",
    "eval --runs 1 --limit 1 --images FILE --labels labels",
    "eval --runs 1 --limit 1 --images images --labels FILE",
    "predict -- FILE",
    "predict --index 0 --weights FILE",
    "predict --index 0 --images FILE",
    "train --output new.pkl --images FILE --labels labels",
    "convert -- FILE new.pkl",
]

FAULTS = {
    "pipe": "found a pipe, expected a file. Name a file.",
    "/dev/zero": "found a device, expected a file. Name a file.",
    "dangling": "there is no such file or folder. Check the path.",
    "loop": "cannot open it: too many levels of symbolic links. Name another file.",
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    for name, target in {
        "dangling": "nowhere",
        "loop": "loop",
        "images": embedded_directory() / TEST_IMAGES,
        "labels": embedded_directory() / TEST_LABELS,
    }.items():
        Path(name).symlink_to(target)


def run(command, file):
    return mnist(*(file if word == "FILE" else word for word in command.split()))


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_not_a_file_is_refused_in_the_same_words_by_every_command(command):
    for file, words in FAULTS.items():
        done = run(command, file)
        assert done.stderr == f"Error: {file}: {words}\n"
        assert (done.stdout, done.code) == ("", 1)
    done = run(command, "")
    assert "it is empty." in done.stderr
    assert (done.stdout, done.code) == ("", 2)
    assert not Path("new.pkl").exists()


def test_an_address_is_not_read_and_nothing_secret_in_it_is_shown():
    for command in (
        *COMMANDS,
        *("predict --split FILE", "predict --index FILE", "predict --index 0 --output FILE"),
        *("train --set FILE", "train --data-dir FILE", "eval --mode FILE", "FILE"),
        *("download FILE", "download --from FILE", "download --mirror FILE"),
    ):
        done = run(command, "ftp://user:secret@h/a?token=secret")
        assert done.code in (1, 2), command
        error = done.stderr.splitlines()[-1]
        assert ("Addresses are not read" in error) == (command in COMMANDS or "split" in command)
        assert "secret" not in done.stderr + done.stdout, command
