"""ZIP archives of strangers: what is read of them, and what is refused within which bounds."""

import contextlib
import io
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from support.limited import run_measured
from support.mutated import mutated
from support.pictures import to_png
from support.zips import write_zip

from mnist_cli import load_images, load_network
from mnist_cli.errors import MnistError
from mnist_cli.prediction.pictures import predict_files
from mnist_cli.prediction.prediction import Unread
from mnist_cli.prediction.sources import find_pictures

PNG = to_png(load_images()[0])


def read(archive):
    return list(predict_files(load_network(), find_pictures([str(archive)])))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_pictures_are_read_and_all_else_is_skipped(tmp_path, method):
    inside = {"b/7.png": PNG, "a.png": PNG, "notes.txt": b"", "inner.zip": PNG, ".a.png": b""}
    archive = write_zip(tmp_path / "class", inside, method=method)  # by its content, not its name
    found = find_pictures([str(archive)])
    assert [Path(found.name(path)) for path in found.paths] == [Path("a.png"), Path("b/7.png")]
    assert len(found.skipped) == 2
    assert [one.prediction for one in read(archive)] == [7, 7]


def test_names_lead_nowhere(tmp_path):
    (tmp_path / "secret.png").write_bytes(PNG)
    names = ("a/../secret.png", f"{tmp_path}/secret.png", "../secret.png", "a\\..\\7.png")
    results = read(write_zip(tmp_path / "a.zip", dict.fromkeys(names, b"nothing")))
    assert len(results) == 2  # a name that begins with a dot, or has one in it, is hidden
    assert all(isinstance(one, Unread) for one in results)
    assert {path.name for path in tmp_path.iterdir()} == {"secret.png", "a.zip"}


def header(content, name):
    """Where the entry for `name` begins in the list at the end of an archive."""
    return content.rindex(b"PK\1\2", 0, content.rindex(name))


def test_a_member_at_fault_is_named_and_the_others_are_read(tmp_path):
    inner = io.BytesIO()
    write_zip(inner, {"7.png": PNG})
    zeros = bytes(30_000_000)
    members = {
        "1_large.png": zeros, "2_cut.png": PNG, "3_good.png": PNG, "4_lie.png": zeros,
        "5_locked.png": PNG, "6_zip.png": inner.getvalue(),
    }  # fmt: skip
    path = write_zip(tmp_path / "a.zip", members, method=zipfile.ZIP_DEFLATED)
    content = bytearray(path.read_bytes())
    content[header(content, b"2_cut.png") + 16] ^= 1  # its checksum
    struct.pack_into("<I", content, header(content, b"4_lie.png") + 24, 100)  # it is far longer
    content[header(content, b"5_locked.png") + 8] |= 1
    path.write_bytes(content)
    large, cut, good, lie, locked, zipped = read(path)
    assert "1_large.png: the file is too large: 30,000,000 bytes" in large.error
    assert "2_cut.png has a wrong checksum or length" in cut.error
    assert good.prediction == 7
    assert "4_lie.png has a wrong checksum or length" in lie.error
    assert "5_locked.png is encrypted" in locked.error
    assert "found a zip archive or office document, expected a picture" in zipped.error
    (one,) = read(write_zip(tmp_path / "b.zip", {"7.png": PNG}, method=zipfile.ZIP_LZMA))
    assert "7.png" in one.error


def test_too_many_members_or_bytes_and_names_twice_are_refused(tmp_path):
    twice = write_zip(tmp_path / "twice.zip", {"7.png": PNG, "8.png": b"another"})
    twice.write_bytes(twice.read_bytes().replace(b"8.png", b"7.png"))
    huge = bytearray(twice.read_bytes())
    struct.pack_into("<I", huge, huge.index(b"PK\1\2") + 24, 0xFFFFFFF0)  # of one of them
    (tmp_path / "huge.zip").write_bytes(huge)
    many = write_zip(tmp_path / "many.zip", {f"{n}.png": b"" for n in range(10_001)})
    refused = {
        many: "found 10,001 files of 0 bytes in the ZIP archive, at most 10,000",
        twice: "two files of the same name",
        tmp_path / "huge.zip": "found 2 files of 4,294,967,",
    }
    results = predict_files(load_network(), find_pictures([str(path) for path in refused]))
    for one, (path, words) in zip(results, refused.items(), strict=True):
        assert one.source == str(path)
        assert words in one.error


@given(mutated([write_zip(io.BytesIO(), {"7.png": PNG, "3.png": PNG}).getvalue()]))
def test_damage_anywhere_ends_in_a_line(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "damaged.zip"
    path.write_bytes(content)
    with contextlib.suppress(MnistError):  # and nothing else
        read(path)


DIRECTORY = """
import struct
from mnist_cli.prediction.sources import find_pictures

(path,) = sys.argv[1:]
count = 3_000_000
entry = b"PK\\1\\2" + bytes(24) + struct.pack("<H", 0) + bytes(16)
with open(path, "wb") as file:
    file.write(b"PK\\3\\4" + bytes(26))
    for _ in range(count // 1000):
        file.write(entry * 1000)
    file.write(struct.pack("<4s4H2LH", b"PK\\5\\6", 0, 0, 0, 0, count * len(entry), 30, 0))
found = find_pictures([path])
assert not found.paths
assert "too long a list" in str(found.unlisted[0])
assert peak_megabytes() < 150, peak_megabytes()
"""


def test_a_directory_of_millions_is_not_read(tmp_path):
    run_measured(DIRECTORY, tmp_path / "a.zip")
