"""Every output of every command: what cannot be written is refused before the work begins."""

import errno
import itertools
import os
from pathlib import Path

import pytest
from support.commands import mnist

TRAIN = "train --limit 20 --epochs 1 --images images --labels labels"
DIGITS = "predict -i 1 --save-digit OUT"  # a file, or a folder of them

# OUT is the output, ENDING how the names of such files end; all the rest is quick.
OUTPUTS = [
    ("inspect --export OUT", ".svg"),
    ("eval --limit 10 --runs 1 --export OUT", ".html"),
    ("eval --limit 10 --output OUT", ".csv"),
    ("predict -i 1 --export OUT", ".svg"),
    ("predict -i 1 --output OUT", ".csv"),
    (DIGITS, ".png"),
    (f"{TRAIN} --output OUT", ".pkl"),
    (f"{TRAIN} --snapshots OUT", ".npz"),
    ("draw --no-open -o OUT", ".html"),
    ("convert weights.pkl OUT", ".safetensors"),
]


@pytest.fixture(autouse=True)
def _folder(shared_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("images").symlink_to(shared_data / "t10k-images-idx3-ubyte.gz")
    Path("labels").symlink_to(shared_data / "t10k-labels-idx1-ubyte.gz")
    assert mnist("predict", "-i", "1", "--save-digit", "page.png").code == 0


@pytest.fixture
def no_work(monkeypatch):
    """Fail as soon as a command begins to read what it works on."""
    import mnist_cli.page.page  # noqa: F401  # it keeps what it imports: never what fails
    from mnist_cli import paths
    from mnist_cli.files import reading

    def fail(*_, **__):
        pytest.fail("the work began")

    for place, name in ((paths, "find"), (paths, "embedded_directory"), (reading, "read_bytes")):
        monkeypatch.setattr(place, name, fail)


def refused(command, output, *more):
    done = mnist(*(output if word == "OUT" else word for word in command.split()), *more)
    assert (done.stdout, done.code) == ("", 1)
    assert done.stderr.startswith("Error: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(("command", "ending"), OUTPUTS)
def test_what_cannot_be_written_is_refused_before_the_work(command, ending):
    before = sorted(Path().iterdir())
    assert "gone: there is no such folder. Create it" in refused(command, f"gone/new{ending}")
    assert "page.png/new" in refused(command, f"page.png/new{ending}")
    assert "too long" in refused(command, "x" * 300 + ending)
    assert sorted(Path().iterdir()) == before
    Path(f"taken{ending}").touch()
    assert "exists already. Use --force" in refused(command, f"taken{ending}")
    Path(f"folder{ending}").mkdir()
    assert "found a folder, expected a file" in refused(command, f"folder{ending}", "--force")


@pytest.mark.usefixtures("no_work")
def test_where_the_usual_name_is_taken_a_free_one_is_proposed():
    for command, taken, free in (
        ("draw --no-open", "mnist-draw.html", "mnist-draw-2.html"),
        ("train", "mnist-weights.json", "mnist-weights-2.pkl"),  # the card
        ("train", "mnist-weights-2.pkl.partial", "mnist-weights-3.pkl"),
    ):
        Path(taken).touch()
        assert f"Use -o {free}, or --force to replace it." in refused(command, "")


@pytest.mark.usefixtures("no_work")
def test_what_cannot_be_a_folder_is_refused_before_the_work():
    assert "part of its path is not a folder" in refused(DIGITS, "page.png/new")
    Path("link").symlink_to("gone")
    assert "Error: link: there is no such folder" in refused(DIGITS, "link")


@pytest.mark.parametrize(("command", "ending"), [*OUTPUTS, (DIGITS, "")])
def test_every_file_that_is_written_is_named_and_replaced_only_by_force(command, ending):
    words = [f"new{ending}" if word == "OUT" else word for word in command.split()]
    done = mnist(*words)
    assert done.code == 0
    if command.startswith(("train", "draw", "convert")):  # whose main result is the file
        assert f"new{ending}" in done.stdout
        assert "exists already. Use --force" in refused(command, f"new{ending}")
        return
    assert done.stderr == f"Note: wrote new{ending}\n"
    if not command.startswith("inspect"):  # which says nothing that needs silence
        assert mnist(*words, "--force", "--quiet").stderr == ""
        assert mnist(*words, "--force", "--json").document


# Commands that write two files which belong together, on a folder that has both already.
PAIRS = {
    "collect": "collect digits -o class --force",
    "train": f"{TRAIN} -o net.pkl --force",
    "convert": "convert weights.pkl net.npz --activation relu --force",
}
ENDINGS = [  # of a call of the system: it fails, or a signal comes as soon as it is done
    ("fsync", OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), 1),
    ("replace", OSError(errno.EIO, os.strerror(errno.EIO)), 1),
    ("replace", KeyboardInterrupt(), 130),
]


@pytest.mark.parametrize(("call", "failure", "code"), ENDINGS)
@pytest.mark.parametrize("command", PAIRS)
def test_of_two_files_both_are_new_or_none(monkeypatch, command, call, failure, code):
    Path("digits").mkdir()
    assert mnist("predict", "-i", "0", "--save-digit", "digits/7.png").code == 0
    words = PAIRS[command].split()
    before = set(Path().iterdir())
    assert mnist(*words).code == 0
    written = sorted(set(Path().iterdir()) - before)
    assert len(written) == 2
    for path in written:
        path.write_bytes(b"old")
    system = getattr(os, call)

    def end_at(step):
        counted = itertools.count(1)

        def call_system(*arguments):
            is_end = next(counted) == step
            if not is_end or isinstance(failure, KeyboardInterrupt):
                system(*arguments)
            if is_end:
                raise failure

        return call_system

    for step in itertools.count(1):
        with monkeypatch.context() as changed:
            changed.setattr(os, call, end_at(step))
            done = mnist(*words)
        if done.code == 0:
            break
        assert done.code == code
        assert [path.read_bytes() for path in written] == [b"old", b"old"]
        for path in Path().glob("net.pkl.*"):  # from which the training could go on
            path.unlink()
        assert sorted(set(Path().iterdir()) - before) == written
    assert step > 2
