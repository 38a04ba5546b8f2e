"""IDX files against `struct` and `gzip` written by hand, and every fault they can have."""

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.limited import run_measured
from support.mutated import mutated
from support.refusals import refusal_of

from mnist_cli.datasets import idx
from mnist_cli.datasets.arrays import load_images, load_labels
from mnist_cli.errors import FileError, FormatError, MnistError

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
LABELS = np.array([3, 0, 9, 1, 1, 7, 5], np.uint8)


def idx_images(pixels: bytes, count: int, rows: int = 28, columns: int = 28) -> bytes:
    return struct.pack(">IIII", 2051, count, rows, columns) + pixels


def idx_labels(labels: bytes, count: int) -> bytes:
    return struct.pack(">II", 2049, count) + labels


GOOD_IMAGES = idx_images(IMAGES.tobytes(), 7)
GOOD_LABELS = idx_labels(LABELS.tobytes(), 7)
PACKED = gzip.compress(GOOD_IMAGES)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "set"
    path.write_bytes(content)
    return path


def refusal(folder: Path, content: bytes, load=load_images) -> str:
    path = written(folder, content)
    message = refusal_of(load, path)
    assert message.startswith(f"{path}: ")
    return message


# What has to load


def test_images_and_labels_are_what_was_written_whatever_the_name_says(tmp_path):
    for name, pack in (("set", gzip.compress), ("set.gz", bytes), ("set.txt", gzip.compress)):
        (tmp_path / name).write_bytes(pack(GOOD_IMAGES))
        images = load_images(tmp_path / name)
        assert np.array_equal(images, IMAGES)
        images[0] = 0  # a loaded array can be changed
        (tmp_path / name).write_bytes(pack(GOOD_LABELS))
        assert np.array_equal(load_labels(tmp_path / name), LABELS)


def test_the_four_mnist_files_are_what_gzip_and_numpy_make_of_them(shared_data):
    paths = sorted(shared_data.glob("*-ubyte.gz"))
    assert len(paths) == 4
    for path in paths:
        content = gzip.decompress(path.read_bytes())
        load, header = (load_images, 16) if "images" in path.name else (load_labels, 8)
        assert load(path).tobytes() == content[header:]


def test_gzip_members_one_after_another_are_one_file_with_names_and_zero_padding(tmp_path):
    named = PACKED[:3] + bytes([8 | 16]) + PACKED[4:10] + b"name\0comment\0" + PACKED[10:]
    files = [gzip.compress(b"") + PACKED + gzip.compress(b""), named + bytes(100_000)]
    for cut in (1, 5, 16, 400, len(GOOD_IMAGES) - 1):
        files.append(gzip.compress(GOOD_IMAGES[:cut]) + gzip.compress(GOOD_IMAGES[cut:]))
    for content in files:
        assert np.array_equal(load_images(written(tmp_path, content)), IMAGES)


# Parts of a file


@pytest.fixture(params=[bytes, gzip.compress], ids=["raw", "gzip"])
def file(request, tmp_path):
    """The good images, open."""
    with idx.open_images(written(tmp_path, request.param(GOOD_IMAGES))) as file:
        yield file


@pytest.mark.parametrize("size", [1, 3, 7, 10**30])
def test_batches_of_any_size_make_up_the_file_or_its_start(file, size):
    for limit in (None, 7, 4, 1, 99):  # each time from the start
        expected = IMAGES[:limit]
        batches = [batch.copy() for batch in file.batches(size, limit)]
        assert all(len(batch) == min(size, len(expected)) for batch in batches[:-1])
        assert np.array_equal(np.concatenate(batches), expected)
        assert np.array_equal(file.load(limit), expected)


def test_items_are_read_by_their_index_in_any_order(file):
    for number in range(7):
        assert np.array_equal(file.items([6, number, 6]), IMAGES[[6, number, 6]])
    assert file.items([]).shape == (0, 28, 28)


def test_wrong_arguments_are_refused_with_what_is_taken(file):
    for index in (-1, 7):
        with pytest.raises(IndexError, match=rf"index {index} is not in the range 0\.\.6"):
            file.items([0, index])
    for size, limit in ((0, None), (1, 0)):
        with pytest.raises(ValueError, match="is 0: expected 1 or more"):
            list(file.batches(size, limit))


def test_the_file_is_closed_after_use_and_an_iteration_outlives_it_quietly(file):
    batches = file.batches(2)
    next(batches)
    with file:
        pass
    with pytest.raises(ValueError, match="closed"):
        file.items([0])
    del batches  # what goes wrong in here pytest makes an error


# What is refused


def test_gzip_that_is_cut_anywhere_is_refused(tmp_path):
    packed = gzip.compress(GOOD_LABELS)
    for cut in range(len(packed)):
        refusal(tmp_path, packed[:cut], load_labels)
    assert "stream is cut" in refusal(tmp_path, PACKED + b"\x1f\x8b")


def test_gzip_with_a_wrong_crc_or_length_or_a_damaged_stream_is_refused(tmp_path):
    for content in (PACKED[:10] + b"\xff" * 9, PACKED + bytes(70_000) + b"x"):
        assert "its gzip stream is damaged" in refusal(tmp_path, content)
    for place in (10, -8, -5, -4, -1):  # the first block's type, then both ends of CRC and length
        damaged = bytearray(PACKED)
        damaged[place] ^= 0xFF
        assert "its gzip stream is damaged" in refusal(tmp_path, bytes(damaged))
    with idx.open_images(written(tmp_path, bytes(damaged))) as file:  # its last item is good
        assert np.array_equal(file.load(6), IMAGES[:6])
        assert np.array_equal(file.items([5, 0]), IMAGES[[5, 0]])


def gzip_of_zeros(start: bytes, megabytes: int) -> bytes:
    return gzip.compress(start) + gzip.compress(bytes(1_000_000)) * megabytes


def test_a_gzip_bomb_is_given_up_soon_after_the_declared_size(tmp_path):
    bomb = written(tmp_path, gzip_of_zeros(idx_images(b"", 7), 2000))
    with idx.open_images(bomb) as file:
        with pytest.raises(FormatError, match=r"at least 5,489 bytes .* expected 5,488"):
            list(file.batches(3))
        assert file._file.tell() <= 4 * (64 << 10)  # of 2 MB: buffers, not what follows


REFUSED = [
    (load_images, GOOD_IMAGES[:-1], "found 5,487 bytes after the header, expected 5,488 (7 x 28 x"),
    (load_images, GOOD_IMAGES + b"\0", "5,489 bytes after the header, expected 5,488"),
    (load_labels, GOOD_LABELS[:-1], "found 6 bytes"),
    (load_labels, GOOD_LABELS + b"\0", "8 bytes"),
    (load_images, b"<html><title>Log in</title>", "This is a web page."),
    (load_images, GOOD_LABELS, "seem swapped"),
    (load_labels, GOOD_IMAGES, "seem swapped"),
    (load_images, idx_images(b"", 0), "found 0 images"),
    (load_labels, idx_labels(b"", 0), "found 0 labels"),
    (load_labels, idx_labels(b"\7\12\xff", 3), "label 10 at position 1, expected 0 to 9"),
    *((load_images, GOOD_IMAGES[:cut], f"found {cut} bytes, expected 16") for cut in range(16)),
    *((load_labels, GOOD_LABELS[:cut], f"found {cut} bytes, expected 8") for cut in range(8)),
]
for shape in ((28, 27), (14, 56), (784, 1), (0, 28), (2**32 - 1, 2**32 - 1)):
    said = "{:,} x {:,} pixels, expected 28".format(*shape)
    REFUSED.append((load_images, idx_images(bytes(784), 1, *shape), said))
for start in (b"\0\0\x08\2", b"\3\x08\0\0", b"\0\0\x0d\3", b"<htm", b"\x89PNG"):
    for load, expected in ((load_images, 2051), (load_labels, 2049)):
        said = f"the magic number {int.from_bytes(start, 'big')}, expected {expected} (IDX"
        REFUSED.append((load, start + GOOD_IMAGES[4:], said))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_every_fault_is_told_by_what_was_found_and_what_was_expected(tmp_path, pack):
    for load, content, said in REFUSED:
        assert said in refusal(tmp_path, pack(content), load)


def test_a_file_of_another_length_is_refused_whatever_it_declares(tmp_path):
    for content in (GOOD_IMAGES[:-1], GOOD_IMAGES + b"\0"):  # raw: before anything is read
        assert "expected 5,488" in refusal(tmp_path, content, idx.open_images)
    for count in (8, 10_000_000, 2**32 - 1):  # the last two would not fit in memory
        words = f"found 5,488 bytes after the header, expected {count * 784:,}"
        for pack in (bytes, gzip.compress):
            path = written(tmp_path, pack(idx_images(IMAGES.tobytes(), count)))
            with pytest.raises(FormatError, match=words), idx.open_images(path) as file:
                list(file.batches(10))


def test_a_label_above_9_is_told_with_its_position_in_the_file(tmp_path):
    path = written(tmp_path, idx_labels(bytes([9] * 3000 + [10, 255]), 3002))
    with idx.open_labels(path) as file:
        assert file.load(3000).max() == 9
        for read in (file.load, lambda: file.items([3000])):
            with pytest.raises(FormatError, match="label 10 at position 3,000, expected 0 to 9"):
                read()


# Files that are none, that change, that are enormous


def test_a_file_that_shrinks_or_grows_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path, GOOD_IMAGES)
    with idx.open_images(path) as file:
        os.truncate(path, 16 + 3 * 784)
        with pytest.raises(FormatError, match=r"found 2,352 bytes .* expected 5,488"):
            list(file.batches(2))
        with pytest.raises(FormatError, match="found 2,352 bytes"):
            file.items([5])
        path.write_bytes(GOOD_IMAGES + b"x")
        with pytest.raises(FormatError, match=r"found 5,489|at least 5,489"):
            list(file.batches(2))


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX system")
def test_an_error_of_the_disk_is_a_file_error(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        folder = os.open(tmp_path, os.O_RDONLY)  # what the system does not let anybody read
        os.dup2(folder, file._file.fileno())
        os.close(folder)
        with pytest.raises(FileError, match="set: found a folder, expected a file"):
            file.items([0])


READ_PARTS = """
from mnist_cli.datasets import idx
before = peak_megabytes()
for path in sys.argv[1:]:
    with idx.open_images(path) as file:
        assert sum(len(batch) for batch in file.batches(100)) == file.count == 100_000
        assert file.items([0, file.count - 1]).shape == (2, 28, 28)
        assert len(file.load(1000)) == 1000
assert peak_megabytes() - before < 20
"""


def test_large_files_are_read_in_flat_memory(tmp_path):
    count = 100_000
    raw, packed = tmp_path / "raw", tmp_path / "packed"
    with raw.open("wb") as file:  # sparse: it takes no room on most disks
        file.write(idx_images(b"", count))
        file.truncate(16 + 784 * count)
    packed.write_bytes(gzip_of_zeros(idx_images(b"", count), 78) + gzip.compress(bytes(400_000)))
    run_measured(READ_PARTS, raw, packed)


# Any bytes at all

ZEROS = [idx_images(bytes(7 * 784), 7), idx_labels(bytes(7), 7)]
ZEROS += [gzip.compress(content) for content in ZEROS]
BEGINNINGS = st.sampled_from([b"", GOOD_IMAGES, b"\x1f\x8b\x08\0"])
BEGUN = st.builds(bytes.__add__, BEGINNINGS, st.binary(max_size=200))


@given(mutated(ZEROS) | BEGUN)
def test_mutated_and_arbitrary_files_are_loaded_right_or_refused(tmp_path_factory, content):
    path = written(tmp_path_factory.getbasetemp(), content)
    for load, shape in ((load_images, (28, 28)), (load_labels, ())):
        try:
            array = load(path)
        except MnistError:
            continue
        assert array.dtype == np.uint8
        assert array.shape[1:] == shape
        assert len(array) > 0
