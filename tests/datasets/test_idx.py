"""IDX files against `struct` and `gzip` written by hand, and every fault they can have."""

import gzip
import io
import os
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.limited import run_measured

from mnist_cli.datasets import idx
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


def refusal(folder: Path, content: bytes, load=idx.load_images) -> str:
    with pytest.raises(FormatError) as caught:
        load(written(folder, content))
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(folder / "set"))
    return message


# What has to load


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_images_and_labels_are_what_was_written_whatever_the_name_says(tmp_path, pack):
    for name in ("set", "set.gz", "set.txt"):
        (tmp_path / name).write_bytes(pack(GOOD_IMAGES))
        assert np.array_equal(idx.load_images(tmp_path / name), IMAGES)
        (tmp_path / name).write_bytes(pack(GOOD_LABELS))
        assert np.array_equal(idx.load_labels(tmp_path / name), LABELS)


def test_embedded_test_set_is_the_default():
    images, labels = idx.load_images(), idx.load_labels()
    assert (images.shape, images.dtype) == ((10_000, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((10_000,), np.uint8)
    assert labels[:5].tolist() == [7, 2, 1, 0, 4]  # as every MNIST tutorial shows


def test_the_four_mnist_files_are_what_gzip_and_numpy_make_of_them(shared_data):
    for path in sorted(shared_data.glob("*-ubyte.gz")):
        content = gzip.decompress(path.read_bytes())
        if "images" in path.name:
            expected = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
            assert np.array_equal(idx.load_images(path), expected)
        else:
            assert np.array_equal(idx.load_labels(path), np.frombuffer(content[8:], np.uint8))


def test_a_name_is_looked_up_in_the_data_directory(tmp_path):
    (tmp_path / "own.idx3-ubyte.gz").write_bytes(gzip.compress(GOOD_IMAGES))
    assert len(idx.load_images("own-idx3-ubyte", data_dir=tmp_path)) == 7


def test_loaded_arrays_can_be_changed(tmp_path):
    for pack in (bytes, gzip.compress):
        images = idx.load_images(written(tmp_path, pack(GOOD_IMAGES)))
        images[0] = 0
        assert images.flags.owndata or images.flags.writeable


def test_gzip_members_one_after_another_are_one_file(tmp_path):
    for cut in (1, 5, 16, 400, len(GOOD_IMAGES) - 1):
        members = gzip.compress(GOOD_IMAGES[:cut]) + gzip.compress(GOOD_IMAGES[cut:])
        assert np.array_equal(idx.load_images(written(tmp_path, members)), IMAGES)
    with_empty_ones = gzip.compress(b"") + gzip.compress(GOOD_IMAGES) + gzip.compress(b"")
    assert np.array_equal(idx.load_images(written(tmp_path, with_empty_ones)), IMAGES)


def test_gzip_may_have_a_name_a_comment_and_zero_padding(tmp_path):
    body = gzip.compress(GOOD_IMAGES)
    header = body[:3] + bytes([8 | 16]) + body[4:10] + b"name\0comment\0"
    padded = header + body[10:] + bytes(100_000)
    assert np.array_equal(idx.load_images(written(tmp_path, padded)), IMAGES)


def test_one_image_is_a_set(tmp_path):
    one = written(tmp_path, idx_images(bytes(784), 1))
    assert idx.load_images(one).shape == (1, 28, 28)


def test_a_link_to_a_file_is_read(tmp_path):
    link = tmp_path / "link"
    try:
        link.symlink_to(written(tmp_path, GOOD_IMAGES))
    except OSError:
        pytest.skip("this system lets users make no symbolic links")
    assert len(idx.load_images(link)) == 7


# Batches


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
@pytest.mark.parametrize("size", [1, 2, 3, 6, 7, 8, 10**6, 10**30])
def test_batches_of_any_size_make_up_the_file(tmp_path, pack, size):
    with idx.open_images(written(tmp_path, pack(GOOD_IMAGES))) as file:
        assert (file.count, file.path) == (7, tmp_path / "set")
        for _ in range(2):  # and once more from the start
            batches = [batch.copy() for batch in file.batches(size)]
            assert all(len(batch) == min(size, 7) for batch in batches[:-1])
            assert np.array_equal(np.concatenate(batches), IMAGES)


def test_batches_share_one_buffer(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        first, second, *_ = file.batches(2)
        assert np.shares_memory(first, second)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_an_image_is_read_by_its_index_also_between_batches(tmp_path, pack):
    with idx.open_images(written(tmp_path, pack(GOOD_IMAGES))) as file:
        for number, batch in enumerate(file.batches(1)):
            assert np.array_equal(file.image(6 - number), IMAGES[6 - number])
            assert np.array_equal(batch[0], IMAGES[number])


def test_wrong_arguments_are_value_errors_that_say_what_is_taken(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        for index in (-1, 7):
            with pytest.raises(ValueError, match=f"{index}, it must be from 0 to 6"):
                file.image(index)
        with pytest.raises(ValueError, match="0, it must be at least 1"):
            list(file.batches(0))


def test_the_file_is_closed_after_use_and_after_a_refusal(tmp_path):
    with idx.open_images(written(tmp_path, GOOD_IMAGES)) as file:
        pass
    with pytest.raises(ValueError, match="closed"):
        file.image(0)
    refusal(tmp_path, b"")  # a forgotten descriptor would be a ResourceWarning, here an error


# hostile-input.md 3.3, row by row


def test_gzip_that_is_cut_anywhere_is_refused(tmp_path):
    packed = gzip.compress(GOOD_LABELS)
    for cut in range(len(packed)):
        with pytest.raises(FormatError):
            idx.load_labels(written(tmp_path, packed[:cut]))
    two = packed + packed
    assert "cut" in refusal(tmp_path, gzip.compress(GOOD_IMAGES) + two[: len(packed) - 1])


@pytest.mark.parametrize("place", [-8, -5, -4, -1], ids=["crc", "crc end", "length", "length end"])
def test_gzip_with_a_wrong_crc_or_length_is_refused(tmp_path, place):
    packed = bytearray(gzip.compress(GOOD_IMAGES))
    packed[place] ^= 1
    assert "damaged" in refusal(tmp_path, bytes(packed))


def test_gzip_with_a_damaged_stream_is_refused(tmp_path):
    packed = bytearray(gzip.compress(GOOD_IMAGES))
    packed[10] = 0xFF  # a block of a type that does not exist
    assert "its gzip stream is damaged" in refusal(tmp_path, bytes(packed))


@pytest.mark.parametrize(
    "rest", [b"x", b"\0x", bytes(70_000) + b"x", b"\x1f", b"\x1f\x8b", b"\x1fxxxxxxxxxxx"]
)
def test_other_bytes_after_the_gzip_stream_are_refused(tmp_path, rest):
    refusal(tmp_path, gzip.compress(GOOD_IMAGES) + rest)


def test_a_member_after_zero_padding_is_refused(tmp_path):
    start, end = gzip.compress(GOOD_IMAGES[:99]), gzip.compress(GOOD_IMAGES[99:])
    assert "other data" in refusal(tmp_path, start + b"\0" + end)


def gzip_of_zeros(start: bytes, megabytes: int) -> bytes:
    return gzip.compress(start) + gzip.compress(bytes(1_000_000)) * megabytes


def test_a_gzip_bomb_is_given_up_one_byte_after_the_declared_size(tmp_path, monkeypatch):
    asked = []
    decompressobj = zlib.decompressobj

    class Counting:
        def __init__(self, wbits):
            self.real = decompressobj(wbits)

        def decompress(self, data, max_length):
            piece = self.real.decompress(data, max_length)
            asked.append(len(piece))
            return piece

        def __getattr__(self, name):
            return getattr(self.real, name)

    bomb = written(tmp_path, gzip_of_zeros(idx_images(b"", 7), 50))
    monkeypatch.setattr(idx.zlib, "decompressobj", Counting)
    with idx.open_images(bomb) as file:
        asked.clear()
        with pytest.raises(FormatError, match=r"at least 5,489 bytes .* expected 5,488"):
            list(file.batches(3))
    assert sum(asked) == len(GOOD_IMAGES) + 1


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_more_or_less_data_than_declared_is_refused_with_both_numbers(tmp_path, pack):
    short = refusal(tmp_path, pack(GOOD_IMAGES[:-1]))
    assert "found 5,487 bytes after the header, expected 5,488 (7 x 28 x 28" in short
    long = refusal(tmp_path, pack(GOOD_IMAGES + b"\0"))
    assert "5,489 bytes after the header, expected 5,488" in long
    assert "found 6 bytes" in refusal(tmp_path, pack(GOOD_LABELS[:-1]), idx.load_labels)
    assert "8 bytes" in refusal(tmp_path, pack(GOOD_LABELS + b"\0"), idx.load_labels)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
@pytest.mark.parametrize("count", [8, 2**31 - 1, 2**31, 2**32 - 1])
def test_counts_far_beyond_the_data_are_refused_before_memory_is_taken(tmp_path, pack, count):
    message = refusal(tmp_path, pack(idx_images(IMAGES.tobytes(), count)))
    assert f"found 5,488 bytes after the header, expected {count * 784:,}" in message


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["raw", "gzip"])
def test_cut_headers_are_refused(tmp_path, pack):
    for cut in range(16):
        assert f"found {cut} bytes" in refusal(tmp_path, pack(GOOD_IMAGES[:cut]))
    for cut in range(8):
        message = refusal(tmp_path, pack(GOOD_LABELS[:cut]), idx.load_labels)
        assert f"found {cut} bytes" in message


@pytest.mark.parametrize(
    ("start", "found"),
    [
        (struct.pack(">I", 2050), "magic number 2050"),
        (struct.pack("<I", 2051), "magic number 50855936"),
        (struct.pack(">I", 0x00000D03), "element type 0x0d"),  # floats
        (b"<htm", "magic number"),
        (b"\x89PNG", "magic number"),
    ],
)
def test_a_wrong_magic_number_or_type_is_named_with_the_expected_one(tmp_path, start, found):
    for load, expected in ((idx.load_images, "2051"), (idx.load_labels, "2049")):
        message = refusal(tmp_path, start + GOOD_IMAGES[4:], load)
        assert found in message
        assert expected in message or "0x08" in message


def test_swapped_files_are_said_to_seem_swapped(tmp_path):
    assert "seem swapped" in refusal(tmp_path, GOOD_LABELS)
    assert "seem swapped" in refusal(tmp_path, GOOD_IMAGES, idx.load_labels)
    assert "expected 2051" in refusal(tmp_path, gzip.compress(GOOD_LABELS))


def test_different_counts_are_refused_with_both_numbers():
    idx.require_same_count(3, 3, images_path="a", labels_path="b")
    with pytest.raises(FormatError) as caught:
        idx.require_same_count(60_000, 10_000, images_path="a\n", labels_path="b\x1b")
    assert str(caught.value).startswith(
        r"b\x1b: found 10,000 labels, expected 60,000, one for each image in a\n."
    )


def test_a_label_above_9_is_refused_with_position_and_value(tmp_path):
    labels = bytes([9] * 3000 + [10, 255])
    for pack in (bytes, gzip.compress):
        message = refusal(tmp_path, pack(idx_labels(labels, 3002)), idx.load_labels)
        assert "found the label 10 at position 3,000, expected 0 to 9" in message
    with idx.open_labels(written(tmp_path, idx_labels(labels, 3002))) as file:
        batches = file.batches(1000)
        assert [len(next(batches)) for _ in range(3)] == [1000] * 3
        with pytest.raises(FormatError, match="position 3,000"):
            next(batches)


def test_no_images_and_other_shapes_are_refused(tmp_path):
    assert "found 0 images" in refusal(tmp_path, idx_images(b"", 0))
    assert "found 0 labels" in refusal(tmp_path, idx_labels(b"", 0), idx.load_labels)
    shapes = [
        (28, 27),
        (27, 28),
        (14, 56),
        (784, 1),
        (0, 28),
        (2**31, 2**31),
        (2**32 - 1, 2**32 - 1),
    ]
    for rows, columns in shapes:
        message = refusal(tmp_path, idx_images(bytes(784), 1, rows, columns))
        assert f"{rows:,} x {columns:,} pixels, expected 28 x 28" in message


# Files that are none, that change, that are enormous


@pytest.mark.parametrize("load", [idx.load_images, idx.load_labels])
def test_what_is_not_a_file_is_a_file_error(tmp_path, load):
    with pytest.raises(FileError, match="no such file"):
        load(tmp_path / "missing")
    with pytest.raises(FileError, match="folder"):
        load(tmp_path)


def test_a_file_of_the_system_that_has_nothing_yet_counts_as_ended():
    class Kmsg(io.RawIOBase):  # as /proc/kmsg, which only root may read, and only once
        def readinto(self, _):
            return None

        def seek(self, *_):
            return 0

    assert idx._RawReader(Kmsg(), "kmsg").readinto(memoryview(bytearray(4))) == 0


def test_a_file_that_shrinks_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path, GOOD_IMAGES)
    with idx.open_images(path) as file:
        batches = file.batches(2)
        next(batches)
        os.truncate(path, 16 + 3 * 784)
        with pytest.raises(FormatError, match=r"found 2,352 bytes .* expected 5,488"):
            list(batches)
        with pytest.raises(FormatError, match="found 2,352 bytes"):
            file.image(5)


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path, GOOD_IMAGES)
    with idx.open_images(path) as file:
        batches = file.batches(2)
        next(batches)
        with path.open("ab") as more:
            more.write(b"x")
        with pytest.raises(FormatError, match="at least 5,489"):
            list(batches)


READ_ALL = """
from mnist_cli.datasets import idx
before = peak_megabytes()
with idx.open_images(sys.argv[1]) as file:
    total = sum(len(batch) for batch in file.batches(100))
print(total, peak_megabytes() - before)
"""


@pytest.mark.parametrize("packed", [False, True], ids=["raw", "gzip"])
def test_a_large_file_is_read_in_flat_memory(tmp_path, packed):
    count = 250_000 if packed else 1_000_000  # 196 MB in 200 kB, 784 MB
    path = tmp_path / "large"
    if packed:
        path.write_bytes(gzip_of_zeros(idx_images(b"", count), 196))
    else:
        with path.open("wb") as file:  # sparse: it takes no room on most disks
            file.write(idx_images(b"", count))
            file.truncate(16 + 784 * count)
    total, megabytes = map(int, run_measured(READ_ALL, path).split())
    assert total == count
    assert megabytes < 20


def test_a_small_gzip_that_declares_terabytes_takes_no_memory(tmp_path):
    path = written(tmp_path, gzip.compress(idx_images(bytes(784), 2**32 - 1)))
    code = """
from mnist_cli.datasets import idx
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
def one_image(path):
    with idx.open_images(path) as file:
        file.image(2**31)
for read in (idx.load_images, one_image):
    try:
        read(sys.argv[1])
    except idx.FormatError as error:
        print("expected 3,367,254,359,280" in str(error))
"""
    assert run_measured(code, path).split() == ["True", "True"]


def test_a_set_larger_than_memory_is_one_clear_error(tmp_path):
    path = tmp_path / "set"
    path.write_bytes(gzip_of_zeros(idx_images(b"", 1_000_000), 784))
    code = """
from mnist_cli.datasets import idx
with open('/proc/self/statm') as pages:
    used = int(pages.readline().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 50_000_000, used + 50_000_000))
try:
    idx.load_images(sys.argv[1])
except idx.FileError as error:
    print(error)
"""
    assert "1,000,000 images at once do not fit into memory" in run_measured(code, path)


# Any bytes at all


def load_or_refuse(path: Path) -> None:
    for load, shape in ((idx.load_images, (28, 28)), (idx.load_labels, ())):
        try:
            array = load(path)
        except MnistError:
            continue
        assert array.dtype == np.uint8
        assert array.shape[1:] == shape
        assert len(array) > 0


@given(
    content=st.binary(max_size=200), start=st.sampled_from([b"", GOOD_IMAGES, b"\x1f\x8b\x08\0"])
)
def test_arbitrary_bytes_are_loaded_right_or_refused(tmp_path_factory, content, start):
    load_or_refuse(written(tmp_path_factory.getbasetemp(), start + content))


@given(
    good=st.sampled_from(
        [GOOD_IMAGES, GOOD_LABELS, gzip.compress(GOOD_IMAGES), gzip.compress(GOOD_LABELS)]
    ),
    place=st.randoms(use_true_random=False),
    patch=st.binary(max_size=4),
    removed=st.integers(0, 4),
)
def test_mutated_files_are_loaded_right_or_refused(
    tmp_path_factory, good: bytes, place: random.Random, patch: bytes, removed: int
):
    at = place.choice([place.randrange(len(good)), place.randrange(24)]) % len(good)
    mutated = good[:at] + patch + good[at + removed :]
    path = written(tmp_path_factory.getbasetemp(), mutated)
    load_or_refuse(path)
