"""Which files a name selects, and which addresses are asked for them."""

import re

import pytest

from mnist_cli.downloads.catalogue import FILES, check_mirror, select


def test_every_built_in_address_is_https_and_no_address_is_asked_twice():
    urls = [url for file in FILES for url in file.urls()]
    assert all(url.startswith("https://") for url in urls)
    assert len(set(urls)) == len(urls) == 15


def test_names_select_files():
    for names, expected in {
        (): [0, 1, 2, 3, 4],
        ("train",): [0, 1],
        ("test",): [2, 3],
        ("weights",): [4],
        ("weights", "train", "train-labels-idx1-ubyte"): [0, 1, 4],
        ("t10k-images.idx3-ubyte.gz",): [2],
        ("sample_weight.pkl",): [4],
    }.items():
        assert select(names) == tuple(FILES[position] for position in expected)


def test_an_unknown_name_is_refused_with_the_nearest_one():
    for name, words in {
        "": "there is no file or group ''; there are train, train-images-idx3-ubyte,",
        "\x1b[31m": r"there is no file or group '\x1b[31m'; there are",
        "Train": "the nearest is 'train'",
        "wieghts": "the nearest is 'weights'",
        "sample_weights.pkl": "the nearest is 'sample_weight.pkl'",
    }.items():
        with pytest.raises(ValueError, match=re.escape(words)):
            select(("test", name))


def test_what_is_no_address_of_a_mirror_is_refused_and_not_shown():
    for url in ("http://127.0.0.1:8000", "https://example.org/mnist/?token=1", "HTTP://a_b.c/x@y/",
                "http://[::1]:80/", "http://xn--bcher-kva.example/"):  # fmt: skip
        check_mirror(url)
    said = set()
    for url in (
        "", "example.org", "ftp://example.org", "file:///tmp", "http://", "http://a:99999/",
        "http://[", "http://a b/", "http://a\\b/", "http://a/\n", "http://a:0/", "http://*.a/",
        "http://b\u00fccher.example/", "http://me@h/", "http://me:secret@h/", "http://:secret@h/",
        "http://me:sec ret@h/", "http://me:se/cr@et@h/", "http://me:se?cret@h/", "me:secret@h",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="expected an address like") as caught:
            check_mirror(url)
        said.add(str(caught.value))
    assert len(said) == 1
