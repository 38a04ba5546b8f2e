"""Which addresses are asked, and that nothing secret in them is ever shown."""

import re

import pytest

from mnist_cli.downloads.addresses import below, check_mirror, redirected, without_secrets

HERE = "http://me:secret@a.example:81/x/file"


def test_http_addresses_are_mirrors() -> None:
    for url in ("http://127.0.0.1:8000", "https://user:secret@example.org/mnist/?token=1",
                "http://[::1]:80/", "http://xn--bcher-kva.example/"):  # fmt: skip
        check_mirror(url)


def test_other_addresses_are_not() -> None:
    for url in (
        "", "example.org", "ftp://example.org", "file:///tmp", "http://", "http://a:99999/",
        "http://[", "http://a b/", "http:///x", "http://a\\b/", "http://a/b\\c", "http://a/\n", "http://a/\x7f",
        "http://a:0/", "http://a%00b/", "http://*.a/", "http://.a/",
    ):  # fmt: skip
        with pytest.raises(ValueError, match="is not an address like"):
            check_mirror(url)


def test_what_is_refused_is_named_in_one_line_without_its_secrets() -> None:
    for url, words in (
        ("ftp://user:secret@h/", "'ftp://h/' is not an address like"),
        ("user:secret@h", "'h' is not an address like"),
        ("ftp://h/x?token=secret", "'ftp://h/x' is not an address like"),
        ("ftp://user:se?cret@h/x#secret", "'ftp://h/x' is not an address like"),
        ("http://a:secret\\@b/", "the address is ambiguous"),
        ("http://user:sec ret@h/", "the address is ambiguous"),
        ("http://user:se/cr@et@h/", "the address is ambiguous"),
        ("http://user:secret\n@h/", "the address is ambiguous"),
        ("http://h/x?token=secret|\t", "the address is ambiguous"),
        ("http://user:secret@b\u00fccher.example/", "an address is written in ASCII"),
    ):
        with pytest.raises(ValueError, match=re.escape(words)) as caught:
            check_mirror(url)
        message = str(caught.value)
        assert "secret" not in message
        assert message.isprintable()


def test_an_address_is_shown_without_login_and_query() -> None:
    assert without_secrets("https://me:secret@a.example/x?token=secret#y") == "https://a.example/x"
    cdn = "https://cdn.example/gh/x@master/y"
    assert without_secrets(cdn) == cdn


def test_the_file_name_follows_a_mirror_after_one_slash() -> None:
    for base in ("http://a.example/x", "http://a.example/x//"):
        assert below(base, "f.gz") == "http://a.example/x/f.gz"
        assert below(f"{base}?token=1", "f.gz") == "http://a.example/x/f.gz?token=1"


def test_a_login_stays_with_the_server_it_was_written_for() -> None:
    for target, followed in {
        "/other": "http://me:secret@a.example:81/other",
        "http://a.example:81/other": "http://me:secret@a.example:81/other",
        "http://a.example/other": "http://a.example/other",
        "https://a.example:81/other": "https://a.example:81/other",
        "//b.example/x?y=1": "http://b.example/x?y=1",
        "http://you:known@b.example/": "http://b.example/",
        "file:///etc/passwd": None,
        "http://[::1": None,
        "http://a:1\\@b/": None,
        "http://a\x1b[31m/": None,
    }.items():
        assert redirected(HERE, target) == followed


def test_https_is_never_left_for_http() -> None:
    assert redirected("https://a.example/", "http://a.example/") is None
    assert redirected("http://a.example/", "https://a.example/") == "https://a.example/"
