"""Files that are none, that change, that others write to, on the real file system."""

import errno
import io
import os
import socket
import stat
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

import pytest
from support.refusals import refusal_of

from mnist_cli import files
from mnist_cli.errors import FileError
from mnist_cli.files import atomic_writer, open_regular, read_bytes, read_up_to, write_bytes

posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
NOBODY = 65534


refusal = partial(refusal_of, read_bytes, limit=100, error=FileError)


# Reading


def test_a_file_is_read_whole_up_to_the_limit(tmp_path):
    path = tmp_path / "file"
    for content in (b"", b"x", bytes(99), bytes(100)):
        path.write_bytes(content)
        assert read_bytes(path, 100) == content
        assert read_bytes(str(path), 100) == content
    path.write_bytes(bytes(101))
    assert "too large: 101 bytes, at most 100 are read" in refusal(path)


def test_what_is_not_there_or_not_a_file_is_named(tmp_path):
    assert refusal(tmp_path / "a").endswith("a: there is no such file or folder. Check the path.")
    assert "found a folder, expected a file" in refusal(tmp_path)
    (tmp_path / "photo-[b]\x1b.jpg").touch()
    assert r"Did you mean '" in refusal(tmp_path / "phoot-[b]\x1b.jpg")
    assert r"photo-[b]\x1b.jpg'?" in refusal(tmp_path / "phoot-[b]\x1b.jpg")
    assert "Check the path." in refusal(tmp_path / "drawing.jpg")
    (tmp_path / "file").touch()
    assert "not a folder" in refusal(tmp_path / "file" / "a") or os.name == "nt"
    assert "not a possible file name" in refusal("a\0b")
    assert "\\ud800" in refusal("\ud800")
    assert "too long" in refusal(tmp_path / ("a" * 5000)) or os.name == "nt"


@posix
def test_pipes_devices_and_sockets_are_refused_at_once(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    assert "found a pipe, expected a file" in refusal(tmp_path / "pipe")  # and does not wait
    assert "found a device" in refusal("/dev/null")
    assert "found a device" in refusal("/dev/zero")
    monkeypatch.chdir(tmp_path)  # a socket's name has to be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
        assert "found a socket" in refusal("socket")


@posix
def test_links_are_followed_to_files_and_to_nothing_else(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    for name, target in (("good", "file"), ("dangling", "none"), ("loop", "loop"), ("up", ".")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "pipe").symlink_to("fifo")
    os.mkfifo(tmp_path / "fifo")
    assert read_bytes(tmp_path / "good", 100) == b"x"
    assert "no such file" in refusal(tmp_path / "dangling")
    assert "symbolic links" in refusal(tmp_path / "loop")
    assert "found a folder" in refusal(tmp_path / "up")
    assert "found a pipe" in refusal(tmp_path / "pipe")


def as_nobody(action) -> str:
    """Run `action` as a user who may nothing; return its error. Root may read everything."""
    if os.name == "nt":
        pytest.skip("needs POSIX users")
    if os.geteuid() != 0:
        return refusal_of(action, error=FileError)
    os.seteuid(NOBODY)
    try:
        return refusal_of(action, error=FileError)
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder():
    """A folder that every user can walk to, which `tmp_path` of root is not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def test_an_unreadable_file_and_an_unwritable_folder_are_named(open_folder):
    path = open_folder / "secret"
    path.write_bytes(b"x")
    path.chmod(0)
    assert as_nobody(lambda: read_bytes(path, 100)).endswith(
        "secret: no permission to open it. Check its permissions."
    )
    open_folder.chmod(0o555)
    error = as_nobody(lambda: write_bytes(open_folder / "new", b"x"))
    assert error.endswith("new: no permission to write it. Check its permissions.")
    open_folder.chmod(0o755)
    assert [entry.name for entry in open_folder.iterdir()] == ["secret"]


class Stubborn(io.RawIOBase):
    """Gives a byte at a time, and never ends or fails in the end."""

    def __init__(self, error: OSError | None = None) -> None:
        self.given = 0
        self.error = error

    def read(self, _size: int = -1) -> bytes:
        if self.error is not None and self.given == 3:
            raise self.error
        self.given += 1
        return b"x"


def test_no_more_is_read_than_asked_for_and_a_failing_disk_is_a_file_error():
    endless = Stubborn()
    assert read_up_to(endless, 5, "name") == b"xxxxx"
    assert endless.given == 5
    assert read_up_to(io.BytesIO(b"ab"), 5, "name") == b"ab"
    with pytest.raises(FileError, match=r"^name: cannot read it: input/output error"):
        read_up_to(Stubborn(OSError(errno.EIO, os.strerror(errno.EIO))), 5, "name")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")
def test_a_file_that_holds_more_than_its_size_says_is_not_read_beyond_the_limit():
    assert Path("/proc/self/status").stat().st_size == 0
    assert "too large: 101 bytes, at most 100 are read" in refusal("/proc/self/status")


def open_descriptors() -> list[str]:
    folder = Path("/proc/self/fd")  # elsewhere than on Linux this tells nothing
    return sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []


def test_descriptors_are_not_inherited_and_not_left_open(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"x")
    with open_regular(path) as file:
        assert not os.get_inheritable(file.fileno())
    before = open_descriptors()
    for _ in range(20):
        refusal(tmp_path)
        refusal(path, limit=0)
    assert open_descriptors() == before


# Writing


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def test_a_file_appears_whole_when_the_block_ends(tmp_path):
    path = tmp_path / "file"
    with atomic_writer(path) as file:
        file.write(b"first half, ")
        file.flush()
        assert not path.exists()
        file.write(b"second half")
    assert path.read_bytes() == b"first half, second half"
    assert names(tmp_path) == ["file"]


def test_a_taken_name_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with pytest.raises(FileError, match=r"exists already\. Use --force to replace it"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    write_bytes(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError])
def test_when_the_block_fails_everything_is_as_before(tmp_path, failure, overwrite):
    path = tmp_path / "file"
    if overwrite:
        path.write_bytes(b"old")

    def fail() -> None:
        with atomic_writer(path, overwrite=overwrite) as file:
            file.write(b"new")
            raise failure

    with pytest.raises(FileError if failure is OSError else failure):
        fail()
    assert names(tmp_path) == (["file"] if overwrite else [])
    assert not overwrite or path.read_bytes() == b"old"


def test_a_name_taken_while_writing_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "file"

    def write_late() -> None:
        with atomic_writer(path) as file:
            file.write(b"ours")
            path.write_bytes(b"theirs")

    with pytest.raises(FileError, match="exists already"):
        write_late()
    assert path.read_bytes() == b"theirs"
    assert names(tmp_path) == ["file"]


@posix
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_link_under_the_name_is_never_followed(tmp_path, overwrite):
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    for target in (victim, tmp_path / "nowhere"):
        link = tmp_path / "link"
        link.symlink_to(target)
        if overwrite:
            write_bytes(link, b"new", overwrite=True)
            assert not link.is_symlink()
            assert link.read_bytes() == b"new"
        else:
            with pytest.raises(FileError, match="exists already"):
                write_bytes(link, b"new")
            assert link.is_symlink()
        link.unlink()
    assert names(tmp_path) == ["victim"]
    assert victim.read_bytes() == b"precious"


@posix
def test_what_is_not_a_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="found a pipe, expected a file"):
        write_bytes(tmp_path / "pipe", b"x", overwrite=True)
    (tmp_path / "folder").mkdir()
    with pytest.raises(FileError, match="found a folder, expected a file"):
        write_bytes(tmp_path / "folder", b"x", overwrite=True)
    with pytest.raises(FileError, match="found a device, expected a file"):
        write_bytes("/dev/null", b"x", overwrite=True)  # as root it could
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)
    assert names(tmp_path) == ["folder", "pipe"]


def permissions(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_permissions_follow_the_umask_or_the_file_that_is_replaced(tmp_path):
    before = os.umask(0o027)
    try:
        path = tmp_path / "file"
        write_bytes(path, b"x")
        assert permissions(path) == 0o640
        for mode in (0o400, 0o666, 0o755):
            path.chmod(mode)
            with atomic_writer(path, overwrite=True) as file:
                (temporary,) = tmp_path.glob(".file.*")
                assert permissions(temporary) == mode  # nor is it wider meanwhile
                file.write(b"y")
            assert permissions(path) == mode
        path.chmod(0o4755)  # a set-user-ID bit is not carried to a new owner
        write_bytes(path, b"z", overwrite=True)
        assert permissions(path) == 0o755
    finally:
        os.umask(before)


def test_the_longest_names_can_be_written(tmp_path):
    for name in ("a" * 255, "é" * 127, "😀" * 63):
        try:
            (tmp_path / name).touch()
            (tmp_path / name).unlink()
        except OSError:
            continue  # this file system has shorter names
        write_bytes(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"


def test_where_nothing_can_be_written_is_said(tmp_path):
    unwritten = partial(refusal_of, write_bytes, content=b"", error=FileError)
    assert "a: there is no such folder" in unwritten(tmp_path / "a" / "b")
    (tmp_path / "file").touch()
    assert "not a folder" in unwritten(tmp_path / "file" / "b") or os.name == "nt"
    assert "not a possible" in unwritten("a\0b")


def test_a_file_system_without_hard_links_is_written_too(tmp_path, monkeypatch):
    error = OSError(errno.EPERM, "x")

    def link(*_: object) -> None:
        raise error

    monkeypatch.setattr(os, "link", link)
    write_bytes(tmp_path / "file", b"new")
    assert (tmp_path / "file").read_bytes() == b"new"
    with pytest.raises(FileError, match="exists already"):
        write_bytes(tmp_path / "file", b"newer")
    assert names(tmp_path) == ["file"]


@posix
def test_a_killed_writer_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = """
import sys
from mnist_cli.files import atomic_writer
with atomic_writer(sys.argv[1], overwrite=True) as file:
    file.write(b"new")
    print("writing", flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        files.remove_abandoned(path)
        assert len(names(tmp_path)) == 2  # a living writer's file is not abandoned
        writer.kill()
        writer.wait()
    assert path.read_bytes() == b"old"
    files.remove_abandoned(path)
    assert names(tmp_path) == ["file"]
