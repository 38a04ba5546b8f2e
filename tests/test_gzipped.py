"""What a file holds, gzipped or not, against the standard library's `gzip`."""

import gzip
import io

import pytest

from mnist_cli.gzipped import DamagedGzipError, decompressed

TEXT = bytes(range(256)) * 10_000


class Counting(io.BytesIO):
    """A file that knows how much was read of it."""

    def readinto(self, target):
        self.taken = getattr(self, "taken", 0) + len(target)
        return super().readinto(target)


@pytest.mark.parametrize("packed", [TEXT, gzip.compress(TEXT)], ids=["raw", "gzip"])
def test_content_is_read_in_parts_to_its_end(packed):
    raw = io.BytesIO(packed)
    with decompressed(raw) as content:
        assert content.read(3) == TEXT[:3]
        content.seek(1000)
        assert content.read() == TEXT[1000:]
        assert content.read(1) == b""
    assert not raw.closed


def test_damage_has_one_name():
    packed = gzip.compress(TEXT[:1000])
    wrong_sum = bytearray(packed)
    wrong_sum[-8] ^= 1
    wrong_block = packed[:10] + b"\xff" * 9
    cuts = (packed[:-1], packed[:20], packed + b"\x1f\x8b")
    for damaged in (*cuts, packed + bytes(70_000) + b"x", bytes(wrong_sum), wrong_block):
        word = "is cut" if damaged in cuts else "is damaged"
        with (
            pytest.raises(DamagedGzipError, match=f"its gzip stream {word}"),
            decompressed(io.BytesIO(damaged)) as content,
        ):
            content.read(9999)


def test_no_more_is_taken_than_is_asked_for():
    bomb = Counting(gzip.compress(bytes(1_000_000)) * 500)
    with decompressed(bomb) as content:
        assert content.read(1_000_000) == bytes(1_000_000)
    assert bomb.taken <= 4 * (64 << 10)  # Python 3.12 and later have a buffer of twice that size
