"""The table of remote files against the real files."""

import gzip
import hashlib
from pathlib import Path

import pytest

from mnist_cli.downloads.catalogue import FILES, RemoteFile, check_mirror, select


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_real_files_have_the_sizes_and_checksums_of_the_table(
    file: RemoteFile, shared_data: Path
) -> None:
    content = (shared_data / file.remote_name).read_bytes()
    if file.remote_name.endswith(".gz"):
        content = gzip.decompress(content)
    assert len(content) == file.bytes
    assert hashlib.sha256(content).hexdigest() == file.sha256


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_file_stored_in_gzip_without_compression_is_within_the_limit(file: RemoteFile) -> None:
    assert len(gzip.compress(bytes(file.bytes), compresslevel=0)) < file.wire_limit


def test_every_built_in_address_is_https_and_no_address_is_asked_twice() -> None:
    urls = [url for file in FILES for url in file.urls()]
    assert all(url.startswith("https://") for url in urls)
    assert len(set(urls)) == len(urls) == 15


@pytest.mark.parametrize(
    "base", ["http://a.example/x", "http://a.example/x/", "http://a.example/x//"]
)
def test_the_file_name_follows_a_mirror_after_one_slash(base: str) -> None:
    (file,) = select(("t10k-labels-idx1-ubyte",))
    assert file.urls((base,)) == ("http://a.example/x/t10k-labels-idx1-ubyte.gz",)


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), [0, 1, 2, 3, 4]),
        (("train",), [0, 1]),
        (("test",), [2, 3]),
        (("weights",), [4]),
        (("weights", "train", "train-labels-idx1-ubyte"), [0, 1, 4]),
        (("t10k-images.idx3-ubyte.gz",), [2]),
        (("sample_weight.pkl",), [4]),
    ],
)
def test_names_select_files(names: tuple[str, ...], expected: list[int]) -> None:
    assert select(names) == tuple(FILES[position] for position in expected)


@pytest.mark.parametrize("name", ["", "Train", "weights.pkl", "all", "\x1b[31m"])
def test_an_unknown_name_is_refused_and_shown_escaped(name: str) -> None:
    with pytest.raises(ValueError, match="is none of train, test, weights") as caught:
        select((name,))
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "https://user:secret@example.org/mnist/", "http://[::1]:80/"]
)
def test_http_addresses_are_mirrors(url: str) -> None:
    check_mirror(url)


@pytest.mark.parametrize(
    "url",
    ["", "example.org", "ftp://example.org", "file:///tmp", "http://", "http://a:99999/", "http://[",
     "http://a b/", "http:///x"],
)  # fmt: skip
def test_other_addresses_are_not(url: str) -> None:
    with pytest.raises(ValueError, match="is not an address like"):
        check_mirror(url)
