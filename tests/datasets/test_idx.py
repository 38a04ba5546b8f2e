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

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (7, 28, 28)).astype(np.uint8)
LABELS = np.array([3, 0, 9, 1, 1, 7, 5], np.uint8)


def idx_images(pixels: bytes, count: int, rows: int = 28, columns: int = 28) -> bytes:
    return struct.pack(">IIII", 2051, count, rows, columns) + pixels


def idx_labels(labels: bytes, count: int) -> bytes:
    return struct.pack(">II", 2049, count) + labels


GOOD_IMAGES = idx_images(IMAGES.tobytes(), 7)
GOOD_LABELS = idx_labels(LABELS.tobytes(), 7)


def written(folder: Path, content: bytes) -> Path:
    path = folder / "set"
    path.write_bytes(content)
    return path


def both_ways(folder: Path, content: bytes) -> list[Path]:
    """The content raw and gzipped."""
    paths = [folder / "raw", folder / "packed"]
    for path, pack in zip(paths, (bytes, gzip.compress), strict=True):
        path.write_bytes(pack(content))
    return paths


def refusal(folder: Path, content: bytes, load=load_images) -> str:
    return refusal_of(load, written(folder, content))


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
        if "images" in path.name:
            expected = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
            assert np.array_equal(load_images(path), expected)
        else:
            assert np.array_equal(load_labels(path), np.frombuffer(content[8:], np.uint8))


def test_gzip_members_one_after_another_are_one_file_with_names_and_zero_padding(tmp_path):
    for cut in (1, 5, 16, 400, len(GOOD_IMAGES) - 1):
        members = gzip.compress(GOOD_IMAGES[:cut]) + gzip.compress(GOOD_IMAGES[cut:])
        assert np.array_equal(load_images(written(tmp_path, members)), IMAGES)
    with_empty_ones = gzip.compress(b"") + gzip.compress(GOOD_IMAGES) + gzip.compress(b"")
    assert np.array_equal(load_images(written(tmp_path, with_empty_ones)), IMAGES)
    body = gzip.compress(GOOD_IMAGES)
    header = body[:3] + bytes([8 | 16]) + body[4:10] + b"name\0comment\0"
    padded = header + body[10:] + bytes(100_000)
    assert np.array_equal(load_images(written(tmp_path, padded)), IMAGES)


# Parts of a file


def test_batches_of_any_size_make_up_the_file_or_its_start(tmp_path):
    for size in (1, 3, 7, 10**30):
        for path in both_ways(tmp_path, GOOD_IMAGES):
            with idx.open_images(path) as file:
                assert (file.count, file.path) == (7, path)
                for limit in (None, 7, 4, 1, 99):  # each time from the start
                    expected = IMAGES[:limit]
                    batches = [batch.copy() for batch in file.batches(size, limit)]
                    assert all(len(batch) == min(size, len(expected)) for batch in batches[:-1])
                    assert np.array_equal(np.concatenate(batches), expected)
                    assert np.array_equal(file.load(limit), expected)


def test_items_are_read_by_their_index_in_any_order(tmp_path):
    for path in both_ways(tmp_path, GOOD_IMAGES):
        with idx.open_images(path) as file:
            for number in range(7):
                assert np.array_equal(file.items([6, number, 6]), IMAGES[[6, number, 6]])
            assert file.items([]).shape == (0, 28, 28)
    for path in both_ways(tmp_path, GOOD_LABELS):
        with idx.open_labels(path) as file:
            assert file.items([6, 0, 2]).tolist() == [5, 3, 9]


def test_wrong_arguments_are_refused_with_what_is_taken(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        for index in (-1, 7):
            with pytest.raises(IndexError, match=rf"index {index} is not in the range 0\.\.6"):
                file.items([0, index])
        for size, limit in ((0, None), (1, 0)):
            with pytest.raises(ValueError, match="is 0: expected 1 or more"):
                list(file.batches(size, limit))


def test_the_file_is_closed_after_use_and_after_a_refusal(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        pass
    with pytest.raises(ValueError, match="closed"):
        file.items([0])
    refusal(tmp_path, b"")  # a forgotten descriptor would be a ResourceWarning, here an error


def test_an_iteration_that_outlives_its_file_ends_quietly(tmp_path):
    for path in both_ways(tmp_path, GOOD_IMAGES):
        with idx.open_images(path) as file:
            batches = file.batches(2)
            next(batches)
        del batches  # what goes wrong in here pytest makes an error


# What is refused


def test_gzip_that_is_cut_anywhere_is_refused(tmp_path):
    packed = gzip.compress(GOOD_LABELS)
    for cut in range(len(packed)):
        with pytest.raises(FormatError):
            load_labels(written(tmp_path, packed[:cut]))
    assert "cut" in refusal(tmp_path, gzip.compress(GOOD_IMAGES) + packed[:-1])
    assert "stream is cut" in refusal(tmp_path, gzip.compress(GOOD_IMAGES) + b"\x1f\x8b")


def test_gzip_with_a_wrong_crc_or_length_or_a_damaged_stream_is_refused(tmp_path):
    packed = gzip.compress(GOOD_IMAGES)
    for content in (packed[:10] + b"\xff" * 9, packed + bytes(70_000) + b"x"):
        assert "its gzip stream is damaged" in refusal(tmp_path, content)
    for place in (10, -8, -5, -4, -1):  # the first block's type, then both ends of CRC and length
        damaged = bytearray(packed)
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


def test_more_or_less_data_than_declared_is_refused_with_both_numbers(tmp_path):
    for pack in (bytes, gzip.compress):
        short = refusal(tmp_path, pack(GOOD_IMAGES[:-1]))
        assert short.startswith(f"{tmp_path / 'set'}: ")
        assert "found 5,487 bytes after the header, expected 5,488 (7 x 28 x 28" in short
        long = refusal(tmp_path, pack(GOOD_IMAGES + b"\0"))
        assert "5,489 bytes after the header, expected 5,488" in long
        assert "found 6 bytes" in refusal(tmp_path, pack(GOOD_LABELS[:-1]), load_labels)
        assert "8 bytes" in refusal(tmp_path, pack(GOOD_LABELS + b"\0"), load_labels)
        for count in (8, 10_000_000, 2**32 - 1):  # the last two would not fit in memory
            path = written(tmp_path, pack(idx_images(IMAGES.tobytes(), count)))
            words = f"found 5,488 bytes after the header, expected {count * 784:,}"
            with pytest.raises(FormatError, match=words), idx.open_images(path) as file:
                list(file.batches(10))


def test_a_raw_file_of_another_length_is_refused_before_anything_is_read(tmp_path):
    for content in (GOOD_IMAGES[:-1], GOOD_IMAGES + b"\0"):
        assert "expected 5,488" in refusal_of(idx.open_images, written(tmp_path, content))


def test_cut_headers_are_refused(tmp_path):
    for pack in (bytes, gzip.compress):
        for cut in range(16):
            assert f"found {cut} bytes" in refusal(tmp_path, pack(GOOD_IMAGES[:cut]))
        for cut in range(8):
            message = refusal(tmp_path, pack(GOOD_LABELS[:cut]), load_labels)
            assert f"found {cut} bytes" in message


def test_a_wrong_magic_number_or_type_is_named_with_the_expected_one(tmp_path):
    floats, little_endian = struct.pack(">I", 0x00000D03), struct.pack("<I", 2051)
    for start in (struct.pack(">I", 2050), little_endian, floats, b"<htm", b"\x89PNG"):
        found = int.from_bytes(start, "big")
        for load, expected in ((load_images, 2051), (load_labels, 2049)):
            message = refusal(tmp_path, start + GOOD_IMAGES[4:], load)
            assert f"found the magic number {found}, expected {expected} (IDX" in message
    assert "This is a web page." in refusal(tmp_path, b"<html><title>Log in</title>")
    assert "seem swapped" in refusal(tmp_path, GOOD_LABELS)
    assert "seem swapped" in refusal(tmp_path, GOOD_IMAGES, load_labels)
    assert "expected 2051" in refusal(tmp_path, gzip.compress(GOOD_LABELS))


def test_a_label_above_9_is_refused_with_position_and_value(tmp_path):
    labels = bytes([9] * 3000 + [10, 255])
    for path in both_ways(tmp_path, idx_labels(labels, 3002)):
        with idx.open_labels(path) as file:
            assert file.load(3000).max() == 9
            for read in (file.load, lambda file=file: file.items([3000])):
                with pytest.raises(FormatError, match="label 10 at position 3,000, expected 0 to"):
                    read()


def test_no_images_and_other_shapes_are_refused(tmp_path):
    assert "found 0 images" in refusal(tmp_path, idx_images(b"", 0))
    assert "found 0 labels" in refusal(tmp_path, idx_labels(b"", 0), load_labels)
    for rows, columns in ((28, 27), (14, 56), (784, 1), (0, 28), (2**32 - 1, 2**32 - 1)):
        message = refusal(tmp_path, idx_images(bytes(784), 1, rows, columns))
        assert f"{rows:,} x {columns:,} pixels, expected 28 x 28" in message


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
with idx.open_images(sys.argv[1]) as file:
    total = sum(len(batch) for batch in file.batches(100))
    assert file.items([0, file.count - 1]).shape == (2, 28, 28)
    assert len(file.load(1000)) == 1000
print(total, peak_megabytes() - before)
"""


@pytest.mark.parametrize("packed", [False, True], ids=["raw", "gzip"])
def test_a_large_file_is_read_in_flat_memory(tmp_path, packed):
    count = 100_000
    path = tmp_path / "large"
    if packed:
        path.write_bytes(gzip_of_zeros(idx_images(b"", count), 78) + gzip.compress(bytes(400_000)))
    else:
        with path.open("wb") as file:  # sparse: it takes no room on most disks
            file.write(idx_images(b"", count))
            file.truncate(16 + 784 * count)
    total, megabytes = map(int, run_measured(READ_PARTS, path).split())
    assert total == count
    assert megabytes < 20


# Any bytes at all

ZEROS = [idx_images(bytes(7 * 784), 7), idx_labels(bytes(7), 7)]
ZEROS += [gzip.compress(content) for content in ZEROS]


def begun_files():
    starts = st.sampled_from([b"", GOOD_IMAGES, b"\x1f\x8b\x08\0"])
    return st.builds(bytes.__add__, starts, st.binary(max_size=200))


@given(st.one_of(mutated(ZEROS), begun_files()))
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
