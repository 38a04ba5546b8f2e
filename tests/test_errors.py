"""Error texts are one line, say where, and let nothing through to the terminal."""

import pickle
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_cli.errors import DownloadError, FileError, FormatError, MnistError, printable


def test_the_text_is_source_problem_hint():
    assert str(MnistError("it is cut")) == "it is cut."
    assert str(FormatError("it is cut", source="w.pkl")) == "w.pkl: it is cut."
    error = FileError("it is cut", source=Path("w.pkl"), hint="Get it again.")
    assert str(error) == "w.pkl: it is cut. Get it again."
    assert (error.problem, error.source) == ("it is cut", Path("w.pkl"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # What a terminal would act on is escaped.
        ("数字 é ß", "数字 é ß"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\nb\rc\td\0", r"a\nb\rc\td\x00"),
        ("a\u202eb\u2066c\u200bd", r"a\u202eb\u2066c\u200bd"),
        ("a\u2028b\x85c\x9bd\udcff", r"a\u2028b\x85c\x9bd\udcff"),
        ("\U000e0041", r"\U000e0041"),
        ("[bold]a[/]", "[bold]a[/]"),
        # Addresses lose their secrets.
        ("http://user:secret@h/a.pkl?token=secret", "http://h/a.pkl"),
        ("found 'HTTPS://u:sec ret@h/' and more", "found 'HTTPS://h/' and more"),
        ("http:/u:se/cr#e?t@h/x", "http:/h/x"),  # as `Path` writes it
        ("'s3+x://h?secret' is none of a, b", "'s3+x://h' is none of a, b"),
        ("http://u:" + 10**6 * "secret" + "@h/", "http://h/"),
        ("https://cdn.net:443/gh/a/b@master/c", "https://cdn.net:443/gh/a/b@master/c"),
        ("C:/me@work/a?.png me@work", "C:/me@work/a?.png me@work"),
        # Long text is cut in the middle.
        ("a" * 80, "a" * 80),
        ("a" * 40 + "b" * 41, "a" * 38 + "..." + "b" * 38),
        ("\x1b" * 10**6, (r"\x1b" * 10)[:38] + "..." + (r"\x1b" * 10)[-38:]),
    ],
)
def test_foreign_text_is_shown_escaped_without_secrets_and_short(text, shown):
    assert printable(text) == shown


@given(st.text(st.characters(), max_size=300))
def test_any_text_becomes_short_printable_text(text):
    for shown in (printable(text), str(MnistError("a", source=text))):
        assert shown.isprintable()
        assert not {*map(unicodedata.category, shown)} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
        shown.encode("utf-8")
    assert len(printable(text)) <= 80
    assert len(printable(text, limit=10)) <= 10


def test_an_error_comes_back_from_a_worker_process():
    for kind in (FileError, FormatError, DownloadError):
        error = kind("it is cut", source="w.pkl", hint="Get it again.")
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back)) == (kind, str(error))
