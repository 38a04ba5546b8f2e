"""Files that are none, that change, that others write to, on the real file system."""

import errno
import io
import os
import stat
import tempfile
from functools import partial
from pathlib import Path
from unittest import mock

import pytest
from support.folders import names
from support.refusals import refusal_of

from mnist_cli.errors import FileError
from mnist_cli.files.reading import read_bytes, read_up_to
from mnist_cli.files.writing import atomic_writer, write_bytes

posix = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
NOBODY = 65534
refusal = partial(refusal_of, read_bytes, limit=100, error=FileError)
unwritten = partial(refusal_of, write_bytes, content=b"new", error=FileError)


# Reading


def test_a_file_is_read_whole_up_to_the_limit(tmp_path):
    path = tmp_path / "file"
    for content in (b"", b"x", bytes(99), bytes(100)):
        path.write_bytes(content)
        assert read_bytes(path, 100) == read_bytes(str(path), 100) == content
    path.write_bytes(bytes(101))
    for larger in (path, *Path("/proc/self").glob("status")):  # which says that it has no bytes
        assert "too large: 101 bytes, at most 100 are read" in refusal(larger)


@posix
def test_what_is_not_there_or_not_a_file_is_named(tmp_path):
    (tmp_path / "photo-[b]\x1b.jpg").touch()
    for name, said in (
        ("a", "a: there is no such file or folder. Check the path."),
        ("phoot-[b]\x1b.jpg", r"photo-[b]\x1b.jpg'?"),
        ("drawing.jpg", "Check the path."),
        ("", "found a folder, expected a file"),
        ("photo-[b]\x1b.jpg/a", "not a folder"),
        ("a\0b", "not a possible file name"),
        ("\ud800", "\\ud800"),
        ("a" * 5000, "too long"),
    ):
        assert said in refusal(tmp_path / name)
    assert "a: there is no such folder" in unwritten(tmp_path / "a" / "b")
    assert "not a possible" in unwritten("a\0b")


class Failing(io.BytesIO):
    """Gives a byte at a time, and fails where it should end."""

    def read(self, _size: int | None = -1) -> bytes:
        if byte := super().read(1):
            return byte
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_no_more_is_read_than_asked_for_and_a_failing_disk_is_a_file_error():
    file = Failing(b"four")
    assert read_up_to(file, 3, "name") == b"fou"
    assert file.tell() == 3
    assert read_up_to(io.BytesIO(b"ab"), 5, "name") == b"ab"
    with pytest.raises(FileError, match=r"^name: cannot read it: input/output error"):
        read_up_to(file, 3, "name")


@needs_proc
def test_no_descriptor_is_left_open(tmp_path):
    (tmp_path / "file").write_bytes(b"x")
    before = names(Path("/proc/self/fd"))
    for irregular in 20 * [tmp_path, "/dev/null"]:
        refusal(irregular)
    refusal(tmp_path / "file", limit=0)
    assert names(Path("/proc/self/fd")) == before


# Writing


@posix
def test_an_unreadable_file_and_an_unwritable_folder_are_named():
    with tempfile.TemporaryDirectory() as name:  # in which all may walk, unlike pytest's of root
        folder, secret = Path(name), Path(name, "secret")
        secret.write_bytes(b"x")
        secret.chmod(0)
        folder.chmod(0o555)
        before = os.geteuid()
        os.seteuid(before or NOBODY)  # root may read everything
        try:
            reading, writing = refusal(secret), unwritten(folder / "new")
        finally:
            os.seteuid(before)
        folder.chmod(0o755)
        assert reading.endswith("secret: no permission to open it. Check its permissions.")
        assert writing.endswith("new: no permission to write it. Check its permissions.")
        assert names(folder) == ["secret"]


def test_a_file_appears_whole_when_the_block_ends(tmp_path):
    path = tmp_path / "file"
    with atomic_writer(path) as file:
        file.write(b"first half, ")
        file.flush()
        assert not path.exists()
        file.write(b"second half")
    assert path.read_bytes() == b"first half, second half"
    assert names(tmp_path) == ["file"]


def write_and(then, path, **options):
    """Call `then` before the file gets its name."""
    with atomic_writer(path, **options) as file:
        file.write(b"new")
        then()


@pytest.mark.parametrize("has_links", [True, False])
def test_a_taken_name_is_refused_and_left_alone(tmp_path, monkeypatch, has_links):
    """Also one that is taken meanwhile, and on a file system without hard links."""
    if not has_links:
        monkeypatch.setattr(os, "link", mock.Mock(side_effect=PermissionError))
    path = tmp_path / "file"
    with pytest.raises(FileError, match=r"exists already\. Replace it with overwrite=True"):
        write_and(lambda: path.write_bytes(b"theirs"), path)
    assert "exists already" in unwritten(path)
    assert path.read_bytes() == b"theirs"
    write_bytes(path, b"new", overwrite=True)
    assert path.read_bytes() == b"new"
    write_bytes(tmp_path / "other", b"new")
    assert names(tmp_path) == ["file", "other"]


def test_when_the_block_fails_everything_is_as_before(tmp_path):
    path = tmp_path / "file"
    for failure, expected in ((KeyboardInterrupt, KeyboardInterrupt), (OSError, FileError)):
        fail = mock.Mock(side_effect=failure)
        with pytest.raises(expected):
            write_and(fail, path)
        assert names(tmp_path) == []
        path.write_bytes(b"old")
        with pytest.raises(expected):
            write_and(fail, path, overwrite=True)
        assert names(tmp_path) == ["file"]
        assert path.read_bytes() == b"old"
        path.unlink()


@posix
def test_a_link_under_the_name_is_replaced_and_never_followed(tmp_path):
    victim, link = tmp_path / "victim", tmp_path / "link"
    victim.write_bytes(b"precious")
    for target in (victim, tmp_path / "nowhere"):
        link.symlink_to(target)
        assert "exists already" in unwritten(link)
        assert link.is_symlink()
        write_bytes(link, b"new", overwrite=True)
        assert not link.is_symlink()
        assert link.read_bytes() == b"new"
        link.unlink()
    assert names(tmp_path) == ["victim"]
    assert victim.read_bytes() == b"precious"


@posix
def test_what_is_not_a_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    for name, kind in (("pipe", "pipe"), ("folder", "folder"), ("/dev/null", "device")):
        said = unwritten(tmp_path / name, overwrite=True)  # as root it could
        assert f"found a {kind}, expected a file" in said
    assert Path("/dev/null").is_char_device()
    assert names(tmp_path) == ["folder", "pipe"]


@posix
def test_permissions_follow_the_umask_or_the_file_that_is_replaced(tmp_path):
    def permissions(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    path = tmp_path / "file"
    before = os.umask(0o027)
    try:
        write_bytes(path, b"x")
        assert permissions(path) == 0o640
        for mode in (0o400, 0o666, 0o4755):
            path.chmod(mode)
            with atomic_writer(path, overwrite=True):
                (temporary,) = tmp_path.glob(".file.*")
                assert permissions(temporary) == mode & 0o777  # nor is it wider meanwhile
            assert permissions(path) == mode & 0o777  # a set-user-ID bit gets no new owner
    finally:
        os.umask(before)


@posix
def test_the_longest_names_can_be_written(tmp_path):
    for name in ("a" * 255, "é" * 127, "😀" * 63):
        write_bytes(tmp_path / name, b"x")
        assert (tmp_path / name).read_bytes() == b"x"
