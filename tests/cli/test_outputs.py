"""Every output of every command: what cannot be written is refused before the work begins."""

import json
import os
from pathlib import Path

import pytest
from support.commands import mnist

# OUT is the output, ENDING how the names of such files end; all the rest is quick.
OUTPUTS = [
    ("inspect --export OUT", ".svg"),
    ("inspect weights.pkl weights.pkl --export OUT", ".html"),
    ("eval --limit 10 --runs 1 --export OUT", ".html"),
    ("eval --limit 10 --output OUT", ".csv"),
    ("predict -i 1 --export OUT", ".svg"),
    ("predict -i 1 --output OUT", ".csv"),
    ("predict -i 1 --save-digit OUT", ".png"),
    ("train --limit 10 --epochs 1 --images images --labels labels --output OUT", ".pkl"),
    ("train --recipes --export OUT", ".html"),
    ("draw --no-open -o OUT", ".html"),
    ("convert weights.pkl OUT", ".safetensors"),
]
SHOWN = ("train --limit", "draw", "convert")  # whose main result is the file
FOLDERS = ["predict -i 1 --save-digit OUT"]


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
    assert refused(command, f"gone/new{ending}") == (
        "Error: gone: there is no such folder. Create it, or name another.\n"
    )
    assert "page.png/new" in refused(command, f"page.png/new{ending}")
    assert "too long" in refused(command, "x" * 300 + ending)
    assert sorted(Path().iterdir()) == before
    Path(f"taken{ending}").touch()
    assert "exists already. Use --force" in refused(command, f"taken{ending}")
    assert Path(f"taken{ending}").read_bytes() == b""
    Path(f"folder{ending}").mkdir()
    words = "found a folder, expected a file. Name a file."
    assert words in refused(command, f"folder{ending}", "--force")


def test_a_page_is_replaced_by_another_and_a_file_that_only_speaks_of_pages_is_not():
    for language in ("en", "ko", "ja"):
        assert mnist("draw", "--no-open", "--lang", language, "-o", "page.html").code == 0
        assert f'<html lang="{language}"' in Path("page.html").read_text("utf-8")
    escaped = Path("page.html").read_text("utf-8").replace("<meta", "&lt;meta")
    Path("about.html").write_text(escaped, "utf-8")
    assert "exists already. Use --force" in refused("draw --no-open -o OUT", "about.html")
    assert Path("about.html").read_text("utf-8") == escaped


@pytest.mark.usefixtures("no_work")
def test_where_the_usual_name_is_taken_a_free_one_is_proposed():
    for command, taken, free in (
        ("draw --no-open", "mnist-draw.html", "mnist-draw-2.html"),
        ("train", "mnist-weights.json", "mnist-weights-2.pkl"),  # the card
        ("train", "mnist-weights-2.pkl.partial", "mnist-weights-3.pkl"),
    ):
        Path(taken).touch()
        assert f"Use -o {free}, or --force to replace it." in refused(command, "")
        assert Path(taken).read_bytes() == b""


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("command", FOLDERS)
def test_what_cannot_be_a_folder_is_refused_before_the_work(command):
    Path("file").touch()
    for output in ("file", "file/new"):
        assert "part of its path is not a folder" in refused(command, output)
    Path("link").symlink_to("gone")
    assert refused(command, "link").startswith("Error: link: there is no such folder")


@pytest.mark.usefixtures("no_work")
@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("command", ["eval -o OUT/new.csv", FOLDERS[0]])
def test_a_folder_without_permission_is_refused_before_the_work(command):
    Path("locked").mkdir(mode=0o500)
    assert "no permission to write it" in refused(command.replace("OUT", "locked"), "")


@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_is_made_with_those_above_it(command):
    assert mnist(*command.replace("OUT", "a/b/c").split()).code == 0
    assert list(Path("a/b/c").iterdir())


@pytest.mark.parametrize(("command", "ending"), [*OUTPUTS, *((each, "") for each in FOLDERS)])
def test_every_file_that_is_written_is_named_and_once(command, ending):
    words = [f"new{ending}" if word == "OUT" else word for word in command.split()]
    done = mnist(*words)
    assert done.code == 0
    if command.startswith(SHOWN):
        assert f"new{ending}" in done.stdout
        return
    assert done.stderr == f"Note: wrote new{ending}\n"
    assert "new" not in done.stdout
    if not command.startswith("inspect"):  # which says nothing that needs silence
        assert mnist(*words, "--force", "--quiet").stderr == ""
        assert json.loads(mnist(*words, "--force", "--json").stdout)
